#include "scheduler/api/aws/handler.h"

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "scheduler/api/aws/call.h"
#include "scheduler/api/aws/operations.h"
#include "shared/base/random.h"

namespace pawl::api::aws {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view kTargetPrefix = "AWSStepFunctions.";
constexpr size_t kAccountDigits = 12;  // of an AWS account
// The service model's requests nest four deep; more is an attempt to exhaust the stack.
constexpr int kBodyDepthMax = 32;

// Nesting of brackets outside strings, without recursion.
int DepthOf(std::string_view text) {
  int depth = 0;
  int deepest = 0;
  bool in_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') {
        ++i;
      } else if (c == '"') {
        in_string = false;
      }
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      deepest = std::max(deepest, ++depth);
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return deepest;
}

// The request's object, or why it is none.
std::optional<AwsError> ParseBody(const std::string& text, nlohmann::json& body) {
  if (text.empty()) {
    body = nlohmann::json::object();
    return std::nullopt;
  }
  if (DepthOf(text) > kBodyDepthMax) {
    return SerializationError("The request body is nested deeper than " + std::to_string(kBodyDepthMax) + " levels");
  }
  try {
    body = nlohmann::json::parse(text);
  } catch (const nlohmann::json::exception& error) {
    return SerializationError(std::string("The request body is not JSON: ") + error.what());
  }
  if (!body.is_object()) return SerializationError("The request body must be a JSON object");
  return std::nullopt;
}

// The operation's name in the X-Amz-Target header, or why there is none to be called.
std::optional<AwsError> ReadTarget(const net::HttpRequest& request, std::string_view& name) {
  const std::string_view target = request.Header("x-amz-target");
  if (request.method != "POST" || target.empty()) {
    return AwsError{"UnknownOperationException",
                    "This is an AWS JSON 1.0 endpoint of Step Functions: send POST / with the header X-Amz-Target: "
                    "AWSStepFunctions.OPERATION",
                    request.method == "POST" ? 400 : 404};
  }
  if (!target.starts_with(kTargetPrefix)) {
    return AwsError{"UnknownOperationException",
                    "Unknown X-Amz-Target '" + std::string(target) + "': expected AWSStepFunctions.OPERATION", 400};
  }
  name = target.substr(kTargetPrefix.size());
  if (FindOperation(name) != nullptr) return std::nullopt;
  if (IsKnownOperation(name)) {
    return AwsError{"UnknownOperationException",
                    "The operation " + std::string(name) + " is not supported by this version of Pawl", 400};
  }
  return AwsError{"UnknownOperationException", "Step Functions has no operation '" + std::string(name) + "'", 400};
}

std::string_view Between(std::string_view text, std::string_view begin, char end) {
  const size_t at = text.find(begin);
  if (at == std::string_view::npos) return {};
  text.remove_prefix(at + begin.size());
  return text.substr(0, text.find(end));
}

bool IsAccount(std::string_view text) {
  return text.size() == kAccountDigits &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// Regions end up in ARNs, whose parts are separated by colons.
bool IsRegion(std::string_view text) {
  return !text.empty() && text.size() <= 32 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

}  // namespace

// AWS4-HMAC-SHA256 Credential=KEY/DATE/REGION/states/aws4_request, SignedHeaders=..., Signature=...
gateway::Caller CallerOf(std::string_view authorization) {
  gateway::Caller caller;
  std::string_view scope = Between(authorization, "Credential=", ',');
  const size_t key_end = scope.find('/');
  if (key_end == std::string_view::npos) return caller;
  const std::string_view key = scope.substr(0, key_end);
  if (IsAccount(key)) caller.account = key;
  scope.remove_prefix(key_end + 1);
  const size_t date_end = scope.find('/');
  if (date_end == std::string_view::npos) return caller;
  scope.remove_prefix(date_end + 1);
  const std::string_view region = scope.substr(0, scope.find('/'));
  if (IsRegion(region)) caller.region = region;
  return caller;
}

AwsHandler::AwsHandler(AwsApiOptions options, gateway::Gateway& gateway, uint64_t random_seed)
    : options_(std::move(options)), gateway_(gateway), random_seed_(random_seed) {}

std::string AwsHandler::NextRequestId() {
  base::SeededRandom random(random_seed_ ^ (requests_.fetch_add(1, std::memory_order_relaxed) * 0x9e3779b97f4a7c15));
  return base::RandomUuid(random);
}

void AwsHandler::Observe(std::string_view operation, std::string_view error, Clock::time_point began) const {
  if (!options_.on_request) return;
  options_.on_request(operation, error, std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - began));
}

net::HttpResponse AwsHandler::Refusal(int http_status, std::string message) {
  const char* name = http_status == 413   ? "RequestEntityTooLargeException"
                     : http_status == 503 ? "ServiceUnavailableException"
                     : http_status >= 500 ? "InternalFailure"
                                          : "SerializationException";
  Observe("Unknown", name, Clock::now());
  return ErrorResponse(AwsError{name, std::move(message), http_status, http_status == 503 ? 1 : 0}, NextRequestId());
}

void AwsHandler::Handle(net::HttpRequest request, Respond respond, OnDisconnect on_disconnect) {
  const Clock::time_point began = Clock::now();
  std::string request_id = NextRequestId();
  std::string_view name;
  std::optional<AwsError> error = ReadTarget(request, name);
  const Operation operation = error ? nullptr : FindOperation(name);
  nlohmann::json body;
  if (!error) error = ParseBody(request.body, body);
  if (error) {
    Observe(operation != nullptr ? name : "Unknown", error->name, began);
    return respond(ErrorResponse(*error, request_id));
  }
  // `name` outlives this call only as part of the table; the header it points into does not.
  auto sink = std::make_shared<Reply::Sink>();
  sink->ok = [this, respond, request_id, began, name = std::string(name)](std::string text) {
    Observe(name, "", began);
    respond(OkResponse(std::move(text), request_id));
  };
  sink->fail = [this, respond, request_id, began, name = std::string(name)](const AwsError& failure) {
    Observe(name, failure.name, began);
    respond(ErrorResponse(failure, request_id));
  };
  sink->on_disconnect = std::move(on_disconnect);
  Call call{gateway_,
            options_,
            long_polls_,
            CallerOf(request.Header("authorization")),
            std::string(request.Header("x-amzn-trace-id")),
            std::string(request.Header("x-pawl-priority")),
            request.Header("x-pawl-details") == "waits",
            Fields(body),
            Reply(std::move(sink))};
  operation(call);
}

}  // namespace pawl::api::aws
