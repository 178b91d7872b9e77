#include "worker/activities/train/train.h"

#include <map>
#include <optional>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "shared/base/status.h"
#include "worker/activities/common/digest.h"
#include "worker/activities/common/fields.h"
#include "worker/activities/common/output_slot.h"
#include "worker/activities/common/pulse.h"
#include "worker/activities/train/training.h"

namespace pawl::activities {
namespace {

struct Request {
  std::string dataset;
  std::string train;
  std::string validation;
  std::string label;
  std::string weight;
  std::string output_path;
  TrainingSettings settings;
};

// A parameter's value as the text that XGBoost takes.
std::string TextOf(const nlohmann::json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }

absl::StatusOr<Request> ParseRequest(const nlohmann::json& input, const ActivityOptions& options) {
  Fields in(input, "train");
  Request request;
  request.dataset = in.String("dataset");
  request.train = in.String("train");
  request.validation = in.String("validation");
  request.label = in.String("label");
  request.weight = in.String("weight");
  request.output_path = in.RequiredString("output_path");
  TrainingSettings& settings = request.settings;
  settings.rounds = in.Integer("rounds", 100, 1, 100'000);
  settings.early_stopping_rounds = in.Integer("early_stopping_rounds", 0, 0, 100'000);
  settings.checkpoint_every = in.Integer("checkpoint_every", 10, 1, 100'000);
  settings.min_round_ms = in.Integer("min_round_ms", 0, 0, 60'000);
  settings.seed = in.Integer("seed", 0, 0, 2'147'483'647);
  settings.threads = static_cast<int>(in.Integer("threads", options.threads, 1, 1024));
  const std::string objective = in.String("objective", "regression");
  const int64_t class_count = in.Integer("num_class", 0, 0, 10'000);
  const std::vector<std::string> metrics = in.Strings("metrics");
  Booster::Parameters given;
  if (const nlohmann::json* parameters = in.Object("parameters")) {
    for (const auto& [name, value] : parameters->items()) given[name] = TextOf(value);
  }
  if (request.dataset.empty() == request.train.empty()) in.Refuse("expected either 'dataset' or 'train'");
  if (!request.dataset.empty() && !(request.label.empty() && request.weight.empty())) {
    in.Refuse("'label' and 'weight' belong to 'train': a dataset has its own");
  }
  if (!request.weight.empty() && request.label.empty()) in.Refuse("'weight' names a column, so 'label' must too");
  PAWL_RETURN_IF_ERROR(in.Finish());
  PAWL_ASSIGN_OR_RETURN(settings.parameters, MakeParameters(objective, class_count, metrics, given));
  return request;
}

struct Data {
  Examples train;
  std::optional<Examples> validation;
};

absl::StatusOr<Examples> LoadNamed(const ArtifactStore& store, const std::string& uri, const Request& request,
                                   Pulse& pulse) {
  PAWL_ASSIGN_OR_RETURN(std::vector<std::filesystem::path> files, store.FetchFiles(uri));
  return LoadNamedExamples(files, request.label, request.weight, pulse);
}

absl::StatusOr<Data> LoadData(const ArtifactStore& store, const Request& request, Pulse& pulse) {
  Data data;
  if (!request.dataset.empty()) {
    PAWL_ASSIGN_OR_RETURN(std::filesystem::path directory, store.Fetch(request.dataset));
    PAWL_ASSIGN_OR_RETURN(DatasetManifest manifest, ReadManifest(directory));
    const bool weighted = !manifest.weight.empty();
    PAWL_ASSIGN_OR_RETURN(data.train, LoadChannel(store, JoinUri(request.dataset, "train"), weighted, pulse));
    if (manifest.splits["validation"].rows > 0) {
      PAWL_ASSIGN_OR_RETURN(data.validation,
                            LoadChannel(store, JoinUri(request.dataset, "validation"), weighted, pulse));
    }
    return data;
  }
  const bool named = !request.label.empty();
  PAWL_ASSIGN_OR_RETURN(data.train, named ? LoadNamed(store, request.train, request, pulse)
                                          : LoadChannel(store, request.train, false, pulse));
  if (!request.validation.empty()) {
    PAWL_ASSIGN_OR_RETURN(data.validation, named ? LoadNamed(store, request.validation, request, pulse)
                                                 : LoadChannel(store, request.validation, false, pulse));
  }
  return data;
}

// What determines the result: the data's digests and every setting except how fast it goes and where it is written.
absl::StatusOr<nlohmann::json> KeyMaterial(const ArtifactStore& store, const nlohmann::json& input) {
  nlohmann::json key = input;
  for (const char* name : {"output_path", "min_round_ms", "dataset", "train", "validation"}) key.erase(name);
  // Of a dataset its rows count, not the notes beside them.
  std::map<std::string, std::string> sources;
  if (input.contains("dataset")) {
    const std::string dataset = input["dataset"].get<std::string>();
    sources = {{"train", JoinUri(dataset, "train")}, {"validation", JoinUri(dataset, "validation")}};
  } else {
    for (const char* name : {"train", "validation"}) {
      if (input.contains(name)) sources[name] = input[name].get<std::string>();
    }
  }
  for (const auto& [name, uri] : sources) {
    PAWL_ASSIGN_OR_RETURN(key[name + "_sha256"], InputDigest(store, uri));
  }
  return key;
}

}  // namespace

absl::StatusOr<nlohmann::json> Train(const ArtifactStore& store, worker::TaskContext& task) {
  PAWL_ASSIGN_OR_RETURN(Request request, ParseRequest(task.input(), store.options()));
  PAWL_ASSIGN_OR_RETURN(nlohmann::json key, KeyMaterial(store, task.input()));
  key["threads"] = request.settings.threads;
  PAWL_ASSIGN_OR_RETURN(OutputSlot slot, OutputSlot::Open(store, request.output_path, "train", key));
  if (slot.finished() != nullptr) return *slot.finished();

  Pulse pulse(task);
  PAWL_ASSIGN_OR_RETURN(Data data, LoadData(store, request, pulse));
  Checkpoints checkpoints(store, slot.Uri() + "-checkpoints", Sha256Hex(key.dump()));
  PAWL_ASSIGN_OR_RETURN(
      TrainingOutcome outcome,
      RunTraining(request.settings, data.train, data.validation ? &*data.validation : nullptr, checkpoints, task));
  PAWL_RETURN_IF_ERROR(WriteTrainingArtifacts(outcome, slot.work()));
  nlohmann::json result{{"rounds_trained", outcome.rounds_trained},
                        {"best_round", outcome.best_round},
                        {"resumed_after_round", outcome.resumed_after_round},
                        {"attempt", task.info().attempt},
                        {"training_rows", data.train.rows()}};
  for (const MetricValue& metric : FinalMetrics(outcome)) result["metrics"][metric.name] = metric.value;
  PAWL_ASSIGN_OR_RETURN(result["model"], slot.Artifact("model.ubj"));
  PAWL_ASSIGN_OR_RETURN(result["evaluation"], slot.Artifact("evaluation.csv"));
  PAWL_ASSIGN_OR_RETURN(result["importance"], slot.Artifact("importance.csv"));
  PAWL_ASSIGN_OR_RETURN(nlohmann::json committed, slot.Commit(result));
  checkpoints.Clear();
  return committed;
}

}  // namespace pawl::activities
