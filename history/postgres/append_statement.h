// The one statement by which batches become durable, and the ids of state machines that it needs. Internal to
// history/postgres.
//
// The statement is a chain of data-modifying CTEs behind a fence: it locks its writer's row, and writes only if nobody
// took a partition from that writer since it last looked (pawl.writers.taken). A claim updates that row, so the two
// exclude each other, whichever came first. Only the parts that a batch needs are in the statement; each combination
// is prepared once.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "history/log/event_log.h"
#include "shared/pg/binary.h"

namespace pawl::history {

struct PreparedAppend {
  std::string name;
  std::string sql;  // empty where it was not wanted
  std::vector<pg::Parameter> parameters;
};

// Account, region, machine -> pawl.machines.id.
using MachineKey = std::tuple<std::string, std::string, std::string>;
using MachineIds = std::map<MachineKey, int32_t>;

struct WriterPosition {
  int64_t writer = 0;
  int64_t taken = 0;
  int64_t number = 0;  // of this append
};

// `machines` has the ids of all opened executions. The statement counts one row where the fence held, else none. Its
// text is needed once for each name.
PreparedAppend MakeAppend(const WriterPosition& position, const std::vector<const PartitionBatch*>& batches,
                          const MachineIds& machines, bool with_sql);

}  // namespace pawl::history
