// EventLog over several PostgreSQL servers of one cluster. A partition's log lives in exactly one of them
// (pawl.partitions, `here`); `pawl admin move` brings it to another one while this log is in use.
//
// What is written goes to the server that gave the claim: its fence refuses whatever comes after the partition has
// left. A claim goes to all; the one that has the partition gives it. A partition on its way is nowhere for some
// milliseconds: a claim of it waits for it to arrive. Reads that need no claim (the query side) look up where the
// partitions are before and after, and are repeated where that changed meanwhile, so they see every execution once, and
// at its latest.
//
// Where a server is away, its partitions are lost and cannot be claimed; those of the others go on. Of a transaction
// that was under way there the outcome is unknown for its partitions alone (AppendResult::unknown).
//
// Thread rule: as EventLog.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "history/postgres/postgres_log.h"
#include "shared/base/clock.h"

namespace pawl::history {

class MultiLog : public EventLog {
 public:
  struct Parts {
    base::Executor& executor;
    const base::Clock& clock;
    // A server (counted from 0) cannot be used any more, with the error; or can again, with OK. May be empty.
    std::function<void(size_t server, const absl::Status&)> on_server = {};
  };
  // The servers' logs run their completions on the same executor.
  MultiLog(std::vector<std::unique_ptr<PostgresLog>> servers, int32_t partition_count, Parts parts);
  ~MultiLog() override { *alive_ = false; }

  void Append(std::vector<PartitionBatch> batches, std::function<void(AppendResult)> done) override;
  void Claim(ClaimRequest request, std::function<void(absl::StatusOr<std::vector<Claimed>>)> done) override;
  void Renew(std::string node, std::chrono::milliseconds lease,
             std::function<void(absl::StatusOr<std::vector<base::PartitionId>>)> done) override;
  void Release(std::string node, std::vector<base::PartitionId> partitions, std::function<void()> done) override;
  void Owners(std::function<void(absl::StatusOr<std::vector<PartitionOwner>>)> done) override;
  void Recover(base::PartitionId partition, std::function<void(StoredEntity)> each,
               std::function<void(absl::Status)> done) override;
  // Of entities of partitions that this session has claimed; what a server that is away has is left out.
  void ReadOpen(std::vector<base::EntityId> entities,
                std::function<void(absl::StatusOr<std::vector<StoredEntity>>)> done) override;
  void FindByName(std::vector<NameKey> keys,
                  std::function<void(absl::StatusOr<std::vector<std::optional<IndexedExecution>>>)> done) override;
  void ReadDecisions(base::EntityId entity, int64_t from_revision, int limit,
                     std::function<void(absl::StatusOr<std::vector<DecisionRow>>)> done) override;
  void List(ListQuery query, std::function<void(absl::StatusOr<std::vector<IndexedExecution>>)> done) override;

 private:
  using Found = std::vector<std::optional<IndexedExecution>>;
  // By partition: its server, or one of these.
  using Homes = std::vector<int>;
  static constexpr int kNowhere = -1;  // all servers say so
  static constexpr int kUnknown = -2;  // nobody has it, but not all servers answer

  template <typename T>
  void AskAll(std::function<void(PostgresLog&, std::function<void(absl::StatusOr<T>)>)> ask,
              std::function<void(std::vector<absl::StatusOr<T>>)> done);
  template <typename T>
  void ReadAtHome(std::vector<base::PartitionId> needed,
                  std::function<void(const Homes&, std::function<void(absl::StatusOr<T>)>)> read,
                  std::function<void(absl::StatusOr<T>)> done, int attempt = 0);
  void FindHomes(std::function<void(Homes)> done);
  void TryClaim(ClaimRequest request, base::MonotonicTime until,
                std::function<void(absl::StatusOr<std::vector<Claimed>>)> done);
  void FindAt(const std::vector<NameKey>& keys, const std::function<int(base::PartitionId)>& home,
              std::function<void(absl::StatusOr<Found>)> done);
  base::PartitionId PartitionOf(const NameKey& key) const;
  // Where this session claimed it; kNowhere where it did not.
  int ClaimedAt(base::PartitionId partition) const;
  void Later(std::function<void()> work);
  void Note(size_t server, const absl::Status& status);

  const std::vector<std::unique_ptr<PostgresLog>> servers_;
  const int32_t partition_count_;
  Parts parts_;
  std::map<base::PartitionId, size_t> claimed_at_;
  std::vector<bool> is_away_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace pawl::history
