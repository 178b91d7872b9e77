// createModel, and what transform jobs ask about models: a model is the file s3://pawl-sagemaker/models/NAME.json,
// which says where its artifacts are.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "nlohmann/json_fwd.hpp"
#include "worker/activities/common/artifact_store.h"
#include "worker/sdk/activity.h"

namespace pawl::sagemaker {

absl::StatusOr<nlohmann::json> CreateModel(const activities::ArtifactStore& store, worker::TaskContext& task);
// The URI of the model's artifacts; ResourceNotFoundException if there is no such model.
absl::StatusOr<std::string> ModelDataUri(const activities::ArtifactStore& store, const std::string& name);

}  // namespace pawl::sagemaker
