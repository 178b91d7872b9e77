// Which built-in algorithm stands in for a container image.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace pawl::sagemaker {

enum class Algorithm { kXgboost, kProcessor };

// By the repository's last segment, whatever registry and tag: ".../xgboost:latest", ".../sagemaker-xgboost:1.7-1"
// train;
// ".../sagemaker-scikit-learn:...", ".../pawl-worker" process. ValidationException naming the known ones otherwise.
absl::StatusOr<Algorithm> AlgorithmOfImage(const std::string& image);

}  // namespace pawl::sagemaker
