#include "scheduler/api/aws/errors.h"

#include <optional>
#include <utility>

#include "scheduler/api/aws/json_writer.h"
#include "scheduler/gateway/reason.h"

namespace pawl::api::aws {
namespace {

using gateway::Reason;

constexpr char kServiceErrorPrefix[] = "com.amazonaws.swf.service.v2.model#";
constexpr char kProtocolErrorPrefix[] = "com.amazon.coral.service#";
constexpr char kContentType[] = "application/x-amz-json-1.0";

struct Row {
  const char* name;
  int http_status = 400;
};

Row RowOf(Reason reason) {
  switch (reason) {
    case Reason::kActivityAlreadyExists:
      return {"ActivityAlreadyExists"};
    case Reason::kActivityDoesNotExist:
      return {"ActivityDoesNotExist"};
    case Reason::kActivityWorkerLimitExceeded:
      return {"ActivityWorkerLimitExceeded"};
    case Reason::kConflict:
      return {"ConflictException", 409};
    case Reason::kExecutionAlreadyExists:
      return {"ExecutionAlreadyExists"};
    case Reason::kExecutionDoesNotExist:
      return {"ExecutionDoesNotExist"};
    case Reason::kInvalidArn:
      return {"InvalidArn"};
    case Reason::kInvalidDefinition:
      return {"InvalidDefinition"};
    case Reason::kInvalidEncryptionConfiguration:
      return {"InvalidEncryptionConfiguration"};
    case Reason::kInvalidExecutionInput:
      return {"InvalidExecutionInput"};
    case Reason::kInvalidLoggingConfiguration:
      return {"InvalidLoggingConfiguration"};
    case Reason::kInvalidName:
      return {"InvalidName"};
    case Reason::kInvalidOutput:
      return {"InvalidOutput"};
    case Reason::kInvalidToken:
      return {"InvalidToken"};
    case Reason::kInvalidTracingConfiguration:
      return {"InvalidTracingConfiguration"};
    case Reason::kMissingRequiredParameter:
      return {"MissingRequiredParameter"};
    case Reason::kResourceNotFound:
      return {"ResourceNotFound"};
    case Reason::kStateMachineAlreadyExists:
      return {"StateMachineAlreadyExists"};
    case Reason::kStateMachineDeleting:
      return {"StateMachineDeleting"};
    case Reason::kStateMachineDoesNotExist:
      return {"StateMachineDoesNotExist"};
    case Reason::kStateMachineTypeNotSupported:
      return {"StateMachineTypeNotSupported"};
    case Reason::kTaskDoesNotExist:
      return {"TaskDoesNotExist"};
    case Reason::kTaskTimedOut:
      return {"TaskTimedOut"};
    case Reason::kTooManyTags:
      return {"TooManyTags"};
    case Reason::kValidation:
      return {"ValidationException"};
    case Reason::kThrottled:
      return {"ThrottlingException"};
    case Reason::kUnavailable:
      return {"ServiceUnavailableException", 503};
  }
  return {"InternalFailure", 500};
}

Row RowOf(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kOutOfRange:
      return {"ValidationException"};
    case absl::StatusCode::kNotFound:
      return {"ResourceNotFound"};
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kAborted:
      return {"ConflictException", 409};
    case absl::StatusCode::kResourceExhausted:
      return {"ThrottlingException"};
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kCancelled:
      return {"ServiceUnavailableException", 503};
    default:
      return {"InternalFailure", 500};
  }
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
  const std::optional<Reason> reason = gateway::ReasonOf(status);
  const Row row = reason ? RowOf(*reason) : RowOf(status.code());
  return AwsError{row.name, std::string(status.message()), row.http_status};
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
  return response;
}

net::HttpResponse OkResponse(std::string body, const std::string& request_id) {
  return Response(200, std::move(body), request_id);
}

}  // namespace pawl::api::aws
