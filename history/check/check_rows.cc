#include "history/check/check_rows.h"

#include <algorithm>

#include "history/log/slot_sql.h"
#include "shared/pg/array_text.h"

namespace pawl::history {
namespace {

// Rows a fetch: a row may have a megabyte.
constexpr const char* kFetch = "fetch 200 from log_rows";

base::EntityId Entity(const pqxx::field& field) { return base::EntityId::FromHex(field.c_str()); }

std::string Quoted(base::EntityId entity) { return "'" + entity.ToString() + "'"; }

std::string Bytes(const pqxx::field& field) {
  pqxx::binarystring bytes(field);
  return std::string(bytes.get(), bytes.size());
}

base::WallTime At(const pqxx::field& field) { return base::WallTime(std::chrono::milliseconds(field.as<int64_t>())); }

std::string MachineList(const std::vector<int32_t>& machines) { return "'" + pg::ArrayText(machines) + "'::integer[]"; }

std::string Between(const std::string& column, const Range& range) {
  return column + " > " + Quoted(range.after) + " and " + column + " <= " + Quoted(range.last);
}

}  // namespace

std::string CheckSetUpSql() {
  // The batches are small and must go by index, whatever the planner thinks of a young table.
  return "set application_name = 'pawl check'; set default_transaction_read_only = on; set jit = off; set "
         "enable_seqscan = off; set enable_hashjoin = off; "
         "set enable_mergejoin = off; set max_parallel_workers_per_gather = 0; set lock_timeout = '10s'; "
         "set idle_in_transaction_session_timeout = '60s'";
}

base::EntityId LastStarted(pqxx::connection_base& connection) {
  pqxx::nontransaction query(connection);
  return Entity(query.exec1("select pawl.first_entity(clock_timestamp())")[0]);
}

std::vector<int32_t> MachinesInIndex(CheckTransaction& read) {
  std::vector<int32_t> machines;
  // From one distinct value to the next by index, instead of over all rows.
  for (const pqxx::row& row :
       read.exec("with recursive m as (select min(machine) as machine from pawl.executions union all "
                 "select (select min(e.machine) from pawl.executions e where e.machine > m.machine) from m "
                 "where m.machine is not null) select machine from m where machine is not null")) {
    machines.push_back(row[0].as<int32_t>());
  }
  return machines;
}

std::set<std::string> Definitions(pqxx::connection_base& connection) {
  pqxx::nontransaction query(connection);
  std::set<std::string> digests;
  for (const pqxx::row& row : query.exec("select digest from pawl.definitions")) digests.insert(row[0].c_str());
  return digests;
}

base::EntityId BatchEnd(CheckTransaction& read, const Range& range, const std::vector<int32_t>& machines,
                        int executions) {
  Range batch = range;
  // An execution has a few rows at least.
  pqxx::result rows = read.exec("select entity from pawl.log where " + Between("entity", range) +
                                " order by entity offset " + std::to_string(executions * 4) + " limit 1");
  if (!rows.empty()) batch.last = Entity(rows[0][0]);
  pqxx::result indexed =
      read.exec("select e.entity from unnest(" + MachineList(machines) +
                ") m cross join lateral (select entity from pawl.executions "
                "where machine = m and " +
                Between("entity", batch) + " order by entity limit " + std::to_string(executions + 1) +
                ") e order by e.entity offset " + std::to_string(executions) + " limit 1");
  return indexed.empty() ? batch.last : Entity(indexed[0][0]);
}

std::map<base::EntityId, IndexRow> ReadIndex(CheckTransaction& read, const Range& range,
                                             const std::vector<int32_t>& machines) {
  std::map<base::EntityId, IndexRow> index;
  for (const pqxx::row& row : read.exec(
           "select e.entity, e.name_key, e.input_digest, e.started_at, e.stopped_at, e.status, e.name, e.machine, "
           "m.account, m.region, m.machine, o.snapshot_revision, o.snapshot from unnest(" +
           MachineList(machines) + ") u cross join lateral (select * from pawl.executions where machine = u and " +
           Between("entity", range) +
           ") e left join pawl.machines m on m.id = e.machine left join pawl.open_executions o on o.slot = " +
           SlotOf("e.entity") + " and o.entity = e.entity")) {
    IndexRow one;
    ExecutionOpened& opened = one.execution.opened;
    opened.entity = Entity(row[0]);
    opened.name_key = Entity(row[1]).bytes();
    opened.input_digest = Entity(row[2]).bytes();
    opened.started_at = At(row[3]);
    if (!row[4].is_null()) one.execution.stopped_at = At(row[4]);
    one.execution.status = static_cast<int16_t>(row[5].as<int>());
    opened.name = row[6].c_str();
    one.machine = row[7].as<int32_t>();
    one.has_machine = !row[8].is_null();
    if (one.has_machine) {
      opened.account = row[8].c_str();
      opened.region = row[9].c_str();
      opened.machine = row[10].c_str();
    }
    one.is_open = !row[11].is_null();
    if (one.is_open) one.snapshot_revision = row[11].as<int64_t>();
    if (!row[12].is_null()) one.snapshot = Bytes(row[12]);
    index.emplace(opened.entity, std::move(one));
  }
  return index;
}

void ReadLog(CheckTransaction& read, const Range& range, const std::function<void(const DecisionRow&)>& each) {
  read.exec("declare log_rows no scroll cursor for select entity, revision, first_event, data from pawl.log where " +
            Between("entity", range) + " order by entity, revision");
  while (true) {
    pqxx::result rows = read.exec(kFetch);
    if (rows.empty()) break;
    for (const pqxx::row& row : rows) {
      each({Entity(row[0]), row[1].as<int64_t>(), base::EventId(row[2].as<int64_t>()), Bytes(row[3])});
    }
  }
  read.exec("close log_rows");
}

std::vector<OpenRow> ReadOpen(pqxx::connection_base& connection, int32_t slot, base::EntityId after, int limit) {
  pqxx::nontransaction query(connection);
  std::vector<OpenRow> open;
  for (const pqxx::row& row :
       query.exec("select o.entity, o.slot, e.entity is not null from pawl.open_executions o left join "
                  "pawl.executions e on e.machine = o.machine and e.entity = o.entity where (o.slot, o.entity) > (" +
                  std::to_string(slot) + ", " + Quoted(after) + ") order by o.slot, o.entity limit " +
                  std::to_string(limit))) {
    open.push_back({Entity(row[0]), row[1].as<int32_t>(), row[2].as<bool>()});
  }
  return open;
}

int32_t PartitionCount(CheckTransaction& read) {
  return read.exec1("select partition_count from pawl.cluster")[0].as<int32_t>();
}

std::vector<PartitionRow> ReadPartitions(CheckTransaction& read) {
  std::vector<PartitionRow> partitions;
  for (const pqxx::row& row : read.exec(
           "select p.partition, p.epoch, p.node, coalesce(p.writer, 0), w.id is not null, "
           "greatest(p.next_sequence, m.next_sequence), p.here, p.here or p.moving_to is not null from pawl.partitions "
           "p left join pawl.writers w "
           "on w.id = p.writer left join lateral (select max(u.next_sequence) as next_sequence from pawl.marks k, "
           "unnest(k.partitions, k.next_sequences) u (partition, next_sequence) where k.writer = p.writer and "
           "u.partition = p.partition) m on true order by p.partition")) {
    partitions.push_back({row[0].as<int64_t>(), row[1].as<int64_t>(), row[2].c_str(), row[3].as<int64_t>(),
                          row[4].as<bool>(), row[5].as<int64_t>(), row[6].as<bool>(), row[7].as<bool>()});
  }
  return partitions;
}

std::vector<ClaimRow> ReadClaims(CheckTransaction& read) {
  std::vector<ClaimRow> claims;
  for (const pqxx::row& row :
       read.exec("select partition, epoch, next_sequence from pawl.claims order by partition, epoch, next_sequence")) {
    claims.push_back({row[0].as<int64_t>(), row[1].as<int64_t>(), row[2].as<int64_t>()});
  }
  return claims;
}

std::map<int32_t, int64_t> CountRows(CheckTransaction& read) {
  read.exec("set local enable_seqscan = on");
  std::map<int32_t, int64_t> counts;
  for (const pqxx::row& row :
       read.exec("select " + SlotOf("entity") + ", count(*) from pawl.log group by 1 order by 1")) {
    counts[row[0].as<int32_t>()] = row[1].as<int64_t>();
  }
  return counts;
}

std::vector<std::pair<int32_t, std::string>> ReadLosses(CheckTransaction& read) {
  std::vector<std::pair<int32_t, std::string>> losses;
  for (const pqxx::row& row : read.exec("select partition, first_missing, last_missing, node from pawl.losses where "
                                        "accepted_at is null order by partition, first_missing")) {
    losses.emplace_back(row[0].as<int32_t>(), std::string("sequences ") + row[1].c_str() + " to " + row[2].c_str() +
                                                  ", which node " + row[3].c_str() +
                                                  " had committed, are not in this database");
  }
  return losses;
}

}  // namespace pawl::history
