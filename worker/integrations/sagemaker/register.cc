#include "worker/integrations/sagemaker/register.h"

#include <memory>

#include "worker/activities/register.h"
#include "worker/integrations/sagemaker/job.h"
#include "worker/integrations/sagemaker/model.h"
#include "worker/integrations/sagemaker/processing_job.h"
#include "worker/integrations/sagemaker/training_job.h"
#include "worker/integrations/sagemaker/transform_job.h"

namespace pawl::sagemaker {

void RegisterSageMaker(worker::Registry& registry, const activities::ActivityOptions& options) {
  auto store = std::make_shared<const ArtifactStore>(options);
  const auto add = [&registry, store](const std::string& name, JobWork work) {
    registry.Add({.name = "sagemaker:" + name, .restartable = true}, MakeJobHandler(store, std::move(work)));
  };
  add("createTrainingJob.sync", CreateTrainingJob);
  add("createTransformJob.sync", CreateTransformJob);
  add("createModel", CreateModel);
  // Processing jobs run built-in activities, in a registry of their own so that order of registration does not matter.
  auto processors = std::make_shared<worker::Registry>();
  activities::RegisterActivities(*processors, options);
  add("createProcessingJob.sync", [processors](const ArtifactStore& artifacts, worker::TaskContext& task) {
    return CreateProcessingJob(artifacts, *processors, task);
  });
}

}  // namespace pawl::sagemaker
