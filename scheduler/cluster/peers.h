// What nodes say to each other, and how: Peers sends, PeerHandler hears. Over gRPC in scheduler/api/grpc/cluster, over
// the simulated network in tests/simulation.
//
// Thread rule: the engine's thread, both ways. Errors of Peers: partition::NotServed where the call was certainly not
// carried out (the peer cannot be reached, or does not serve it); UNAVAILABLE where that is not known.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "history/event/event.h"
#include "history/log/event_log.h"
#include "scheduler/cluster/members.h"
#include "scheduler/core/command.h"
#include "scheduler/core/effect.h"
#include "scheduler/partition/engine.h"

namespace pawl::cluster {

// Tasks of one queue that wait for a worker.
struct Want {
  std::string queue;
  int count = 0;
  friend bool operator==(const Want&, const Want&) = default;
};

// News of a node. May get lost: views make up for the first two, repetition for the rest.
struct Notice {
  Member from;
  std::vector<std::pair<base::PartitionId, base::Epoch>> serving;  // from now on
  std::vector<base::PartitionId> released;
  uint64_t wants_number = 0;        // 0: says nothing of wants; a lower one than heard before is old
  std::vector<Want> wants;          // all that the sender has
  std::vector<core::TaskRef> over;  // tasks that the receiver watches: their workers are to stop
};

// ---- commands on executions that another node owns

struct StartCall {
  history::ExecutionStarted start;
  bool name_is_given = true;
  bool wants_end = false;  // somebody waits for its end
};
struct TaskCall {
  core::Command command;  // CompleteTask, ReleaseTask, CheckpointTask, HeartbeatMissed
};
struct StopCall {
  history::NameKey name{};
  core::StopExecution stop;
};
struct BeatCall {
  core::TaskRef task;
};
using Call = std::variant<StartCall, TaskCall, StopCall, BeatCall>;

struct Answer {
  absl::Status status;
  partition::Started started;  // of a start
  // Of a start whose end is wanted, and came with it.
  std::optional<history::ExecutionStatus> ended;
};

// Whether the execution is open there, and how it ended if that was waited for.
struct Awaited {
  bool is_open = false;
  std::optional<partition::Outcome> outcome;
};

// ---- ends that are waited for (end_watch.h)

struct EndAsk {
  uint64_t number = 0;  // of the asker's
  history::NameKey name{};
  std::chrono::milliseconds wait{0};
};
struct AwaitEndsRequest {
  Member from;
  std::vector<EndAsk> asks;
};
struct EndAnswer {
  uint64_t number = 0;
  absl::StatusOr<Awaited> awaited;  // or NotServed
};

// ---- polls lent to nodes whose tasks wait

struct Permit {
  std::string worker;
  std::string session;
  bool restartable = false;
  int slots = 1;
};
struct LendRequest {
  Member from;
  std::string queue;
  std::vector<Permit> permits;
  uint64_t number = 0;  // counts the sender's lends
};
struct LentTask {
  size_t permit = 0;
  core::TaskDetails details;
};
struct LendResponse {
  std::vector<LentTask> hand_outs;
  int still_waiting = 0;  // tasks of that queue
};

struct WatchedTask {
  core::TaskRef task;
  std::string session;
};
struct WatchRequest {
  Member from;
  std::vector<WatchedTask> tasks;  // among others all that the called node gave by lends
  uint64_t settled = 0;            // what lends up to this one gave is among the tasks, or never reached a worker
};
struct WatchResponse {
  std::vector<core::TaskRef> not_served;
  std::vector<core::TaskRef> over;   // their workers are to stop
  std::vector<core::TaskRef> taken;  // others watch over them now
};

class Peers {
 public:
  template <typename T>
  using Done = std::function<void(absl::StatusOr<T>)>;
  virtual ~Peers() = default;
  virtual void Tell(const Member& to, const Notice& notice, std::function<void(absl::Status)> done) = 0;
  virtual void Carry(const Member& to, std::vector<Call> calls, Done<std::vector<Answer>> done) = 0;
  virtual void AwaitEnd(const Member& to, const history::NameKey& name, std::chrono::milliseconds wait,
                        Done<Awaited> done) = 0;
  // Answers with what is known at once; the rest is told by TellEnds. UNIMPLEMENTED where the peer is of an older
  // release.
  virtual void AwaitEnds(const Member& to, AwaitEndsRequest request, Done<std::vector<EndAnswer>> done) = 0;
  virtual void TellEnds(const Member& to, const std::vector<EndAnswer>& ends,
                        std::function<void(absl::Status)> done) = 0;
  virtual void AwaitChange(const Member& to, const history::NameKey& name, std::chrono::milliseconds wait,
                           Done<Awaited> done) = 0;
  virtual void Lend(const Member& to, LendRequest request, Done<LendResponse> done) = 0;
  virtual void Watch(const Member& to, WatchRequest request, Done<WatchResponse> done) = 0;
};

class PeerHandler {
 public:
  virtual ~PeerHandler() = default;
  virtual void OnNotice(const Notice& notice) = 0;
  // Answers in the order of the calls.
  virtual void OnCarry(std::vector<Call> calls, std::function<void(std::vector<Answer>)> done) = 0;
  virtual void OnAwaitEnd(const history::NameKey& name, std::chrono::milliseconds wait, Peers::Done<Awaited> done) = 0;
  virtual void OnAwaitEnds(const AwaitEndsRequest& request, std::function<void(std::vector<EndAnswer>)> done) = 0;
  virtual void OnEnds(const std::vector<EndAnswer>& ends) = 0;
  virtual void OnAwaitChange(const history::NameKey& name, std::chrono::milliseconds wait,
                             Peers::Done<Awaited> done) = 0;
  virtual void OnLend(LendRequest request, std::function<void(LendResponse)> done) = 0;
  virtual void OnWatch(const WatchRequest& request, std::function<void(WatchResponse)> done) = 0;
};

}  // namespace pawl::cluster
