#include "worker/integrations/sagemaker/model.h"

#include "absl/strings/str_cat.h"
#include "shared/base/status.h"
#include "worker/activities/common/files.h"
#include "worker/integrations/sagemaker/images.h"
#include "worker/integrations/sagemaker/job.h"

namespace pawl::sagemaker {
namespace {

std::string PlaceOf(const std::string& name) { return absl::StrCat("s3://pawl-sagemaker/models/", name, ".json"); }

}  // namespace

absl::StatusOr<nlohmann::json> CreateModel(const ArtifactStore& store, worker::TaskContext& task) {
  Fields in(task.input(), "CreateModel");
  const std::string name = in.RequiredString("ModelName");
  const nlohmann::json* container = in.Object("PrimaryContainer");
  if (container == nullptr) in.Refuse("expected a member 'PrimaryContainer'");
  PAWL_RETURN_IF_ERROR(in.Finish());
  PAWL_RETURN_IF_ERROR(CheckJobName(name, "modelName"));
  Fields container_in(*container, "PrimaryContainer");
  const std::string image = container_in.RequiredString("Image");
  const std::string data = container_in.RequiredString("ModelDataUrl");
  PAWL_RETURN_IF_ERROR(container_in.Finish());
  PAWL_ASSIGN_OR_RETURN(Algorithm algorithm, AlgorithmOfImage(image));
  if (algorithm != Algorithm::kXgboost) return ValidationError(absl::StrCat("the image '", image, "' does not score"));
  const nlohmann::json model{
      {"request_sha256", RequestDigest(task.input())}, {"ModelName", name}, {"ModelDataUrl", data}};
  const std::string place = PlaceOf(name);
  auto existing = store.Fetch(place);
  if (existing.ok()) {
    PAWL_ASSIGN_OR_RETURN(nlohmann::json before, activities::ReadJsonFile(*existing));
    if (before.value("request_sha256", nlohmann::json()) != model["request_sha256"]) {
      return ValidationError(absl::StrCat("Cannot create already existing model \"", Arn(store, "model", name), "\"."));
    }
  } else if (!absl::IsNotFound(existing.status())) {
    return existing.status();
  } else {
    PAWL_ASSIGN_OR_RETURN(std::filesystem::path path, store.OutputPath(place));
    PAWL_RETURN_IF_ERROR(activities::WriteJsonFile(path, model));
    PAWL_RETURN_IF_ERROR(store.Publish(place));
  }
  return nlohmann::json{{"ModelArn", Arn(store, "model", name)}};
}

absl::StatusOr<std::string> ModelDataUri(const ArtifactStore& store, const std::string& name) {
  auto path = store.Fetch(PlaceOf(name));
  if (absl::IsNotFound(path.status())) {
    return ResourceNotFound(absl::StrCat("Could not find model \"", Arn(store, "model", name), "\"."));
  }
  if (!path.ok()) return path.status();
  PAWL_ASSIGN_OR_RETURN(nlohmann::json model, activities::ReadJsonFile(*path));
  return model.value("ModelDataUrl", "");
}

}  // namespace pawl::sagemaker
