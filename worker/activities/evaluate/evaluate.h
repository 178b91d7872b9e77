// The `evaluate` activity: what a model is worth on rows it has not seen. See README.md.
#pragma once

#include "absl/status/statusor.h"
#include "nlohmann/json_fwd.hpp"
#include "worker/activities/common/artifact_store.h"
#include "worker/sdk/activity.h"

namespace pawl::activities {

absl::StatusOr<nlohmann::json> Evaluate(const ArtifactStore& store, worker::TaskContext& task);

}  // namespace pawl::activities
