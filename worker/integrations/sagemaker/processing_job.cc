#include "worker/integrations/sagemaker/processing_job.h"

#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "shared/base/status.h"
#include "worker/activities/common/output_slot.h"
#include "worker/integrations/sagemaker/images.h"
#include "worker/integrations/sagemaker/job.h"

namespace pawl::sagemaker {
namespace {

// The same task with another input.
class InnerTask : public worker::TaskContext {
 public:
  InnerTask(worker::TaskContext& outer, nlohmann::json input)
      : outer_(outer), input_(std::move(input)), text_(input_.dump()) {}
  const worker::TaskInfo& info() const override { return outer_.info(); }
  const std::string& input_text() const override { return text_; }
  const nlohmann::json& input() const override { return input_; }
  void Heartbeat(const worker::Progress& progress) override { outer_.Heartbeat(progress); }
  bool cancelled() const override { return outer_.cancelled(); }

 private:
  worker::TaskContext& outer_;
  nlohmann::json input_;
  std::string text_;
};

struct Request {
  std::string name;
  std::string activity;
  std::string output;
  nlohmann::json input = nlohmann::json::object();  // of the activity
};

// "--name value" pairs; a value that is JSON is taken as JSON, any other as text.
absl::Status ReadArguments(const std::vector<std::string>& arguments, nlohmann::json& input) {
  for (size_t i = 0; i < arguments.size(); i += 2) {
    if (!absl::StartsWith(arguments[i], "--") || i + 1 == arguments.size()) {
      return ValidationError(absl::StrCat("ContainerArguments: expected pairs of --name and value, found '",
                                          absl::StrJoin(arguments, " ").substr(0, 200), "'"));
    }
    nlohmann::json value = nlohmann::json::parse(arguments[i + 1], nullptr, false);
    input[arguments[i].substr(2)] = value.is_discarded() ? nlohmann::json(arguments[i + 1]) : std::move(value);
  }
  return absl::OkStatus();
}

absl::Status ReadInputs(const nlohmann::json& inputs, nlohmann::json& input) {
  for (const nlohmann::json& one : inputs) {
    Fields in(one, "ProcessingInputs");
    const std::string name = in.RequiredString("InputName");
    const nlohmann::json* s3 = in.Object("S3Input");
    if (s3 == nullptr) in.Refuse("expected a member 'S3Input'");
    PAWL_RETURN_IF_ERROR(in.Finish());
    Fields s3_in(*s3, "ProcessingInputs.S3Input");
    input[name] = s3_in.RequiredString("S3Uri");
    PAWL_RETURN_IF_ERROR(s3_in.Finish());
  }
  return absl::OkStatus();
}

absl::Status ReadOutput(const nlohmann::json& config, Request& request) {
  Fields in(config, "ProcessingOutputConfig");
  const nlohmann::json* outputs = in.Array("Outputs");
  if (outputs == nullptr || outputs->size() != 1) in.Refuse("expected exactly one entry in 'Outputs'");
  PAWL_RETURN_IF_ERROR(in.Finish());
  Fields output_in(outputs->at(0), "ProcessingOutputConfig.Outputs");
  const nlohmann::json* s3 = output_in.Object("S3Output");
  if (s3 == nullptr) output_in.Refuse("expected a member 'S3Output'");
  PAWL_RETURN_IF_ERROR(output_in.Finish());
  Fields s3_in(*s3, "ProcessingOutputConfig.Outputs.S3Output");
  request.output = s3_in.RequiredString("S3Uri");
  return s3_in.Finish();
}

absl::StatusOr<Request> ParseRequest(const nlohmann::json& value) {
  Fields in(value, "CreateProcessingJob");
  Request request;
  request.name = in.RequiredString("ProcessingJobName");
  const nlohmann::json* app = in.Object("AppSpecification");
  const nlohmann::json* inputs = in.Array("ProcessingInputs");
  const nlohmann::json* outputs = in.Object("ProcessingOutputConfig");
  if (app == nullptr) in.Refuse("expected a member 'AppSpecification'");
  if (outputs == nullptr) in.Refuse("expected a member 'ProcessingOutputConfig'");
  PAWL_RETURN_IF_ERROR(in.Finish());
  PAWL_RETURN_IF_ERROR(CheckJobName(request.name, "processingJobName"));
  Fields app_in(*app, "AppSpecification");
  const std::string image = app_in.RequiredString("ImageUri");
  const std::vector<std::string> entry = app_in.Strings("ContainerEntrypoint");
  const std::vector<std::string> arguments = app_in.Strings("ContainerArguments");
  if (entry.empty()) app_in.Refuse("expected 'ContainerEntrypoint' to name a built-in activity, as [\"preprocess\"]");
  PAWL_RETURN_IF_ERROR(app_in.Finish());
  PAWL_ASSIGN_OR_RETURN(Algorithm algorithm, AlgorithmOfImage(image));
  if (algorithm != Algorithm::kProcessor)
    return ValidationError(absl::StrCat("the image '", image, "' does not process"));
  // The activity's name is the last word: ["python3", "preprocess"] is as good as ["preprocess"].
  request.activity = entry.back();
  PAWL_RETURN_IF_ERROR(ReadArguments(arguments, request.input));
  if (inputs != nullptr) PAWL_RETURN_IF_ERROR(ReadInputs(*inputs, request.input));
  PAWL_RETURN_IF_ERROR(ReadOutput(*outputs, request));
  request.input["output_path"] = request.output;
  return request;
}

}  // namespace

absl::StatusOr<nlohmann::json> CreateProcessingJob(const ArtifactStore& store, const worker::Registry& activities,
                                                   worker::TaskContext& task) {
  PAWL_ASSIGN_OR_RETURN(Request request, ParseRequest(task.input()));
  const worker::Registry::Entry* activity = activities.Find(request.activity);
  if (activity == nullptr) {
    std::vector<std::string> names;
    for (const auto& [name, unused] : activities.entries()) names.push_back(name);
    return ValidationError(
        absl::StrCat("no built-in activity is named '", request.activity, "'; there are ", absl::StrJoin(names, ", ")));
  }
  nlohmann::json description;
  for (const char* member : {"ProcessingJobName", "AppSpecification", "ProcessingInputs", "ProcessingOutputConfig",
                             "ProcessingResources", "RoleArn", "StoppingCondition", "Environment"}) {
    if (task.input().contains(member)) description[member] = task.input()[member];
  }
  description["ProcessingJobArn"] = Arn(store, "processing-job", request.name);
  description["CreationTime"] = description["ProcessingStartTime"] = NowMs();
  // The activity is idempotent by its own inputs, so a second run of the job finds the first one's results.
  InnerTask inner(task, request.input);
  worker::ActivityResult result = activity->handler(inner);
  description["ProcessingEndTime"] = description["LastModifiedTime"] = NowMs();
  if (const auto* error = std::get_if<worker::ActivityError>(&result)) {
    if (error->error == "Cancelled") return absl::CancelledError(error->cause);
    description["ProcessingJobStatus"] = "Failed";
    description["FailureReason"] = absl::StrCat(error->error, ": ", error->cause).substr(0, 1024);
    return JobFailed(description);
  }
  const std::string& output = std::get<worker::ActivityOutput>(result).json_text;
  description["ProcessingJobStatus"] = "Completed";
  // SageMaker's exit message is a container's own word about its end, at most 1,024 characters.
  if (output.size() <= 1024) description["ExitMessage"] = output;
  description["ProcessingOutput"] = nlohmann::json::parse(output, nullptr, false);
  return description;
}

}  // namespace pawl::sagemaker
