// The `data-validate` activity. Checks rows against rules on several levels and fails with DataQualityError. See
// README.md.
#pragma once

#include "absl/status/statusor.h"
#include "nlohmann/json_fwd.hpp"
#include "worker/activities/common/artifact_store.h"
#include "worker/sdk/activity.h"

namespace pawl::activities {

absl::StatusOr<nlohmann::json> DataValidate(const ArtifactStore& store, worker::TaskContext& task);

}  // namespace pawl::activities
