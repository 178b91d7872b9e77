// Reads a CreateTrainingJob request.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "nlohmann/json_fwd.hpp"
#include "worker/activities/train/training.h"

namespace pawl::sagemaker {

struct TrainingRequest {
  std::string name = {};
  std::string train_uri = {};
  std::string validation_uri = {};  // empty: none
  bool weighted = false;            // hyperparameter csv_weights=1: the second column is a weight
  std::string output_uri = {};      // S3OutputPath
  std::string checkpoint_uri = {};  // CheckpointConfig.S3Uri; empty: beside the output
  activities::TrainingSettings settings = {};
};

absl::StatusOr<TrainingRequest> ParseTrainingRequest(const nlohmann::json& request, int default_threads);

// The URI of the S3 data source of an input (of a training channel, a transform input).
absl::StatusOr<std::string> DataSourceUri(const nlohmann::json& source, const std::string& where);

}  // namespace pawl::sagemaker
