#include "worker/integrations/sagemaker/job.h"

#include <algorithm>
#include <cctype>
#include <chrono>

#include "absl/strings/str_cat.h"
#include "worker/activities/common/digest.h"
#include "worker/activities/common/errors.h"

namespace pawl::sagemaker {

using activities::NamedError;

absl::Status ValidationError(const std::string& message) {
  return NamedError("SageMaker.ValidationException", message);
}
absl::Status ResourceInUse(const std::string& message) {
  return NamedError("SageMaker.ResourceInUseException", message);
}
absl::Status ResourceNotFound(const std::string& message) {
  return NamedError("SageMaker.ResourceNotFoundException", message);
}
absl::Status JobFailed(const nlohmann::json& description) {
  return NamedError("States.TaskFailed", description.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

absl::Status CheckJobName(const std::string& name, const std::string& member) {
  bool good = !name.empty() && name.size() <= 63;
  bool hyphen_before = true;
  for (char c : name) {
    const bool hyphen = c == '-';
    if ((!hyphen && std::isalnum(static_cast<unsigned char>(c)) == 0) || (hyphen && hyphen_before)) good = false;
    hyphen_before = hyphen;
  }
  if (good && !hyphen_before) return absl::OkStatus();
  return ValidationError(absl::StrCat("1 validation error detected: value '", name, "' at '", member,
                                      "' failed to satisfy constraint: expected 1 to 63 letters, digits and single "
                                      "hyphens between them"));
}

std::string Arn(const ArtifactStore& store, const std::string& kind, const std::string& name) {
  std::string lower = name;
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  return absl::StrCat("arn:aws:sagemaker:", store.options().region, ":", store.options().account, ":", kind, "/",
                      lower);
}

int64_t NowMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

worker::Handler MakeJobHandler(std::shared_ptr<const ArtifactStore> store, JobWork work) {
  return activities::MakeHandler(
      [store = std::move(store), work = std::move(work)](worker::TaskContext& task) -> absl::StatusOr<nlohmann::json> {
        absl::StatusOr<nlohmann::json> result = work(*store, task);
        if (absl::IsInvalidArgument(result.status())) return ValidationError(std::string(result.status().message()));
        return result;
      });
}

std::string RequestDigest(const nlohmann::json& request) { return activities::Sha256Hex(request.dump()); }

std::string FailureReason(const absl::Status& status) {
  const worker::ActivityError error = activities::ToActivityError(status);
  return absl::StrCat(error.error, ": ", error.cause).substr(0, 1024);
}

}  // namespace pawl::sagemaker
