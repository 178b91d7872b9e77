// EventLog on PostgreSQL (schema: history/migrations). Keeps the promises of history/log/event_log.h.
//
// Appends, claims, renewals and releases go through one connection on a thread of its own, one after another
// (append_session.h tells how the fence works). Reads go through a small pool. Nothing here waits on the caller's
// thread. While PostgreSQL is away calls fail with UNAVAILABLE, or kUnknown for an append that was under way, and
// connections are made again by themselves; what was held has to be claimed again.
//
// An entity's id must begin with the time at which it started: lists are ordered by it, and it chooses the month's
// table.
//
// Thread rule: as EventLog; destroy it on the executor's thread or after that thread ended. No completion runs after.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "history/log/event_log.h"
#include "history/postgres/append_session.h"
#include "shared/base/executor.h"
#include "shared/pg/rider.h"

namespace pawl::history {

struct PostgresLogOptions {
  int32_t partition_count = 64;  // ClusterInfo's
  int read_threads = 2;
  // Where it holds some partitions only: reads then pass over executions of others, which may be on their way here or
  // gone.
  bool is_one_of_several = false;
  AppendSessionOptions session;
  // What goes with its renewals; asked on the executor's thread, which also hears of it, before the renewal is
  // answered. May be empty.
  pg::Board on_renewal = {};
};

class PostgresLog : public EventLog {
 public:
  // The database must have been migrated. Connects when first used. `executor` outlives the log.
  PostgresLog(const std::string& conninfo, const PostgresLogOptions& options, base::Executor& executor);
  ~PostgresLog() override;

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

  // The partitions whose log this database holds; none where the cluster has another number of them than this log
  // knows.
  void Homes(std::function<void(absl::StatusOr<std::vector<base::PartitionId>>)> done);

 private:
  // Shared with what the executor and the threads still hold.
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

}  // namespace pawl::history
