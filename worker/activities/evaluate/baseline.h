// The naive prediction that a model has to beat: the mean label of the training rows with the same keys (say carrier
// and hour); of all training rows where a combination is new. For regression and binary labels.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "worker/activities/common/pulse.h"

namespace pawl::activities {

// `dataset` is a dataset's directory, `group_by` columns of its keys files. One score for each row of `split`.
absl::StatusOr<std::vector<float>> BaselineScores(const std::filesystem::path& dataset, const std::string& split,
                                                  const std::vector<std::string>& group_by, Pulse& pulse);

// The values of the key columns `columns` for each row of `split`, joined by '|'.
absl::StatusOr<std::vector<std::string>> ReadKeys(const std::filesystem::path& dataset, const std::string& split,
                                                  const std::vector<std::string>& columns, Pulse& pulse);

}  // namespace pawl::activities
