#include "scheduler/api/error_name.h"

#include <optional>

#include "scheduler/gateway/reason.h"

namespace pawl::api {
namespace {

using gateway::Reason;

std::string_view NameOf(Reason reason) {
  switch (reason) {
    case Reason::kActivityAlreadyExists:
      return "ActivityAlreadyExists";
    case Reason::kActivityDoesNotExist:
      return "ActivityDoesNotExist";
    case Reason::kActivityWorkerLimitExceeded:
      return "ActivityWorkerLimitExceeded";
    case Reason::kConflict:
      return "ConflictException";
    case Reason::kExecutionAlreadyExists:
      return "ExecutionAlreadyExists";
    case Reason::kExecutionDoesNotExist:
      return "ExecutionDoesNotExist";
    case Reason::kInvalidArn:
      return "InvalidArn";
    case Reason::kInvalidDefinition:
      return "InvalidDefinition";
    case Reason::kInvalidEncryptionConfiguration:
      return "InvalidEncryptionConfiguration";
    case Reason::kInvalidExecutionInput:
      return "InvalidExecutionInput";
    case Reason::kInvalidLoggingConfiguration:
      return "InvalidLoggingConfiguration";
    case Reason::kInvalidName:
      return "InvalidName";
    case Reason::kInvalidOutput:
      return "InvalidOutput";
    case Reason::kInvalidToken:
      return "InvalidToken";
    case Reason::kInvalidTracingConfiguration:
      return "InvalidTracingConfiguration";
    case Reason::kMissingRequiredParameter:
      return "MissingRequiredParameter";
    case Reason::kResourceNotFound:
      return "ResourceNotFound";
    case Reason::kStateMachineAlreadyExists:
      return "StateMachineAlreadyExists";
    case Reason::kStateMachineDeleting:
      return "StateMachineDeleting";
    case Reason::kStateMachineDoesNotExist:
      return "StateMachineDoesNotExist";
    case Reason::kStateMachineTypeNotSupported:
      return "StateMachineTypeNotSupported";
    case Reason::kTaskDoesNotExist:
      return "TaskDoesNotExist";
    case Reason::kTaskTimedOut:
      return "TaskTimedOut";
    case Reason::kTooManyTags:
      return "TooManyTags";
    case Reason::kValidation:
      return "ValidationException";
    case Reason::kThrottled:
      return "ThrottlingException";
    case Reason::kUnavailable:
      return "ServiceUnavailableException";
  }
  return "InternalFailure";
}

std::string_view NameOf(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kOutOfRange:
      return "ValidationException";
    case absl::StatusCode::kNotFound:
      return "ResourceNotFound";
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kAborted:
      return "ConflictException";
    case absl::StatusCode::kResourceExhausted:
      return "ThrottlingException";
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kCancelled:
      return "ServiceUnavailableException";
    default:
      return "InternalFailure";
  }
}

}  // namespace

std::string_view ErrorNameOf(const absl::Status& status) {
  const std::optional<Reason> reason = gateway::ReasonOf(status);
  return reason ? NameOf(*reason) : NameOf(status.code());
}

}  // namespace pawl::api
