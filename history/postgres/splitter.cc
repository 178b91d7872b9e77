#include "history/postgres/splitter.h"

#include <algorithm>
#include <memory>
#include <pqxx/pqxx>
#include <utility>

#include "history/log/slot_sql.h"
#include "history/postgres/tool_server.h"
#include "shared/base/ids.h"
#include "shared/base/status.h"
#include "shared/pg/errors.h"

namespace pawl::history {
namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kSettings = "set application_name = 'pawl split'; set jit = off; set lock_timeout = '10s'";

absl::Status CheckQuiet(ToolServer& server) {
  pqxx::nontransaction query(server.connection);
  for (const pqxx::row& row : query.exec("select partition from pawl.partitions where moving_to is not null limit 1")) {
    return absl::FailedPreconditionError(std::string("partition ") + row[0].c_str() +
                                         " is being moved, or a move of it was cut off: `pawl admin move` mends that");
  }
  for (const pqxx::row& row : query.exec("select partition from pawl.losses where accepted_at is null limit 1")) {
    return absl::FailedPreconditionError(std::string("a loss of partition ") + row[0].c_str() +
                                         " waits to be accepted: see `pawl admin losses`");
  }
  return absl::OkStatus();
}

// The partition, of `count`, of an entity's slot.
std::string PartitionOfEntity(int32_t count) {
  return "(" + SlotOf("entity") + " * " + std::to_string(count) + " / " + std::to_string(base::kSlotCount) + ")";
}

absl::Status SplitServer(ToolServer& server, int32_t count, SplitReport& report) {
  const std::string ratio = std::to_string(count / server.partition_count);
  const std::string all = std::to_string(count);
  pqxx::work work(server.connection);
  // Claims and renewals take rows before writers, so this takes the table before writers.
  work.exec("lock table pawl.partitions in exclusive mode");
  const Clock::time_point stopped = Clock::now();
  work.exec(
      "update pawl.writers w set taken = taken + 1 from (select id from pawl.writers order by id for update) l "
      "where w.id = l.id");
  work.exec(
      "create temporary table old_partition on commit drop as select p.partition, p.here, greatest("
      "p.next_sequence, (select max(u.next_sequence) from pawl.marks m, unnest(m.partitions, m.next_sequences) "
      "u (partition, next_sequence) where m.writer = p.writer and u.partition = p.partition)) as next_sequence "
      "from pawl.partitions p");
  work.exec("create temporary table new_count on commit drop as select " + PartitionOfEntity(count) +
            " as partition, count(*) as decisions from pawl.log group by 1");
  const pqxx::result wrong = work.exec(
      "select o.partition, o.next_sequence - 1, coalesce(sum(n.decisions), 0) from old_partition o left join new_count "
      "n on n.partition / " +
      ratio +
      " = o.partition where o.here group by o.partition, o.next_sequence having "
      "o.next_sequence - 1 <> coalesce(sum(n.decisions), 0) order by 1 limit 1");
  if (!wrong.empty()) {
    return absl::DataLossError(std::string("partition ") + wrong[0][0].c_str() + " of " + server.name + " has " +
                               wrong[0][1].c_str() + " decisions by its sequence, but " + wrong[0][2].c_str() +
                               " rows; nothing was changed. `pawl admin check` tells whether its log is sound");
  }
  const std::string epoch =
      work.exec1(
              "select greatest((select max(epoch) from pawl.partitions), (select max(epoch) from pawl.claims), 0) + 1")
          [0]
              .c_str();
  work.exec("delete from pawl.partitions");
  work.exec("insert into pawl.partitions (partition, here, epoch, next_sequence) select p, o.here, " + epoch +
            ", case when o.here then coalesce(n.decisions, 0) + 1 else 1 end from generate_series(0, " + all +
            " - 1) p join old_partition o on o.partition = p / " + ratio + " left join new_count n on n.partition = p");
  // Of the old numbers nothing is left that could be taken for one of the new ones. Each half of a partition may have
  // all that runs of a limited key, until its owner says how much that is.
  work.exec("delete from pawl.marks; delete from pawl.claims; delete from pawl.losses");
  work.exec("create temporary table old_permit on commit drop as select * from pawl.permits where held > 0");
  work.exec("delete from pawl.permits");
  work.exec("insert into pawl.permits select key, partition * " + ratio +
            " + i, 0, 0, held, 0, now(), now() from old_permit, generate_series(0, " + ratio + " - 1) i");
  work.exec("update pawl.cluster set partition_count = " + all);
  report.decisions += work.exec1("select coalesce(sum(decisions), 0)::bigint from new_count")[0].as<int64_t>();
  work.commit();
  report.stopped =
      std::max(report.stopped, std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - stopped));
  return absl::OkStatus();
}

// All partitions are in one of the servers: otherwise one of them is not among those that were given.
absl::Status CheckAllGiven(const std::vector<std::unique_ptr<ToolServer>>& servers) {
  double share = 0;  // a server that has changed already counts its own way
  for (const auto& server : servers) {
    pqxx::nontransaction query(server->connection);
    share += query.exec1("select count(*) from pawl.partitions where here")[0].as<double>() / server->partition_count;
  }
  if (share > 0.999 && share < 1.001) return absl::OkStatus();
  return absl::FailedPreconditionError("not all partitions are in the given databases; name all of them, each once");
}

}  // namespace

absl::StatusOr<SplitReport> SplitPartitions(const std::vector<std::string>& conninfos, int32_t count) {
  PAWL_ASSIGN_OR_RETURN(auto servers, ConnectTool(conninfos, kSettings));
  SplitReport report{.before = servers.front()->partition_count, .after = count};
  absl::Status status = pg::Guard([&]() -> absl::Status {
    if (!TryLockCluster(*servers.front())) {
      return absl::AbortedError("partitions of this cluster are being moved or split already");
    }
    PAWL_RETURN_IF_ERROR(CheckAllGiven(servers));
    for (const auto& server : servers) {
      if (server->partition_count == count) continue;
      if (count < server->partition_count || count % server->partition_count != 0 || count > base::kSlotCount) {
        return absl::InvalidArgumentError("there are " + std::to_string(server->partition_count) +
                                          " partitions; expected a multiple of that, up to 16384, not " +
                                          std::to_string(count));
      }
      PAWL_RETURN_IF_ERROR(CheckQuiet(*server));
    }
    for (auto server = servers.rbegin(); server != servers.rend(); ++server) {
      if ((*server)->partition_count != count) PAWL_RETURN_IF_ERROR(SplitServer(**server, count, report));
    }
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return report;
}

}  // namespace pawl::history
