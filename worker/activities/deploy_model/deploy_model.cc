#include "worker/activities/deploy_model/deploy_model.h"

#include <system_error>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "shared/base/status.h"
#include "worker/activities/common/fields.h"
#include "worker/activities/common/files.h"
#include "worker/activities/common/output_slot.h"
#include "worker/activities/xgboost/model_file.h"

namespace pawl::activities {
namespace {

bool IsPathName(const std::string& name) {
  return !name.empty() && name.front() != '.' && name.find('/') == std::string::npos;
}

}  // namespace

absl::StatusOr<nlohmann::json> DeployModel(const ArtifactStore& store, worker::TaskContext& task) {
  Fields in(task.input(), "deploy-model");
  const std::string model_uri = in.RequiredString("model");
  const std::string transform_uri = in.String("transform");
  const std::string name = in.RequiredString("name");
  const std::string environment = in.RequiredString("environment");
  const std::string registry = in.RequiredString("registry");
  const std::optional<double> score = in.OptionalNumber("score");
  if (!IsPathName(name) || !IsPathName(environment)) in.Refuse("'name' and 'environment' must be plain names");
  PAWL_RETURN_IF_ERROR(in.Finish());
  // Loading proves that what is deployed is a model.
  PAWL_ASSIGN_OR_RETURN(LoadedModel model, LoadModel(store, model_uri, 1));
  PAWL_ASSIGN_OR_RETURN(std::string bytes, model.booster.Save());
  const std::string place = JoinUri(JoinUri(registry, environment), name);
  PAWL_ASSIGN_OR_RETURN(OutputSlot slot, OutputSlot::OpenNamed(store, JoinUri(place, model.sha256.substr(0, 16))));
  nlohmann::json result;
  if (slot.finished() != nullptr) {
    result = *slot.finished();
  } else {
    PAWL_RETURN_IF_ERROR(WriteFileAtomically(slot.work() / "model.ubj", bytes));
    result = {{"environment", environment}, {"name", name}, {"model_sha256", model.sha256}};
    PAWL_ASSIGN_OR_RETURN(result["model"], slot.Artifact("model.ubj"));
    if (!transform_uri.empty()) {
      PAWL_ASSIGN_OR_RETURN(std::filesystem::path path, store.Fetch(transform_uri));
      PAWL_ASSIGN_OR_RETURN(std::string transform, ReadFile(path));
      PAWL_RETURN_IF_ERROR(WriteFileAtomically(slot.work() / "transform.json", transform));
      PAWL_ASSIGN_OR_RETURN(result["transform"], slot.Artifact("transform.json"));
    }
    if (score) result["score"] = *score;
    PAWL_ASSIGN_OR_RETURN(result, slot.Commit(result));
  }
  // The pointer that a server of this environment reads; replaced in one step.
  const std::string pointer = JoinUri(place, "current.json");
  PAWL_ASSIGN_OR_RETURN(std::filesystem::path path, store.OutputPath(pointer));
  PAWL_RETURN_IF_ERROR(WriteJsonFile(path, result));
  PAWL_RETURN_IF_ERROR(store.Publish(pointer));
  return result;
}

}  // namespace pawl::activities
