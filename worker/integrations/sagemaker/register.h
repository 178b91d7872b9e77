// Registers the handlers behind Step Functions' SageMaker integrations:
//
//   sagemaker:createTrainingJob.sync     the built-in trainer (XGBoost images)
//   sagemaker:createProcessingJob.sync   a built-in activity named by the container's entry point
//   sagemaker:createTransformJob.sync    the built-in scorer
//   sagemaker:createModel                remembers where a model's artifacts are, for transform jobs
//
// They take SageMaker's parameter shapes and answer with the shapes of its Describe calls. README.md lists what is
// honoured, what is accepted without effect, and what is refused.
//
// Errors: SageMaker.ValidationException, SageMaker.ResourceInUseException, SageMaker.ResourceNotFoundException for a
// request that the service would refuse; States.TaskFailed, with the description of the failed job as its cause, for a
// job that started and failed.
#pragma once

#include "worker/activities/common/options.h"
#include "worker/sdk/activity.h"

namespace pawl::sagemaker {

void RegisterSageMaker(worker::Registry& registry, const activities::ActivityOptions& options);

}  // namespace pawl::sagemaker
