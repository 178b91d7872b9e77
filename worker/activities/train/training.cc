#include "worker/activities/train/training.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "shared/base/status.h"
#include "worker/activities/common/files.h"
#include "worker/activities/common/numbers.h"
#include "worker/activities/common/pulse.h"
#include "worker/activities/common/table_writer.h"

namespace pawl::activities {
namespace {

using Steady = std::chrono::steady_clock;

absl::Status CheckLabels(const Examples& examples, const Booster::Parameters& parameters, const char* which) {
  const std::string& objective = parameters.at("objective");
  const bool binary = absl::StartsWith(objective, "binary:") || objective == "reg:logistic";
  const bool classes = absl::StartsWith(objective, "multi:");
  if (!binary && !classes) return absl::OkStatus();
  const int64_t class_count = classes ? std::stoll(parameters.at("num_class")) : 2;
  for (size_t row = 0; row < examples.labels.size(); ++row) {
    const float label = examples.labels[row];
    const bool fits = classes ? label >= 0 && label < static_cast<float>(class_count) && label == std::floor(label)
                              : label >= 0 && label <= 1;
    if (!fits) {
      return absl::InvalidArgumentError(absl::StrCat(which, " data row ", row + 1, ": the label ", label,
                                                     " does not fit ", objective, " (expected ",
                                                     classes ? "a class from 0 to " : "0 to ", class_count - 1, ")"));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<Matrix> MakeMatrix(const Examples& examples, int threads) {
  PAWL_ASSIGN_OR_RETURN(Matrix matrix,
                        Matrix::FromDense(examples.features, examples.rows(), examples.columns, threads));
  PAWL_RETURN_IF_ERROR(matrix.SetLabels(examples.labels));
  if (!examples.weights.empty()) PAWL_RETURN_IF_ERROR(matrix.SetWeights(examples.weights));
  return matrix;
}

// The round of the best last metric so far; the earliest of equals.
int64_t BestRound(const EvaluationCurve& curve) {
  if (curve.metrics.empty()) return 0;
  const size_t metric = curve.metrics.size() - 1;
  const bool larger = IsLargerBetter(curve.metrics[metric]);
  int64_t best = 0;
  for (size_t round = 1; round < curve.values.size(); ++round) {
    const double value = curve.values[round][metric];
    const double champion = curve.values[static_cast<size_t>(best)][metric];
    if (larger ? value > champion : value < champion) best = static_cast<int64_t>(round);
  }
  return best;
}

std::string Describe(const EvaluationCurve& curve, int64_t rounds, int64_t of) {
  std::string text = absl::StrCat("round ", rounds, " of ", of);
  if (!curve.values.empty() && !curve.metrics.empty()) {
    absl::StrAppend(&text, ", ", curve.metrics.back(), " ", curve.values.back().back());
  }
  return text;
}

// One run's state between rounds.
class Run {
 public:
  Run(const TrainingSettings& settings, Checkpoints& checkpoints, worker::TaskContext& task)
      : settings_(settings), checkpoints_(checkpoints), task_(task), pulse_(task) {}

  absl::Status Start(const Examples& train, const Examples* validation) {
    parameters_ = settings_.parameters;
    feature_names_ = train.feature_names;
    parameters_["seed"] = absl::StrCat(settings_.seed);
    parameters_["seed_per_iteration"] = "1";
    parameters_["nthread"] = absl::StrCat(settings_.threads);
    parameters_["verbosity"] = "0";
    PAWL_ASSIGN_OR_RETURN(Matrix train_matrix, MakeMatrix(train, settings_.threads));
    train_ = std::move(train_matrix);
    if (validation != nullptr) {
      PAWL_ASSIGN_OR_RETURN(Matrix validation_matrix, MakeMatrix(*validation, settings_.threads));
      validation_ = std::move(validation_matrix);
    }
    if (std::optional<Checkpoint> checkpoint = checkpoints_.Newest(task_.info().checkpoint)) {
      rounds_ = resumed_ = checkpoint->rounds;
      curve_ = std::move(checkpoint->curve);
      return Reload(checkpoint->model);
    }
    PAWL_ASSIGN_OR_RETURN(Booster booster, Booster::Create(Caches(), parameters_));
    booster_ = std::move(booster);
    return absl::OkStatus();
  }

  absl::Status Loop() {
    const Steady::time_point started = Steady::now();
    while (rounds_ < settings_.rounds && !ShouldStop()) {
      const Steady::time_point round_started = Steady::now();
      PAWL_RETURN_IF_ERROR(Round());
      if (rounds_ % settings_.checkpoint_every == 0 && rounds_ < settings_.rounds)
        PAWL_RETURN_IF_ERROR(SaveAndReload());
      const double fraction = static_cast<double>(rounds_) / static_cast<double>(settings_.rounds);
      PAWL_RETURN_IF_ERROR(pulse_.Beat(fraction, Describe(curve_, rounds_, settings_.rounds)));
      PAWL_RETURN_IF_ERROR(Pace(round_started));
      if (settings_.max_runtime.count() > 0 && Steady::now() - started > settings_.max_runtime) {
        return absl::DeadlineExceededError(absl::StrCat("training stopped after ", rounds_, " rounds: it may run for ",
                                                        settings_.max_runtime.count() / 1000, " s"));
      }
    }
    return absl::OkStatus();
  }

  absl::StatusOr<TrainingOutcome> Finish() {
    TrainingOutcome outcome{.rounds_trained = rounds_, .resumed_after_round = resumed_};
    outcome.best_round = settings_.early_stopping_rounds > 0 ? BestRound(curve_) : rounds_ - 1;
    if (outcome.best_round + 1 < rounds_) {
      PAWL_ASSIGN_OR_RETURN(Booster best, booster_->FirstRounds(static_cast<int>(outcome.best_round + 1)));
      booster_ = std::move(best);
    }
    PAWL_RETURN_IF_ERROR(booster_->SetFeatureNames(feature_names_));
    PAWL_ASSIGN_OR_RETURN(outcome.model, booster_->Save());
    PAWL_ASSIGN_OR_RETURN(outcome.importance, booster_->FeatureScores());
    outcome.curve = std::move(curve_);
    return outcome;
  }

 private:
  std::vector<const Matrix*> Caches() const {
    std::vector<const Matrix*> caches{&*train_};
    if (validation_) caches.push_back(&*validation_);
    return caches;
  }

  absl::Status Reload(const std::string& model) {
    PAWL_ASSIGN_OR_RETURN(Booster booster, Booster::ContinueFrom(model, Caches(), parameters_));
    booster_ = std::move(booster);
    return absl::OkStatus();
  }

  absl::Status Round() {
    const int round = static_cast<int>(rounds_);
    PAWL_RETURN_IF_ERROR(booster_->Update(round, *train_));
    std::vector<std::pair<std::string, const Matrix*>> matrices{{"train", &*train_}};
    if (validation_) matrices.emplace_back("validation", &*validation_);
    PAWL_ASSIGN_OR_RETURN(std::vector<MetricValue> metrics, booster_->Evaluate(round, matrices));
    std::vector<double>& values = curve_.values.emplace_back();
    const bool first = curve_.metrics.empty();
    for (const MetricValue& metric : metrics) {
      if (first) curve_.metrics.push_back(metric.name);
      values.push_back(metric.value);
    }
    ++rounds_;
    return absl::OkStatus();
  }

  absl::Status SaveAndReload() {
    PAWL_ASSIGN_OR_RETURN(std::string model, booster_->Save());
    PAWL_ASSIGN_OR_RETURN(std::string uri, checkpoints_.Save({.rounds = rounds_, .model = model, .curve = curve_}));
    task_.Heartbeat({.fraction = static_cast<double>(rounds_) / static_cast<double>(settings_.rounds),
                     .message = absl::StrCat("checkpoint after round ", rounds_),
                     .checkpoint = uri});
    return Reload(model);
  }

  bool ShouldStop() const {
    return settings_.early_stopping_rounds > 0 && rounds_ > 0 &&
           rounds_ - 1 - BestRound(curve_) >= settings_.early_stopping_rounds;
  }

  // In slices, so that a cancelled task does not sleep on.
  absl::Status Pace(Steady::time_point round_started) {
    const Steady::time_point until = round_started + std::chrono::milliseconds(settings_.min_round_ms);
    while (Steady::now() < until) {
      PAWL_RETURN_IF_ERROR(pulse_.Check());
      std::this_thread::sleep_until(std::min(until, Steady::now() + std::chrono::milliseconds(50)));
    }
    return pulse_.Check();
  }

  const TrainingSettings& settings_;
  Checkpoints& checkpoints_;
  worker::TaskContext& task_;
  Pulse pulse_;
  Booster::Parameters parameters_;
  std::vector<std::string> feature_names_;
  std::optional<Matrix> train_;
  std::optional<Matrix> validation_;
  std::optional<Booster> booster_;
  int64_t rounds_ = 0;
  int64_t resumed_ = 0;
  EvaluationCurve curve_;
};

}  // namespace

absl::StatusOr<TrainingOutcome> RunTraining(const TrainingSettings& settings, const Examples& train,
                                            const Examples* validation, Checkpoints& checkpoints,
                                            worker::TaskContext& task) {
  if (settings.early_stopping_rounds > 0 && validation == nullptr) {
    return absl::InvalidArgumentError("early stopping needs validation data");
  }
  if (validation != nullptr && validation->columns != train.columns) {
    return absl::InvalidArgumentError(absl::StrCat("the training data has ", train.columns,
                                                   " features, but the validation data ", validation->columns));
  }
  PAWL_RETURN_IF_ERROR(CheckLabels(train, settings.parameters, "training"));
  if (validation != nullptr) PAWL_RETURN_IF_ERROR(CheckLabels(*validation, settings.parameters, "validation"));
  Run run(settings, checkpoints, task);
  PAWL_RETURN_IF_ERROR(run.Start(train, validation));
  PAWL_RETURN_IF_ERROR(run.Loop());
  return run.Finish();
}

std::vector<MetricValue> FinalMetrics(const TrainingOutcome& outcome) {
  std::vector<MetricValue> metrics;
  if (outcome.curve.values.empty()) return metrics;
  const std::vector<double>& values = outcome.curve.values[static_cast<size_t>(outcome.best_round)];
  for (size_t i = 0; i < outcome.curve.metrics.size(); ++i) metrics.push_back({outcome.curve.metrics[i], values[i]});
  return metrics;
}

absl::Status WriteTrainingArtifacts(const TrainingOutcome& outcome, const std::filesystem::path& directory) {
  PAWL_RETURN_IF_ERROR(WriteFileAtomically(directory / "model.ubj", outcome.model));
  std::vector<std::string> header{"round"};
  header.insert(header.end(), outcome.curve.metrics.begin(), outcome.curve.metrics.end());
  PAWL_ASSIGN_OR_RETURN(TableWriter curve, TableWriter::Create(directory / "evaluation.csv", header));
  for (size_t round = 0; round < outcome.curve.values.size(); ++round) {
    std::vector<std::string> cells{absl::StrCat(round)};
    for (double value : outcome.curve.values[round]) cells.push_back(FormatNumber(value));
    PAWL_RETURN_IF_ERROR(curve.Write(cells));
  }
  PAWL_RETURN_IF_ERROR(curve.Close().status());
  PAWL_ASSIGN_OR_RETURN(TableWriter importance,
                        TableWriter::Create(directory / "importance.csv", {"feature", "total_gain"}));
  for (const FeatureScore& score : outcome.importance) {
    PAWL_RETURN_IF_ERROR(importance.Write({score.feature, FormatNumber(score.score)}));
  }
  PAWL_RETURN_IF_ERROR(importance.Close().status());
  nlohmann::json metrics{{"best_round", outcome.best_round}, {"rounds_trained", outcome.rounds_trained}};
  for (const MetricValue& metric : FinalMetrics(outcome)) metrics["metrics"][metric.name] = metric.value;
  return WriteJsonFile(directory / "metrics.json", metrics);
}

}  // namespace pawl::activities
