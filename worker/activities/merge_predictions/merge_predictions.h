// The `merge-predictions` activity. Joins the parts that batch-inference scored, and counts that no row is lost. See
// README.md.
#pragma once

#include "absl/status/statusor.h"
#include "nlohmann/json_fwd.hpp"
#include "worker/activities/common/artifact_store.h"
#include "worker/sdk/activity.h"

namespace pawl::activities {

absl::StatusOr<nlohmann::json> MergePredictions(const ArtifactStore& store, worker::TaskContext& task);

}  // namespace pawl::activities
