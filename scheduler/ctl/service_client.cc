#include "scheduler/ctl/service_client.h"

#include <algorithm>
#include <cstdlib>

namespace pawl::ctl {
namespace {

constexpr std::chrono::seconds kCallMayTake{70};

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string FirstOf(std::initializer_list<std::string> values) {
  for (const std::string& value : values) {
    if (!value.empty()) return value;
  }
  return "";
}

absl::StatusCode CodeOf(int http_status, const std::string& error) {
  if (error.ends_with("DoesNotExist") || error.ends_with("NotFound")) return absl::StatusCode::kNotFound;
  if (error.ends_with("AlreadyExists")) return absl::StatusCode::kAlreadyExists;
  return http_status >= 500 ? absl::StatusCode::kInternal : absl::StatusCode::kInvalidArgument;
}

absl::Status Refusal(const net::HttpAnswer& answer) {
  const Json body = Json::parse(answer.body, nullptr, /*allow_exceptions=*/false);
  if (!body.is_object() || !body.contains("__type") || !body["__type"].is_string()) {
    return absl::InternalError("the answer (HTTP " + std::to_string(answer.status) +
                               ") is not one of a Step Functions service: " + answer.body.substr(0, 200));
  }
  const std::string type = body["__type"];
  const std::string name = type.substr(type.find('#') + 1);
  const std::string message = body.contains("message") && body["message"].is_string() ? body["message"] : Json("");
  return absl::Status(CodeOf(answer.status, name), name + ": " + message);
}

}  // namespace

ServiceAddress ServiceAddress::FromEnvironment() {
  return {FirstOf({Environment("PAWL_ENDPOINT_URL"), "http://127.0.0.1:8333"}),
          FirstOf({Environment("AWS_ACCESS_KEY_ID"), "pawl"}),
          FirstOf({Environment("AWS_REGION"), Environment("AWS_DEFAULT_REGION"), "us-east-1"})};
}

// As the service does it (scheduler/api/aws/handler.h).
std::string ServiceAddress::account() const {
  const bool digits = access_key.size() == 12 &&
                      std::all_of(access_key.begin(), access_key.end(), [](char c) { return c >= '0' && c <= '9'; });
  return digits ? access_key : "000000000000";
}

absl::StatusOr<Json> ServiceClient::Call(std::string_view operation, const Json& request) {
  net::HttpCall call;
  call.url = address_.endpoint_url;
  call.timeout = kCallMayTake;
  call.headers = {{"Content-Type", "application/x-amz-json-1.0"},
                  {"X-Amz-Target", "AWSStepFunctions." + std::string(operation)},
                  {"X-Pawl-Details", "waits"},
                  {"Authorization", "AWS4-HMAC-SHA256 Credential=" + address_.access_key + "/20000101/" +
                                        address_.region + "/states/aws4_request, SignedHeaders=host, Signature=none"}};
  call.body = request.dump();
  const absl::StatusOr<net::HttpAnswer> answer = http_.Send(call);
  if (!answer.ok()) {
    return absl::UnavailableError("cannot reach the service at " + address_.endpoint_url + ": " +
                                  std::string(answer.status().message()) +
                                  "\nIs it running? Start one with: pawl dev. Name another with --endpoint-url.");
  }
  if (answer->status != 200) return Refusal(*answer);
  Json body = Json::parse(answer->body, nullptr, /*allow_exceptions=*/false);
  if (body.is_discarded()) return absl::InternalError("the answer is not JSON: " + answer->body.substr(0, 200));
  return body;
}

std::string ServiceClient::MachineArn(const std::string& machine) const {
  if (machine.starts_with("arn:")) return machine;
  return "arn:aws:states:" + address_.region + ":" + address_.account() + ":stateMachine:" + machine;
}

std::string ServiceClient::ExecutionArn(const std::string& execution) const {
  const size_t slash = execution.find('/');
  if (execution.starts_with("arn:") || slash == std::string::npos) return execution;
  return "arn:aws:states:" + address_.region + ":" + address_.account() + ":execution:" + execution.substr(0, slash) +
         ":" + execution.substr(slash + 1);
}

}  // namespace pawl::ctl
