#include "history/postgres/append_session.h"

#include <algorithm>
#include <set>
#include <utility>

#include "shared/base/check.h"
#include "shared/base/status.h"

namespace pawl::history {
namespace {

using Clock = std::chrono::steady_clock;
using pg::Array;
using pg::Type;

constexpr int kClaimAttempts = 3;
constexpr char kLosses[] =
    "select partition, first_missing, last_missing, node from pawl.losses where accepted_at is null order by 1, 2";

// What is committed is on a standby too before it is acknowledged.
constexpr char kProtected[] =
    "protected = (current_setting('synchronous_standby_names') <> '' and "
    "current_setting('synchronous_commit') not in ('off', 'local')), ";

// Rows: partitions that are renewed, losses, and the rider's value.
std::string RenewSql(const pg::Rider* rider) {
  return std::string() +
         "with mine as (select partition from pawl.partitions where writer = $1 and node = $2 order by partition "
         "for update), "
         "renewed as (update pawl.partitions p set " +
         kProtected +
         "lease_until = clock_timestamp() + $3 * interval '1 millisecond', "
         "next_sequence = f.next_sequence from mine, unnest($4, $5) f (partition, next_sequence) "
         "where p.partition = mine.partition and p.partition = f.partition returning p.partition), " +
         (rider == nullptr ? "" : rider->with) +
         "folded as (delete from pawl.marks where writer = $1 and number > $6 and number <= $7) "
         "select partition, null::bigint, null::bigint, null::text from renewed union all " +
         (rider == nullptr ? "" : "select null, null, null, " + rider->value + " union all ") +
         "(select partition, first_missing, last_missing, node from pawl.losses where accepted_at is null) "
         "order by 1, 2";
}

pg::Parameter Partitions(const std::vector<base::PartitionId>& partitions) {
  Array array(Type::kInt4Array);
  for (base::PartitionId partition : partitions) array.AddInt4(partition.value());
  return std::move(array).Take();
}

base::PartitionId PartitionAt(const pg::Rows& rows, int row, int column) {
  return base::PartitionId(static_cast<int32_t>(rows.Int(row, column)));
}

}  // namespace

AppendSession::AppendSession(std::string conninfo, AppendSessionOptions options, const std::atomic<bool>& interrupted)
    : conninfo_(std::move(conninfo)), options_(options), interrupted_(interrupted) {}

// ---- the connection

absl::Status AppendSession::EnsureConnected(const std::string& node) {
  if (connection_) return absl::OkStatus();
  if (Clock::now() < retry_at_) return last_failure_;
  pg::ConnectOptions options;
  options.connect_timeout = options_.connect_timeout;
  options.statement_timeout = options_.statement_timeout;
  options.application_name = "pawl append";
  options.interrupted = &interrupted_;
  // Plans are made once, perhaps while the tables are still empty: always by index. A claim that lost its client must
  // not keep rows locked.
  options.set_up_sql =
      "set enable_seqscan = off; set enable_hashjoin = off; set enable_mergejoin = off; "
      "set plan_cache_mode = force_generic_plan; set idle_in_transaction_session_timeout = '10s'; set jit = off";
  absl::StatusOr<std::unique_ptr<pg::AppendConnection>> opened = pg::AppendConnection::Open(conninfo_, options);
  absl::Status status = opened.status();
  if (status.ok()) {
    connection_ = *std::move(opened);
    status = Register(node);
  }
  if (!status.ok()) {
    Drop();
    retry_after_ = std::clamp(retry_after_ * 2, options_.retry_first, options_.retry_last);
    retry_at_ = Clock::now() + retry_after_;
    last_failure_ = status;
    return status;
  }
  retry_after_ = std::chrono::milliseconds(0);
  return absl::OkStatus();
}

absl::Status AppendSession::Register(const std::string& node) {
  // Writers that hold nothing and whose backend is gone are of no more use. (Other roles' backend_start may be hidden.)
  PAWL_RETURN_IF_ERROR(
      connection_->Execute("delete from pawl.writers w where not exists (select from pawl.partitions p where p.writer "
                           "= w.id) and not exists "
                           "(select from pg_stat_activity a where a.pid = w.backend_pid)"));
  PAWL_ASSIGN_OR_RETURN(
      pg::Rows rows,
      connection_->Run("register",
                       "insert into pawl.writers (node, backend_pid, backend_start) select $1, pid, backend_start "
                       "from pg_stat_activity where pid = pg_backend_pid() returning id, taken",
                       {pg::Text(node)}));
  if (rows.size() != 1) return absl::InternalError("PostgreSQL does not list this connection in pg_stat_activity");
  position_ = {.writer = rows.Int(0, 0), .taken = rows.Int(0, 1)};
  folded_number_ = 0;
  return watch_.Meet(*connection_, node);
}

void AppendSession::TellLosses(const pg::Rows& rows) {
  std::vector<Loss> losses;
  for (int row = 0; row < rows.size(); ++row) {
    if (rows.IsNull(row, 1)) continue;
    losses.push_back({PartitionAt(rows, row, 0), base::Sequence(rows.Int(row, 1)), base::Sequence(rows.Int(row, 2)),
                      std::string(rows.Bytes(row, 3))});
  }
  if (losses == told_losses_) return;
  told_losses_ = losses;
  if (options_.on_losses) options_.on_losses(std::move(losses));
}

void AppendSession::Drop() {
  machines_.clear();  // a server that stepped back may lack some
  connection_.reset();
  held_.clear();
  position_ = {};
}

absl::Status AppendSession::Failed(absl::Status status) {
  if (absl::IsUnavailable(status)) Drop();
  return status;
}

// ---- append

bool AppendSession::Holds(const PartitionBatch& batch) const {
  auto found = held_.find(batch.partition);
  return found != held_.end() && found->second.epoch == batch.epoch;
}

AppendResult AppendSession::Append(const std::vector<PartitionBatch>& batches) {
  AppendResult result;
  while (true) {
    std::vector<const PartitionBatch*> ours;
    result.refused.clear();
    for (const PartitionBatch& batch : batches) {
      if (!Holds(batch)) {
        result.refused.push_back(batch.partition);
        continue;
      }
      PAWL_CHECK(batch.decisions.empty() || batch.first_sequence == held_.at(batch.partition).next_sequence,
                 "a partition's sequences have no gaps");
      ours.push_back(&batch);
    }
    if (ours.empty()) return result;
    absl::StatusOr<bool> written = Write(ours);
    absl::Status status = written.status();
    if (status.ok() && *written) return result;
    // Something was taken from this session: see what, and write the rest.
    if (status.ok()) status = Refresh();
    if (!status.ok()) {
      // Whatever it was: the next claim begins with a fresh connection that holds nothing.
      Drop();
      return {.code = AppendCode::kUnknown, .error = std::string(status.message())};
    }
  }
}

bool AppendSession::SendAhead(const std::vector<PartitionBatch>& batches) {
  if (!connection_) return false;
  std::vector<const PartitionBatch*> all;
  for (const PartitionBatch& batch : batches) {
    if (!Holds(batch) || !KnowsMachines(batch)) return false;
    all.push_back(&batch);
  }
  WriterPosition next = position_;
  ++next.number;
  const PreparedAppend append = MakeAppend(next, all, machines_, false);
  if (!connection_->IsPrepared(append.name)) return false;
  position_ = next;
  is_sent_ = true;
  // Where that fails the connection is lost, and Receive says so.
  return connection_->Send(append.name, append.parameters).ok();
}

absl::StatusOr<bool> AppendSession::Write(const std::vector<const PartitionBatch*>& batches) {
  absl::StatusOr<pg::Rows> answer;
  if (std::exchange(is_sent_, false)) {
    answer = connection_->Receive();
  } else {
    PAWL_RETURN_IF_ERROR(LoadMachines(batches));
    ++position_.number;
    PreparedAppend append = MakeAppend(position_, batches, machines_, false);
    if (!connection_->IsPrepared(append.name)) append = MakeAppend(position_, batches, machines_, true);
    answer = connection_->Run(append.name, append.sql, append.parameters);
  }
  PAWL_ASSIGN_OR_RETURN(const pg::Rows rows, std::move(answer));
  if (rows.count() != 1) return false;
  for (const PartitionBatch* batch : batches) {
    base::Sequence& next = held_.at(batch->partition).next_sequence;
    next = base::Sequence(next.value() + static_cast<int64_t>(batch->decisions.size()));
    watch_.Committed(batch->partition, batch->epoch, next);
  }
  return true;
}

bool AppendSession::KnowsMachines(const PartitionBatch& batch) const {
  return std::all_of(batch.opened.begin(), batch.opened.end(), [this](const ExecutionOpened& opened) {
    return machines_.contains({opened.account, opened.region, opened.machine});
  });
}

absl::Status AppendSession::LoadMachines(const std::vector<const PartitionBatch*>& batches) {
  std::set<MachineKey> missing;
  for (const PartitionBatch* batch : batches) {
    for (const ExecutionOpened& opened : batch->opened) {
      MachineKey key{opened.account, opened.region, opened.machine};
      if (!machines_.contains(key)) missing.insert(std::move(key));
    }
  }
  // A row that another session inserted meanwhile is seen by the next round's snapshot.
  while (!missing.empty()) {
    Array accounts(Type::kTextArray), regions(Type::kTextArray), names(Type::kTextArray);
    for (const auto& [account, region, machine] : missing) {
      accounts.AddBytes(account);
      regions.AddBytes(region);
      names.AddBytes(machine);
    }
    PAWL_ASSIGN_OR_RETURN(
        pg::Rows rows,
        connection_->Run("machines",
                         "with given as (select * from unnest($1, $2, $3) g (account, region, machine)), "
                         "made as (insert into pawl.machines (account, region, machine) select g.* from given g "
                         "where not exists (select from pawl.machines m where (m.account, m.region, m.machine) = "
                         "(g.account, g.region, g.machine)) on conflict do nothing "
                         "returning account, region, machine, id) "
                         "select * from made union all select m.account, m.region, m.machine, m.id from given g "
                         "join pawl.machines m on (m.account, m.region, m.machine) = (g.account, g.region, g.machine)",
                         {std::move(accounts).Take(), std::move(regions).Take(), std::move(names).Take()}));
    for (int row = 0; row < rows.size(); ++row) {
      MachineKey key{rows.Bytes(row, 0), rows.Bytes(row, 1), rows.Bytes(row, 2)};
      missing.erase(key);
      machines_[key] = static_cast<int32_t>(rows.Int(row, 3));
    }
  }
  return absl::OkStatus();
}

absl::Status AppendSession::Refresh() {
  // One statement, so `taken` and the partitions are of the same moment.
  PAWL_ASSIGN_OR_RETURN(pg::Rows rows,
                        connection_->Run("refresh",
                                         "select w.taken, p.partition, p.epoch from pawl.writers w left join "
                                         "pawl.partitions p on p.writer = w.id where w.id = $1",
                                         {pg::Int8(position_.writer)}));
  if (rows.size() == 0) return absl::UnavailableError("another session removed this one from pawl.writers");
  position_.taken = rows.Int(0, 0);
  std::map<base::PartitionId, Holding> held;
  for (int row = 0; row < rows.size(); ++row) {
    if (rows.IsNull(row, 1)) continue;
    auto found = held_.find(PartitionAt(rows, row, 1));
    if (found != held_.end() && found->second.epoch.value() == rows.Int(row, 2)) held.insert(*found);
  }
  Keep(std::move(held));
  return absl::OkStatus();
}

void AppendSession::Keep(std::map<base::PartitionId, Holding> held) {
  for (const auto& [partition, holding] : held_) {
    if (!held.contains(partition)) watch_.LetGo(partition);
  }
  held_ = std::move(held);
}

// ---- claim

absl::StatusOr<std::vector<Claimed>> AppendSession::Claim(const ClaimRequest& request) {
  for (int attempt = 1;; ++attempt) {
    PAWL_RETURN_IF_ERROR(EnsureConnected(request.node));
    absl::StatusOr<std::vector<Claimed>> claimed = ClaimOnce(request);
    if (claimed.ok()) return claimed;
    absl::Status status = Failed(claimed.status());
    if (connection_) {
      absl::Status rolled_back = Failed(connection_->Execute("rollback"));
      if (!rolled_back.ok()) return rolled_back;
    }
    // A lock was not given in time: by an append that does not end, or by another claim.
    if (!absl::IsAborted(status) || attempt == kClaimAttempts) return status;
    absl::Status ended = Failed(EndBlockedWriters(request));
    if (!ended.ok()) return ended;
  }
}

absl::StatusOr<std::vector<Claimed>> AppendSession::ClaimOnce(const ClaimRequest& request) {
  PAWL_RETURN_IF_ERROR(connection_->Execute("begin; set local lock_timeout = '" +
                                            std::to_string(options_.claim_patience.count()) + "ms'"));
  // 1. Nobody else claims these while we do.
  PAWL_ASSIGN_OR_RETURN(std::vector<Found> found, LockClaimable(request));
  // 2. Appends of the old writers that are under way have ended, later ones will be refused.
  PAWL_RETURN_IF_ERROR(StopWriters(found));
  // 3. So this is how far they got.
  PAWL_RETURN_IF_ERROR(ReadMarks(found));
  // 4. Of some nobody is left who could tell whether that is all.
  PAWL_RETURN_IF_ERROR(SetDoubtfulAside(found));
  // 5. The epoch rises.
  PAWL_ASSIGN_OR_RETURN(std::vector<Claimed> claimed, TakeOver(request, found));
  // 6. What nobody may claim is told to this node's operators.
  PAWL_ASSIGN_OR_RETURN(pg::Rows losses, connection_->Run("losses", kLosses, {}));
  PAWL_RETURN_IF_ERROR(connection_->Execute("commit"));
  for (const Claimed& partition : claimed) {
    held_[partition.partition] = {partition.epoch, partition.next_sequence};
    watch_.Committed(partition.partition, partition.epoch, partition.next_sequence);
  }
  TellLosses(std::move(losses));
  return claimed;
}

absl::StatusOr<std::vector<AppendSession::Found>> AppendSession::LockClaimable(const ClaimRequest& request) {
  PAWL_ASSIGN_OR_RETURN(
      pg::Rows rows,
      connection_->Run(
          "lock_claimable",
          "select partition, coalesce(writer, 0), next_sequence, epoch, coalesce(timeline, $5) < $5::integer and not "
          "protected and not exists (select from pawl.losses l where l.partition = partitions.partition and l.timeline "
          "= $5 and l.accepted_at is not null) from pawl.partitions where partition = "
          "any($1) and (node = '' or node = $2 or lease_until + $3 * interval '1 millisecond' <= "
          "clock_timestamp()) and here and not exists (select from pawl.losses l where l.partition = "
          "partitions.partition and l.accepted_at is null) and $4::integer in (0, (select partition_count from "
          "pawl.cluster)) order by partition for update",
          {Partitions(request.partitions), pg::Text(request.node), pg::Int8(watch_.patience(request.lease).count()),
           pg::Int4(options_.partition_count), pg::Int4(watch_.timeline())}));
  std::vector<Found> found;
  for (int row = 0; row < rows.size(); ++row) {
    Found one{static_cast<int32_t>(rows.Int(row, 0)), rows.Int(row, 1), rows.Int(row, 2), rows.Int(row, 3),
              rows.Bool(row, 4)};
    // What this session holds already, it knows best.
    auto held = held_.find(base::PartitionId(one.partition));
    if (one.writer == position_.writer && held != held_.end()) {
      one.next_sequence = std::max(one.next_sequence, held->second.next_sequence.value());
    }
    found.push_back(one);
  }
  return found;
}

absl::Status AppendSession::StopWriters(const std::vector<Found>& found) {
  std::set<int64_t> writers;
  for (const Found& one : found) {
    if (one.writer != 0 && one.writer != position_.writer) writers.insert(one.writer);
  }
  if (writers.empty()) return absl::OkStatus();
  Array ids(Type::kInt8Array);
  for (int64_t writer : writers) ids.AddInt8(writer);
  // In one order, so that two claims cannot wait for each other.
  return connection_
      ->Run("stop_writers",
            "update pawl.writers w set taken = taken + 1 from (select id from pawl.writers where id = any($1) "
            "order by id for update) l where w.id = l.id",
            {std::move(ids).Take()})
      .status();
}

absl::Status AppendSession::ReadMarks(std::vector<Found>& found) {
  Array writers(Type::kInt8Array), partitions(Type::kInt4Array);
  for (const Found& one : found) {
    if (one.writer == 0) continue;
    writers.AddInt8(one.writer);
    partitions.AddInt4(one.partition);
  }
  if (partitions.size() == 0) return absl::OkStatus();
  PAWL_ASSIGN_OR_RETURN(pg::Rows rows,
                        connection_->Run("read_marks",
                                         "select u.partition, max(u.next_sequence) from pawl.marks m, "
                                         "unnest(m.partitions, m.next_sequences) u (partition, next_sequence), "
                                         "unnest($1, $2) f (writer, partition) "
                                         "where m.writer = f.writer and u.partition = f.partition group by u.partition",
                                         {std::move(writers).Take(), std::move(partitions).Take()}));
  std::map<int32_t, int64_t> next;
  for (int row = 0; row < rows.size(); ++row) next[static_cast<int32_t>(rows.Int(row, 0))] = rows.Int(row, 1);
  for (Found& one : found) one.next_sequence = std::max(one.next_sequence, next[one.partition]);
  return absl::OkStatus();
}

// They are not claimed before somebody has accepted that decisions may be missing.
absl::Status AppendSession::SetDoubtfulAside(std::vector<Found>& found) {
  Array partitions(Type::kInt4Array), firsts(Type::kInt8Array), epochs(Type::kInt8Array);
  std::erase_if(found, [&](const Found& one) {
    if (!one.is_doubtful || watch_.KnowsAllOf(base::PartitionId(one.partition), base::Epoch(one.epoch))) return false;
    partitions.AddInt4(one.partition);
    firsts.AddInt8(one.next_sequence);
    epochs.AddInt8(one.epoch);
    return true;
  });
  if (partitions.size() == 0) return absl::OkStatus();
  return connection_
      ->Run("set_aside",
            "insert into pawl.losses (partition, first_missing, last_missing, timeline, epoch, node) "
            "select p, f, f - 1, $4, e, '' from unnest($1, $2, $3) u (p, f, e) "
            "on conflict (partition, first_missing, timeline) do nothing",
            {std::move(partitions).Take(), std::move(firsts).Take(), std::move(epochs).Take(),
             pg::Int4(watch_.timeline())})
      .status();
}

absl::StatusOr<std::vector<Claimed>> AppendSession::TakeOver(const ClaimRequest& request,
                                                             const std::vector<Found>& found) {
  Array partitions(Type::kInt4Array), next_sequences(Type::kInt8Array);
  for (const Found& one : found) {
    partitions.AddInt4(one.partition);
    next_sequences.AddInt8(one.next_sequence);
  }
  PAWL_ASSIGN_OR_RETURN(
      pg::Rows rows,
      connection_->Run(
          "take_over",
          "with taken as (update pawl.partitions p set epoch = greatest(p.epoch + 1, ($6::integer::bigint - 1) << 32), "
          "writer = $1, node = $2, timeline = $6::integer, " +
              std::string(kProtected) +
              "lease_until = clock_timestamp() + $3 * interval '1 millisecond', "
              "next_sequence = f.next_sequence from unnest($4, $5) f (partition, next_sequence) "
              "where p.partition = f.partition returning p.partition, p.epoch, p.next_sequence), "
              "told as (insert into pawl.claims (partition, epoch, next_sequence, node, timeline) "
              "select partition, epoch, next_sequence, $2, $6::integer from taken), "
              "forgotten as (delete from pawl.claims c using taken t where c.partition = t.partition "
              "and c.epoch < t.epoch - 1000) "
              "select partition, epoch, next_sequence from taken",
          {pg::Int8(position_.writer), pg::Text(request.node), pg::Int8(request.lease.count()),
           std::move(partitions).Take(), std::move(next_sequences).Take(), pg::Int4(watch_.timeline())}));
  PAWL_RETURN_IF_ERROR(connection_
                           ->Run("forget_marks",
                                 "delete from pawl.marks m where not exists "
                                 "(select from pawl.partitions p where p.writer = m.writer)",
                                 {})
                           .status());
  std::vector<Claimed> claimed;
  for (int row = 0; row < rows.size(); ++row) {
    claimed.push_back({PartitionAt(rows, row, 0), base::Epoch(rows.Int(row, 1)), base::Sequence(rows.Int(row, 2))});
  }
  std::sort(claimed.begin(), claimed.end(),
            [](const Claimed& a, const Claimed& b) { return a.partition < b.partition; });
  return claimed;
}

absl::Status AppendSession::EndBlockedWriters(const ClaimRequest& request) {
  // Only backends that are in the middle of a statement of a writer that is to be taken from.
  return connection_
      ->Run("end_writers",
            "select pg_terminate_backend(a.pid) from pawl.writers w join pg_stat_activity a on a.pid = w.backend_pid "
            "and a.backend_start = w.backend_start where w.id <> $1 and a.state <> 'idle' and w.id in "
            "(select p.writer from pawl.partitions p where p.partition = any($2) "
            "and (p.node = $3 or p.lease_until <= clock_timestamp()))",
            {pg::Int8(position_.writer), Partitions(request.partitions), pg::Text(request.node)})
      .status();
}

// ---- renew, release

absl::StatusOr<AppendSession::Renewed> AppendSession::Renew(const std::string& node, std::chrono::milliseconds lease,
                                                            const pg::Rider* rider) {
  PAWL_RETURN_IF_ERROR(EnsureConnected(node));
  Array partitions(Type::kInt4Array), next_sequences(Type::kInt8Array);
  for (const auto& [partition, holding] : held_) {
    partitions.AddInt4(partition.value());
    next_sequences.AddInt8(holding.next_sequence.value());
  }
  std::vector<pg::Parameter> parameters = {pg::Int8(position_.writer),       pg::Text(node),
                                           pg::Int8(lease.count()),          std::move(partitions).Take(),
                                           std::move(next_sequences).Take(), pg::Int8(folded_number_),
                                           pg::Int8(position_.number)};
  if (rider != nullptr) parameters.insert(parameters.end(), rider->parameters.begin(), rider->parameters.end());
  absl::StatusOr<pg::Rows> rows =
      connection_->Run(rider == nullptr ? "renew" : "renew and " + rider->name, RenewSql(rider), parameters);
  if (!rows.ok()) return Failed(rows.status());
  folded_number_ = position_.number;
  Renewed renewed;
  std::map<base::PartitionId, Holding> held;
  for (int row = 0; row < rows->size(); ++row) {
    if (!rows->IsNull(row, 1)) continue;  // a loss
    if (rows->IsNull(row, 0)) {
      renewed.value = rows->Bytes(row, 3);
      continue;
    }
    renewed.held.push_back(PartitionAt(*rows, row, 0));
    held.insert(*held_.find(renewed.held.back()));
  }
  Keep(std::move(held));
  TellLosses(*rows);
  return renewed;
}

absl::Status AppendSession::Release(const std::string& node, const std::vector<base::PartitionId>& partitions) {
  PAWL_RETURN_IF_ERROR(EnsureConnected(node));
  Array released(Type::kInt4Array), next_sequences(Type::kInt8Array);
  for (base::PartitionId partition : partitions) {
    auto found = held_.find(partition);
    if (found == held_.end()) continue;
    released.AddInt4(partition.value());
    next_sequences.AddInt8(found->second.next_sequence.value());
    held_.erase(found);
    watch_.LetGo(partition);
  }
  absl::Status status =
      connection_
          ->Run("release",
                "update pawl.partitions p set writer = null, node = '', lease_until = '-infinity', "
                "next_sequence = f.next_sequence from unnest($2, $3) f (partition, next_sequence) "
                "where p.partition = f.partition and p.writer = $1",
                {pg::Int8(position_.writer), std::move(released).Take(), std::move(next_sequences).Take()})
          .status();
  if (!status.ok()) return Failed(status);
  // What an earlier connection of this node held: free at once, but its writer must be stopped by whoever claims.
  return Failed(connection_
                    ->Run("release_earlier",
                          "update pawl.partitions set lease_until = '-infinity' "
                          "where partition = any($1) and node = $2 and writer <> $3",
                          {Partitions(partitions), pg::Text(node), pg::Int8(position_.writer)})
                    .status());
}

}  // namespace pawl::history
