// Why a request was refused, finer than the canonical code: travels as a payload of absl::Status, and each front end
// maps it to its own names in one table.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "absl/status/status.h"

namespace pawl::gateway {

// Named after Step Functions' errors, because that is the finest vocabulary any front end has.
enum class Reason {
  kActivityAlreadyExists,
  kActivityDoesNotExist,
  kActivityWorkerLimitExceeded,
  kConflict,
  kExecutionAlreadyExists,
  kExecutionDoesNotExist,
  kInvalidArn,
  kInvalidDefinition,
  kInvalidEncryptionConfiguration,
  kInvalidExecutionInput,
  kInvalidLoggingConfiguration,
  kInvalidName,
  kInvalidOutput,
  kInvalidToken,
  kInvalidTracingConfiguration,
  kMissingRequiredParameter,
  kResourceNotFound,
  kStateMachineAlreadyExists,
  kStateMachineDeleting,
  kStateMachineDoesNotExist,
  kStateMachineTypeNotSupported,
  kTaskDoesNotExist,
  kTaskTimedOut,
  kTooManyTags,
  kValidation,
  kThrottled,    // try again later
  kUnavailable,  // the database is away; try again later
};

// A status with that reason, its canonical code, and `message`.
absl::Status Refuse(Reason reason, const std::string& message);
std::optional<Reason> ReasonOf(const absl::Status& status);
// When to ask again, where that is what the refusal means: overload, or a database that is away. Front ends say it in
// their own way.
std::optional<std::chrono::milliseconds> RetryAfterOf(const absl::Status& status);

}  // namespace pawl::gateway
