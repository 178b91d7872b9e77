// The `partition` activity. Cuts a table into parts that a Map can score at the same time. See README.md.
#pragma once

#include "absl/status/statusor.h"
#include "nlohmann/json_fwd.hpp"
#include "worker/activities/common/artifact_store.h"
#include "worker/sdk/activity.h"

namespace pawl::activities {

absl::StatusOr<nlohmann::json> Partition(const ArtifactStore& store, worker::TaskContext& task);

}  // namespace pawl::activities
