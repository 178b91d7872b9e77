// The adapter over XGBoost's C API: the only folder that includes it.
//
// Reproducibility: a Booster trained here with the same parameters, data, seed and number of threads gives the same
// bytes. The seed is applied anew each round (seed_per_iteration), so a round does not depend on how many came before
// it in this process, and ContinueFrom gives the state that a run through a checkpoint would have.
//
// Thread rule: a Matrix may be read by several boosters at a time; a Booster belongs to one thread.
// Errors: XGBoost's own message as INVALID_ARGUMENT.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace pawl::activities {

class Matrix {
 public:
  // `values` row by row, NaN for missing; copied.
  static absl::StatusOr<Matrix> FromDense(const std::vector<float>& values, size_t rows, size_t columns, int threads);
  Matrix(Matrix&&) noexcept;
  Matrix& operator=(Matrix&&) noexcept;
  ~Matrix();
  absl::Status SetLabels(const std::vector<float>& labels);
  absl::Status SetWeights(const std::vector<float>& weights);

 private:
  friend class Booster;
  Matrix() = default;
  void* handle_ = nullptr;
};

struct MetricValue {
  std::string name;  // "validation-auc"
  double value = 0;
};

struct FeatureScore {
  std::string feature;
  double score = 0;
};

class Booster {
 public:
  using Parameters = std::map<std::string, std::string>;

  // `caches`: the matrices it will train on or evaluate.
  static absl::StatusOr<Booster> Create(const std::vector<const Matrix*>& caches, const Parameters& parameters);
  // As Create, then goes on from a saved model.
  static absl::StatusOr<Booster> ContinueFrom(const std::string& model, const std::vector<const Matrix*>& caches,
                                              const Parameters& parameters);
  Booster(Booster&&) noexcept;
  Booster& operator=(Booster&&) noexcept;
  ~Booster();

  // Saved with the model; FeatureScores uses them.
  absl::Status SetFeatureNames(const std::vector<std::string>& names);
  absl::Status Update(int round, const Matrix& matrix);
  // The metrics after `round` for each named matrix.
  absl::StatusOr<std::vector<MetricValue>> Evaluate(int round,
                                                    const std::vector<std::pair<std::string, const Matrix*>>& matrices);
  // One number for each row; for multiclass, a probability for each class.
  absl::StatusOr<std::vector<float>> Predict(const Matrix& matrix);
  // The same without building a Matrix: for scoring in pieces.
  absl::StatusOr<std::vector<float>> PredictDense(const std::vector<float>& values, size_t rows, size_t columns);
  // XGBoost's binary JSON.
  absl::StatusOr<std::string> Save() const;
  // The first `rounds` rounds as a model of their own.
  absl::StatusOr<Booster> FirstRounds(int rounds) const;
  // By total gain, largest first; features never used are left out.
  absl::StatusOr<std::vector<FeatureScore>> FeatureScores() const;
  absl::StatusOr<size_t> FeatureCount() const;
  absl::StatusOr<int> Rounds() const;
  // The objective and number of classes that the model was trained with ("binary:logistic", 0).
  absl::StatusOr<std::pair<std::string, int>> Objective() const;

 private:
  Booster() = default;
  void* handle_ = nullptr;
};

}  // namespace pawl::activities
