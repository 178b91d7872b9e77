#include "worker/integrations/sagemaker/training_request.h"

#include <charconv>
#include <map>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "shared/base/status.h"
#include "worker/activities/common/numbers.h"
#include "worker/integrations/sagemaker/images.h"
#include "worker/integrations/sagemaker/job.h"

namespace pawl::sagemaker {
namespace {

// Hyperparameters are texts; those that the trainer itself reads are taken out of the map, the rest go to XGBoost.
class HyperParameters {
 public:
  static absl::StatusOr<HyperParameters> Parse(const nlohmann::json* value) {
    HyperParameters parameters;
    if (value == nullptr) return parameters;
    for (const auto& [name, text] : value->items()) {
      if (!text.is_string()) {
        return ValidationError(
            absl::StrCat("HyperParameters.", name, ": expected a string, found ", text.dump().substr(0, 80)));
      }
      parameters.values_[name] = text.get<std::string>();
    }
    return parameters;
  }

  std::string TakeText(const std::string& name, const std::string& fallback) {
    const auto found = values_.find(name);
    if (found == values_.end()) return fallback;
    std::string text = std::move(found->second);
    values_.erase(found);
    return text;
  }

  absl::StatusOr<int64_t> TakeInteger(const std::string& name, int64_t fallback, int64_t min, int64_t max) {
    const std::string text = TakeText(name, "");
    if (text.empty()) return fallback;
    const auto number = activities::ParseInteger(text);
    if (number && *number >= min && *number <= max) return *number;
    return ValidationError(absl::StrCat("HyperParameters.", name, ": expected a whole number from ", min, " to ", max,
                                        ", found '", text, "'"));
  }

  const std::map<std::string, std::string>& rest() const { return values_; }

 private:
  std::map<std::string, std::string> values_;
};

absl::Status ReadHyperParameters(const nlohmann::json* value, TrainingRequest& request) {
  PAWL_ASSIGN_OR_RETURN(HyperParameters parameters, HyperParameters::Parse(value));
  activities::TrainingSettings& settings = request.settings;
  PAWL_ASSIGN_OR_RETURN(settings.rounds, parameters.TakeInteger("num_round", 100, 1, 1'000'000));
  PAWL_ASSIGN_OR_RETURN(settings.early_stopping_rounds,
                        parameters.TakeInteger("early_stopping_rounds", 0, 0, 1'000'000));
  PAWL_ASSIGN_OR_RETURN(settings.seed, parameters.TakeInteger("seed", 0, 0, 2'147'483'647));
  PAWL_ASSIGN_OR_RETURN(int64_t threads, parameters.TakeInteger("nthread", settings.threads, 1, 1024));
  settings.threads = static_cast<int>(threads);
  PAWL_ASSIGN_OR_RETURN(int64_t csv_weights, parameters.TakeInteger("csv_weights", 0, 0, 1));
  request.weighted = csv_weights == 1;
  PAWL_ASSIGN_OR_RETURN(settings.checkpoint_every, parameters.TakeInteger("pawl_checkpoint_rounds", 10, 1, 1'000'000));
  PAWL_ASSIGN_OR_RETURN(settings.min_round_ms, parameters.TakeInteger("pawl_min_round_ms", 0, 0, 60'000));
  PAWL_ASSIGN_OR_RETURN(int64_t classes, parameters.TakeInteger("num_class", 0, 0, 10'000));
  parameters.TakeText("verbosity", "");
  const std::string objective = parameters.TakeText("objective", "reg:squarederror");
  const std::string metrics = parameters.TakeText("eval_metric", "");
  std::vector<std::string> metric_names;
  if (!metrics.empty()) metric_names = absl::StrSplit(metrics, ',');
  PAWL_ASSIGN_OR_RETURN(settings.parameters,
                        activities::MakeParameters(objective, classes, metric_names, parameters.rest()));
  return absl::OkStatus();
}

absl::Status ReadChannels(const nlohmann::json& channels, TrainingRequest& request) {
  std::set<std::string> names;
  for (const nlohmann::json& channel : channels) {
    Fields in(channel, "InputDataConfig");
    const std::string name = in.RequiredString("ChannelName");
    const nlohmann::json* source = in.Object("DataSource");
    const std::string content = in.String("ContentType", "text/csv");
    if (source == nullptr) in.Refuse("expected a member 'DataSource'");
    PAWL_RETURN_IF_ERROR(in.Finish());
    if (!names.insert(name).second) return ValidationError(absl::StrCat("the channel '", name, "' is given twice"));
    if (!absl::StartsWith(content, "text/csv") && content != "csv") {
      return ValidationError(
          absl::StrCat("channel '", name, "': expected the content type text/csv, found '", content, "'"));
    }
    PAWL_ASSIGN_OR_RETURN(std::string uri, DataSourceUri(*source, absl::StrCat("channel '", name, "'")));
    if (name == "train" || name == "training")
      request.train_uri = uri;
    else if (name == "validation" || name == "valid")
      request.validation_uri = uri;
    else
      return ValidationError(
          absl::StrCat("expected the channels 'train' (or 'training') and 'validation', found '", name, "'"));
  }
  if (request.train_uri.empty()) return ValidationError("InputDataConfig has no channel 'train'");
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> DataSourceUri(const nlohmann::json& source, const std::string& where) {
  Fields in(source, where);
  const nlohmann::json* s3 = in.Object("S3DataSource");
  if (s3 == nullptr) in.Refuse("expected a 'DataSource.S3DataSource'");
  PAWL_RETURN_IF_ERROR(in.Finish());
  Fields s3_in(*s3, absl::StrCat(where, ".S3DataSource"));
  s3_in.Choice("S3DataType", "S3Prefix", {"S3Prefix"});
  const std::string uri = s3_in.RequiredString("S3Uri");
  PAWL_RETURN_IF_ERROR(s3_in.Finish());
  return uri;
}

absl::StatusOr<TrainingRequest> ParseTrainingRequest(const nlohmann::json& value, int default_threads) {
  Fields in(value, "CreateTrainingJob");
  TrainingRequest request;
  request.settings.threads = default_threads;
  request.name = in.RequiredString("TrainingJobName");
  const nlohmann::json* algorithm = in.Object("AlgorithmSpecification");
  const nlohmann::json* channels = in.Array("InputDataConfig");
  const nlohmann::json* output = in.Object("OutputDataConfig");
  const nlohmann::json* resources = in.Object("ResourceConfig");
  const nlohmann::json* stopping = in.Object("StoppingCondition");
  const nlohmann::json* checkpoint = in.Object("CheckpointConfig");
  const nlohmann::json* parameters = in.Object("HyperParameters");
  if (algorithm == nullptr) in.Refuse("expected a member 'AlgorithmSpecification'");
  if (channels == nullptr) in.Refuse("expected a member 'InputDataConfig'");
  if (output == nullptr) in.Refuse("expected a member 'OutputDataConfig'");
  PAWL_RETURN_IF_ERROR(in.Finish());
  PAWL_RETURN_IF_ERROR(CheckJobName(request.name, "trainingJobName"));
  Fields algorithm_in(*algorithm, "AlgorithmSpecification");
  const std::string image = algorithm_in.RequiredString("TrainingImage");
  algorithm_in.Choice("TrainingInputMode", "File", {"File", "FastFile"});
  PAWL_RETURN_IF_ERROR(algorithm_in.Finish());
  PAWL_ASSIGN_OR_RETURN(Algorithm which, AlgorithmOfImage(image));
  if (which != Algorithm::kXgboost) return ValidationError(absl::StrCat("the image '", image, "' does not train"));
  Fields output_in(*output, "OutputDataConfig");
  request.output_uri = output_in.RequiredString("S3OutputPath");
  PAWL_RETURN_IF_ERROR(output_in.Finish());
  if (resources != nullptr) {
    Fields resources_in(*resources, "ResourceConfig");
    resources_in.Integer("InstanceCount", 1, 1, 1);
    PAWL_RETURN_IF_ERROR(resources_in.Finish());
  }
  if (stopping != nullptr) {
    Fields stopping_in(*stopping, "StoppingCondition");
    const int64_t seconds = stopping_in.Integer("MaxRuntimeInSeconds", 86'400, 1, 2'419'200);
    PAWL_RETURN_IF_ERROR(stopping_in.Finish());
    request.settings.max_runtime = std::chrono::seconds(seconds);
  }
  if (checkpoint != nullptr) {
    Fields checkpoint_in(*checkpoint, "CheckpointConfig");
    request.checkpoint_uri = checkpoint_in.RequiredString("S3Uri");
    PAWL_RETURN_IF_ERROR(checkpoint_in.Finish());
  }
  PAWL_RETURN_IF_ERROR(ReadChannels(*channels, request));
  PAWL_RETURN_IF_ERROR(ReadHyperParameters(parameters, request));
  return request;
}

}  // namespace pawl::sagemaker
