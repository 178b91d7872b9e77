#include "scheduler/api/aws/configuration.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "scheduler/gateway/reason.h"

namespace pawl::api::aws {
namespace {

using gateway::Reason;
using gateway::Refuse;

}  // namespace

absl::StatusOr<std::optional<std::string>> ReadLogging(Fields& fields) {
  nlohmann::json* given = fields.Object("loggingConfiguration");
  if (given == nullptr) return std::nullopt;
  Fields inner(*given, fields, "loggingConfiguration");
  nlohmann::json logging = {{"level", inner.Choice("level", {"ALL", "ERROR", "FATAL", "OFF"}, "OFF")},
                            {"includeExecutionData", inner.Flag("includeExecutionData", false)}};
  size_t destinations = 0;
  if (nlohmann::json* list = inner.Array("destinations")) {
    destinations = list->size();
    logging["destinations"] = std::move(*list);
  }
  // Recorded: sfn_api_logs.invalid_logging_configuration.
  if (destinations > 1 || (destinations == 0 && logging["level"] != "OFF")) {
    return Refuse(Reason::kInvalidLoggingConfiguration,
                  "Invalid Logging Configuration: Must specify exactly one Log Destination.");
  }
  return logging.dump();
}

absl::StatusOr<std::optional<std::string>> ReadTracing(Fields& fields) {
  nlohmann::json* given = fields.Object("tracingConfiguration");
  if (given == nullptr) return std::nullopt;
  Fields inner(*given, fields, "tracingConfiguration");
  const nlohmann::json tracing = {{"enabled", inner.Flag("enabled", false)}};
  return tracing.dump();
}

absl::StatusOr<std::optional<std::string>> ReadEncryption(Fields& fields) {
  nlohmann::json* given = fields.Object("encryptionConfiguration");
  if (given == nullptr) return std::nullopt;
  Fields inner(*given, fields, "encryptionConfiguration");
  if (!inner.Has("type")) inner.Violate("null", "type", "Member must not be null");
  nlohmann::json encryption = {
      {"type", inner.Choice("type", {"AWS_OWNED_KEY", "CUSTOMER_MANAGED_KMS_KEY"}, "AWS_OWNED_KEY")}};
  const std::optional<std::string> key =
      inner.OptionalText("kmsKeyId", {.required = false, .length_min = 1, .length_max = 2048});
  const std::optional<int64_t> reuse = inner.Integer("kmsDataKeyReusePeriodSeconds", 60, 900);  // STEP_FUNCTIONS.md 1.5
  const bool customer_managed = encryption["type"] == "CUSTOMER_MANAGED_KMS_KEY";
  // AWS documentation, "EncryptionConfiguration"; AWS's words are not recorded.
  if (customer_managed != key.has_value()) {
    return Refuse(Reason::kInvalidEncryptionConfiguration,
                  customer_managed
                      ? "Invalid Encryption Configuration: kmsKeyId is required for CUSTOMER_MANAGED_KMS_KEY"
                      : "Invalid Encryption Configuration: kmsKeyId must not be set for AWS_OWNED_KEY");
  }
  if (key) encryption["kmsKeyId"] = *key;
  if (reuse) encryption["kmsDataKeyReusePeriodSeconds"] = *reuse;
  return encryption.dump();
}

}  // namespace pawl::api::aws
