#include "worker/activities/batch_inference/scorer.h"

#include <algorithm>
#include <limits>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "shared/base/status.h"
#include "worker/activities/common/numbers.h"

namespace pawl::activities {

absl::StatusOr<Scorer> Scorer::Create(Booster booster, std::optional<FittedTransform> transform,
                                      const TableReader& reader, const std::vector<std::string>& id_columns) {
  PAWL_ASSIGN_OR_RETURN(size_t model_features, booster.FeatureCount());
  PAWL_ASSIGN_OR_RETURN(auto objective, booster.Objective());
  Scorer scorer(std::move(booster));
  if (objective.first == "multi:softprob") scorer.scores_per_row_ = static_cast<size_t>(objective.second);
  for (const std::string& id : id_columns) {
    PAWL_ASSIGN_OR_RETURN(size_t place, reader.IndexOf(id));
    scorer.id_places_.push_back(place);
  }
  for (size_t i = 0; i < reader.columns().size(); ++i) {
    if (reader.columns()[i] == "_row")
      scorer.row_place_ = i;
    else if (std::find(id_columns.begin(), id_columns.end(), reader.columns()[i]) == id_columns.end()) {
      scorer.feature_places_.push_back(i);
    }
  }
  scorer.feature_count_ = scorer.feature_places_.size();
  if (transform) {
    PAWL_ASSIGN_OR_RETURN(BoundTransform bound, BoundTransform::Bind(*std::move(transform), reader.columns()));
    scorer.feature_count_ = bound.feature_count();
    scorer.transform_ = std::move(bound);
  }
  if (scorer.feature_count_ != model_features) {
    return absl::InvalidArgumentError(absl::StrCat("the model was trained on ", model_features,
                                                   " features, these rows give ", scorer.feature_count_));
  }
  return scorer;
}

std::optional<std::string> Scorer::Features(const TableRow& row) {
  if (!row.error.empty()) return row.error;
  if (transform_) return transform_->Apply(row.cells, block_);
  const size_t before = block_.size();
  for (size_t place : feature_places_) {
    const std::string& cell = row.cells[place];
    const std::optional<double> value = ParseNumber(cell);
    if (!value && !IsMissing(cell)) {
      block_.resize(before);
      return absl::StrCat("column ", place + 1, ": expected a number, found '", cell.substr(0, 60), "'");
    }
    block_.push_back(value ? static_cast<float>(*value) : std::numeric_limits<float>::quiet_NaN());
  }
  return std::nullopt;
}

void Scorer::Add(const TableRow& row) {
  ScoredRow& scored = pending_.emplace_back();
  const bool has_number = row.error.empty() && row_place_;
  scored.number = has_number ? row.cells[*row_place_] : absl::StrCat(row.number);
  if (std::optional<std::string> problem = Features(row)) {
    scored.problem = *std::move(problem);
    scored.raw = row.raw;
    return;
  }
  for (size_t place : id_places_) scored.cells.push_back(row.cells[place]);
}

absl::StatusOr<std::vector<ScoredRow>> Scorer::Flush() {
  const size_t rows = feature_count_ == 0 ? 0 : block_.size() / feature_count_;
  std::vector<float> scores;
  if (rows > 0) {
    PAWL_ASSIGN_OR_RETURN(scores, booster_.PredictDense(block_, rows, feature_count_));
    if (scores.size() != rows * scores_per_row_) {
      return absl::InternalError(absl::StrCat("expected ", rows * scores_per_row_, " scores, got ", scores.size()));
    }
  }
  size_t at = 0;
  for (ScoredRow& row : pending_) {
    if (!row.problem.empty()) continue;
    const auto from = scores.begin() + static_cast<std::ptrdiff_t>(at);
    row.scores.assign(from, from + static_cast<std::ptrdiff_t>(scores_per_row_));
    at += scores_per_row_;
  }
  block_.clear();
  return std::exchange(pending_, {});
}

}  // namespace pawl::activities
