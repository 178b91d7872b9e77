// The `preprocess` activity: raw rows in, a dataset (dataset/dataset.h) with a fitted transformation out. See
// README.md.
#pragma once

#include "absl/status/statusor.h"
#include "nlohmann/json_fwd.hpp"
#include "worker/activities/common/artifact_store.h"
#include "worker/sdk/activity.h"

namespace pawl::activities {

absl::StatusOr<nlohmann::json> Preprocess(const ArtifactStore& store, worker::TaskContext& task);

}  // namespace pawl::activities
