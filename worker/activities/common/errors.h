// How an activity's trouble becomes the error name that Retry and Catch match.
//
//   INVALID_ARGUMENT    -> InvalidInput        the task's input or the data is not what the activity accepts
//   NOT_FOUND           -> DataNotFound        a URI names nothing
//   RESOURCE_EXHAUSTED  -> LimitExceeded       a stated bound would be broken
//   CANCELLED           -> Cancelled           nobody waits for the result any more
//   DEADLINE_EXCEEDED   -> TimedOut            a limit inside the activity (SageMaker's StoppingCondition)
//   UNAVAILABLE         -> StorageUnavailable  disk or object store refused; trying again may help
//   anything else       -> InternalError
// A status made by NamedError keeps its own name.
#pragma once

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "nlohmann/json_fwd.hpp"
#include "worker/sdk/activity.h"

namespace pawl::activities {

// A failure with a name of its own, such as DataQualityError.
absl::Status NamedError(const std::string& name, const std::string& cause);

worker::ActivityError ToActivityError(const absl::Status& status);

// The body of an activity. Exceptions it lets out (a JSON member of the wrong type, no memory) become errors here.
using Work = std::function<absl::StatusOr<nlohmann::json>(worker::TaskContext&)>;
worker::Handler MakeHandler(Work work);

// The error of the last failed system call, with what was tried: "cannot open /x: No such file or directory".
absl::Status SystemError(const std::string& what);

}  // namespace pawl::activities
