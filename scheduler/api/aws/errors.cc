#include "scheduler/api/aws/errors.h"

#include <chrono>
#include <utility>

#include "scheduler/api/aws/json_writer.h"
#include "scheduler/api/error_name.h"
#include "scheduler/gateway/reason.h"

namespace pawl::api::aws {
namespace {

constexpr char kServiceErrorPrefix[] = "com.amazonaws.swf.service.v2.model#";
constexpr char kProtocolErrorPrefix[] = "com.amazon.coral.service#";
constexpr char kContentType[] = "application/x-amz-json-1.0";

// Where the service model says something else than 400 (STEP_FUNCTIONS.md 1.1).
int HttpStatusOf(std::string_view name) {
  if (name == "ConflictException") return 409;
  if (name == "ServiceUnavailableException") return 503;
  if (name == "InternalFailure") return 500;
  return 400;
}

bool IsOfTheProtocol(std::string_view name) {
  return name == "SerializationException" || name == "UnknownOperationException" || name == "InternalFailure";
}

// Messages may quote what a client sent; bytes that are no UTF-8 become question marks, so that the answer is JSON.
std::string ToUtf8(std::string text) {
  for (size_t i = 0; i < text.size();) {
    const auto byte = [&](size_t at) { return at < text.size() ? static_cast<unsigned char>(text[at]) : 0u; };
    const unsigned lead = byte(i);
    const size_t length = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
    bool valid = length > 0;
    for (size_t k = 1; k < length; ++k) valid = valid && (byte(i + k) & 0xc0) == 0x80;
    if (length == 3) valid = valid && !(lead == 0xe0 && byte(i + 1) < 0xa0) && !(lead == 0xed && byte(i + 1) > 0x9f);
    if (length == 4) valid = valid && !(lead == 0xf0 && byte(i + 1) < 0x90) && !(lead == 0xf4 && byte(i + 1) > 0x8f);
    if (!valid) text[i] = '?';
    i += valid ? length : 1;
  }
  return text;
}

net::HttpResponse Response(int status, std::string body, const std::string& request_id) {
  return net::HttpResponse{status, {{"Content-Type", kContentType}, {"x-amzn-RequestId", request_id}}, std::move(body)};
}

}  // namespace

AwsError ToAwsError(const absl::Status& status) {
  const std::string_view name = ErrorNameOf(status);
  AwsError error{std::string(name), std::string(status.message()), HttpStatusOf(name)};
  if (const auto retry_after = gateway::RetryAfterOf(status)) {
    error.retry_after_seconds = static_cast<int>(std::chrono::ceil<std::chrono::seconds>(*retry_after).count());
  }
  return error;
}

AwsError SerializationError(std::string message) { return AwsError{"SerializationException", std::move(message), 400}; }
AwsError ValidationError(std::string message) { return AwsError{"ValidationException", std::move(message), 400}; }

net::HttpResponse ErrorResponse(const AwsError& error, const std::string& request_id) {
  JsonWriter body;
  body.BeginObject();
  body.Key("__type").String((IsOfTheProtocol(error.name) ? kProtocolErrorPrefix : kServiceErrorPrefix) + error.name);
  body.Key("message").String(ToUtf8(error.message));
  body.EndObject();
  net::HttpResponse response = Response(error.http_status, body.Take(), request_id);
  response.headers.emplace_back("x-amzn-ErrorType", error.name);
  if (error.retry_after_seconds > 0) {
    response.headers.emplace_back("Retry-After", std::to_string(error.retry_after_seconds));
  }
  return response;
}

net::HttpResponse OkResponse(std::string body, const std::string& request_id) {
  return Response(200, std::move(body), request_id);
}

}  // namespace pawl::api::aws
