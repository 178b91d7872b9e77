#include <memory>
#include <utility>

#include "nlohmann/json.hpp"
#include "shared/net/http_client.h"
#include "worker/integrations/lambda/lambda.h"

namespace pawl::lambda {

using nlohmann::ordered_json;
using worker::ActivityOutput;
using worker::ActivityResult;
using worker::Fail;

namespace {

constexpr char kOptimised[] = "arn:aws:states:::lambda:invoke";

struct Invocation {
  std::string function;
  std::string qualifier;
  std::string payload;
  std::string type = "RequestResponse";
  std::string client_context;
  bool optimised = false;
};

std::string UrlEncode(const std::string& text) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string encoded;
  for (unsigned char c : text) {
    if (std::isalnum(c) || c == '-' || c == '_' || c == '.' || c == '~') {
      encoded += static_cast<char>(c);
    } else {
      encoded += '%';
      encoded += kDigits[c >> 4];
      encoded += kDigits[c & 15];
    }
  }
  return encoded;
}

// Throws nothing: the input is JSON, and members of another type than expected are left out.
Invocation Read(worker::TaskContext& task) {
  Invocation invocation;
  const std::string& resource = task.info().resource;
  if (!resource.starts_with(kOptimised)) {
    invocation.function = resource;
    invocation.payload = task.input_text();
    return invocation;
  }
  invocation.optimised = true;
  ordered_json input = ordered_json::parse(task.input_text(), nullptr, false);
  auto text = [&](const char* name) {
    return input.is_object() && input.contains(name) && input[name].is_string() ? input[name].get<std::string>()
                                                                                : std::string();
  };
  invocation.function = text("FunctionName");
  invocation.qualifier = text("Qualifier");
  invocation.client_context = text("ClientContext");
  if (!text("InvocationType").empty()) invocation.type = text("InvocationType");
  if (input.is_object() && input.contains("Payload") && !input["Payload"].is_null()) {
    // Recorded: text that is JSON itself is sent as it stands, null as an empty body.
    const ordered_json& payload = input["Payload"];
    bool is_json_text = payload.is_string() && ordered_json::accept(payload.get_ref<const std::string&>());
    invocation.payload = is_json_text ? payload.get<std::string>() : payload.dump();
  }
  return invocation;
}

std::string Header(const net::HttpAnswer& answer, const char* name) { return std::string(answer.Header(name)); }

// "Function not found: ... (Service: AWSLambda; Status Code: 404; Error Code: ResourceNotFoundException; Request ID:
// ...; Proxy: null)", recorded.
ActivityResult ApiError(const net::HttpAnswer& answer) {
  std::string code = Header(answer, "x-amzn-ErrorType");
  code = code.substr(0, code.find(':'));
  if (code.empty()) code = "ServiceException";
  ordered_json body = ordered_json::parse(answer.body, nullptr, false);
  std::string message = answer.body;
  if (body.is_object()) {
    message = body.contains("Message")   ? body["Message"].get<std::string>()
              : body.contains("message") ? body["message"].get<std::string>()
                                         : answer.body;
  }
  std::string name = code.ends_with("Exception") ? code : code + "Exception";
  return Fail("Lambda." + name, message + " (Service: AWSLambda; Status Code: " + std::to_string(answer.status) +
                                    "; Error Code: " + code + "; Request ID: " + Header(answer, "x-amzn-RequestId") +
                                    "; Proxy: null)");
}

ActivityResult FunctionError(const net::HttpAnswer& answer) {
  ordered_json body = ordered_json::parse(answer.body, nullptr, false);
  std::string type = "Lambda.Unknown";
  if (body.is_object() && body.contains("errorType") && body["errorType"].is_string()) type = body["errorType"];
  // Compact, as Lambda writes it.
  return Fail(type, body.is_discarded() ? answer.body : body.dump());
}

std::string Envelope(const net::HttpAnswer& answer, const std::string& payload_json) {
  ordered_json headers = ordered_json::object();
  ordered_json all = ordered_json::object();
  for (const auto& [name, value] : answer.headers) {
    headers[name] = value;
    all[name].push_back(value);
  }
  ordered_json envelope;
  std::string version = Header(answer, "X-Amz-Executed-Version");
  if (!version.empty()) envelope["ExecutedVersion"] = version;
  std::string log = Header(answer, "X-Amz-Log-Result");
  if (!log.empty()) envelope["LogResult"] = log;
  envelope["Payload"] = ordered_json::parse(payload_json);
  envelope["SdkHttpMetadata"] = {{"AllHttpHeaders", all}, {"HttpHeaders", headers}, {"HttpStatusCode", answer.status}};
  envelope["SdkResponseMetadata"] = {{"RequestId", Header(answer, "x-amzn-RequestId")}};
  envelope["StatusCode"] = answer.status;
  return envelope.dump();
}

ActivityResult Invoke(net::HttpClient& client, const std::string& endpoint, worker::TaskContext& task) {
  Invocation invocation = Read(task);
  if (invocation.function.empty()) {
    return Fail("States.Runtime", "expected a member 'FunctionName' that names a Lambda function");
  }
  net::HttpCall call;
  call.url = endpoint + "/2015-03-31/functions/" + UrlEncode(invocation.function) + "/invocations";
  if (!invocation.qualifier.empty()) call.url += "?Qualifier=" + UrlEncode(invocation.qualifier);
  call.headers = {{"Content-Type", "application/json"}, {"X-Amz-Invocation-Type", invocation.type}};
  if (!invocation.client_context.empty()) call.headers.push_back({"X-Amz-Client-Context", invocation.client_context});
  call.body = invocation.payload;
  call.timeout = std::chrono::minutes(15);  // Lambda's own limit
  call.is_cancelled = [&task] { return task.cancelled(); };
  absl::StatusOr<net::HttpAnswer> answer = client.Send(call);
  if (!answer.ok()) {
    return Fail("Lambda.SdkClientException",
                "Unable to execute HTTP request: " + std::string(answer.status().message()));
  }
  if (answer->status >= 300) return ApiError(*answer);
  if (!Header(*answer, "X-Amz-Function-Error").empty()) return FunctionError(*answer);
  std::string payload = answer->body;
  if (payload.empty()) payload = "\"\"";
  if (!ordered_json::accept(payload))
    payload = ordered_json(payload).dump(-1, ' ', false, ordered_json::error_handler_t::replace);
  return ActivityOutput{invocation.optimised ? Envelope(*answer, payload) : payload};
}

}  // namespace

void RegisterEndpoint(worker::Registry& registry, const std::string& endpoint) {
  auto client = std::make_shared<net::HttpClient>();
  std::string base = endpoint;
  while (base.ends_with('/')) base.pop_back();
  registry.Add({.name = "lambda:invoke", .restartable = false},
               [client, base](worker::TaskContext& task) { return Invoke(*client, base, task); });
}

}  // namespace pawl::lambda
