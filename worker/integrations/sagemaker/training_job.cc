#include "worker/integrations/sagemaker/training_job.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "shared/base/status.h"
#include "worker/activities/common/digest.h"
#include "worker/activities/common/output_slot.h"
#include "worker/activities/common/pulse.h"
#include "worker/activities/xgboost/model_file.h"
#include "worker/integrations/sagemaker/job.h"
#include "worker/integrations/sagemaker/training_request.h"

namespace pawl::sagemaker {
namespace {

using namespace activities;  // the vocabulary of training

// The parts of the request that a description repeats.
constexpr const char* kEchoed[] = {
    "TrainingJobName", "AlgorithmSpecification", "RoleArn",           "InputDataConfig",  "OutputDataConfig",
    "ResourceConfig",  "HyperParameters",        "StoppingCondition", "CheckpointConfig", "VpcConfig",
    "Environment"};

nlohmann::json StartedDescription(const ArtifactStore& store, const nlohmann::json& request, const std::string& name,
                                  int64_t started_ms) {
  nlohmann::json description;
  for (const char* member : kEchoed) {
    if (request.contains(member)) description[member] = request[member];
  }
  description["TrainingJobArn"] = Arn(store, "training-job", name);
  description["CreationTime"] = started_ms;
  description["TrainingStartTime"] = started_ms;
  return description;
}

void EndDescription(nlohmann::json& description, const std::string& status, const std::string& secondary,
                    const std::string& message) {
  const int64_t now = NowMs();
  description["TrainingJobStatus"] = status;
  description["SecondaryStatus"] = secondary;
  description["TrainingEndTime"] = now;
  description["LastModifiedTime"] = now;
  const int64_t seconds = (now - description["TrainingStartTime"].get<int64_t>() + 999) / 1000;
  description["TrainingTimeInSeconds"] = seconds;
  description["BillableTimeInSeconds"] = 0;
  description["SecondaryStatusTransitions"] = nlohmann::json::array(
      {{{"Status", "Training"},
        {"StartTime", description["TrainingStartTime"]},
        {"EndTime", now},
        {"StatusMessage", message}},
       {{"Status", secondary}, {"StartTime", now}, {"EndTime", now}, {"StatusMessage", "Training job " + status}}});
}

// "validation-auc" is SageMaker's "validation:auc".
nlohmann::json FinalMetricList(const TrainingOutcome& outcome, int64_t now) {
  nlohmann::json list = nlohmann::json::array();
  for (const MetricValue& metric : FinalMetrics(outcome)) {
    std::string name = metric.name;
    if (const size_t dash = name.find('-'); dash != std::string::npos) name[dash] = ':';
    list.push_back({{"MetricName", name}, {"Value", metric.value}, {"Timestamp", now}});
  }
  return list;
}

std::string TrainingMessage(const TrainingOutcome& outcome, int64_t attempt) {
  if (outcome.resumed_after_round == 0) return absl::StrCat("Trained ", outcome.rounds_trained, " rounds");
  return absl::StrCat("Resumed from the checkpoint after round ", outcome.resumed_after_round, " (attempt ", attempt,
                      "), trained to round ", outcome.rounds_trained);
}

absl::StatusOr<TrainingOutcome> Work(const ArtifactStore& store, const TrainingRequest& request,
                                     Checkpoints& checkpoints, worker::TaskContext& task) {
  Pulse pulse(task);
  PAWL_ASSIGN_OR_RETURN(Examples train, LoadChannel(store, request.train_uri, request.weighted, pulse));
  std::optional<Examples> validation;
  if (!request.validation_uri.empty()) {
    PAWL_ASSIGN_OR_RETURN(validation, LoadChannel(store, request.validation_uri, request.weighted, pulse));
  }
  return RunTraining(request.settings, train, validation ? &*validation : nullptr, checkpoints, task);
}

// The description of a failed job, as States.TaskFailed; cancellation and trouble with the disk are not the job's.
absl::Status Failure(const absl::Status& status, nlohmann::json description) {
  if (absl::IsCancelled(status) || absl::IsUnavailable(status)) return status;
  if (absl::IsDeadlineExceeded(status)) {
    EndDescription(description, "Stopped", "MaxRuntimeExceeded", std::string(status.message()));
  } else {
    EndDescription(description, "Failed", "Failed", "Training failed");
    description["FailureReason"] = FailureReason(status);
  }
  return JobFailed(description);
}

}  // namespace

absl::StatusOr<nlohmann::json> CreateTrainingJob(const ArtifactStore& store, worker::TaskContext& task) {
  const nlohmann::json& input = task.input();
  PAWL_ASSIGN_OR_RETURN(TrainingRequest request, ParseTrainingRequest(input, store.options().threads));
  const std::string job_uri = JoinUri(request.output_uri, request.name);
  PAWL_ASSIGN_OR_RETURN(OutputSlot slot, OutputSlot::OpenNamed(store, JoinUri(job_uri, "output")));
  const std::string digest = RequestDigest(input);
  if (slot.finished() != nullptr) {
    if (slot.finished()->value("request_sha256", "") == digest) return slot.finished()->at("description");
    return ResourceInUse(
        absl::StrCat("a training job named '", request.name, "' with other parameters already exists"));
  }
  nlohmann::json description = StartedDescription(store, input, request.name, NowMs());
  // A checkpoint stands for this data and these settings; pacing changes neither.
  nlohmann::json key{{"parameters", request.settings.parameters},
                     {"rounds", request.settings.rounds},
                     {"seed", request.settings.seed},
                     {"threads", request.settings.threads},
                     {"stop", request.settings.early_stopping_rounds},
                     {"every", request.settings.checkpoint_every},
                     {"weighted", request.weighted}};
  for (const std::string& uri : {request.train_uri, request.validation_uri}) {
    if (uri.empty()) continue;
    absl::StatusOr<std::string> data = InputDigest(store, uri);
    if (!data.ok()) return Failure(data.status(), std::move(description));
    key["data"].push_back(*data);
  }
  const std::string checkpoint_uri =
      request.checkpoint_uri.empty() ? JoinUri(job_uri, "checkpoints") : JoinUri(request.checkpoint_uri, request.name);
  Checkpoints checkpoints(store, checkpoint_uri, Sha256Hex(key.dump()));
  absl::StatusOr<TrainingOutcome> outcome = Work(store, request, checkpoints, task);
  if (!outcome.ok()) return Failure(outcome.status(), std::move(description));

  PAWL_RETURN_IF_ERROR(WriteTrainingArtifacts(*outcome, slot.work()));
  PAWL_RETURN_IF_ERROR(WriteTarGz(slot.work() / "model.tar.gz", "xgboost-model", outcome->model));
  EndDescription(description, "Completed", "Completed", TrainingMessage(*outcome, task.info().attempt));
  description["ModelArtifacts"] = {{"S3ModelArtifacts", slot.Uri("model.tar.gz")}};
  description["FinalMetricDataList"] = FinalMetricList(*outcome, description["TrainingEndTime"].get<int64_t>());
  PAWL_ASSIGN_OR_RETURN(nlohmann::json committed, slot.Commit({{"request_sha256", digest},
                                                               {"model_sha256", Sha256Hex(outcome->model)},
                                                               {"description", description}}));
  checkpoints.Clear();
  return committed.at("description");
}

}  // namespace pawl::sagemaker
