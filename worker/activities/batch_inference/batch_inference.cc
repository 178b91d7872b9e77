#include "worker/activities/batch_inference/batch_inference.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "shared/base/status.h"
#include "worker/activities/batch_inference/scorer.h"
#include "worker/activities/common/fields.h"
#include "worker/activities/common/files.h"
#include "worker/activities/common/numbers.h"
#include "worker/activities/common/output_slot.h"
#include "worker/activities/common/pulse.h"
#include "worker/activities/common/table_writer.h"
#include "worker/activities/xgboost/model_file.h"

namespace pawl::activities {
namespace {

struct Counts {
  int64_t scored = 0;
  int64_t failed = 0;
};

absl::Status WriteBlock(Scorer& scorer, TableWriter& predictions, TableWriter& errors, Counts& counts) {
  PAWL_ASSIGN_OR_RETURN(std::vector<ScoredRow> rows, scorer.Flush());
  for (ScoredRow& row : rows) {
    if (!row.problem.empty()) {
      ++counts.failed;
      PAWL_RETURN_IF_ERROR(errors.Write({row.number, row.problem, row.raw}));
      continue;
    }
    ++counts.scored;
    std::vector<std::string> cells{row.number};
    cells.insert(cells.end(), row.cells.begin(), row.cells.end());
    for (float score : row.scores) cells.push_back(FormatNumber(score));
    PAWL_RETURN_IF_ERROR(predictions.Write(cells));
  }
  return absl::OkStatus();
}

std::vector<std::string> Header(const std::vector<std::string>& ids, size_t scores) {
  std::vector<std::string> header{"row"};
  header.insert(header.end(), ids.begin(), ids.end());
  if (scores == 1)
    header.push_back("prediction");
  else {
    for (size_t i = 0; i < scores; ++i) header.push_back(absl::StrCat("probability_", i));
  }
  return header;
}

}  // namespace

absl::StatusOr<nlohmann::json> BatchInference(const ArtifactStore& store, worker::TaskContext& task) {
  Fields in(task.input(), "batch-inference");
  const std::string model_uri = in.RequiredString("model");
  const std::string transform_uri = in.String("transform");
  const std::string input = in.RequiredString("input");
  const std::string output_path = in.RequiredString("output_path");
  const std::vector<std::string> ids = in.Strings("id_columns");
  TableFormat format;
  format.kind = in.Choice("format", "auto", {"auto", "csv", "jsonl"});
  format.header = in.Bool("header", true);
  PAWL_RETURN_IF_ERROR(in.Finish());
  PAWL_ASSIGN_OR_RETURN(LoadedModel model, LoadModel(store, model_uri, store.options().threads));
  PAWL_ASSIGN_OR_RETURN(std::string digest, InputDigest(store, input));
  nlohmann::json transform_json;
  std::optional<FittedTransform> transform;
  if (!transform_uri.empty()) {
    PAWL_ASSIGN_OR_RETURN(std::filesystem::path path, store.Fetch(transform_uri));
    PAWL_ASSIGN_OR_RETURN(transform_json, ReadJsonFile(path));
    PAWL_ASSIGN_OR_RETURN(transform, TransformFromJson(transform_json));
  }
  const nlohmann::json key{{"model", model.sha256}, {"transform", transform_json}, {"input", digest}, {"ids", ids},
                           {"format", format.kind}, {"header", format.header}};
  PAWL_ASSIGN_OR_RETURN(OutputSlot slot, OutputSlot::Open(store, output_path, "batch-inference", key));
  if (slot.finished() != nullptr) return *slot.finished();

  Pulse pulse(task);
  PAWL_ASSIGN_OR_RETURN(std::vector<std::filesystem::path> files, store.FetchFiles(input));
  PAWL_ASSIGN_OR_RETURN(TableReader reader, TableReader::Open(files, format));
  PAWL_ASSIGN_OR_RETURN(Scorer scorer, Scorer::Create(std::move(model.booster), std::move(transform), reader, ids));
  PAWL_ASSIGN_OR_RETURN(TableWriter predictions,
                        TableWriter::Create(slot.work() / "predictions.csv", Header(ids, scorer.scores_per_row())));
  PAWL_ASSIGN_OR_RETURN(TableWriter errors, TableWriter::Create(slot.work() / "errors.csv", {"row", "error", "raw"}));
  Counts counts;
  TableRow row;
  while (true) {
    PAWL_ASSIGN_OR_RETURN(bool found, reader.Next(row));
    if (!found) break;
    PAWL_RETURN_IF_ERROR(pulse.BeatRow(row.number, "scoring"));
    scorer.Add(row);
    if (scorer.full()) PAWL_RETURN_IF_ERROR(WriteBlock(scorer, predictions, errors, counts));
  }
  PAWL_RETURN_IF_ERROR(WriteBlock(scorer, predictions, errors, counts));
  PAWL_RETURN_IF_ERROR(predictions.Close().status());
  PAWL_RETURN_IF_ERROR(errors.Close().status());
  nlohmann::json result{{"rows_in", row.number},
                        {"rows_scored", counts.scored},
                        {"rows_failed", counts.failed},
                        {"model_sha256", model.sha256}};
  PAWL_ASSIGN_OR_RETURN(result["predictions"], slot.Artifact("predictions.csv"));
  PAWL_ASSIGN_OR_RETURN(result["errors"], slot.Artifact("errors.csv"));
  PAWL_RETURN_IF_ERROR(WriteJsonFile(slot.work() / "manifest.json", result));
  return slot.Commit(result);
}

}  // namespace pawl::activities
