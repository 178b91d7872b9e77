#include "history/postgres/log_watch.h"

#include <algorithm>
#include <utility>

#include "shared/base/status.h"

namespace pawl::history {
namespace {

using Clock = std::chrono::steady_clock;
using pg::Array;
using pg::Type;

// What a partition's sequence is, with what its writer has added since the last renewal.
constexpr char kNextSequence[] =
    "greatest(p.next_sequence, (select max(u.next_sequence) from pawl.marks m, "
    "unnest(m.partitions, m.next_sequences) u (partition, next_sequence) "
    "where m.writer = p.writer and u.partition = p.partition))";

}  // namespace

absl::Status LogWatch::Meet(pg::AppendConnection& connection, const std::string& node) {
  PAWL_RETURN_IF_ERROR(MeetServer(connection));
  if (known_.empty()) return absl::OkStatus();
  PAWL_ASSIGN_OR_RETURN(std::vector<Loss> losses, Compare(connection, node));
  return losses.empty() ? absl::OkStatus() : WriteDown(connection, losses);
}

absl::Status LogWatch::MeetServer(pg::AppendConnection& connection) {
  // The control file tells of a promotion at the next checkpoint only; the name of the write-ahead log at once.
  PAWL_ASSIGN_OR_RETURN(
      pg::Rows rows,
      connection.Run("meet",
                     "select system_identifier, ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))"
                     "::bit(32)::integer from pg_control_system()",
                     {}));
  const int64_t system = rows.Int(0, 0);
  const auto timeline = static_cast<int32_t>(rows.Int(0, 1));
  if (system_ != 0 && system != system_) {
    return absl::UnavailableError("expected the database cluster " + std::to_string(system_) + ", but found cluster " +
                                  std::to_string(system) + "; start this node anew if that is meant");
  }
  if (timeline < timeline_ && system_ != 0) {
    return absl::UnavailableError("expected PostgreSQL's timeline " + std::to_string(timeline_) +
                                  " or a later one, but found timeline " + std::to_string(timeline) +
                                  ": a former primary is back and must not be used");
  }
  if (system_ != 0 && timeline > timeline_) {
    has_changed_ = true;
    changed_at_ = Clock::now();
  }
  system_ = system;
  timeline_ = timeline;
  return absl::OkStatus();
}

std::chrono::milliseconds LogWatch::patience(std::chrono::milliseconds lease) const {
  return has_changed_ && Clock::now() < changed_at_ + 2 * lease ? lease : std::chrono::milliseconds(0);
}

absl::StatusOr<std::vector<Loss>> LogWatch::Compare(pg::AppendConnection& connection, const std::string& node) {
  Array partitions(Type::kInt4Array), epochs(Type::kInt8Array), nexts(Type::kInt8Array);
  for (const auto& [partition, known] : known_) {
    partitions.AddInt4(partition.value());
    epochs.AddInt8(known.epoch.value());
    nexts.AddInt8(known.next.value());
  }
  // A loss that was accepted is over, whoever else remembers it.
  PAWL_ASSIGN_OR_RETURN(
      pg::Rows rows,
      connection.Run(
          "compare",
          std::string("select f.partition, f.there, f.next from (select k.partition, k.epoch, k.next, case "
                      "when p.epoch > k.epoch then (select c.next_sequence from pawl.claims c "
                      "where c.partition = k.partition and c.epoch > k.epoch order by c.epoch limit 1) else ") +
              kNextSequence +
              " end as there from unnest($1, $2, $3) k (partition, epoch, next) "
              "join pawl.partitions p on p.partition = k.partition and p.here) f "
              "where f.there < f.next and not exists (select from pawl.losses l where "
              "l.partition = f.partition and l.first_missing = f.there and l.epoch >= f.epoch "
              "and l.accepted_at is not null) order by f.partition",
          {std::move(partitions).Take(), std::move(epochs).Take(), std::move(nexts).Take()}));
  std::vector<Loss> losses;
  for (int row = 0; row < rows.size(); ++row) {
    losses.push_back({base::PartitionId(static_cast<int32_t>(rows.Int(row, 0))), base::Sequence(rows.Int(row, 1)),
                      base::Sequence(rows.Int(row, 2) - 1), node});
  }
  return losses;
}

// 1. Nobody claims these meanwhile. 2. Whoever appends to them stops. 3. Nobody owns them. 4. The loss is on record.
absl::Status LogWatch::WriteDown(pg::AppendConnection& connection, const std::vector<Loss>& losses) {
  auto lists = [&] {
    Array partitions(Type::kInt4Array), firsts(Type::kInt8Array), lasts(Type::kInt8Array), epochs(Type::kInt8Array);
    for (const Loss& loss : losses) {
      partitions.AddInt4(loss.partition.value());
      firsts.AddInt8(loss.first_missing.value());
      lasts.AddInt8(loss.last_missing.value());
      epochs.AddInt8(known_.at(loss.partition).epoch.value());
    }
    return std::vector<pg::Parameter>{std::move(partitions).Take(), std::move(firsts).Take(), std::move(lasts).Take(),
                                      std::move(epochs).Take()};
  };
  std::vector<pg::Parameter> all = lists();
  const pg::Parameter partitions = all.front();
  absl::Status status = connection.Execute("begin");
  auto run = [&](const char* name, const std::string& sql, std::vector<pg::Parameter> parameters) {
    if (status.ok()) status = connection.Run(name, sql, parameters).status();
  };
  run("lock_lost", "select from pawl.partitions where partition = any($1) order by partition for update", {partitions});
  run("stop_lost",
      "update pawl.writers w set taken = taken + 1 from (select id from pawl.writers where id in (select writer from "
      "pawl.partitions where partition = any($1)) order by id for update) l where w.id = l.id",
      {partitions});
  run("free_lost",
      std::string("update pawl.partitions p set next_sequence = ") + kNextSequence +
          ", writer = null, node = '', lease_until = '-infinity' where p.partition = any($1)",
      {partitions});
  all.push_back(pg::Int4(timeline_));
  all.push_back(pg::Text(losses.front().node));
  run("record_losses",
      "insert into pawl.losses (partition, first_missing, last_missing, epoch, timeline, node) "
      "select l.*, $5, $6 from unnest($1, $2, $3, $4) l on conflict (partition, first_missing, timeline) do update set "
      "last_missing = greatest(pawl.losses.last_missing, excluded.last_missing), "
      "epoch = greatest(pawl.losses.epoch, excluded.epoch), accepted_at = null",
      std::move(all));
  if (status.ok()) status = connection.Execute("commit");
  return status;
}

}  // namespace pawl::history
