// The `merge-features` activity: joins datasets that preprocess made from the same rows, feature by feature, so that
// the branches of a Parallel state can each prepare a part of the columns. See README.md.
#pragma once

#include "absl/status/statusor.h"
#include "nlohmann/json_fwd.hpp"
#include "worker/activities/common/artifact_store.h"
#include "worker/sdk/activity.h"

namespace pawl::activities {

absl::StatusOr<nlohmann::json> MergeFeatures(const ArtifactStore& store, worker::TaskContext& task);

}  // namespace pawl::activities
