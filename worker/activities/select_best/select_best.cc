#include "worker/activities/select_best/select_best.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "shared/base/status.h"
#include "worker/activities/common/fields.h"

namespace pawl::activities {
namespace {

// The metric of a train result ({"metrics": {...}}) or of a SageMaker training job (FinalMetricDataList).
std::optional<double> MetricOf(const nlohmann::json& candidate, const std::string& metric) {
  if (!candidate.is_object()) return std::nullopt;
  if (const auto metrics = candidate.find("metrics"); metrics != candidate.end() && metrics->contains(metric)) {
    return (*metrics)[metric].get<double>();
  }
  if (const auto list = candidate.find("FinalMetricDataList"); list != candidate.end() && list->is_array()) {
    for (const nlohmann::json& entry : *list) {
      if (entry.value("MetricName", "") == metric) return entry.at("Value").get<double>();
    }
  }
  return std::nullopt;
}

std::string NameOf(const nlohmann::json& candidate, size_t index) {
  return candidate.value("TrainingJobName", absl::StrCat("candidate ", index));
}

std::string ModelOf(const nlohmann::json& candidate) {
  if (candidate.contains("ModelArtifacts")) return candidate["ModelArtifacts"].value("S3ModelArtifacts", "");
  return candidate.contains("model") ? candidate["model"].value("uri", "") : "";
}

}  // namespace

absl::StatusOr<nlohmann::json> SelectBest(const ArtifactStore&, worker::TaskContext& task) {
  Fields in(task.input(), "select-best");
  const nlohmann::json* candidates = in.Array("candidates");
  const std::string metric = in.RequiredString("metric");
  const bool maximize = in.Choice("goal", "maximize", {"maximize", "minimize"}) == "maximize";
  if (candidates == nullptr || candidates->empty()) in.Refuse("expected at least one training result in 'candidates'");
  PAWL_RETURN_IF_ERROR(in.Finish());
  struct Ranked {
    size_t index;
    double value;
  };
  std::vector<Ranked> ranking;
  for (size_t i = 0; i < candidates->size(); ++i) {
    const std::optional<double> value = MetricOf((*candidates)[i], metric);
    if (!value || std::isnan(*value)) {
      return absl::InvalidArgumentError(
          absl::StrCat("select-best: ", NameOf((*candidates)[i], i), " has no metric '", metric, "'"));
    }
    ranking.push_back({i, *value});
  }
  // Stable: of equal candidates the first wins.
  std::stable_sort(ranking.begin(), ranking.end(), [maximize](const Ranked& a, const Ranked& b) {
    return maximize ? a.value > b.value : a.value < b.value;
  });
  const nlohmann::json& best = (*candidates)[ranking[0].index];
  const std::string model = ModelOf(best);
  if (model.empty()) return absl::InvalidArgumentError("select-best: the best candidate names no model");
  nlohmann::json order = nlohmann::json::array();
  for (const Ranked& ranked : ranking) {
    const nlohmann::json& candidate = (*candidates)[ranked.index];
    nlohmann::json line{{"name", NameOf(candidate, ranked.index)}, {"value", ranked.value}};
    if (candidate.contains("HyperParameters")) line["hyper_parameters"] = candidate["HyperParameters"];
    order.push_back(std::move(line));
  }
  return nlohmann::json{{"index", ranking[0].index},
                        {"name", NameOf(best, ranking[0].index)},
                        {"metric", metric},
                        {"value", ranking[0].value},
                        {"model", model},
                        // Both the trainer and SageMaker's form of it write the curve beside the model.
                        {"evaluation", model.substr(0, model.rfind('/')) + "/evaluation.csv"},
                        {"ranking", order}};
}

}  // namespace pawl::activities
