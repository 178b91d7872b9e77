// A profile says how the values of a table's columns are distributed, small enough to keep with a model and to compare
// later data with (drift).
//
//   {"format": "pawl.profile/1", "rows": 100, "columns": {
//     "temp":    {"kind": "numeric", "count": 98, "missing": 2, "mean":, "stddev":, "min":, "max":,
//                 "edges": [...], "up_to": [...]},        the share of values at most each edge (deciles, ties merged)
//     "carrier": {"kind": "categorical", "count": 100, "missing": 0, "distinct": 16, "shares": {"UA": 0.18, ...}}}}
//
// Memory: a QuantileSketch or a CategoryCounter for each column. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "nlohmann/json_fwd.hpp"
#include "worker/activities/common/category_counter.h"
#include "worker/activities/common/quantile_sketch.h"

namespace pawl::activities {

class ColumnProfile {
 public:
  explicit ColumnProfile(bool numeric) : numeric_(numeric) {}
  // Numeric columns count what is no number as missing.
  void Add(const std::string& cell);
  bool numeric() const { return numeric_; }
  int64_t count() const { return count_; }
  int64_t missing() const { return missing_; }
  const QuantileSketch& sketch() const { return sketch_; }
  nlohmann::json Describe() const;
  // The population stability index of this column against `reference`, an entry of a profile's "columns":
  // sum over bins of (now - then) * ln(now / then), where missing values are a bin of their own. Below 0.1 is usually
  // called stable, above 0.25 a shift.
  absl::StatusOr<double> StabilityIndex(const nlohmann::json& reference) const;

 private:
  bool numeric_;
  int64_t count_ = 0;
  int64_t missing_ = 0;
  double mean_ = 0;
  double squares_ = 0;
  double min_ = 0;
  double max_ = 0;
  QuantileSketch sketch_;
  CategoryCounter categories_{4096};
};

struct NamedProfile {
  std::string name;
  size_t index = 0;  // in the table's rows
  ColumnProfile profile;
};
nlohmann::json ProfileToJson(int64_t rows, const std::vector<NamedProfile>& columns);

}  // namespace pawl::activities
