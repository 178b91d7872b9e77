// The `deploy-model` activity. Puts a model into an environment's registry directory. See README.md.
#pragma once

#include "absl/status/statusor.h"
#include "nlohmann/json_fwd.hpp"
#include "worker/activities/common/artifact_store.h"
#include "worker/sdk/activity.h"

namespace pawl::activities {

absl::StatusOr<nlohmann::json> DeployModel(const ArtifactStore& store, worker::TaskContext& task);

}  // namespace pawl::activities
