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
};

// Named by ErrorNameOf; the message is the status's.
AwsError ToAwsError(const absl::Status& status);

AwsError SerializationError(std::string message);
AwsError ValidationError(std::string message);

// {"__type": "...#NAME", "message": "..."} with the protocol's headers.
net::HttpResponse ErrorResponse(const AwsError& error, const std::string& request_id);
net::HttpResponse OkResponse(std::string body, const std::string& request_id);

}  // namespace pawl::api::aws
