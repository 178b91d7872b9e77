// createTrainingJob.sync: SageMaker's CreateTrainingJob request to the built-in trainer, and DescribeTrainingJob's
// answer.
#pragma once

#include "absl/status/statusor.h"
#include "nlohmann/json_fwd.hpp"
#include "worker/activities/common/artifact_store.h"
#include "worker/sdk/activity.h"

namespace pawl::sagemaker {

absl::StatusOr<nlohmann::json> CreateTrainingJob(const activities::ArtifactStore& store, worker::TaskContext& task);

}  // namespace pawl::sagemaker
