// Which of XGBoost's parameters may be given, and what fits an objective.
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "worker/activities/train/training.h"

namespace pawl::activities {
namespace {

const std::set<std::string>& Allowed() {
  static const std::set<std::string> names{"alpha",
                                           "base_score",
                                           "booster",
                                           "colsample_bylevel",
                                           "colsample_bynode",
                                           "colsample_bytree",
                                           "eta",
                                           "gamma",
                                           "grow_policy",
                                           "huber_slope",
                                           "interaction_constraints",
                                           "lambda",
                                           "learning_rate",
                                           "max_bin",
                                           "max_delta_step",
                                           "max_depth",
                                           "max_leaves",
                                           "min_child_weight",
                                           "monotone_constraints",
                                           "num_parallel_tree",
                                           "reg_alpha",
                                           "reg_lambda",
                                           "sampling_method",
                                           "scale_pos_weight",
                                           "subsample",
                                           "tree_method",
                                           "tweedie_variance_power"};
  return names;
}

std::string DefaultMetrics(const std::string& objective) {
  if (absl::StartsWith(objective, "binary:")) return "logloss,auc";
  if (absl::StartsWith(objective, "multi:")) return "mlogloss";
  return "rmse";
}

}  // namespace

absl::StatusOr<Booster::Parameters> MakeParameters(const std::string& objective, int64_t class_count,
                                                   const std::vector<std::string>& metrics,
                                                   const Booster::Parameters& given) {
  Booster::Parameters parameters{{"tree_method", "hist"}};
  for (const auto& [name, value] : given) {
    if (!Allowed().contains(name)) {
      return absl::InvalidArgumentError(
          absl::StrCat("unknown training parameter '", name, "'; known are ", absl::StrJoin(Allowed(), ", ")));
    }
    parameters[name] = value;
  }
  // Others cannot be resumed from a saved model with the same result.
  if (given.contains("booster") && given.at("booster") != "gbtree") {
    return absl::InvalidArgumentError(absl::StrCat("expected booster to be gbtree, found '", given.at("booster"), "'"));
  }
  if (objective == "regression")
    parameters["objective"] = "reg:squarederror";
  else if (objective == "binary")
    parameters["objective"] = "binary:logistic";
  else if (objective == "multiclass")
    parameters["objective"] = "multi:softprob";
  else if (absl::StrContains(objective, ":"))
    parameters["objective"] = objective;
  else {
    return absl::InvalidArgumentError(absl::StrCat(
        "expected objective to be regression, binary, multiclass or one of XGBoost's names, found '", objective, "'"));
  }
  if (absl::StartsWith(parameters["objective"], "multi:")) {
    if (class_count < 2) return absl::InvalidArgumentError("a multiclass objective needs num_class of 2 or more");
    parameters["num_class"] = absl::StrCat(class_count);
  }
  parameters["eval_metric"] = metrics.empty() ? DefaultMetrics(parameters["objective"]) : absl::StrJoin(metrics, ",");
  return parameters;
}

bool IsLargerBetter(const std::string& metric) {
  const size_t dash = metric.rfind('-');
  const std::string name = dash == std::string::npos ? metric : metric.substr(dash + 1);
  return absl::StartsWith(name, "auc") || absl::StartsWith(name, "map") || absl::StartsWith(name, "ndcg") ||
         absl::StartsWith(name, "pre");
}

}  // namespace pawl::activities
