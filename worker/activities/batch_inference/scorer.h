// Scores tables with a model, row by row in blocks of 4,096: the part that the `batch-inference` activity and
// SageMaker's createTransformJob share. Memory: 4 bytes x 4,096 x features, and one row.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "worker/activities/common/table_reader.h"
#include "worker/activities/transform/transform.h"
#include "worker/activities/xgboost/booster.h"

namespace pawl::activities {

// A row as the scorer hands it on; either `scores` or `problem` is filled.
struct ScoredRow {
  std::string number;              // the "_row" column if the table has one, else the row's place
  std::vector<std::string> cells;  // those of the id columns
  std::vector<float> scores;       // one, or one for each class
  std::string problem;             // why the row could not be scored
  std::string raw;                 // the record, for rows with a problem
};

class Scorer {
 public:
  // Without a transform every column that is not an id (or "_row") is a feature, in the table's order.
  static absl::StatusOr<Scorer> Create(Booster booster, std::optional<FittedTransform> transform,
                                       const TableReader& reader, const std::vector<std::string>& id_columns);
  // Takes one row; rows come out of Flush in order.
  void Add(const TableRow& row);
  bool full() const { return pending_.size() >= kBlock; }
  // Scores what was added and hands it over.
  absl::StatusOr<std::vector<ScoredRow>> Flush();
  size_t scores_per_row() const { return scores_per_row_; }

 private:
  static constexpr size_t kBlock = 4096;
  explicit Scorer(Booster booster) : booster_(std::move(booster)) {}
  std::optional<std::string> Features(const TableRow& row);

  Booster booster_;
  std::optional<BoundTransform> transform_;
  std::vector<size_t> feature_places_;
  std::vector<size_t> id_places_;
  std::optional<size_t> row_place_;
  size_t feature_count_ = 0;
  size_t scores_per_row_ = 1;
  std::vector<ScoredRow> pending_;
  std::vector<float> block_;
};

}  // namespace pawl::activities
