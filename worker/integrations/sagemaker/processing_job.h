// createProcessingJob.sync: runs the built-in activity that the container's entry point names.
#pragma once

#include "absl/status/statusor.h"
#include "nlohmann/json_fwd.hpp"
#include "worker/activities/common/artifact_store.h"
#include "worker/sdk/activity.h"

namespace pawl::sagemaker {

// `activities` are those that an entry point may name.
absl::StatusOr<nlohmann::json> CreateProcessingJob(const activities::ArtifactStore& store,
                                                   const worker::Registry& activities, worker::TaskContext& task);

}  // namespace pawl::sagemaker
