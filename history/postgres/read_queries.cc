#include "history/postgres/read_queries.h"

#include <algorithm>
#include <map>
#include <pqxx/pqxx>

#include "shared/base/status.h"

namespace pawl::history {
namespace {

// Open executions a query of recovery, so that neither side holds a whole partition at once.
constexpr int kRecoverChunk = 512;

std::string UuidText(const std::array<uint8_t, 16>& bytes) { return base::EntityId(bytes).ToString(); }
std::array<uint8_t, 16> Uuid(const pqxx::field& field) { return base::EntityId::FromHex(field.c_str()).bytes(); }

base::WallTime At(int64_t ms) { return base::WallTime(std::chrono::milliseconds(ms)); }

std::string Bytes(const pqxx::field& field) {
  pqxx::binarystring bytes(field);
  return std::string(bytes.get(), bytes.size());
}

// `'{a,b}'`, of values that need no quoting.
template <typename Items, typename ToText>
std::string ArrayLiteral(const Items& items, ToText to_text) {
  std::string text = "'{";
  for (const auto& item : items) {
    if (text.size() > 2) text += ',';
    text += to_text(item);
  }
  return text + "}'";
}

constexpr const char* kExecutionColumns =
    "e.name_key, e.entity, e.input_digest, e.started_at, e.stopped_at, e.status, e.name, m.account, m.region, "
    "m.machine";

IndexedExecution ToExecution(const pqxx::row& row) {
  IndexedExecution execution;
  execution.opened.name_key = Uuid(row[0]);
  execution.opened.entity = base::EntityId(Uuid(row[1]));
  execution.opened.input_digest = Uuid(row[2]);
  execution.opened.started_at = At(row[3].as<int64_t>());
  if (!row[4].is_null()) execution.stopped_at = At(row[4].as<int64_t>());
  execution.status = static_cast<int16_t>(row[5].as<int>());
  execution.opened.name = row[6].c_str();
  execution.opened.account = row[7].c_str();
  execution.opened.region = row[8].c_str();
  execution.opened.machine = row[9].c_str();
  return execution;
}

// The index on the log does not forbid gaps or doubles; reading finds them.
absl::Status CheckRevision(base::EntityId entity, int64_t expected, int64_t found) {
  if (expected == found) return absl::OkStatus();
  return absl::DataLossError("entity " + entity.ToString() + ": expected revision " + std::to_string(expected) +
                             " next in the log, but found " + std::to_string(found));
}

// Joins the partition of an execution's slot, if this database holds its log.
std::string JoinHome(const ReadScope& scope) {
  if (!scope.is_one_of_several) return "";
  return " join pawl.partitions h on h.here and h.partition = ((get_byte(uuid_send(e.name_key), 0) * 256 + "
         "get_byte(uuid_send(e.name_key), 1)) % " +
         std::to_string(base::kSlotCount) + ") * " + std::to_string(scope.partition_count) + " / " +
         std::to_string(base::kSlotCount) + " ";
}

}  // namespace

std::string ReadSetUpSql(const ReadScope& scope) {
  return std::string(
             "set default_transaction_read_only = on; set statement_timeout = '60s'; set jit = off; "
             // Plans are kept, perhaps from when the tables were empty: always by index.
             "set enable_seqscan = off; set plan_cache_mode = force_generic_plan; "
             "prepare find_names (uuid[]) as select ") +
         kExecutionColumns + " from pawl.executions e join pawl.machines m on m.id = e.machine " + JoinHome(scope) +
         "where e.name_key = any($1); "
         // A page's rows lie in the steps of 256 revisions that it touches.
         "prepare read_decisions (uuid, integer, integer) as select revision, first_event, data from pawl.log "
         "where entity = $1 and (revision >> 8) between ($2 >> 8) and ($3 >> 8) and revision between $2 and $3 "
         "order by revision; "
         "prepare open_entities (smallint, smallint, smallint, uuid, integer) as "
         "select entity, slot, snapshot_revision, case when wake_at is null then snapshot end, wake_at, name_key, "
         "input_digest, started_at from pawl.open_executions "
         "where slot between $1 and $2 and (slot, entity) > ($3, $4) order by slot, entity limit $5; "
         "prepare open_of (smallint[], uuid[]) as select o.entity, o.slot, o.snapshot_revision, o.snapshot "
         "from unnest($1, $2) w (slot, entity) join pawl.open_executions o on o.slot = w.slot and o.entity = w.entity; "
         "prepare rows_after (uuid[], integer[]) as "
         "select w.number, l.revision, l.first_event, l.data "
         "from unnest($1, $2) with ordinality w (entity, after, number) cross join lateral "
         "(select * from pawl.log l where l.entity = w.entity and (l.revision >> 8) >= (w.after >> 8) "
         "and l.revision > w.after) l order by w.number, l.revision";
}

absl::Status QueryOwners(pqxx::connection_base& connection, std::vector<PartitionOwner>& owners) {
  pqxx::nontransaction query(connection);
  for (const pqxx::row& row :
       query.exec("select partition, epoch, node, lease_until <= clock_timestamp() from pawl.partitions where here "
                  "order by partition")) {
    PartitionOwner owner;
    owner.partition = base::PartitionId(row[0].as<int32_t>());
    owner.epoch = base::Epoch(row[1].as<int64_t>());
    owner.node = row[2].c_str();
    owner.expired = owner.node.empty() || row[3].as<bool>();
    owners.push_back(std::move(owner));
  }
  return absl::OkStatus();
}

absl::Status QueryHomes(pqxx::connection_base& connection, int32_t partition_count,
                        std::vector<base::PartitionId>& homes) {
  pqxx::nontransaction query(connection);
  for (const pqxx::row& row :
       query.exec_params("select partition from pawl.partitions where here and $1 = (select partition_count from "
                         "pawl.cluster) order by partition",
                         partition_count)) {
    homes.push_back(base::PartitionId(row[0].as<int32_t>()));
  }
  return absl::OkStatus();
}

namespace {

// Of a row that begins with entity, slot, revision and bytes of the snapshot.
StoredEntity ToStored(const pqxx::row& row) {
  StoredEntity stored;
  stored.entity = base::EntityId(Uuid(row[0]));
  auto revision = row[2].as<int64_t>();
  if (revision > 0 && !row[3].is_null()) stored.snapshot = SnapshotRow{stored.entity, revision, Bytes(row[3])};
  return stored;
}

// The rows after the snapshots of those that are not parked.
absl::Status AddRows(pqxx::transaction_base& query, std::vector<StoredEntity>& chunk) {
  std::vector<StoredEntity*> read;
  for (StoredEntity& stored : chunk) {
    if (!stored.parked) read.push_back(&stored);
  }
  if (read.empty()) return absl::OkStatus();
  auto snapshot_revision = [](const StoredEntity* stored) { return stored->snapshot ? stored->snapshot->revision : 0; };
  std::string entities = ArrayLiteral(read, [](const StoredEntity* stored) { return stored->entity.ToString(); });
  std::string revisions =
      ArrayLiteral(read, [&](const StoredEntity* stored) { return std::to_string(snapshot_revision(stored)); });
  for (const pqxx::row& row : query.exec("execute rows_after (" + entities + ", " + revisions + ")")) {
    StoredEntity& stored = *read[row[0].as<size_t>() - 1];
    auto revision = row[1].as<int64_t>();
    int64_t expected = snapshot_revision(&stored) + static_cast<int64_t>(stored.decisions.size()) + 1;
    PAWL_RETURN_IF_ERROR(CheckRevision(stored.entity, expected, revision));
    stored.decisions.push_back({stored.entity, revision, base::EventId(row[2].as<int64_t>()), Bytes(row[3])});
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status QueryOpen(pqxx::connection_base& connection, const std::vector<base::EntityId>& entities,
                       std::vector<StoredEntity>& open) {
  // One snapshot for both statements: between them an execution may be decided on by another owner.
  pqxx::transaction<pqxx::repeatable_read, pqxx::read_only> query(connection);
  std::string slots = ArrayLiteral(entities, [](base::EntityId id) { return std::to_string(id.slot().value()); });
  std::string ids = ArrayLiteral(entities, [](base::EntityId id) { return id.ToString(); });
  for (const pqxx::row& row : query.exec("execute open_of (" + slots + ", " + ids + ")")) open.push_back(ToStored(row));
  return AddRows(query, open);
}

absl::Status QueryOpenEntities(pqxx::connection_base& connection, int32_t first_slot, int32_t last_slot,
                               const std::function<void(std::vector<StoredEntity>)>& each) {
  // One snapshot for all chunks; nobody appends to these slots but the owner who asks.
  pqxx::transaction<pqxx::repeatable_read, pqxx::read_only> query(connection);
  std::string after = std::to_string(first_slot) + ", '" + base::EntityId().ToString() + "'";
  while (true) {
    pqxx::result open =
        query.exec("execute open_entities (" + std::to_string(first_slot) + ", " + std::to_string(last_slot) + ", " +
                   after + ", " + std::to_string(kRecoverChunk) + ")");
    if (open.empty()) return absl::OkStatus();
    std::vector<StoredEntity> chunk;
    for (const pqxx::row& row : open) {
      StoredEntity& stored = chunk.emplace_back(ToStored(row));
      if (row[4].is_null()) continue;
      stored.snapshot.reset();
      stored.parked = ExecutionParked{.entity = stored.entity,
                                      .wake_at = At(row[4].as<int64_t>()),
                                      .name_key = Uuid(row[5]),
                                      .input_digest = Uuid(row[6]),
                                      .started_at = At(row[7].as<int64_t>())};
    }
    after = std::string(open.back()[1].c_str()) + ", '" + open.back()[0].c_str() + "'";
    PAWL_RETURN_IF_ERROR(AddRows(query, chunk));
    bool was_last = open.size() < kRecoverChunk;
    each(std::move(chunk));
    if (was_last) return absl::OkStatus();
  }
}

absl::Status QueryNames(pqxx::connection_base& connection, const std::vector<NameKey>& keys,
                        std::vector<std::optional<IndexedExecution>>& found) {
  pqxx::nontransaction query(connection);
  std::map<NameKey, IndexedExecution> by_key;
  for (const pqxx::row& row : query.exec("execute find_names (" + ArrayLiteral(keys, UuidText) + ")")) {
    IndexedExecution execution = ToExecution(row);
    NameKey key = execution.opened.name_key;
    by_key.emplace(key, std::move(execution));
  }
  for (const NameKey& key : keys) {
    auto one = by_key.find(key);
    found.push_back(one == by_key.end() ? std::nullopt : std::optional(one->second));
  }
  return absl::OkStatus();
}

absl::Status QueryDecisions(pqxx::connection_base& connection, base::EntityId entity, int64_t from_revision, int limit,
                            std::vector<DecisionRow>& rows) {
  int64_t first = std::clamp<int64_t>(from_revision, 1, INT32_MAX);
  int64_t last = std::min<int64_t>(first + std::max(limit, 0) - 1, INT32_MAX);
  pqxx::nontransaction query(connection);
  for (const pqxx::row& row : query.exec("execute read_decisions ('" + entity.ToString() + "', " +
                                         std::to_string(first) + ", " + std::to_string(last) + ")")) {
    auto revision = row[0].as<int64_t>();
    PAWL_RETURN_IF_ERROR(CheckRevision(entity, first + static_cast<int64_t>(rows.size()), revision));
    rows.push_back({entity, revision, base::EventId(row[1].as<int64_t>()), Bytes(row[2])});
  }
  return absl::OkStatus();
}

absl::Status QueryList(pqxx::connection_base& connection, const ReadScope& scope, const ListQuery& query,
                       std::vector<IndexedExecution>& executions) {
  pqxx::nontransaction transaction(connection);
  std::string sql =
      std::string("select ") + kExecutionColumns + " from pawl.machines m join pawl.executions e on e.machine = m.id ";
  // Running ones are few among all: they are looked up one by one instead of passing over those that have ended.
  if (query.status == int16_t{0}) {
    sql += "join pawl.open_executions o on o.machine = e.machine and o.entity = e.entity ";
  }
  sql += JoinHome(scope) + "where m.account = " + transaction.quote(query.account) +
         " and m.region = " + transaction.quote(query.region) + " and m.machine = " + transaction.quote(query.machine);
  if (query.status) sql += " and e.status = " + std::to_string(*query.status);
  if (query.before) sql += " and e.entity < '" + query.before->second.ToString() + "'";
  // An entity's id begins with the time of its start.
  sql += " order by e.entity desc limit " + std::to_string(query.limit);
  for (const pqxx::row& row : transaction.exec(sql)) executions.push_back(ToExecution(row));
  return absl::OkStatus();
}

}  // namespace pawl::history
