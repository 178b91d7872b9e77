#include "worker/activities/register.h"

#include <memory>
#include <string>

#include "nlohmann/json.hpp"
#include "worker/activities/batch_inference/batch_inference.h"
#include "worker/activities/common/artifact_store.h"
#include "worker/activities/common/errors.h"
#include "worker/activities/data_validate/data_validate.h"
#include "worker/activities/deploy_model/deploy_model.h"
#include "worker/activities/evaluate/evaluate.h"
#include "worker/activities/merge_features/merge_features.h"
#include "worker/activities/merge_predictions/merge_predictions.h"
#include "worker/activities/partition/partition.h"
#include "worker/activities/preprocess/preprocess.h"
#include "worker/activities/report/report.h"
#include "worker/activities/select_best/select_best.h"
#include "worker/activities/train/train.h"

namespace pawl::activities {

void RegisterActivities(worker::Registry& registry, const ActivityOptions& options) {
  using Body = absl::StatusOr<nlohmann::json> (*)(const ArtifactStore&, worker::TaskContext&);
  // Shared by all handlers, which live as long as the registry.
  auto store = std::make_shared<const ArtifactStore>(options);
  const auto add = [&registry, store](const std::string& name, Body body) {
    registry.Add({.name = name, .restartable = true},
                 MakeHandler([store, body](worker::TaskContext& task) { return body(*store, task); }));
  };
  for (const char* name : {"data-validate", "validate-data", "validateDataQuality"}) add(name, DataValidate);
  add("preprocess", Preprocess);
  add("merge-features", MergeFeatures);
  add("train", Train);
  add("select-best", SelectBest);
  add("evaluate", Evaluate);
  add("deploy-model", DeployModel);
  add("partition", Partition);
  add("batch-inference", BatchInference);
  add("merge-predictions", MergePredictions);
  add("report", Report);
}

}  // namespace pawl::activities
