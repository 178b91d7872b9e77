// The `batch-inference` activity. Scores the rows of a table with a model. See README.md.
#pragma once

#include "absl/status/statusor.h"
#include "nlohmann/json_fwd.hpp"
#include "worker/activities/common/artifact_store.h"
#include "worker/sdk/activity.h"

namespace pawl::activities {

absl::StatusOr<nlohmann::json> BatchInference(const ArtifactStore& store, worker::TaskContext& task);

}  // namespace pawl::activities
