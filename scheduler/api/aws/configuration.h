// loggingConfiguration, tracingConfiguration and encryptionConfiguration: checked, completed with AWS's defaults, and
// kept as JSON text. Internal to scheduler/api/aws.
#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "scheduler/api/aws/fields.h"

namespace pawl::api::aws {

inline constexpr char kDefaultLogging[] = R"({"includeExecutionData":false,"level":"OFF"})";
inline constexpr char kDefaultTracing[] = R"({"enabled":false})";
inline constexpr char kDefaultEncryption[] = R"({"type":"AWS_OWNED_KEY"})";

// Each: nothing where the request has no such member; otherwise its text, or a refusal.
absl::StatusOr<std::optional<std::string>> ReadLogging(Fields& fields);
absl::StatusOr<std::optional<std::string>> ReadTracing(Fields& fields);
absl::StatusOr<std::optional<std::string>> ReadEncryption(Fields& fields);

}  // namespace pawl::api::aws
