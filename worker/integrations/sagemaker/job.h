// What SageMaker's job handlers have in common: names, ARNs, times, and the two kinds of failure.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "nlohmann/json.hpp"
#include "worker/activities/common/artifact_store.h"
#include "worker/activities/common/fields.h"
#include "worker/sdk/activity.h"

namespace pawl::sagemaker {

using activities::ArtifactStore;
using activities::Fields;

// The request is not one that the service would accept.
absl::Status ValidationError(const std::string& message);
absl::Status ResourceInUse(const std::string& message);
absl::Status ResourceNotFound(const std::string& message);
// The job ran and failed: States.TaskFailed, with its description as cause.
absl::Status JobFailed(const nlohmann::json& description);

// SageMaker's rule for names: 1 to 63 letters, digits and single hyphens, no hyphen at the ends.
absl::Status CheckJobName(const std::string& name, const std::string& member);

// arn:aws:sagemaker:REGION:ACCOUNT:KIND/name, the name in lower case as SageMaker has it.
std::string Arn(const ArtifactStore& store, const std::string& kind, const std::string& name);

// Milliseconds since 1970, as Step Functions shows SageMaker's times.
int64_t NowMs();

// A handler of a job: statuses that are not of the kinds above become ValidationException (INVALID_ARGUMENT) or keep
// the activities' names.
using JobWork = std::function<absl::StatusOr<nlohmann::json>(const ArtifactStore&, worker::TaskContext&)>;
worker::Handler MakeJobHandler(std::shared_ptr<const ArtifactStore> store, JobWork work);

// What of a request determines a job: the whole of it. A second create with the same name and request is the same job
// (a lost worker's task handed out again); with another request it is refused.
std::string RequestDigest(const nlohmann::json& request);

// A failure of the work itself, as a job's FailureReason (at most 1,024 characters).
std::string FailureReason(const absl::Status& status);

}  // namespace pawl::sagemaker
