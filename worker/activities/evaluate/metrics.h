// Metrics of predictions, each with a bootstrap confidence interval. Pure; the same seed gives the same interval.
//
//   regression   rmse, mae, r2
//   binary       auc, logloss, accuracy, f1, precision, recall, brier, calibration_error (10 bins of equal width)
//   multiclass   accuracy, macro_f1, mlogloss
//
// A bootstrap resample gives each row a weight drawn from the Poisson distribution with mean 1, which needs no copy of
// the rows and no second sort for the AUC. Memory: 24 bytes a row.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "nlohmann/json_fwd.hpp"

namespace pawl::activities {

enum class Task { kRegression, kBinary, kMulticlass };

// `scores` has class_count values a row for multiclass, else one.
struct Predictions {
  Task task = Task::kRegression;
  size_t class_count = 1;
  std::vector<float> labels = {};
  std::vector<float> scores = {};
  double threshold = 0.5;  // binary: from here on a row counts as positive
};

struct BootstrapOptions {
  int64_t resamples = 200;
  double confidence = 0.95;
  uint64_t seed = 0;
};

// Metric -> {"value", "low", "high"}; without resamples only "value". A metric that is not defined for these rows (the
// AUC of one class) is left out.
nlohmann::json MeasuredMetrics(const Predictions& predictions, const BootstrapOptions& bootstrap);

// The metrics without intervals.
std::map<std::string, double> PointMetrics(const Predictions& predictions);

// Binary: [{"from", "to", "rows", "mean_score", "positive_share"}] over 10 bins.
nlohmann::json CalibrationTable(const Predictions& predictions);

// The rows whose group is `group`.
Predictions RowsOfGroup(const Predictions& predictions, const std::vector<std::string>& groups,
                        const std::string& group);

}  // namespace pawl::activities
