// What the engine keeps per partition, execution, command and batch. Internal to scheduler/partition.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "scheduler/partition/engine.h"
#include "shared/base/check.h"

namespace pawl::partition {

// A command on its way to its decision.
struct Engine::Mail {
  base::EntityId entity;
  core::Command command;
  std::function<void(absl::Status)> reply;
  // Of the mailbox: what it counts for, and which line it stands in.
  size_t bytes = 0;
  dispatch::FlowId flow = dispatch::Flows::kNone;
  // StartExecution only.
  std::shared_ptr<const asl::Program> program;
  history::NameKey name_key{};
  history::InputDigest input_digest{};
  // StartExecution whose name was looked up: under which claim of the partition. Under another one the name may be
  // taken by now. 0: the name needs no look-up.
  base::Epoch epoch;
};

// An open execution. One that only waits is parked: of it there is no more than when it must be looked at; what it is
// stands in the log, and is read again then or when something comes for it (park.cc).
struct Engine::Entity {
  history::ExecutionState& state() {
    PAWL_CHECK(live != nullptr, "a parked execution is read before it is used");
    return *live;
  }
  bool is_parked() const { return live == nullptr; }

  std::unique_ptr<history::ExecutionState> live = std::make_unique<history::ExecutionState>();
  std::shared_ptr<const asl::Program> program;
  base::PartitionId partition;
  history::NameKey name_key{};
  dispatch::FlowId flow = dispatch::Flows::kNone;  // of its state machine; none: not known yet
  std::vector<std::function<void(absl::StatusOr<Outcome>)>> end_waiters;
  std::vector<std::function<void()>> change_waiters;
  // Tasks scheduled or started on this node, for metrics: since when.
  struct TimedTask {
    std::string queue;
    base::WallTime at;
  };
  std::map<base::FrameId, TimedTask> tasks;

  // What the log says, or will when the batch that has it is durable: that it is parked, and of which revision it has a
  // snapshot.
  std::optional<base::WallTime> wake_at_log;
  int64_t snapshot_revision = 0;
  // Of that snapshot, and of the decisions that this node knows to have followed it.
  uint32_t snapshot_bytes = 0;
  uint32_t bytes_since_snapshot = 0;
  // A frame that kept it in memory when that was last looked at.
  base::FrameId busy_frame;
  // Of a large one that is in to_park_: not before then.
  std::optional<base::MonotonicTime> park_from;

  // Of a parked one: when it must be looked at, and the commands that have come for it. `reading` is the reading that
  // is under way.
  base::WallTime wake_at;
  std::vector<Mail> mail;
  std::shared_ptr<Reading> reading;
};

// A parked execution on its way back into memory.
struct Engine::Reading {
  base::EntityId entity;
  base::PartitionId partition;
  base::Epoch epoch;
  bool has_command = false;  // otherwise it is due
  bool has_begun = false;
};

struct Engine::Partition {
  base::PartitionId id;
  base::Epoch epoch;
  base::Sequence next_sequence;
  // Counted from before the claim or renewal was sent. After it another node may own the partition.
  base::MonotonicTime lease_until;
  bool serving = false;       // recovered
  bool leaving = false;       // being given up: takes no more commands
  std::vector<Mail> waiting;  // came while it was being recovered
  std::vector<base::EntityId> recovered;
};

// What a decision lets out when its batch is durable.
struct Engine::Release {
  base::EntityId entity;
  base::PartitionId partition;
  core::Effects effects;
  std::function<void(absl::Status)> reply;
  // Of StartTask: the dispatcher hears by the reply whether its claim was used.
  bool reply_returns_claim = false;
  // The hand-out that the decision ended by its holder's word; others it ends show as RevokeTask.
  std::optional<core::TaskRef> answered = {};
  // Of a decision with events: the execution's revision after it.
  int64_t revision = 0;

  bool EndsTask(const core::TaskRef& task) const;
};

struct Engine::Batch {
  uint64_t generation = 0;
  std::map<base::PartitionId, history::PartitionBatch> rows;
  bool Mentions(base::PartitionId partition) const;
  std::vector<Release> releases;
  size_t decisions = 0;
  size_t bytes = 0;
};

}  // namespace pawl::partition
