#include "history/postgres/mover.h"

#include <algorithm>
#include <map>
#include <optional>
#include <pqxx/pqxx>
#include <set>
#include <utility>

#include "history/log/event_log.h"
#include "history/log/slot_sql.h"
#include "history/postgres/tool_server.h"
#include "shared/base/status.h"
#include "shared/pg/array_text.h"
#include "shared/pg/errors.h"

namespace pawl::history {
namespace {

using Clock = std::chrono::steady_clock;
using Read = pqxx::transaction<pqxx::repeatable_read, pqxx::read_only>;
using Texts = std::vector<std::optional<std::string>>;

constexpr const char* kSettings =
    "set application_name = 'pawl move'; set jit = off; set lock_timeout = '10s'; "
    "set idle_in_transaction_session_timeout = '60s'";
constexpr size_t kBatch = 200;  // executions
constexpr int kRoundsMax = 20;
// A round that takes no longer is short enough to be the last one, with the partition stopped.
constexpr std::chrono::milliseconds kShortRound{150};
// Executions may show up in the index so long after the time in their ids: clocks differ, commits take time.
constexpr const char* kMargin = "30 seconds";

std::optional<std::string> Text(const pqxx::field& field) {
  return field.is_null() ? std::nullopt : std::optional<std::string>(field.c_str());
}

// Columns of a result as arrays.
std::vector<std::string> Columns(const pqxx::result& rows) {
  std::vector<Texts> columns(rows.columns());
  for (const pqxx::row& row : rows) {
    for (pqxx::row::size_type i = 0; i < row.size(); ++i) columns[i].push_back(Text(row[i]));
  }
  std::vector<std::string> arrays;
  for (const Texts& column : columns) arrays.push_back(pg::ArrayText(column));
  return arrays;
}

// The condition under which a slot, which stands before it, belongs to the partition.
std::string BetweenSlots(base::PartitionId partition, int32_t count) {
  const SlotRange slots = SlotsOfPartition(partition, count);
  return " between " + std::to_string(slots.first.value()) + " and " + std::to_string(slots.last.value());
}

}  // namespace

// One partition on its way.
class Mover::Course {
 public:
  Course(ToolServer& source, ToolServer& target, base::PartitionId partition)
      : source_(source),
        target_(target),
        id_(partition),
        partition_(std::to_string(partition.value())),
        is_slot_of_it_(BetweenSlots(partition, source.partition_count)) {}

  absl::Status Run(const std::function<void(const MoveReport&)>& tell) {
    Prepare();
    std::string began = Now();
    CopyEverything(tell);
    std::chrono::milliseconds took = kShortRound;
    for (report_.rounds = 1; report_.rounds < kRoundsMax && took >= kShortRound; ++report_.rounds) {
      const std::string since = std::exchange(began, Now());
      const Clock::time_point start = Clock::now();
      CopySince(since);
      took = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start);
      tell(report_);
    }
    const Clock::time_point stopped = Clock::now();
    const int64_t next_sequence = Fence();
    absl::Status verified;
    // Whatever goes wrong from here on, the partition must not stay without a place.
    try {
      CopySince(began);
      verified = Verify(next_sequence);
    } catch (const std::exception& error) {
      verified = absl::UnavailableError(std::string("the rest could not be copied: ") + error.what());
    }
    if (!verified.ok()) {
      Unfence();
      Purge(target_, id_);
      return verified;
    }
    Switch(next_sequence);
    report_.stopped = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - stopped);
    tell(report_);
    Purge(source_, id_);
    return absl::OkStatus();
  }
  const MoveReport& report() const { return report_; }

  // Deletes what a server has of a partition that is not there, and notes that nothing is left.
  static void Purge(ToolServer& server, base::PartitionId partition) {
    const std::string number = std::to_string(partition.value());
    const std::string is_slot_of_it = BetweenSlots(partition, server.partition_count);
    Texts entities, machines;
    {
      pqxx::nontransaction query(server.connection);
      for (const pqxx::row& row :
           query.exec("select entity, machine from pawl.executions where " + SlotOf("entity") + is_slot_of_it)) {
        entities.push_back(row[0].c_str());
        machines.push_back(row[1].c_str());
      }
    }
    for (size_t at = 0; at < entities.size(); at += kBatch) {
      const auto end = static_cast<ptrdiff_t>(std::min(at + kBatch, entities.size()));
      const auto begin = static_cast<ptrdiff_t>(at);
      const std::string some = pg::ArrayText(Texts(entities.begin() + begin, entities.begin() + end));
      const std::string theirs = pg::ArrayText(Texts(machines.begin() + begin, machines.begin() + end));
      pqxx::work transaction(server.connection);
      transaction.exec_params("delete from pawl.log where entity = any($1::uuid[])", some);
      transaction.exec_params(
          "delete from pawl.executions e using unnest($1::integer[], $2::uuid[]) u (machine, entity) "
          "where e.machine = u.machine and e.entity = u.entity",
          theirs, some);
      transaction.commit();
    }
    pqxx::work transaction(server.connection);
    transaction.exec("delete from pawl.open_executions where slot" + is_slot_of_it);
    transaction.exec("update pawl.partitions set moving_to = null where not here and partition = " + number);
    transaction.commit();
  }

 private:
  std::string Now() {
    return pqxx::nontransaction(source_.connection).exec1("select clock_timestamp()::text")[0].c_str();
  }

  void Prepare() {
    std::string oldest;
    {
      pqxx::nontransaction query(source_.connection);
      oldest =
          query.exec1("select coalesce(to_timestamp(min(started_at) / 1000.0), now())::text from pawl.executions")[0]
              .c_str();
    }
    pqxx::work transaction(target_.connection);
    transaction.exec_params("select pawl.ensure_log_months($1::timestamptz, now())", oldest);
    transaction.exec("update pawl.partitions set moving_to = '" + target_.id + "' where partition = " + partition_);
    transaction.commit();
  }

  struct Execution {
    std::string entity;
    std::string machine;  // its id at the source
  };

  std::vector<Execution> List(pqxx::transaction_base& read, const std::string& sql) {
    std::vector<Execution> executions;
    for (const pqxx::row& row : read.exec(sql)) {
      if (!ended_.contains(row[0].c_str())) executions.push_back({row[0].c_str(), row[1].c_str()});
    }
    return executions;
  }

  void CopyEverything(const std::function<void(const MoveReport&)>& tell) {
    std::vector<Execution> executions;
    {
      Read read(source_.connection);
      executions = List(read, "select entity, machine from pawl.executions where " + SlotOf("entity") + is_slot_of_it_ +
                                  " order by machine, entity");
    }
    for (size_t at = 0; at < executions.size(); at += kBatch) {
      const auto begin = executions.begin() + static_cast<ptrdiff_t>(at);
      CopyBatch({begin, begin + static_cast<ptrdiff_t>(std::min(kBatch, executions.size() - at))});
      tell(report_);
    }
  }

  // What may have changed since that time: what was open, what is open, and what is new.
  void CopySince(const std::string& since) {
    std::map<std::string, std::string> changed = std::exchange(open_, {});
    {
      Read read(source_.connection);
      read.exec("set local enable_seqscan = off");
      for (Execution& one :
           List(read, "select entity, machine from pawl.open_executions where slot" + is_slot_of_it_)) {
        changed[one.entity] = one.machine;
      }
      for (Execution& one : List(read,
                                 "select e.entity, e.machine from pawl.machines m join pawl.executions e on "
                                 "e.machine = m.id and e.entity > pawl.first_entity('" +
                                     since + "'::timestamptz - interval '" + kMargin + "') where " +
                                     SlotOf("e.entity") + is_slot_of_it_)) {
        changed[one.entity] = one.machine;
      }
    }
    std::vector<Execution> batch;
    for (auto& [entity, machine] : changed) {
      batch.push_back({entity, machine});
      if (batch.size() == kBatch) CopyBatch(std::exchange(batch, {}));
    }
    if (!batch.empty()) CopyBatch(batch);
  }

  // Brings the target to where the source is with these executions.
  void CopyBatch(const std::vector<Execution>& batch) {
    Texts entity_texts, machine_texts;
    for (const Execution& one : batch) {
      entity_texts.push_back(one.entity);
      machine_texts.push_back(one.machine);
    }
    const std::string entities = pg::ArrayText(entity_texts), machines = pg::ArrayText(machine_texts);
    pqxx::work write(target_.connection);
    std::map<std::string, std::string> have;
    for (const pqxx::row& row : write.exec_params(
             "select entity, max(revision) from pawl.log where entity = any($1::uuid[]) group by entity", entities)) {
      have[row[0].c_str()] = row[1].c_str();
    }
    Texts revisions;
    for (const Execution& one : batch) {
      auto found = have.find(one.entity);
      revisions.push_back(found == have.end() ? "0" : found->second);
    }
    Read read(source_.connection);
    const pqxx::result index = read.exec_params(
        "select e.name_key, e.entity, e.input_digest, e.started_at, e.stopped_at, m.account, m.region, m.machine, "
        "e.status, e.name from unnest($1::integer[], $2::uuid[]) u (machine, entity) join pawl.executions e "
        "on e.machine = u.machine and e.entity = u.entity join pawl.machines m on m.id = e.machine",
        machines, entities);
    const pqxx::result open = read.exec_params(
        "select o.entity, m.account, m.region, m.machine, o.slot, o.snapshot_revision, o.snapshot, "
        "o.wake_at, o.name_key, o.input_digest, o.started_at from "
        "unnest($1::uuid[]) u (entity) join pawl.open_executions o on o.slot = " +
            SlotOf("u.entity") + " and o.entity = u.entity join pawl.machines m on m.id = o.machine",
        entities);
    const pqxx::result log = read.exec_params(
        "select l.entity, l.revision, l.first_event, l.data from unnest($1::uuid[], $2::integer[]) u (entity, after) "
        "cross join lateral (select * from pawl.log l where l.entity = u.entity and "
        "(l.revision >> 8) >= (u.after >> 8) and l.revision > u.after) l order by l.entity, l.revision",
        entities, pg::ArrayText(revisions));
    WriteIndex(write, index);
    WriteOpen(write, entities, open);
    WriteLog(write, log);
    write.commit();

    std::set<std::string> still_open;
    for (const pqxx::row& row : open) still_open.insert(row[0].c_str());
    for (const Execution& one : batch) {
      if (still_open.contains(one.entity)) {
        open_[one.entity] = one.machine;
      } else {
        ended_.insert(one.entity);
      }
    }
    report_.executions += static_cast<int64_t>(index.size());
    report_.decisions += static_cast<int64_t>(log.size());
  }

  // State machines have other ids there.
  static constexpr const char* kJoinMachines =
      " join pawl.machines m on (m.account, m.region, m.machine) = (r.account, r.region, r.machine) ";

  static void WriteIndex(pqxx::work& write, const pqxx::result& rows) {
    if (rows.empty()) return;
    const std::vector<std::string> c = Columns(rows);
    write.exec_params(
        "insert into pawl.machines (account, region, machine) select distinct * from unnest($1::text[], $2::text[], "
        "$3::text[]) on conflict do nothing",
        c[5], c[6], c[7]);
    write.exec_params(
        std::string("insert into pawl.executions (name_key, entity, input_digest, started_at, stopped_at, machine, "
                    "status, name) select r.name_key, r.entity, r.input_digest, r.started_at, r.stopped_at, m.id, "
                    "r.status, r.name from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bigint[], $5::bigint[], "
                    "$6::text[], $7::text[], $8::text[], $9::smallint[], $10::text[]) r (name_key, entity, "
                    "input_digest, started_at, stopped_at, account, region, machine, status, name)") +
            kJoinMachines +
            "on conflict (name_key) do update set status = excluded.status, stopped_at = excluded.stopped_at",
        c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7], c[8], c[9]);
  }

  static void WriteOpen(pqxx::work& write, const std::string& entities, const pqxx::result& rows) {
    write.exec_params("delete from pawl.open_executions o using unnest($1::uuid[]) u (entity) where o.slot = " +
                          SlotOf("u.entity") + " and o.entity = u.entity",
                      entities);
    if (rows.empty()) return;
    const std::vector<std::string> c = Columns(rows);
    write.exec_params(
        std::string(
            "insert into pawl.open_executions (entity, machine, slot, snapshot_revision, snapshot, wake_at, name_key, "
            "input_digest, started_at) select r.entity, m.id, r.slot, r.revision, r.snapshot, r.wake_at, r.name_key, "
            "r.input_digest, r.started_at from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::smallint[], "
            "$6::integer[], $7::bytea[], $8::bigint[], $9::uuid[], $10::uuid[], $11::bigint[]) r (entity, account, "
            "region, machine, slot, revision, snapshot, wake_at, name_key, input_digest, started_at)") +
            kJoinMachines,
        c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7], c[8], c[9], c[10]);
  }

  static void WriteLog(pqxx::work& write, const pqxx::result& rows) {
    if (rows.empty()) return;
    const std::vector<std::string> c = Columns(rows);
    write.exec_params(
        "insert into pawl.log (entity, revision, first_event, data) select * from unnest($1::uuid[], $2::integer[], "
        "$3::integer[], $4::bytea[])",
        c[0], c[1], c[2], c[3]);
  }

  // Answers how far the partition's sequence is; from here on it grows no more.
  int64_t Fence() {
    pqxx::work transaction(source_.connection);
    pqxx::row row = transaction.exec1(
        "select coalesce(writer, 0) from pawl.partitions where here and partition = " + partition_ + " for update");
    const std::string writer = row[0].c_str();
    transaction.exec("update pawl.writers set taken = taken + 1 where id = " + writer);
    row = transaction.exec1(
        "update pawl.partitions p set here = false, moving_to = '" + target_.id +
        "', epoch = epoch + 1, writer = null, node = '', lease_until = '-infinity', next_sequence = "
        "greatest(p.next_sequence, (select max(u.next_sequence) from pawl.marks m, unnest(m.partitions, "
        "m.next_sequences) u (partition, next_sequence) where m.writer = " +
        writer + " and u.partition = p.partition)) where partition = " + partition_ +
        " returning epoch, next_sequence");
    epoch_ = row[0].c_str();
    const auto next_sequence = row[1].as<int64_t>();
    transaction.commit();
    return next_sequence;
  }

  void Unfence() {
    pqxx::work transaction(source_.connection);
    transaction.exec("update pawl.partitions set here = true, moving_to = null where partition = " + partition_);
    transaction.commit();
  }

  absl::Status Verify(int64_t next_sequence) {
    if (report_.decisions != next_sequence - 1) {
      return absl::DataLossError(
          "partition " + partition_ + " has " + std::to_string(next_sequence - 1) + " decisions by its sequence, but " +
          std::to_string(report_.decisions) +
          " were copied; it stays where it was. `pawl admin check` tells whether its log is sound");
    }
    auto count_open = [this](ToolServer& server) {
      pqxx::nontransaction query(server.connection);
      return query.exec1("select count(*) from pawl.open_executions where slot" + is_slot_of_it_)[0].as<int64_t>();
    };
    const int64_t there = count_open(target_), here = count_open(source_);
    if (there != here) {
      return absl::DataLossError("partition " + partition_ + " has " + std::to_string(here) +
                                 " open executions, but of the copy " + std::to_string(there) +
                                 " are open; it stays where it was");
    }
    return absl::OkStatus();
  }

  void Switch(int64_t next_sequence) {
    pqxx::work transaction(target_.connection);
    transaction.exec(
        "update pawl.partitions set here = true, moving_to = null, timeline = null, epoch = greatest(epoch, " + epoch_ +
        "), writer = null, node = '', lease_until = '-infinity', next_sequence = " + std::to_string(next_sequence) +
        " where partition = " + partition_);
    transaction.commit();
  }

  ToolServer& source_;
  ToolServer& target_;
  const base::PartitionId id_;
  const std::string partition_;
  std::string is_slot_of_it_;  // what follows a slot in a condition
  std::string epoch_;
  std::set<std::string> ended_;              // copied to their end
  std::map<std::string, std::string> open_;  // were open when they were copied last, with their machines
  MoveReport report_;
};

Mover::Mover(std::vector<std::unique_ptr<ToolServer>> servers) : servers_(std::move(servers)) {}
Mover::~Mover() = default;

int32_t Mover::partition_count() const { return servers_.front()->partition_count; }

absl::StatusOr<std::unique_ptr<Mover>> Mover::Connect(const std::vector<std::string>& servers) {
  PAWL_ASSIGN_OR_RETURN(auto connected, ConnectTool(servers, kSettings));
  for (auto one = connected.begin(); one != connected.end(); ++one) {
    if ((*one)->partition_count != connected.front()->partition_count) {
      return OfAnotherCluster(**one, *connected.front());
    }
    for (auto earlier = connected.begin(); earlier != one; ++earlier) {
      if ((*earlier)->id == (*one)->id) {
        return absl::InvalidArgumentError("database (" + (*one)->name + ") is given twice");
      }
    }
  }
  PAWL_RETURN_IF_ERROR(pg::Guard([&] {
    return TryLockCluster(*connected.front())
               ? absl::OkStatus()
               : absl::AbortedError("partitions of this cluster are being moved already");
  }));
  return std::unique_ptr<Mover>(new Mover(std::move(connected)));
}

absl::StatusOr<size_t> Mover::Where(base::PartitionId partition) {
  const std::string number = std::to_string(partition.value());
  std::optional<size_t> home, given_away;
  std::vector<size_t> leftovers;
  absl::Status status = pg::Guard([&] {
    for (size_t i = 0; i < servers_.size(); ++i) {
      pqxx::nontransaction query(servers_[i]->connection);
      pqxx::row row = query.exec1("select here, moving_to from pawl.partitions where partition = " + number);
      if (row[0].as<bool>()) {
        home = i;
      } else if (!row[1].is_null()) {
        leftovers.push_back(i);
        if (servers_[i]->id != row[1].c_str()) given_away = i;
      }
    }
    if (!home && given_away) {
      // Given away and never taken: whoever gave it away still has all of it.
      pqxx::work transaction(servers_[*given_away]->connection);
      transaction.exec("update pawl.partitions set here = true, moving_to = null where partition = " + number);
      transaction.commit();
      home = given_away;
      std::erase(leftovers, *given_away);
    }
    if (!home)
      return absl::NotFoundError("partition " + number + " is in none of the given databases; name all of them");
    for (size_t i : leftovers) Course::Purge(*servers_[i], partition);
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return *home;
}

absl::StatusOr<MoveReport> Mover::Move(base::PartitionId partition, size_t to,
                                       const std::function<void(const MoveReport&)>& tell) {
  PAWL_ASSIGN_OR_RETURN(const size_t from, Where(partition));
  if (from == to) return MoveReport();
  MoveReport report;
  absl::Status status = pg::Guard([&] {
    Course course(*servers_[from], *servers_[to], partition);
    absl::Status moved = course.Run(tell);
    report = course.report();
    return moved;
  });
  if (!status.ok()) return status;
  return report;
}

}  // namespace pawl::history
