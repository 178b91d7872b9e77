// Feature transformations: fitted once on the training part, saved as JSON, and applied the same way to training rows
// and to rows that are scored later.
//
// A column is one of
//   numeric      impute: none | median | mean | constant; scale: none | standard | minmax; missing_indicator
//   categorical  encode: one-hot | ordinal | none (no feature: only checked); max_categories, min_count. Missing values
//                and texts that training did not know (or that were too rare) are the category "(other)"
//   timestamp    parts of ISO 8601 time: year, month, day, weekday, hour, minute, day_of_year; month_cycle,
//                weekday_cycle, hour_cycle, day_of_year_cycle give a sine and a cosine
// A numeric or timestamp value that is missing and not imputed is NaN, which XGBoost treats as missing.
//
// Memory while fitting: for each numeric column a QuantileSketch (350 KiB), for each categorical one a CategoryCounter
// (1.6 MiB); nothing grows with the number of rows. Pure values; not thread-safe while fitting.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "absl/status/statusor.h"
#include "nlohmann/json_fwd.hpp"
#include "worker/activities/common/category_counter.h"
#include "worker/activities/common/quantile_sketch.h"

namespace pawl::activities {

enum class ColumnKind { kNumeric, kCategorical, kTimestamp };

struct ColumnSpec {
  std::string name = {};
  ColumnKind kind = ColumnKind::kNumeric;
  bool required = false;  // a missing value makes the row unusable
  std::string impute = "none";
  double constant = 0;
  std::string scale = "none";
  bool missing_indicator = false;
  std::string encode = "one-hot";
  int64_t max_categories = 50;
  int64_t min_count = 1;
  std::vector<std::string> parts = {};
};

// A column and what fitting found out about it.
struct FittedColumn {
  ColumnSpec spec;
  double fill = 0;    // numeric: stands for a missing value unless impute is none
  double center = 0;  // numeric: (value - center) / spread
  double spread = 1;
  std::vector<std::string> categories = {};  // categorical: most frequent first
};

struct FittedTransform {
  std::vector<FittedColumn> columns;
  std::vector<std::string> FeatureNames() const;
};

absl::StatusOr<std::vector<ColumnSpec>> ParseColumnSpecs(const nlohmann::json& columns);
nlohmann::json ToJson(const FittedTransform& transform);
absl::StatusOr<FittedTransform> TransformFromJson(const nlohmann::json& value);

// Learns a transform from rows.
class TransformFitter {
 public:
  // `table_columns` are the columns of the cells that Add will get; a spec'd column that is not among them is an error.
  static absl::StatusOr<TransformFitter> Create(std::vector<ColumnSpec> specs,
                                                const std::vector<std::string>& table_columns);
  // Rows that Apply would refuse are ignored as a whole.
  void Add(const std::vector<std::string>& cells);
  FittedTransform Finish() const;

 private:
  struct Column {
    ColumnSpec spec;
    size_t index = 0;
    int64_t count = 0;
    double mean = 0;
    double squares = 0;  // sum of squared distances from the mean (Welford)
    double min = 0;
    double max = 0;
    QuantileSketch sketch = {};
    CategoryCounter categories{4096};
  };
  std::vector<Column> columns_;
};

// A transform tied to the places of its columns in one table.
class BoundTransform {
 public:
  static absl::StatusOr<BoundTransform> Bind(FittedTransform transform, const std::vector<std::string>& table_columns);
  size_t feature_count() const { return feature_count_; }
  // Appends the row's features; on refusal says why ("column 'temp': expected a number, found 'abc'") and leaves
  // `features` as it was.
  std::optional<std::string> Apply(const std::vector<std::string>& cells, std::vector<float>& features) const;

 private:
  struct Bound {
    FittedColumn fitted;
    size_t index = 0;
    std::unordered_map<std::string, int64_t> category_places = {};
  };
  std::vector<Bound> columns_;
  size_t feature_count_ = 0;
};

// Why `cell` cannot be used for a column of this spec; nullopt if it can.
std::optional<std::string> CellProblem(const ColumnSpec& spec, const std::string& cell);

}  // namespace pawl::activities
