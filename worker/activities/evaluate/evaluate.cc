#include "worker/activities/evaluate/evaluate.h"

#include <algorithm>
#include <map>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "shared/base/status.h"
#include "worker/activities/common/fields.h"
#include "worker/activities/common/files.h"
#include "worker/activities/common/output_slot.h"
#include "worker/activities/common/pulse.h"
#include "worker/activities/dataset/dataset.h"
#include "worker/activities/evaluate/baseline.h"
#include "worker/activities/evaluate/metrics.h"
#include "worker/activities/xgboost/model_file.h"

namespace pawl::activities {
namespace {

struct Request {
  std::string model;
  std::string dataset;
  std::string split;
  std::string score;
  std::string output_path;
  double threshold = 0.5;
  std::vector<std::string> baseline;
  std::vector<std::string> groups;
  int64_t group_rows_min = 30;
  BootstrapOptions bootstrap;
};

absl::StatusOr<Request> ParseRequest(const nlohmann::json& input) {
  Fields in(input, "evaluate");
  Request request;
  request.model = in.RequiredString("model");
  request.dataset = in.RequiredString("dataset");
  request.split = in.Choice("split", "test", {"train", "validation", "test"});
  request.score = in.String("score");
  request.output_path = in.RequiredString("output_path");
  request.threshold = in.Number("threshold", 0.5, 0, 1);
  request.baseline = in.Strings("baseline");
  request.groups = in.Strings("groups");
  request.group_rows_min = in.Integer("group_rows_min", 30, 1, 1'000'000'000);
  request.bootstrap.resamples = in.Integer("resamples", 200, 0, 10'000);
  request.bootstrap.confidence = in.Number("confidence", 0.95, 0.5, 0.999);
  request.bootstrap.seed = static_cast<uint64_t>(in.Integer("seed", 0, 0, 2'147'483'647));
  PAWL_RETURN_IF_ERROR(in.Finish());
  return request;
}

absl::StatusOr<Predictions> Predict(LoadedModel& model, const Examples& examples, double threshold, int threads) {
  PAWL_ASSIGN_OR_RETURN(auto objective, model.booster.Objective());
  PAWL_ASSIGN_OR_RETURN(size_t features, model.booster.FeatureCount());
  if (features != examples.columns) {
    return absl::InvalidArgumentError(
        absl::StrCat("the model was trained on ", features, " features, the dataset has ", examples.columns));
  }
  Predictions predictions{.labels = examples.labels, .threshold = threshold};
  if (absl::StartsWith(objective.first, "multi:")) {
    predictions.task = Task::kMulticlass;
    predictions.class_count = static_cast<size_t>(objective.second);
  } else if (absl::StartsWith(objective.first, "binary:") || objective.first == "reg:logistic") {
    predictions.task = Task::kBinary;
  }
  PAWL_ASSIGN_OR_RETURN(Matrix matrix,
                        Matrix::FromDense(examples.features, examples.rows(), examples.columns, threads));
  PAWL_ASSIGN_OR_RETURN(predictions.scores, model.booster.Predict(matrix));
  if (predictions.scores.size() != examples.rows() * predictions.class_count) {
    return absl::InvalidArgumentError(
        absl::StrCat("objective ", objective.first, " gives no score for each row and class; use multi:softprob"));
  }
  return predictions;
}

// Metrics of each value of each group column, for fairness: {"origin": [{"group", "rows", "metrics"}, ...]}.
absl::StatusOr<nlohmann::json> GroupMetrics(const std::filesystem::path& dataset, const Request& request,
                                            const Predictions& predictions, Pulse& pulse) {
  nlohmann::json all = nlohmann::json::object();
  for (const std::string& column : request.groups) {
    PAWL_ASSIGN_OR_RETURN(std::vector<std::string> keys, ReadKeys(dataset, request.split, {column}, pulse));
    if (keys.size() != predictions.labels.size()) {
      return absl::InvalidArgumentError("the keys file does not have the rows of the data");
    }
    std::map<std::string, int64_t> sizes;
    for (const std::string& key : keys) ++sizes[key];
    nlohmann::json& list = all[column] = nlohmann::json::array();
    for (const auto& [group, rows] : sizes) {
      nlohmann::json entry{{"group", group}, {"rows", rows}};
      if (rows >= request.group_rows_min) {
        entry["metrics"] = MeasuredMetrics(RowsOfGroup(predictions, keys, group), request.bootstrap);
      } else {
        entry["note"] = absl::StrCat("fewer than ", request.group_rows_min, " rows");
      }
      list.push_back(std::move(entry));
      PAWL_RETURN_IF_ERROR(pulse.Beat(0.5, absl::StrCat("groups of ", column)));
    }
  }
  return all;
}

const char* DefaultScore(Task task) {
  switch (task) {
    case Task::kRegression:
      return "r2";
    case Task::kBinary:
      return "auc";
    case Task::kMulticlass:
      return "accuracy";
  }
  return "r2";
}

bool IsSmallerBetter(const std::string& metric) {
  return metric == "rmse" || metric == "mae" || metric == "logloss" || metric == "mlogloss" || metric == "brier" ||
         metric == "calibration_error";
}

// What the naive prediction reaches on the same rows, and whether the model is better by `score`.
absl::StatusOr<nlohmann::json> CompareWithBaseline(const std::filesystem::path& dataset, const Request& request,
                                                   const Predictions& predictions, const std::string& score,
                                                   Pulse& pulse) {
  if (predictions.task == Task::kMulticlass) {
    return absl::InvalidArgumentError("evaluate: 'baseline' is for regression and binary labels");
  }
  Predictions naive = predictions;
  PAWL_ASSIGN_OR_RETURN(naive.scores, BaselineScores(dataset, request.split, request.baseline, pulse));
  if (naive.scores.size() != predictions.labels.size()) {
    return absl::InvalidArgumentError("the keys file does not have the rows of the data");
  }
  const std::map<std::string, double> theirs = PointMetrics(naive);
  const std::map<std::string, double> ours = PointMetrics(predictions);
  if (!theirs.contains(score)) {
    return absl::InvalidArgumentError(absl::StrCat("the baseline has no metric '", score, "' on these rows"));
  }
  const bool beaten = IsSmallerBetter(score) ? ours.at(score) < theirs.at(score) : ours.at(score) > theirs.at(score);
  return nlohmann::json{{"kind", "mean of the training rows with the same keys"},
                        {"group_by", request.baseline},
                        {"metrics", theirs},
                        {"beaten", beaten}};
}

}  // namespace

absl::StatusOr<nlohmann::json> Evaluate(const ArtifactStore& store, worker::TaskContext& task) {
  PAWL_ASSIGN_OR_RETURN(Request request, ParseRequest(task.input()));
  const int threads = store.options().threads;
  PAWL_ASSIGN_OR_RETURN(LoadedModel model, LoadModel(store, request.model, threads));
  PAWL_ASSIGN_OR_RETURN(std::filesystem::path dataset, store.Fetch(request.dataset));
  PAWL_ASSIGN_OR_RETURN(DatasetManifest manifest, ReadManifest(dataset));
  nlohmann::json key = task.input();
  for (const char* name : {"output_path", "model", "dataset"}) key.erase(name);
  key["model_sha256"] = model.sha256;
  key["dataset"] = ToJson(manifest);
  PAWL_ASSIGN_OR_RETURN(OutputSlot slot, OutputSlot::Open(store, request.output_path, "evaluate", key));
  if (slot.finished() != nullptr) return *slot.finished();

  Pulse pulse(task);
  PAWL_ASSIGN_OR_RETURN(Examples examples,
                        LoadExamples({dataset / request.split / "data.csv"}, !manifest.weight.empty(), pulse));
  PAWL_ASSIGN_OR_RETURN(Predictions predictions, Predict(model, examples, request.threshold, threads));
  nlohmann::json metrics = MeasuredMetrics(predictions, request.bootstrap);
  const std::string score = request.score.empty() ? DefaultScore(predictions.task) : request.score;
  if (!metrics.contains(score)) {
    return absl::InvalidArgumentError(
        absl::StrCat("evaluate: there is no metric '", score, "' for these rows; there are ", metrics.dump()));
  }
  nlohmann::json result{{"validation_score", metrics[score]["value"]},
                        {"score_metric", score},
                        {"split", request.split},
                        {"rows", examples.rows()},
                        {"metrics", metrics},
                        {"model_sha256", model.sha256}};
  nlohmann::json report = result;
  if (!request.baseline.empty()) {
    PAWL_ASSIGN_OR_RETURN(nlohmann::json baseline, CompareWithBaseline(dataset, request, predictions, score, pulse));
    result["baseline"] = report["baseline"] = baseline;
  }
  PAWL_ASSIGN_OR_RETURN(report["groups"], GroupMetrics(dataset, request, predictions, pulse));
  if (predictions.task == Task::kBinary) report["calibration"] = CalibrationTable(predictions);
  PAWL_RETURN_IF_ERROR(WriteJsonFile(slot.work() / "evaluation.json", report));
  PAWL_ASSIGN_OR_RETURN(result["report"], slot.Artifact("evaluation.json"));
  return slot.Commit(result);
}

}  // namespace pawl::activities
