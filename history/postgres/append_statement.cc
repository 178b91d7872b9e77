#include "history/postgres/append_statement.h"

#include <initializer_list>
#include <set>
#include <string_view>
#include <utility>

#include "shared/base/check.h"

namespace pawl::history {
namespace {

using pg::Array;
using pg::Type;

int64_t Milliseconds(base::WallTime time) { return time.time_since_epoch().count(); }
int16_t SlotOf(base::EntityId entity) { return static_cast<int16_t>(entity.slot().value()); }

int32_t Narrow(int64_t value) {
  PAWL_CHECK(value >= 0 && value <= INT32_MAX, "revisions and event ids of an execution fit 31 bits");
  return static_cast<int32_t>(value);
}

// Numbers parameters as they are added.
class Statement {
 public:
  Statement(std::vector<pg::Parameter> first, bool with_sql) : with_sql_(with_sql), parameters_(std::move(first)) {}

  // Adds columns of equally many values, and answers "unnest($3, ...)"; or "(values ($3, ...))" where each has one,
  // which costs the server less.
  template <typename... Arrays>
  std::string Table(Arrays... columns) {
    is_row_ = ((columns.size() == 1) && ...);
    std::string list;
    (AddColumn(std::move(columns), list), ...);
    if (!with_sql_) return {};
    return is_row_ ? "(values (" + list + "))" : "unnest(" + list + ")";
  }
  // `pieces` put together read from the fence, which is empty where it does not hold. `part` tells the statement's name
  // of it.
  void Cte(char part, const char* name, std::initializer_list<std::string_view> pieces) {
    name_ += part;
    if (std::exchange(is_row_, false)) name_ += '1';
    if (!with_sql_) return;
    sql_ += std::string(",\n") + name + " as (";
    for (std::string_view piece : pieces) sql_ += piece;
    sql_ += ')';
  }
  std::string Add(pg::Parameter parameter) {
    parameters_.push_back(std::move(parameter));
    return with_sql_ ? "$" + std::to_string(parameters_.size()) : std::string();
  }
  PreparedAppend Take(const std::string& last) && {
    return {std::move(name_), with_sql_ ? kFence + sql_ + "\n" + last : std::string(), std::move(parameters_)};
  }

 private:
  static constexpr const char* kFence =
      "with fence as materialized (select from pawl.writers where id = $1 and taken = $2 for no key update)";

  void AddColumn(Array column, std::string& list) {
    if (!list.empty()) list += ", ";
    list += Add(is_row_ ? std::move(column).TakeOnly() : std::move(column).Take());
  }

  const bool with_sql_;
  std::string sql_;
  std::string name_ = "append_";
  bool is_row_ = false;
  std::vector<pg::Parameter> parameters_;
};

// What one statement does to each execution. PostgreSQL runs the parts of a statement on one snapshot, so a row cannot
// be changed by two parts: an execution that is opened and closed, or parked and snapshotted, in the same batches is
// merged here.
class Rows {
 public:
  explicit Rows(const std::vector<const PartitionBatch*>& batches) : batches_(batches) {
    for (const PartitionBatch* batch : batches) {
      for (const ExecutionOpened& opened : batch->opened) opened_.insert(opened.entity);
      for (const ExecutionClosed& closed : batch->closed) closed_.emplace(closed.entity, &closed);
      for (const SnapshotRow& snapshot : batch->snapshots) snapshots_[snapshot.entity] = &snapshot;
      for (const ExecutionParked& parked : batch->parked) parked_[parked.entity] = &parked;
    }
  }

  void AddLog(Statement& statement) const {
    Array entities(Type::kUuidArray), revisions(Type::kInt4Array), first_events(Type::kInt4Array),
        data(Type::kByteaArray);
    for (const PartitionBatch* batch : batches_) {
      for (const DecisionRow& row : batch->decisions) {
        entities.AddUuid(row.entity.bytes());
        revisions.AddInt4(Narrow(row.revision));
        first_events.AddInt4(Narrow(row.first_event.value()));
        data.AddBytes(row.bytes);
      }
    }
    if (entities.size() == 0) return;
    statement.Cte(
        'l', "logged",
        {"insert into pawl.log (entity, revision, first_event, data) select r.* from fence, ",
         statement.Table(std::move(entities), std::move(revisions), std::move(first_events), std::move(data)), " r"});
  }

  void AddOpened(Statement& statement, const MachineIds& machines) const {
    if (opened_.empty()) return;
    Array keys(Type::kUuidArray), entities(Type::kUuidArray), digests(Type::kUuidArray), started(Type::kInt8Array),
        stopped(Type::kInt8Array), machine_ids(Type::kInt4Array), statuses(Type::kInt2Array), names(Type::kTextArray);
    Array open(Type::kUuidArray), open_machines(Type::kInt4Array), slots(Type::kInt2Array),
        snapshot_revisions(Type::kInt4Array), snapshots(Type::kByteaArray);
    ParkedArrays parked;
    for (const PartitionBatch* batch : batches_) {
      for (const ExecutionOpened& opened : batch->opened) {
        int32_t machine = machines.at({opened.account, opened.region, opened.machine});
        keys.AddUuid(opened.name_key);
        entities.AddUuid(opened.entity.bytes());
        digests.AddUuid(opened.input_digest);
        started.AddInt8(Milliseconds(opened.started_at));
        machine_ids.AddInt4(machine);
        names.AddBytes(opened.name);
        if (auto closed = closed_.find(opened.entity); closed != closed_.end()) {
          statuses.AddInt2(closed->second->status);
          stopped.AddInt8(Milliseconds(closed->second->stopped_at));
          continue;
        }
        statuses.AddInt2(0);
        stopped.AddNull();
        open.AddUuid(opened.entity.bytes());
        open_machines.AddInt4(machine);
        slots.AddInt2(SlotOf(opened.entity));
        auto snapshot = snapshots_.find(opened.entity);
        snapshot_revisions.AddInt4(snapshot == snapshots_.end() ? 0 : Narrow(snapshot->second->revision));
        if (snapshot == snapshots_.end()) {
          snapshots.AddNull();
        } else {
          snapshots.AddBytes(snapshot->second->bytes);
        }
        auto is_parked = parked_.find(opened.entity);
        parked.Add(is_parked == parked_.end() ? nullptr : is_parked->second);
      }
    }
    bool any_open = open.size() > 0;
    statement.Cte('i', "indexed",
                  {"insert into pawl.executions (name_key, entity, input_digest, started_at, stopped_at, machine, "
                   "status, name) select r.* from fence, ",
                   statement.Table(std::move(keys), std::move(entities), std::move(digests), std::move(started),
                                   std::move(stopped), std::move(machine_ids), std::move(statuses), std::move(names)),
                   " r"});
    if (!any_open) return;
    if (parked.any) {
      statement.Cte(
          'w', "opened",
          {"insert into pawl.open_executions (entity, machine, slot, snapshot_revision, snapshot, wake_at, "
           "name_key, input_digest, started_at) select r.* from fence, ",
           statement.Table(std::move(open), std::move(open_machines), std::move(slots), std::move(snapshot_revisions),
                           std::move(snapshots), std::move(parked.wake_at), std::move(parked.name_key),
                           std::move(parked.input_digest), std::move(parked.started_at)),
           " r"});
      return;
    }
    statement.Cte('o', "opened",
                  {"insert into pawl.open_executions (entity, machine, slot, snapshot_revision, snapshot) "
                   "select r.* from fence, ",
                   statement.Table(std::move(open), std::move(open_machines), std::move(slots),
                                   std::move(snapshot_revisions), std::move(snapshots)),
                   " r"});
  }

  void AddClosed(Statement& statement) const {
    if (closed_.empty()) return;
    Array entities(Type::kUuidArray), slots(Type::kInt2Array), statuses(Type::kInt2Array), stopped(Type::kInt8Array);
    for (const auto& [entity, closed] : closed_) {
      if (opened_.contains(entity)) continue;
      entities.AddUuid(entity.bytes());
      slots.AddInt2(SlotOf(entity));
      statuses.AddInt2(closed->status);
      stopped.AddInt8(Milliseconds(closed->stopped_at));
    }
    if (entities.size() == 0) return;
    // The open row knows the machine, and with it the index row is found by the index that lists need anyway.
    statement.Cte('c', "closed",
                  {"delete from pawl.open_executions o using fence, ",
                   statement.Table(std::move(entities), std::move(slots), std::move(statuses), std::move(stopped)),
                   " c (entity, slot, status, stopped_at) where o.slot = c.slot and o.entity = c.entity "
                   "returning o.machine, c.entity, c.status, c.stopped_at"});
    statement.Cte('e', "ended",
                  {"update pawl.executions e set status = c.status, stopped_at = c.stopped_at from closed c "
                   "where e.machine = c.machine and e.entity = c.entity"});
  }

  void AddSnapshots(Statement& statement) const {
    if (snapshots_.empty()) return;
    Array entities(Type::kUuidArray), slots(Type::kInt2Array), revisions(Type::kInt4Array), data(Type::kByteaArray);
    for (const auto& [entity, snapshot] : snapshots_) {
      if (opened_.contains(entity) || closed_.contains(entity) || parked_.contains(entity)) continue;
      entities.AddUuid(entity.bytes());
      slots.AddInt2(SlotOf(entity));
      revisions.AddInt4(Narrow(snapshot->revision));
      data.AddBytes(snapshot->bytes);
    }
    if (entities.size() == 0) return;
    statement.Cte('s', "snapshotted",
                  {"update pawl.open_executions o set snapshot_revision = s.revision, snapshot = s.data from fence, ",
                   statement.Table(std::move(entities), std::move(slots), std::move(revisions), std::move(data)),
                   " s (entity, slot, revision, data) where o.slot = s.slot and o.entity = s.entity"});
  }

  void AddParked(Statement& statement) const {
    if (parked_.empty()) return;
    Array entities(Type::kUuidArray), slots(Type::kInt2Array), revisions(Type::kInt4Array), data(Type::kByteaArray);
    ParkedArrays parked;
    for (const auto& [entity, one] : parked_) {
      if (opened_.contains(entity) || closed_.contains(entity)) continue;
      entities.AddUuid(entity.bytes());
      slots.AddInt2(SlotOf(entity));
      parked.Add(one);
      auto snapshot = snapshots_.find(entity);
      if (snapshot == snapshots_.end()) {
        revisions.AddNull();
        data.AddNull();
      } else {
        revisions.AddInt4(Narrow(snapshot->second->revision));
        data.AddBytes(snapshot->second->bytes);
      }
    }
    if (entities.size() == 0) return;
    statement.Cte('p', "parked",
                  {"update pawl.open_executions o set wake_at = p.wake_at, name_key = p.name_key, "
                   "input_digest = p.input_digest, started_at = p.started_at, "
                   "snapshot_revision = coalesce(p.revision, o.snapshot_revision), "
                   "snapshot = coalesce(p.data, o.snapshot) from fence, ",
                   statement.Table(std::move(entities), std::move(slots), std::move(parked.wake_at),
                                   std::move(parked.name_key), std::move(parked.input_digest),
                                   std::move(parked.started_at), std::move(revisions), std::move(data)),
                   " p (entity, slot, wake_at, name_key, input_digest, started_at, revision, data) "
                   "where o.slot = p.slot and o.entity = p.entity"});
  }

  // The statement's last part, so that its count of rows says whether the fence held.
  std::string Mark(Statement& statement, int64_t number) const {
    Array partitions(Type::kInt4Array), next_sequences(Type::kInt8Array);
    for (const PartitionBatch* batch : batches_) {
      partitions.AddInt4(batch->partition.value());
      next_sequences.AddInt8(batch->first_sequence.value() + static_cast<int64_t>(batch->decisions.size()));
    }
    std::string values = "$1, " + statement.Add(pg::Int8(number)) + ", ";
    values += statement.Add(std::move(partitions).Take()) + ", " + statement.Add(std::move(next_sequences).Take());
    return "insert into pawl.marks (writer, number, partitions, next_sequences) select " + values + " from fence";
  }

 private:
  // Columns of executions that may be parked.
  struct ParkedArrays {
    Array wake_at{Type::kInt8Array}, name_key{Type::kUuidArray}, input_digest{Type::kUuidArray},
        started_at{Type::kInt8Array};
    bool any = false;

    void Add(const ExecutionParked* parked) {
      if (parked == nullptr || !parked->wake_at) {
        for (Array* array : {&wake_at, &name_key, &input_digest, &started_at}) array->AddNull();
        return;
      }
      any = true;
      wake_at.AddInt8(Milliseconds(*parked->wake_at));
      name_key.AddUuid(parked->name_key);
      input_digest.AddUuid(parked->input_digest);
      started_at.AddInt8(Milliseconds(parked->started_at));
    }
  };

  const std::vector<const PartitionBatch*>& batches_;
  std::set<base::EntityId> opened_;
  std::map<base::EntityId, const ExecutionClosed*> closed_;
  std::map<base::EntityId, const SnapshotRow*> snapshots_;
  std::map<base::EntityId, const ExecutionParked*> parked_;
};

}  // namespace

PreparedAppend MakeAppend(const WriterPosition& position, const std::vector<const PartitionBatch*>& batches,
                          const MachineIds& machines, bool with_sql) {
  Statement statement({pg::Int8(position.writer), pg::Int8(position.taken)}, with_sql);
  Rows rows(batches);
  rows.AddLog(statement);
  rows.AddOpened(statement, machines);
  rows.AddClosed(statement);
  rows.AddSnapshots(statement);
  rows.AddParked(statement);
  const std::string mark = rows.Mark(statement, position.number);
  return std::move(statement).Take(mark);
}

}  // namespace pawl::history
