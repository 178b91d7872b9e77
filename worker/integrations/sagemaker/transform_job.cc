#include "worker/integrations/sagemaker/transform_job.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "shared/base/status.h"
#include "worker/activities/batch_inference/scorer.h"
#include "worker/activities/common/files.h"
#include "worker/activities/common/numbers.h"
#include "worker/activities/common/output_slot.h"
#include "worker/activities/common/pulse.h"
#include "worker/activities/common/table_writer.h"
#include "worker/activities/xgboost/model_file.h"
#include "worker/integrations/sagemaker/job.h"
#include "worker/integrations/sagemaker/model.h"
#include "worker/integrations/sagemaker/training_request.h"

namespace pawl::sagemaker {
namespace {

using namespace activities;  // the vocabulary of scoring

struct Request {
  std::string name;
  std::string model;
  std::string input;
  std::string output;
  std::string transform;  // Environment.PAWL_TRANSFORM_URI: raw rows with a header instead of features
};

absl::StatusOr<Request> ParseRequest(const nlohmann::json& value) {
  Fields in(value, "CreateTransformJob");
  Request request;
  request.name = in.RequiredString("TransformJobName");
  request.model = in.RequiredString("ModelName");
  const nlohmann::json* input = in.Object("TransformInput");
  const nlohmann::json* output = in.Object("TransformOutput");
  const nlohmann::json* environment = in.Object("Environment");
  if (input == nullptr) in.Refuse("expected a member 'TransformInput'");
  if (output == nullptr) in.Refuse("expected a member 'TransformOutput'");
  for (const char* unsupported : {"DataProcessing"}) {
    if (in.Find(unsupported) != nullptr) in.Refuse(absl::StrCat("'", unsupported, "' is not supported"));
  }
  PAWL_RETURN_IF_ERROR(in.Finish());
  PAWL_RETURN_IF_ERROR(CheckJobName(request.name, "transformJobName"));
  Fields input_in(*input, "TransformInput");
  const nlohmann::json* source = input_in.Object("DataSource");
  input_in.Choice("ContentType", "text/csv", {"text/csv"});
  input_in.Choice("CompressionType", "None", {"None", "Gzip"});
  input_in.Choice("SplitType", "None", {"None", "Line"});
  if (source == nullptr) input_in.Refuse("expected a member 'DataSource'");
  PAWL_RETURN_IF_ERROR(input_in.Finish());
  PAWL_ASSIGN_OR_RETURN(request.input, DataSourceUri(*source, "TransformInput"));
  Fields output_in(*output, "TransformOutput");
  request.output = output_in.RequiredString("S3OutputPath");
  PAWL_RETURN_IF_ERROR(output_in.Finish());
  if (environment != nullptr) request.transform = Fields(*environment, "Environment").String("PAWL_TRANSFORM_URI");
  return request;
}

// One file to one file, a line of scores for each row. A row that cannot be scored fails the job, as on SageMaker: a
// missing line would shift all after it.
absl::StatusOr<int64_t> ScoreFile(const ArtifactStore& store, const std::string& model_uri,
                                  const std::optional<FittedTransform>& transform, const std::filesystem::path& source,
                                  const std::filesystem::path& target, Pulse& pulse) {
  PAWL_ASSIGN_OR_RETURN(LoadedModel model, LoadModel(store, model_uri, store.options().threads));
  PAWL_ASSIGN_OR_RETURN(TableReader reader,
                        TableReader::Open({source}, {.kind = "csv", .header = transform.has_value()}));
  PAWL_ASSIGN_OR_RETURN(Scorer scorer, Scorer::Create(std::move(model.booster), transform, reader, {}));
  PAWL_ASSIGN_OR_RETURN(TableWriter writer, TableWriter::Create(target, {}));
  const auto flush = [&]() -> absl::Status {
    PAWL_ASSIGN_OR_RETURN(std::vector<ScoredRow> rows, scorer.Flush());
    for (const ScoredRow& row : rows) {
      if (!row.problem.empty()) {
        return absl::InvalidArgumentError(
            absl::StrCat(source.filename().string(), " row ", row.number, ": ", row.problem));
      }
      std::vector<std::string> cells;
      for (float score : row.scores) cells.push_back(FormatNumber(score));
      PAWL_RETURN_IF_ERROR(writer.WriteLine(absl::StrJoin(cells, ",")));
    }
    return absl::OkStatus();
  };
  TableRow row;
  while (true) {
    PAWL_ASSIGN_OR_RETURN(bool found, reader.Next(row));
    if (!found) break;
    PAWL_RETURN_IF_ERROR(pulse.BeatRow(row.number, "scoring"));
    scorer.Add(row);
    if (scorer.full()) PAWL_RETURN_IF_ERROR(flush());
  }
  PAWL_RETURN_IF_ERROR(flush());
  PAWL_RETURN_IF_ERROR(writer.Close().status());
  return row.number;
}

absl::Status Work(const ArtifactStore& store, const Request& request, const std::string& model_uri, OutputSlot& slot,
                  worker::TaskContext& task) {
  Pulse pulse(task);
  std::optional<FittedTransform> transform;
  if (!request.transform.empty()) {
    PAWL_ASSIGN_OR_RETURN(std::filesystem::path path, store.Fetch(request.transform));
    PAWL_ASSIGN_OR_RETURN(nlohmann::json value, ReadJsonFile(path));
    PAWL_ASSIGN_OR_RETURN(transform, TransformFromJson(value));
  }
  PAWL_ASSIGN_OR_RETURN(std::filesystem::path root, store.Fetch(request.input));
  PAWL_ASSIGN_OR_RETURN(std::vector<std::filesystem::path> files, store.FetchFiles(request.input));
  for (const std::filesystem::path& file : files) {
    const std::string relative = file == root ? file.filename().string() : file.lexically_relative(root).string();
    PAWL_RETURN_IF_ERROR(
        ScoreFile(store, model_uri, transform, file, slot.work() / (relative + ".out"), pulse).status());
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<nlohmann::json> CreateTransformJob(const ArtifactStore& store, worker::TaskContext& task) {
  const nlohmann::json& input = task.input();
  PAWL_ASSIGN_OR_RETURN(Request request, ParseRequest(input));
  PAWL_ASSIGN_OR_RETURN(std::string model_uri, ModelDataUri(store, request.model));
  // The results stand directly under S3OutputPath, so the job owns that place.
  PAWL_ASSIGN_OR_RETURN(OutputSlot slot, OutputSlot::OpenNamed(store, request.output));
  const std::string digest = RequestDigest(input);
  if (slot.finished() != nullptr) {
    if (slot.finished()->value("request_sha256", "") == digest) return slot.finished()->at("description");
    return ResourceInUse(absl::StrCat("'", request.output, "' holds the results of another transform job"));
  }
  nlohmann::json description;
  for (const char* member : {"TransformJobName", "ModelName", "TransformInput", "TransformOutput", "TransformResources",
                             "BatchStrategy", "Environment"}) {
    if (input.contains(member)) description[member] = input[member];
  }
  description["TransformJobArn"] = Arn(store, "transform-job", request.name);
  description["CreationTime"] = description["TransformStartTime"] = NowMs();
  const absl::Status status = Work(store, request, model_uri, slot, task);
  if (absl::IsCancelled(status) || absl::IsUnavailable(status)) return status;
  description["TransformEndTime"] = NowMs();
  description["TransformJobStatus"] = status.ok() ? "Completed" : "Failed";
  if (!status.ok()) {
    description["FailureReason"] = FailureReason(status);
    return JobFailed(description);
  }
  PAWL_ASSIGN_OR_RETURN(nlohmann::json committed,
                        slot.Commit({{"request_sha256", digest}, {"description", description}}));
  return committed.at("description");
}

}  // namespace pawl::sagemaker
