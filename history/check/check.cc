#include "history/check/check.h"

#include <algorithm>
#include <set>
#include <utility>

#include "history/check/check_rows.h"
#include "history/check/fold.h"
#include "history/log/event_log.h"
#include "shared/base/status.h"
#include "shared/pg/conninfo.h"
#include "shared/pg/errors.h"

namespace pawl::history {
namespace {

constexpr int kOpenPage = 5000;

class Check {
 public:
  Check(pqxx::connection_base& connection, std::string database, const CheckOptions& options)
      : connection_(connection), database_(std::move(database)), options_(options) {}

  absl::Status Run() {
    PAWL_RETURN_IF_ERROR(CheckExecutions());
    PAWL_RETURN_IF_ERROR(CheckOpen());
    CheckPartitions();
    return Pause();
  }
  const CheckProgress& progress() const { return progress_; }

 private:
  void Report(Finding finding) {
    finding.database = database_;
    ++progress_.findings;
    if (options_.on_finding) options_.on_finding(finding);
  }
  void Report(const std::string& kind, base::EntityId entity, int64_t revision, std::string sentence,
              const IndexRow* row = nullptr) {
    Finding finding{
        .kind = kind, .execution = entity.ToString(), .revision = revision, .sentence = std::move(sentence)};
    if (row != nullptr) {
      const ExecutionOpened& opened = row->execution.opened;
      finding.name = opened.account + ":" + opened.machine + ":" + opened.name;
    }
    Report(std::move(finding));
  }
  void ReportPartition(const std::string& kind, int64_t partition, std::string sentence) {
    Report({.kind = kind, .partition = static_cast<int32_t>(partition), .sentence = std::move(sentence)});
  }
  absl::Status Pause() {
    if (options_.after_batch && !options_.after_batch(progress_)) return absl::CancelledError("the check was ended");
    return absl::OkStatus();
  }

  // ---- executions and their rows

  absl::Status CheckExecutions() {
    definitions_ = Definitions(connection_);
    Range range{base::EntityId(), LastStarted(connection_)};
    while (range.after < range.last) {
      Range batch = range;
      {
        CheckTransaction read(connection_);
        const std::vector<int32_t> machines = MachinesInIndex(read);
        batch.last = BatchEnd(read, range, machines, options_.executions_per_batch);
        CheckBatch(read, batch, machines);
      }
      CheckDefinitions();
      range.after = batch.last;
      PAWL_RETURN_IF_ERROR(Pause());
    }
    return absl::OkStatus();
  }

  void CheckBatch(CheckTransaction& read, const Range& batch, const std::vector<int32_t>& machines) {
    std::map<base::EntityId, IndexRow> index = ReadIndex(read, batch, machines);
    std::optional<Fold> fold;
    base::EntityId entity;
    auto end_execution = [&] {
      if (!fold) return;
      fold->Finish();
      auto row = index.find(entity);
      if (row == index.end()) {
        Report("stray_log", entity, 0,
               "the log has " + std::to_string(fold->rows()) + " rows of an execution that is not in the index");
      } else {
        CheckIndexRow(row->second, fold->state());
        index.erase(row);
      }
      ++progress_.executions;
    };
    ReadLog(read, batch, [&](const DecisionRow& decision) {
      if (!fold || decision.entity != entity) {
        end_execution();
        entity = decision.entity;
        auto row = index.find(entity);
        const IndexRow* indexed = row == index.end() ? nullptr : &row->second;
        fold.emplace(entity, [this, entity, indexed](const std::string& kind, int64_t revision, std::string sentence) {
          Report(kind, entity, revision, std::move(sentence), indexed);
        });
        if (indexed != nullptr && indexed->snapshot_revision > 0) {
          ++progress_.snapshots;
          fold->ExpectSnapshot(indexed->snapshot_revision, indexed->snapshot);
        }
      }
      fold->Add(decision);
      ++progress_.decisions;
    });
    end_execution();
    for (const auto& [missing, row] : index) {
      Report("lost_log", missing, 0, "it is in the index, but the log has no rows of it", &row);
      CheckIndexRow(row, nullptr);
      ++progress_.executions;
    }
  }

  // `state`: what the log makes true; null where that is not known.
  void CheckIndexRow(const IndexRow& row, const ExecutionState* state) {
    const ExecutionOpened& opened = row.execution.opened;
    auto report = [&](const std::string& kind, std::string sentence) {
      Report(kind, opened.entity, 0, std::move(sentence), &row);
    };
    if (!row.has_machine)
      report("machine", "it names state machine " + std::to_string(row.machine) + ", not in pawl.machines");
    if (row.has_machine &&
        opened.name_key != options_.name_key(opened.account, opened.region, opened.machine, opened.name)) {
      report("key", "the key under which its name is unique is not that of its name");
    }
    const base::Slot slot = SlotOfName(opened.name_key);
    if (slot != opened.entity.slot()) {
      report("key", "its id says slot " + std::to_string(opened.entity.slot().value()) + ", its name's key slot " +
                        std::to_string(slot.value()));
    }
    const bool is_running = row.execution.status == 0;
    if (is_running && !row.is_open) report("open", "it is running, but not among the open executions of its slot");
    if (!is_running && row.is_open) report("open", "it has ended, but is among the open executions");
    if (state != nullptr) CheckReplay(row, *state, report);
  }

  void CheckReplay(const IndexRow& row, const ExecutionState& state,
                   const std::function<void(const std::string&, std::string)>& report) {
    const ExecutionOpened& opened = row.execution.opened;
    auto expect = [&](bool holds, const std::string& sentence) {
      if (!holds) report("replay", sentence);
    };
    expect(static_cast<int16_t>(state.status) == row.execution.status,
           std::string("the log says ") + ExecutionStatusName(state.status) + ", the index " +
               StatusName(row.execution.status));
    expect(state.started_at == opened.started_at, "the log and the index differ in when it started");
    expect(state.stopped_at == row.execution.stopped_at, "the log and the index differ in when it ended");
    expect(state.start.name == opened.name,
           "the log says its name is " + state.start.name + ", the index " + opened.name);
    if (row.has_machine) {
      expect(state.start.account == opened.account && state.start.region == opened.region &&
                 state.start.machine == opened.machine,
             "the log says it is of state machine " + state.start.machine + ", the index of " + opened.machine);
    }
    expect(options_.input_digest(state.start.input.text()) == opened.input_digest,
           "the index has the digest of another input");
    if (options_.has_definitions) wanted_definitions_.emplace(state.start.definition_digest, opened.entity);
  }

  static std::string StatusName(int16_t status) {
    if (status < 0 || status > static_cast<int16_t>(ExecutionStatus::kAborted))
      return "number " + std::to_string(status);
    return ExecutionStatusName(static_cast<ExecutionStatus>(status));
  }

  void CheckDefinitions() {
    auto is_missing = [this](const auto& wanted) { return !definitions_.contains(wanted.first); };
    // Those made since the check began.
    if (std::any_of(wanted_definitions_.begin(), wanted_definitions_.end(), is_missing)) {
      definitions_ = Definitions(connection_);
    }
    for (const auto& wanted : wanted_definitions_) {
      if (!is_missing(wanted)) continue;
      Report("definition", wanted.second, 0, "it pins definition " + wanted.first + ", which is not there");
      definitions_.insert(wanted.first);  // told once
    }
    wanted_definitions_.clear();
  }

  // ---- open executions that the index may not know

  absl::Status CheckOpen() {
    int32_t slot = -1;
    base::EntityId after;
    while (true) {
      const std::vector<OpenRow> page = ReadOpen(connection_, slot, after, kOpenPage);
      for (const OpenRow& row : page) {
        ++progress_.open_executions;
        if (!row.is_indexed) Report("open", row.entity, 0, "it is among the open executions, but not in the index");
        if (row.slot != row.entity.slot().value()) {
          Report("open", row.entity, 0,
                 "it is filed under slot " + std::to_string(row.slot) + ", its id says slot " +
                     std::to_string(row.entity.slot().value()));
        }
        slot = row.slot;
        after = row.entity;
      }
      PAWL_RETURN_IF_ERROR(Pause());
      if (page.size() < kOpenPage) return absl::OkStatus();
    }
  }

  // ---- partitions

  void CheckPartitions() {
    CheckTransaction read(connection_);
    const int32_t count = PartitionCount(read);
    const std::vector<PartitionRow> partitions = ReadPartitions(read);
    CheckOwners(count, partitions);
    CheckClaims(ReadClaims(read), partitions);
    for (const auto& [partition, sentence] : ReadLosses(read)) ReportPartition("loss", partition, sentence);
    if (options_.counts_rows) CheckCounts(count, partitions, CountRows(read));
    progress_.partitions = static_cast<int64_t>(partitions.size());
  }

  void CheckOwners(int32_t count, const std::vector<PartitionRow>& partitions) {
    std::map<int64_t, int> seen;
    for (const PartitionRow& row : partitions) {
      ++seen[row.partition];
      if (row.partition < 0 || row.partition >= count) {
        ReportPartition("owner", row.partition, "there are partitions 0 to " + std::to_string(count - 1) + " only");
      }
      if (row.node.empty() != (row.writer == 0)) {
        ReportPartition(
            "owner", row.partition,
            row.node.empty() ? "it has a writer, but no node owns it" : "node " + row.node + " owns it, but no writer");
      }
      if (row.writer != 0 && !row.has_writer) {
        ReportPartition("owner", row.partition, "its writer " + std::to_string(row.writer) + " is not there");
      }
    }
    for (int32_t partition = 0; partition < count; ++partition) {
      const int times = seen[partition];
      if (times == 0) ReportPartition("owner", partition, "it has no row in pawl.partitions");
      if (times > 1) ReportPartition("fork", partition, "it has " + std::to_string(times) + " rows in pawl.partitions");
    }
  }

  void CheckClaims(const std::vector<ClaimRow>& claims, const std::vector<PartitionRow>& partitions) {
    std::map<int64_t, ClaimRow> last;
    for (const ClaimRow& claim : claims) {
      auto before = last.find(claim.partition);
      if (before != last.end()) {
        const std::string epoch = std::to_string(claim.epoch);
        if (claim.epoch == before->second.epoch) {
          ReportPartition("fork", claim.partition, "two claims have epoch " + epoch);
        }
        if (claim.next_sequence < before->second.next_sequence) {
          ReportPartition("sequence", claim.partition,
                          "the claim of epoch " + epoch + " found sequence " + std::to_string(claim.next_sequence) +
                              " next, the one before " + std::to_string(before->second.next_sequence));
        }
      }
      last[claim.partition] = claim;
    }
    for (const PartitionRow& row : partitions) {
      if (row.here) progress_.homes.insert(static_cast<int32_t>(row.partition));
      auto claim = last.find(row.partition);
      if (claim == last.end() || !row.here) continue;
      if (row.epoch < claim->second.epoch) {
        ReportPartition("epoch", row.partition,
                        "its epoch is " + std::to_string(row.epoch) + ", but epoch " +
                            std::to_string(claim->second.epoch) + " was claimed");
      }
      if (row.next_sequence < claim->second.next_sequence) {
        ReportPartition("sequence", row.partition,
                        "sequence " + std::to_string(row.next_sequence) +
                            " is next, but its last claim found sequence " +
                            std::to_string(claim->second.next_sequence) + " next");
      }
    }
  }

  void CheckCounts(int32_t count, const std::vector<PartitionRow>& partitions, const std::map<int32_t, int64_t>& rows) {
    std::map<int64_t, int64_t> found;
    for (const auto& [slot, number] : rows) {
      if (slot < 0 || slot >= base::kSlotCount) {
        Report({.kind = "key",
                .sentence = "the log has " + std::to_string(number) + " rows of executions in slot " +
                            std::to_string(slot) + ", which is none"});
        continue;
      }
      found[PartitionOfSlot(base::Slot(slot), count).value()] += number;
    }
    for (const PartitionRow& row : partitions) {
      if (!row.here && found[row.partition] > 0 && !row.may_have_rows) {
        ReportPartition(
            "stray_log", row.partition,
            "its log is in another database, but " + std::to_string(found[row.partition]) + " rows of it are here");
      }
      if (!row.here) continue;
      const int64_t expected = row.next_sequence - 1;
      if (found[row.partition] == expected) continue;
      ReportPartition("sequence", row.partition,
                      "its sequence says that it has " + std::to_string(expected) + " decisions, but the log has " +
                          std::to_string(found[row.partition]) + " (" +
                          (found[row.partition] < expected ? "gap" : "fork") + ")");
    }
  }

  pqxx::connection_base& connection_;
  const std::string database_;
  const CheckOptions& options_;
  CheckProgress progress_;
  std::set<std::string> definitions_;
  std::map<std::string, base::EntityId> wanted_definitions_;  // of the batch, each with an execution that pins it
};

}  // namespace

absl::StatusOr<CheckProgress> CheckLog(const std::string& conninfo, const CheckOptions& options) {
  CheckProgress progress;
  const std::string database = pg::DescribeConnection(conninfo);
  absl::Status status;
  try {
    pqxx::connection connection(conninfo);
    status = pg::Guard([&] {
      pqxx::nontransaction(connection).exec(CheckSetUpSql());
      Check check(connection, database, options);
      absl::Status done = check.Run();
      progress = check.progress();
      return done;
    });
  } catch (const std::exception& error) {
    return pg::ConnectError(conninfo, error.what());
  }
  if (absl::IsNotFound(status)) {
    status = absl::FailedPreconditionError(
        "expected a database whose schema is of this release, as pawl-scheduler makes it on its first start: " +
        std::string(status.message()));
  }
  if (!status.ok()) return base::Annotate(status, "database (" + database + ")");
  return progress;
}

}  // namespace pawl::history
