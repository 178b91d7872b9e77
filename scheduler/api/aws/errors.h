// Refusals as the AWS protocol writes them: those of the Gateway under their error names, and the protocol's own.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "shared/net/http_server.h"

namespace pawl::api::aws {

struct AwsError {
  std::string name;  // "ExecutionDoesNotExist"
  std::string message;
  int http_status = 400;
  int retry_after_seconds = 0;  // 0: asking again does not help
};

// Named by ErrorNameOf; the message is the status's.
AwsError ToAwsError(const absl::Status& status);

AwsError SerializationError(std::string message);
AwsError ValidationError(std::string message);

// {"__type": "...#NAME", "message": "..."} with the protocol's headers, and Retry-After where asking again helps. SDKs
// ask again by themselves after ThrottlingException (400) and ServiceUnavailableException (503).
net::HttpResponse ErrorResponse(const AwsError& error, const std::string& request_id);
net::HttpResponse OkResponse(std::string body, const std::string& request_id);

}  // namespace pawl::api::aws
