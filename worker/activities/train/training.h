// The training loop that the `train` activity and SageMaker's createTrainingJob share.
//
// Every `checkpoint_every` rounds the model and the evaluation so far are saved, and the heartbeat carries the
// checkpoint's URI. Right after saving, the loop itself goes on *from the saved model*: an undisturbed run and a run
// that was killed and resumed therefore pass through the same states, and end with the same bytes.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "nlohmann/json_fwd.hpp"
#include "worker/activities/dataset/dataset.h"
#include "worker/activities/train/checkpoints.h"
#include "worker/activities/xgboost/booster.h"
#include "worker/sdk/activity.h"

namespace pawl::activities {

struct TrainingSettings {
  Booster::Parameters parameters = {};  // XGBoost's, objective and eval_metric included
  int64_t rounds = 100;
  int64_t early_stopping_rounds = 0;  // 0: never; else the last metric on the validation data decides
  int64_t checkpoint_every = 10;
  int64_t min_round_ms = 0;  // a round takes at least this long; for demonstrations and tests
  int64_t seed = 0;
  int threads = 1;
  std::chrono::milliseconds max_runtime{0};  // 0: none; DEADLINE_EXCEEDED beyond
};

struct TrainingOutcome {
  std::string model;  // XGBoost's binary JSON
  int64_t rounds_trained = 0;
  int64_t best_round = 0;           // from 0; the model ends with it when early stopping is on
  int64_t resumed_after_round = 0;  // rounds taken over from a checkpoint; 0: none
  EvaluationCurve curve;
  std::vector<FeatureScore> importance;
};

// INVALID_ARGUMENT naming the member if a parameter is unknown or not allowed. Fills defaults (tree_method hist, and
// metrics that fit the objective). `objective` is regression, binary, multiclass or one of XGBoost's names.
absl::StatusOr<Booster::Parameters> MakeParameters(const std::string& objective, int64_t class_count,
                                                   const std::vector<std::string>& metrics,
                                                   const Booster::Parameters& given);

// `validation` may be nullptr. Resumes from `checkpoints`; the caller clears them once the outcome is stored.
absl::StatusOr<TrainingOutcome> RunTraining(const TrainingSettings& settings, const Examples& train,
                                            const Examples* validation, Checkpoints& checkpoints,
                                            worker::TaskContext& task);

// True for metrics of which more is better (auc, map ...).
bool IsLargerBetter(const std::string& metric);

// The metrics at the model's last round by name ("validation-auc").
std::vector<MetricValue> FinalMetrics(const TrainingOutcome& outcome);

// Writes model.ubj, evaluation.csv, importance.csv and metrics.json into `directory`.
absl::Status WriteTrainingArtifacts(const TrainingOutcome& outcome, const std::filesystem::path& directory);

}  // namespace pawl::activities
