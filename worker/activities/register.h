// Registers the built-in activities of the stock worker:
//
//   data-validate, preprocess, merge-features, train, select-best, evaluate, deploy-model, partition, batch-inference,
//   merge-predictions, report
//
// and `data-validate` under the names `validate-data` and `validateDataQuality` too. All are restartable: running one
// twice leaves the same files and gives the same answer. Each folder's README.md says what goes in and comes out.
#pragma once

#include "worker/activities/common/options.h"
#include "worker/sdk/activity.h"

namespace pawl::activities {

void RegisterActivities(worker::Registry& registry, const ActivityOptions& options);

}  // namespace pawl::activities
