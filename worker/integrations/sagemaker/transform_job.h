// createTransformJob.sync: scores every file under TransformInput and writes FILE.out for each, as SageMaker's batch
// transform does.
#pragma once

#include "absl/status/statusor.h"
#include "nlohmann/json_fwd.hpp"
#include "worker/activities/common/artifact_store.h"
#include "worker/sdk/activity.h"

namespace pawl::sagemaker {

absl::StatusOr<nlohmann::json> CreateTransformJob(const activities::ArtifactStore& store, worker::TaskContext& task);

}  // namespace pawl::sagemaker
