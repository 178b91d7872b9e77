// EventLog over a MemoryStore: one node's session. Keeps the promises of history/log/event_log.h, without threads, with
// losses and delays where a FaultPlan asks for them. The simulator's log; Express executions use it too.
//
// Destroying a MemoryLog is a crash of its node: no completion runs any more, but what had been sent may still be
// carried out by the store.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "history/log/event_log.h"
#include "history/memory/fault_plan.h"
#include "history/memory/memory_store.h"
#include "shared/base/clock.h"
#include "shared/base/executor.h"

namespace pawl::history {

class MemoryLog : public EventLog {
 public:
  // What goes with a renewal: what is done at the store in the same moment, and who hears whether it is known to be
  // done, before the renewal is answered.
  struct Rider {
    std::function<void()> act;
    std::function<void(bool lost)> heard;
  };
  // Completions and delays go through `executor`, whose time is `clock`; both, and `faults` if given, outlive the log
  // and whatever the executor has still posted. `on_renewal`, which may be empty, is asked at each renewal.
  MemoryLog(std::shared_ptr<MemoryStore> store, base::Executor& executor, const base::Clock& clock,
            FaultPlan* faults = nullptr, std::function<std::optional<Rider>()> on_renewal = {});
  ~MemoryLog() override;

  void Append(std::vector<PartitionBatch> batches, std::function<void(AppendResult)> done) override;
  void Claim(ClaimRequest request, std::function<void(absl::StatusOr<std::vector<Claimed>>)> done) override;
  void Renew(std::string node, std::chrono::milliseconds lease,
             std::function<void(absl::StatusOr<std::vector<base::PartitionId>>)> done) override;
  void Release(std::string node, std::vector<base::PartitionId> partitions, std::function<void()> done) override;
  void Owners(std::function<void(absl::StatusOr<std::vector<PartitionOwner>>)> done) override;
  void Recover(base::PartitionId partition, std::function<void(StoredEntity)> each,
               std::function<void(absl::Status)> done) override;
  void ReadOpen(std::vector<base::EntityId> entities,
                std::function<void(absl::StatusOr<std::vector<StoredEntity>>)> done) override;
  void FindByName(std::vector<NameKey> keys,
                  std::function<void(absl::StatusOr<std::vector<std::optional<IndexedExecution>>>)> done) override;
  void ReadDecisions(base::EntityId entity, int64_t from_revision, int limit,
                     std::function<void(absl::StatusOr<std::vector<DecisionRow>>)> done) override;
  void List(ListQuery query, std::function<void(absl::StatusOr<std::vector<IndexedExecution>>)> done) override;

 private:
  struct Session;

  // Carries out a call's fate: `act` at the store, then `answer(lost)` to the caller.
  void Run(CallKind kind, std::function<void()> act, std::function<void(bool lost)> answer);
  void After(std::chrono::microseconds delay, std::function<void()> work);
  template <typename T>
  void Call(CallKind kind, std::function<T(MemoryStore&, MemoryStore::ConnectionId)> act,
            std::function<void(absl::StatusOr<T>)> done);

  std::shared_ptr<Session> session_;
  std::function<std::optional<Rider>()> on_renewal_;
};

}  // namespace pawl::history
