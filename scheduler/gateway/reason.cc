#include "scheduler/gateway/reason.h"

#include "absl/status/status.h"
#include "absl/strings/cord.h"

namespace pawl::gateway {
namespace {

constexpr char kPayloadUrl[] = "pawl.gateway.Reason";

absl::StatusCode CodeOf(Reason reason) {
  switch (reason) {
    case Reason::kActivityAlreadyExists:
    case Reason::kExecutionAlreadyExists:
    case Reason::kStateMachineAlreadyExists:
      return absl::StatusCode::kAlreadyExists;
    case Reason::kActivityDoesNotExist:
    case Reason::kExecutionDoesNotExist:
    case Reason::kResourceNotFound:
    case Reason::kStateMachineDoesNotExist:
    case Reason::kTaskDoesNotExist:
      return absl::StatusCode::kNotFound;
    case Reason::kActivityWorkerLimitExceeded:
    case Reason::kThrottled:
      return absl::StatusCode::kResourceExhausted;
    case Reason::kConflict:
      return absl::StatusCode::kAborted;
    case Reason::kStateMachineDeleting:
    case Reason::kStateMachineTypeNotSupported:
    case Reason::kTaskTimedOut:
      return absl::StatusCode::kFailedPrecondition;
    case Reason::kInvalidArn:
    case Reason::kInvalidDefinition:
    case Reason::kInvalidEncryptionConfiguration:
    case Reason::kInvalidExecutionInput:
    case Reason::kInvalidLoggingConfiguration:
    case Reason::kInvalidName:
    case Reason::kInvalidOutput:
    case Reason::kInvalidToken:
    case Reason::kInvalidTracingConfiguration:
    case Reason::kMissingRequiredParameter:
    case Reason::kTooManyTags:
    case Reason::kValidation:
      return absl::StatusCode::kInvalidArgument;
    case Reason::kUnavailable:
      return absl::StatusCode::kUnavailable;
  }
  return absl::StatusCode::kUnknown;
}

}  // namespace

absl::Status Refuse(Reason reason, const std::string& message) {
  absl::Status status(CodeOf(reason), message);
  status.SetPayload(kPayloadUrl, absl::Cord(std::string(1, static_cast<char>(reason))));
  return status;
}

std::optional<Reason> ReasonOf(const absl::Status& status) {
  if (status.ok()) return std::nullopt;
  const auto payload = status.GetPayload(kPayloadUrl);
  if (!payload.has_value() || payload->size() != 1) return std::nullopt;
  return static_cast<Reason>((*payload)[0]);
}

std::optional<std::chrono::milliseconds> RetryAfterOf(const absl::Status& status) {
  constexpr std::chrono::milliseconds kSoon{1'000};
  if (absl::IsUnavailable(status)) return kSoon;
  if (absl::IsResourceExhausted(status) && ReasonOf(status) != Reason::kActivityWorkerLimitExceeded) return kSoon;
  return std::nullopt;
}

}  // namespace pawl::gateway
