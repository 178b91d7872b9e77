// Which rows are for training, validation and test.
//
//   {"by": "seed", "seed": 7, "validation": 0.1, "test": 0.2}                shares, drawn from a hash of seed and row
//   {"by": "time", "column": "time_hour", "validation_from": "2013-10-01", "test_from": "2013-11-01"}
//   {"by": "time", "column": "time_hour", "validation": 0.1, "test": 0.2}    shares; the boundaries are quantiles of
//   the
//                                                                            time, found in one more pass
// By time, every training row is before every validation row and that before every test row.
#pragma once

#include <cstdint>
#include <limits>
#include <string>

#include "absl/status/statusor.h"
#include "nlohmann/json_fwd.hpp"

namespace pawl::activities {

enum class Split { kTrain, kValidation, kTest };
inline constexpr const char* kSplitNames[] = {"train", "validation", "test"};

struct SplitPlan {
  bool by_time = false;
  uint64_t seed = 0;
  std::string time_column = {};
  bool boundaries_known = false;
  int64_t validation_from = std::numeric_limits<int64_t>::max();  // seconds since 1970
  int64_t test_from = std::numeric_limits<int64_t>::max();
  double validation_share = 0;
  double test_share = 0;
};

absl::StatusOr<SplitPlan> ParseSplitPlan(const nlohmann::json& value);
Split SplitOfRow(const SplitPlan& plan, int64_t row);
Split SplitOfTime(const SplitPlan& plan, int64_t seconds);

}  // namespace pawl::activities
