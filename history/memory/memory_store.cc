#include "history/memory/memory_store.h"

#include "shared/base/check.h"

namespace pawl::history {

std::shared_ptr<MemoryStore> MemoryStore::CrashClone() const {
  auto clone = std::make_shared<MemoryStore>(*this);
  for (auto& [id, partition] : clone->partitions_) partition.holder = 0;
  return clone;
}

bool MemoryStore::IsExpired(const Partition& partition) const {
  return partition.node.empty() || partition.lease_until <= clock_.MonotonicNow();
}

bool MemoryStore::Holds(ConnectionId connection, const PartitionBatch& batch) const {
  auto found = partitions_.find(batch.partition);
  return found != partitions_.end() && found->second.epoch == batch.epoch && found->second.holder == connection;
}

std::vector<base::PartitionId> MemoryStore::Append(ConnectionId connection,
                                                   const std::vector<PartitionBatch>& batches) {
  std::vector<base::PartitionId> refused;
  for (const PartitionBatch& batch : batches) {
    if (Holds(connection, batch)) {
      Write(batch);
    } else {
      refused.push_back(batch.partition);
    }
  }
  return refused;
}

void MemoryStore::Write(const PartitionBatch& batch) {
  Partition& partition = partitions_[batch.partition];
  for (const ExecutionOpened& opened : batch.opened) {
    PAWL_CHECK(names_.emplace(opened.name_key, opened.entity).second, "a name is opened once");
    Entity& entity = entities_[opened.entity];
    PAWL_CHECK(!entity.execution, "an entity is opened once");
    entity.execution = IndexedExecution{.opened = opened};
    entity.partition = batch.partition;
    open_[batch.partition].insert(opened.entity);
    by_machine_[{opened.account, opened.region, opened.machine}].emplace(opened.started_at, opened.entity);
  }
  if (!batch.decisions.empty()) {
    PAWL_CHECK(batch.first_sequence == partition.next_sequence, "a partition's sequences have no gaps");
  }
  for (const DecisionRow& row : batch.decisions) {
    Entity& entity = entities_[row.entity];
    PAWL_CHECK(row.revision == static_cast<int64_t>(entity.rows.size()) + 1, "an entity's revisions have no gaps");
    entity.partition = batch.partition;
    entity.rows.push_back(log_.size());
    log_.push_back({batch.partition, partition.next_sequence, batch.epoch, row});
    partition.next_sequence = partition.next_sequence.next();
  }
  for (const SnapshotRow& snapshot : batch.snapshots) {
    Entity& entity = entities_[snapshot.entity];
    PAWL_CHECK(snapshot.revision <= static_cast<int64_t>(entity.rows.size()), "a snapshot is of written revisions");
    entity.snapshot = snapshot;
  }
  for (const ExecutionParked& parked : batch.parked) {
    Entity& entity = entities_[parked.entity];
    PAWL_CHECK(entity.execution.has_value(), "what is parked was opened");
    entity.parked = parked.wake_at ? std::optional(parked) : std::nullopt;
  }
  for (const ExecutionClosed& closed : batch.closed) {
    auto found = entities_.find(closed.entity);
    PAWL_CHECK(found != entities_.end() && found->second.execution && !found->second.closed,
               "what is closed was opened and is not closed yet");
    Entity& entity = found->second;
    entity.execution->status = closed.status;
    entity.execution->stopped_at = closed.stopped_at;
    entity.closed = true;
    entity.snapshot.reset();
    entity.parked.reset();
    open_[batch.partition].erase(closed.entity);
  }
}

std::vector<Claimed> MemoryStore::Claim(ConnectionId connection, const ClaimRequest& request) {
  std::vector<Claimed> claimed;
  for (base::PartitionId id : request.partitions) {
    Partition& partition = partitions_[id];
    if (partition.node != request.node && !IsExpired(partition)) continue;
    partition.epoch = partition.epoch.next();
    partition.holder = connection;
    partition.node = request.node;
    partition.lease_until = clock_.MonotonicNow() + request.lease;
    claimed.push_back({id, partition.epoch, partition.next_sequence});
  }
  return claimed;
}

std::vector<base::PartitionId> MemoryStore::Renew(ConnectionId connection, const std::string& node,
                                                  std::chrono::milliseconds lease) {
  std::vector<base::PartitionId> held;
  for (auto& [id, partition] : partitions_) {
    if (partition.node != node || partition.holder != connection) continue;
    partition.lease_until = clock_.MonotonicNow() + lease;
    held.push_back(id);
  }
  return held;
}

void MemoryStore::Release(const std::string& node, const std::vector<base::PartitionId>& partitions) {
  for (base::PartitionId id : partitions) {
    auto found = partitions_.find(id);
    if (found == partitions_.end() || found->second.node != node) continue;
    found->second.node.clear();
    found->second.holder = 0;
  }
}

std::vector<PartitionOwner> MemoryStore::Owners() const {
  std::vector<PartitionOwner> owners;
  for (const auto& [id, partition] : partitions_) {
    owners.push_back({id, partition.epoch, partition.node, IsExpired(partition)});
  }
  return owners;
}

void MemoryStore::Usurp(base::PartitionId id, const std::string& node, bool lease_stays) {
  Partition& partition = partitions_[id];
  partition.epoch = partition.epoch.next();
  partition.holder = 0;
  partition.node = node;
  if (!lease_stays) partition.lease_until = clock_.MonotonicNow();
}

std::vector<StoredEntity> MemoryStore::OpenEntities(base::PartitionId partition) const {
  std::vector<StoredEntity> open;
  auto found = open_.find(partition);
  if (found == open_.end()) return open;
  for (base::EntityId id : found->second) {
    const Entity& entity = entities_.at(id);
    open.push_back(entity.parked ? StoredEntity{.entity = id, .parked = entity.parked} : Stored(id, entity));
  }
  return open;
}

StoredEntity MemoryStore::Stored(base::EntityId id, const Entity& entity) const {
  StoredEntity stored{.entity = id, .snapshot = entity.snapshot};
  size_t from = entity.snapshot ? static_cast<size_t>(entity.snapshot->revision) : 0;
  for (size_t i = from; i < entity.rows.size(); ++i) stored.decisions.push_back(log_[entity.rows[i]].row);
  return stored;
}

std::vector<StoredEntity> MemoryStore::ReadOpen(const std::vector<base::EntityId>& entities) const {
  std::vector<StoredEntity> open;
  for (base::EntityId id : entities) {
    auto found = entities_.find(id);
    if (found == entities_.end() || !found->second.execution || found->second.closed) continue;
    open.push_back(Stored(id, found->second));
  }
  return open;
}

std::vector<std::optional<IndexedExecution>> MemoryStore::FindByName(const std::vector<NameKey>& keys) const {
  std::vector<std::optional<IndexedExecution>> answers;
  for (const NameKey& key : keys) {
    auto found = names_.find(key);
    answers.push_back(found == names_.end() ? std::nullopt : entities_.at(found->second).execution);
  }
  return answers;
}

std::vector<DecisionRow> MemoryStore::ReadDecisions(base::EntityId entity, int64_t from_revision, int limit) const {
  std::vector<DecisionRow> rows;
  auto found = entities_.find(entity);
  if (found == entities_.end()) return rows;
  const std::vector<size_t>& positions = found->second.rows;
  for (size_t i = from_revision > 1 ? static_cast<size_t>(from_revision - 1) : 0;
       i < positions.size() && rows.size() < static_cast<size_t>(limit); ++i) {
    rows.push_back(log_[positions[i]].row);
  }
  return rows;
}

std::vector<IndexedExecution> MemoryStore::List(const ListQuery& query) const {
  std::vector<IndexedExecution> answers;
  auto found = by_machine_.find({query.account, query.region, query.machine});
  if (found == by_machine_.end()) return answers;
  const auto& index = found->second;
  auto it = query.before ? index.lower_bound(*query.before) : index.end();
  while (it != index.begin() && answers.size() < static_cast<size_t>(query.limit)) {
    --it;
    const IndexedExecution& execution = *entities_.at(it->second).execution;
    if (!query.status || *query.status == execution.status) answers.push_back(execution);
  }
  return answers;
}

std::vector<base::EntityId> MemoryStore::entities() const {
  std::vector<base::EntityId> ids;
  for (const auto& [id, entity] : entities_) ids.push_back(id);
  return ids;
}

std::optional<IndexedExecution> MemoryStore::execution(base::EntityId entity) const {
  auto found = entities_.find(entity);
  return found == entities_.end() ? std::nullopt : found->second.execution;
}

}  // namespace pawl::history
