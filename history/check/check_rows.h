// What a check reads from PostgreSQL, a batch at a time. Internal to history/check. Functions throw what libpqxx
// throws.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <pqxx/pqxx>
#include <set>
#include <string>
#include <vector>

#include "history/log/event_log.h"

namespace pawl::history {

using CheckTransaction = pqxx::transaction<pqxx::repeatable_read, pqxx::read_only>;

// A row of pawl.executions with what belongs to it.
struct IndexRow {
  IndexedExecution execution;
  int32_t machine = 0;
  bool has_machine = false;  // account, region and machine are known
  bool is_open = false;      // in pawl.open_executions, under its slot
  int64_t snapshot_revision = 0;
  std::string snapshot;
};

struct Range {  // of entities: first excluded, last included
  base::EntityId after;
  base::EntityId last;
};

struct OpenRow {
  base::EntityId entity;
  int32_t slot = 0;
  bool is_indexed = false;
};

struct PartitionRow {
  int64_t partition = 0;
  int64_t epoch = 0;
  std::string node;
  int64_t writer = 0;  // 0: none
  bool has_writer = false;
  int64_t next_sequence = 0;  // with the marks that its writer left
  bool here = true;           // this database holds its log
  bool may_have_rows = true;  // it does, or the partition is on its way
};

struct ClaimRow {
  int64_t partition = 0;
  int64_t epoch = 0;
  int64_t next_sequence = 0;
};

// To be run once on the connection.
std::string CheckSetUpSql();
// The highest entity that could have started by now.
base::EntityId LastStarted(pqxx::connection_base& connection);
std::set<std::string> Definitions(pqxx::connection_base& connection);

// Ids that index rows name, whether pawl.machines has them or not.
std::vector<int32_t> MachinesInIndex(CheckTransaction& read);
// The end of a batch of about so many executions that begins after `range.after`.
base::EntityId BatchEnd(CheckTransaction& read, const Range& range, const std::vector<int32_t>& machines,
                        int executions);
std::map<base::EntityId, IndexRow> ReadIndex(CheckTransaction& read, const Range& range,
                                             const std::vector<int32_t>& machines);
// The log's rows of the range, by entity and revision.
void ReadLog(CheckTransaction& read, const Range& range, const std::function<void(const DecisionRow&)>& each);

// After (slot, entity), in that order.
std::vector<OpenRow> ReadOpen(pqxx::connection_base& connection, int32_t slot, base::EntityId after, int limit);

int32_t PartitionCount(CheckTransaction& read);
std::vector<PartitionRow> ReadPartitions(CheckTransaction& read);
std::vector<ClaimRow> ReadClaims(CheckTransaction& read);
// Rows of the log by slot.
std::map<int32_t, int64_t> CountRows(CheckTransaction& read);
// Sentences about losses that nobody has accepted, by partition.
std::vector<std::pair<int32_t, std::string>> ReadLosses(CheckTransaction& read);

}  // namespace pawl::history
