// The `train` activity: gradient-boosted trees by XGBoost. See README.md.
#pragma once

#include "absl/status/statusor.h"
#include "nlohmann/json_fwd.hpp"
#include "worker/activities/common/artifact_store.h"
#include "worker/sdk/activity.h"

namespace pawl::activities {

absl::StatusOr<nlohmann::json> Train(const ArtifactStore& store, worker::TaskContext& task);

}  // namespace pawl::activities
