// The data behind MemoryLogs: what a database would hold. Several MemoryLogs ("sessions", one a simulated node) may
// share one store, so that owners can take partitions from each other.
//
// Everything happens at the moment of the call; delays and losses are the MemoryLog's. The store checks what a database
// would: epochs, holders, leases by its own clock. It CHECKs what only a bug can produce: a sequence or revision with a
// gap, a name opened twice, a close of something unknown. Thread rule: one thread at a time.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "history/log/event_log.h"
#include "shared/base/clock.h"

namespace pawl::history {

class MemoryStore {
 public:
  // One session's connection; never reused. A hold on a partition belongs to a connection and ends with it.
  using ConnectionId = uint64_t;

  // One row of the log, as a test sees it.
  struct LogRow {
    base::PartitionId partition;
    base::Sequence sequence;
    base::Epoch epoch;
    DecisionRow row;
  };

  // `clock` decides about leases and must outlive the store.
  explicit MemoryStore(const base::Clock& clock) : clock_(clock) {}

  // What would be found after the power went out now: all that was committed, and nobody connected. Leases stay.
  std::shared_ptr<MemoryStore> CrashClone() const;

  ConnectionId Connect() { return ++last_connection_; }

  // Answers with the refused partitions.
  std::vector<base::PartitionId> Append(ConnectionId connection, const std::vector<PartitionBatch>& batches);
  std::vector<Claimed> Claim(ConnectionId connection, const ClaimRequest& request);
  std::vector<base::PartitionId> Renew(ConnectionId connection, const std::string& node,
                                       std::chrono::milliseconds lease);
  void Release(const std::string& node, const std::vector<base::PartitionId>& partitions);
  std::vector<PartitionOwner> Owners() const;

  std::vector<StoredEntity> OpenEntities(base::PartitionId partition) const;
  std::vector<StoredEntity> ReadOpen(const std::vector<base::EntityId>& entities) const;
  std::vector<std::optional<IndexedExecution>> FindByName(const std::vector<NameKey>& keys) const;
  std::vector<DecisionRow> ReadDecisions(base::EntityId entity, int64_t from_revision, int limit) const;
  std::vector<IndexedExecution> List(const ListQuery& query) const;

  // For tests: takes the partition from its owner by force. `lease_stays`: nobody else can claim it before the owner's
  // lease has run out, so that what the owner still believes meanwhile is true.
  void Usurp(base::PartitionId partition, const std::string& node, bool lease_stays = false);
  // For tests: every row in the order of its commit.
  const std::vector<LogRow>& log() const { return log_; }
  std::vector<base::EntityId> entities() const;
  std::optional<IndexedExecution> execution(base::EntityId entity) const;

 private:
  struct Partition {
    base::Epoch epoch;
    ConnectionId holder = 0;
    std::string node;
    base::MonotonicTime lease_until;
    base::Sequence next_sequence{1};
  };
  struct Entity {
    std::optional<base::PartitionId> partition;
    std::vector<size_t> rows;  // positions in log_
    std::optional<SnapshotRow> snapshot;
    std::optional<ExecutionParked> parked;
    std::optional<IndexedExecution> execution;
    bool closed = false;
  };
  using MachineKey = std::tuple<std::string, std::string, std::string>;

  bool Holds(ConnectionId connection, const PartitionBatch& batch) const;
  void Write(const PartitionBatch& batch);
  StoredEntity Stored(base::EntityId id, const Entity& entity) const;
  bool IsExpired(const Partition& partition) const;

  const base::Clock& clock_;
  ConnectionId last_connection_ = 0;
  std::map<base::PartitionId, Partition> partitions_;
  std::map<base::EntityId, Entity> entities_;
  std::map<base::PartitionId, std::set<base::EntityId>> open_;
  std::map<NameKey, base::EntityId> names_;
  std::map<MachineKey, std::set<std::pair<base::WallTime, base::EntityId>>> by_machine_;
  std::vector<LogRow> log_;
};

}  // namespace pawl::history
