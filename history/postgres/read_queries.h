// What PostgresLog reads. Each function runs on a pool thread with that thread's connection, in its own read-only
// transaction, and may throw what libpqxx throws. Internal to history/postgres.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "history/log/event_log.h"

namespace pqxx {
class connection_base;
}

namespace pawl::history {

// What tells which executions of a database count: in a cluster of several servers those whose partition is there.
struct ReadScope {
  int32_t partition_count = 0;
  bool is_one_of_several = false;
};

// To be run on each connection of the pool: settings and prepared statements.
std::string ReadSetUpSql(const ReadScope& scope);

// The partitions whose log this database holds.
absl::Status QueryHomes(pqxx::connection_base& connection, int32_t partition_count,
                        std::vector<base::PartitionId>& homes);

absl::Status QueryOwners(pqxx::connection_base& connection, std::vector<PartitionOwner>& owners);

// The open executions of slots first..last, in chunks through `each`, with the rows after their snapshots;
// of parked ones only what says so.
absl::Status QueryOpenEntities(pqxx::connection_base& connection, int32_t first_slot, int32_t last_slot,
                               const std::function<void(std::vector<StoredEntity>)>& each);

// Those of the entities that are open, with the rows after their snapshots.
absl::Status QueryOpen(pqxx::connection_base& connection, const std::vector<base::EntityId>& entities,
                       std::vector<StoredEntity>& open);

absl::Status QueryNames(pqxx::connection_base& connection, const std::vector<NameKey>& keys,
                        std::vector<std::optional<IndexedExecution>>& found);
absl::Status QueryDecisions(pqxx::connection_base& connection, base::EntityId entity, int64_t from_revision, int limit,
                            std::vector<DecisionRow>& rows);
absl::Status QueryList(pqxx::connection_base& connection, const ReadScope& scope, const ListQuery& query,
                       std::vector<IndexedExecution>& executions);

}  // namespace pawl::history
