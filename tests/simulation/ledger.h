// The checker that reads the log as it grows: folds every committed row from zero through the codec, and says whether
// what the engine tells the outside is already true there. It shares no memory with the engine.
//
// Holds: sequences without gaps or forks in a partition, revisions without gaps in an execution, one accepted result
// per scheduling and of the attempt that was current, nothing told before it is durable, no refusal that the log does
// not bear out, no attempt started twice, no wait or backoff cut short, nothing begun twice whose handler is not
// restartable. Thread rule: one thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "history/codec/codec.h"
#include "history/memory/memory_store.h"
#include "history/state/state.h"
#include "scheduler/core/task_ref.h"

namespace pawl::simulation {

class Ledger {
 public:
  explicit Ledger(std::shared_ptr<history::MemoryStore> store) : store_(std::move(store)) {}

  // Reads what was committed since. Called before every question.
  void CatchUp();

  // The first thing found wrong; empty if nothing was.
  const std::string& violation() const { return violation_; }
  void Accuse(const std::string& what) {
    if (violation_.empty()) violation_ = what;
  }

  // The committed state; null where the execution has none.
  const history::ExecutionState* Find(base::EntityId entity);
  bool IsCurrent(const core::TaskRef& task);

  // ---- the engine told somebody ...
  void OnStarted(base::EntityId entity);
  void OnHandedOut(const core::TaskRef& task);
  // `by_holders_success`: where the task waits for its token, that is its submission only.
  void OnResultAccepted(const core::TaskRef& task, bool by_holders_success);
  void OnTaskRefused(const core::TaskRef& task, bool is_holder, const std::string& why);
  // ... and a worker begins what it was given.
  void OnBegun(const core::TaskRef& task);
  void OnEnded(base::EntityId entity, history::ExecutionStatus status);

  // Called after each row, with the execution that it is about.
  void Watch(std::function<void(const history::ExecutionState&)> on_row) { on_row_ = std::move(on_row); }

  size_t rows() const { return read_; }
  // Tasks that failed because their worker was taken for lost.
  const std::vector<std::string>& workers_lost() const { return workers_lost_; }
  struct TimedOut {
    std::string task;
    base::WallTime at;          // as the owner's clock said
    bool clock_stands = false;  // no later than what the partition had recorded: the clock is behind, time stands still
  };
  // Tasks that failed by a timeout or a missed heartbeat.
  const std::vector<TimedOut>& timed_out() const { return timed_out_; }
  const std::map<base::EntityId, history::ExecutionState>& executions() const { return states_; }

 private:
  void Read(const history::MemoryStore::LogRow& row);
  void Note(const history::ExecutionState& before, const history::Event& event, bool clock_stands);

  std::shared_ptr<history::MemoryStore> store_;
  std::function<void(const history::ExecutionState&)> on_row_;
  size_t read_ = 0;
  std::string violation_;
  std::map<base::PartitionId, std::pair<base::Sequence, base::Epoch>> last_of_;
  std::map<base::EntityId, history::ExecutionState> states_;
  std::map<base::EntityId, history::Decoder> decoders_;
  std::set<core::TaskRef> started_;
  std::map<std::pair<base::EntityId, base::EventId>, int64_t> ended_attempt_;
  std::set<core::TaskRef> accepted_;
  std::set<std::pair<base::EntityId, base::EventId>> wait_for_token_;
  std::set<core::TaskRef> submitted_;
  std::set<core::TaskRef> begun_;
  // Given to somebody else although it may not run twice: its first holder must not have begun it.
  std::set<core::TaskRef> never_begun_;
  std::vector<std::string> workers_lost_;
  std::vector<TimedOut> timed_out_;
  std::map<base::PartitionId, base::WallTime> latest_;  // timestamp
};

std::string Describe(const core::TaskRef& task);

}  // namespace pawl::simulation
