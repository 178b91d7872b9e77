// Holds what the log says is running against the limits on tasks, row by row, in the order in which the rows became
// durable (decisions/0016, "What is promised"):
//
//   concurrency  no attempt begins while as many of its key have begun and have no result as its limit says, anywhere
//                in the cluster. After a change the higher one of both limits counts until every node that lives has
//                read the new one, and what it had decided by the old one is durable or refused.
//   rate         in any T seconds no more than R * (T + 3) + 1 attempts become durable as begun; what a commit takes
//                longer than at once comes on top of the three seconds.
//
// Thread rule: one thread.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "history/state/state.h"
#include "scheduler/core/task_ref.h"
#include "tests/simulation/cluster_permits.h"
#include "tests/simulation/ledger.h"

namespace pawl::simulation {

class LimitChecker {
 public:
  struct Parts {
    World& world;
    Ledger& ledger;
    const PermitTable& table;
    // Every node that lives knows of the table's version.
    std::function<bool()> is_known_everywhere;
    // From when a poll takes a task until its start is durable, if it ever is.
    std::chrono::milliseconds commit_max;
  };
  explicit LimitChecker(Parts parts);

  // After each row of the log: the execution as it is now.
  void OnRow(const history::ExecutionState& state);
  // Before the table's limits change to these.
  void BeforeChange(const dispatch::Limits& next);
  // When all has ended and nobody does harm: no permit is held.
  void CheckEnd();

 private:
  struct Key {
    int64_t running = 0;
    int64_t most = 0;  // of them; counts for those that begin
    double begun = 0;
    double least = 0;  // of (begins before it - rate * when it began), over all begins
  };
  void SettleChange();
  void NoteBegin(const std::string& key, Key& of_key, const dispatch::Limit& limit);

  Parts parts_;
  std::map<std::string, std::string> key_of_handler_;
  std::map<std::string, Key> keys_;
  std::map<base::EntityId, std::map<core::TaskRef, std::string>> running_;  // with their keys
  std::set<core::TaskRef> begun_;
  bool is_changing_ = false;
  std::optional<base::MonotonicTime> known_since_;
};

}  // namespace pawl::simulation
