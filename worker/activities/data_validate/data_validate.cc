#include "worker/activities/data_validate/data_validate.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "shared/base/status.h"
#include "worker/activities/common/errors.h"
#include "worker/activities/common/fields.h"
#include "worker/activities/common/files.h"
#include "worker/activities/common/output_slot.h"
#include "worker/activities/common/pulse.h"
#include "worker/activities/data_validate/level.h"

namespace pawl::activities {

absl::StatusOr<std::vector<std::unique_ptr<Level>>> MakeLevels(const nlohmann::json& rules,
                                                               const ArtifactStore& store) {
  Fields in(rules, "rules");
  in.Find("min_rows");
  std::vector<std::unique_ptr<Level>> levels;
  const auto add = [&levels](absl::StatusOr<std::unique_ptr<Level>> level) {
    if (level.ok()) levels.push_back(*std::move(level));
    return level.status();
  };
  if (const auto* schema = in.Object("schema")) PAWL_RETURN_IF_ERROR(add(MakeSchemaLevel(*schema)));
  if (const auto* ranges = in.Object("ranges")) PAWL_RETURN_IF_ERROR(add(MakeRangesLevel(*ranges)));
  if (const auto* missing = in.Object("missing")) PAWL_RETURN_IF_ERROR(add(MakeMissingLevel(*missing)));
  if (const auto* duplicates = in.Object("duplicates")) PAWL_RETURN_IF_ERROR(add(MakeDuplicatesLevel(*duplicates)));
  if (const auto* outliers = in.Object("outliers")) PAWL_RETURN_IF_ERROR(add(MakeOutliersLevel(*outliers)));
  if (const auto* drift = in.Object("drift")) PAWL_RETURN_IF_ERROR(add(MakeDriftLevel(*drift, store)));
  PAWL_RETURN_IF_ERROR(in.FinishStrict());
  if (levels.empty()) return absl::InvalidArgumentError("rules: expected at least one level");
  return levels;
}

namespace {

// A column that the rules need and the table lacks is bad data where a schema level says that it must be there, and a
// mistake in the rules otherwise. With a failed schema the other levels would only repeat it, so they are not run.
absl::Status BindLevels(std::vector<std::unique_ptr<Level>>& levels, const std::vector<std::string>& columns,
                        std::vector<std::string>& not_run) {
  const bool has_schema = levels[0]->name() == "schema";
  for (size_t i = 0; i < levels.size(); ++i) {
    absl::Status status = levels[i]->Bind(columns);
    if (status.ok()) continue;
    if (!has_schema) return status;
    PAWL_ASSIGN_OR_RETURN(std::vector<CheckResult> schema, levels[0]->Finish(0));
    const bool reported = std::any_of(schema.begin(), schema.end(), [](const CheckResult& c) { return !c.passed; });
    if (!reported) return status;
    for (size_t j = 1; j < levels.size(); ++j) not_run.push_back(levels[j]->name());
    levels.resize(1);
    break;
  }
  return absl::OkStatus();
}

absl::StatusOr<int64_t> Pass(const std::vector<std::filesystem::path>& files, const TableFormat& format,
                             std::vector<std::unique_ptr<Level>>& levels, bool second, Pulse& pulse) {
  PAWL_ASSIGN_OR_RETURN(TableReader reader, TableReader::Open(files, format));
  TableRow row;
  while (true) {
    PAWL_ASSIGN_OR_RETURN(bool found, reader.Next(row));
    if (!found) return row.number;
    PAWL_RETURN_IF_ERROR(pulse.BeatRow(row.number, second ? "validating, second pass" : "validating"));
    for (std::unique_ptr<Level>& level : levels) {
      if (!row.error.empty()) {
        if (!second) level->AddBroken(row);
      } else if (!second) {
        level->Add(row);
      } else if (level->needs_second_pass()) {
        level->AddAgain(row);
      }
    }
  }
}

struct Verdict {
  nlohmann::json levels = nlohmann::json::array();
  nlohmann::json failures = nlohmann::json::array();  // of levels that must hold
  int64_t warnings = 0;
};

absl::StatusOr<Verdict> Judge(std::vector<std::unique_ptr<Level>>& levels, int64_t rows) {
  Verdict verdict;
  for (std::unique_ptr<Level>& level : levels) {
    PAWL_ASSIGN_OR_RETURN(std::vector<CheckResult> checks, level->Finish(rows));
    nlohmann::json listed = nlohmann::json::array();
    bool passed = true;
    for (CheckResult& check : checks) {
      nlohmann::json line{{"check", check.check}, {"passed", check.passed}};
      line.update(check.figures);
      passed = passed && check.passed;
      if (!check.passed && level->must_hold()) {
        nlohmann::json failure = line;
        failure["level"] = level->name();
        failure.erase("passed");
        verdict.failures.push_back(std::move(failure));
      } else if (!check.passed) {
        ++verdict.warnings;
      }
      listed.push_back(std::move(line));
    }
    verdict.levels.push_back(
        {{"level", level->name()}, {"must_hold", level->must_hold()}, {"passed", passed}, {"checks", listed}});
  }
  return verdict;
}

struct Request {
  std::string input;
  std::string output_path;
  TableFormat format;
  const nlohmann::json* rules = nullptr;
  int64_t min_rows = 1;
};

absl::StatusOr<Request> ParseRequest(const nlohmann::json& input) {
  Fields in(input, "data-validate");
  Request request;
  request.input = in.String("InputPath", in.String("input"));
  request.rules = in.Object("ValidationRules");
  if (request.rules == nullptr) request.rules = in.Object("rules");
  request.output_path = in.String("output_path");
  request.format.kind = in.Choice("format", "auto", {"auto", "csv", "jsonl"});
  if (request.input.empty()) in.Refuse("expected a member 'input' (or 'InputPath'), the data's URI");
  if (request.rules == nullptr) in.Refuse("expected a member 'rules' (or 'ValidationRules'), an object");
  PAWL_RETURN_IF_ERROR(in.Finish());
  Fields rules_in(*request.rules, "rules");
  request.min_rows = rules_in.Integer("min_rows", 1, 0, 1'000'000'000'000);
  PAWL_RETURN_IF_ERROR(rules_in.Finish());
  return request;
}

// The error's cause: what failed, short enough for a history event.
std::string CauseOf(const nlohmann::json& failures, int64_t rows, const std::string& input) {
  nlohmann::json shown = nlohmann::json::array();
  for (size_t i = 0; i < std::min<size_t>(failures.size(), 20); ++i) shown.push_back(failures[i]);
  const nlohmann::json cause{{"message", absl::StrCat(failures.size(), " checks that must hold do not")},
                             {"input", input},
                             {"rows", rows},
                             {"failures", shown}};
  return cause.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

absl::StatusOr<nlohmann::json> DataValidate(const ArtifactStore& store, worker::TaskContext& task) {
  PAWL_ASSIGN_OR_RETURN(Request request, ParseRequest(task.input()));
  PAWL_ASSIGN_OR_RETURN(std::vector<std::unique_ptr<Level>> levels, MakeLevels(*request.rules, store));
  PAWL_ASSIGN_OR_RETURN(std::vector<std::filesystem::path> files, store.FetchFiles(request.input));
  std::vector<std::string> not_run;
  {
    PAWL_ASSIGN_OR_RETURN(TableReader reader, TableReader::Open(files, request.format));
    PAWL_RETURN_IF_ERROR(BindLevels(levels, reader.columns(), not_run));
  }
  Pulse pulse(task);
  PAWL_ASSIGN_OR_RETURN(int64_t rows, Pass(files, request.format, levels, /*second=*/false, pulse));
  const bool again = std::any_of(levels.begin(), levels.end(), [](const auto& l) { return l->needs_second_pass(); });
  if (again) PAWL_RETURN_IF_ERROR(Pass(files, request.format, levels, /*second=*/true, pulse).status());
  PAWL_ASSIGN_OR_RETURN(Verdict verdict, Judge(levels, rows));
  if (rows < request.min_rows) {
    verdict.failures.push_back(
        {{"level", "rows"}, {"check", absl::StrCat("at least ", request.min_rows, " rows")}, {"rows", rows}});
  }
  const bool passed = verdict.failures.empty();
  nlohmann::json report{{"status", passed ? "passed" : "failed"},
                        {"rows", rows},
                        {"levels", verdict.levels},
                        {"warnings", verdict.warnings},
                        {"not_run", not_run}};
  nlohmann::json result{
      {"status", "passed"}, {"rows", rows}, {"levels", verdict.levels.size()}, {"warnings", verdict.warnings}};
  if (request.output_path.empty()) {
    result["report"] = report;
  } else {
    PAWL_ASSIGN_OR_RETURN(std::string digest, InputDigest(store, request.input));
    const nlohmann::json key{{"sha256", digest}, {"rules", *request.rules}, {"format", request.format.kind}};
    PAWL_ASSIGN_OR_RETURN(OutputSlot slot, OutputSlot::Open(store, request.output_path, "data-validate", key));
    if (slot.finished() != nullptr) {
      result = *slot.finished();
    } else {
      PAWL_RETURN_IF_ERROR(WriteJsonFile(slot.work() / "validation.json", report));
      PAWL_ASSIGN_OR_RETURN(result["report"], slot.Artifact("validation.json"));
      if (!passed) result["status"] = "failed";
      PAWL_ASSIGN_OR_RETURN(result, slot.Commit(result));
    }
  }
  if (!passed) return NamedError("DataQualityError", CauseOf(verdict.failures, rows, request.input));
  return result;
}

}  // namespace pawl::activities
