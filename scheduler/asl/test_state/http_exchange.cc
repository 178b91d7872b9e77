#include "scheduler/asl/test_state/http_exchange.h"

#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace pawl::asl {

using json::Value;

namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

// RFC 3986: everything but the unreserved characters.
std::string PercentEncoded(std::string_view text) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '.' || c == '_' || c == '~';
    if (plain) {
      encoded += c;
    } else {
      encoded += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return encoded;
}

std::string Plain(const Value& value) { return value.is_string() ? value.as_string() : json::Serialize(value); }

const Value* Member(const Value& object, std::string_view key) {
  return object.is_object() ? object.Find(key) : nullptr;
}

std::string TextAt(const Value& object, std::string_view key) {
  const Value* found = Member(object, key);
  return found != nullptr && !found->is_null() ? Plain(*found) : "";
}

// How the values of an array are told apart: Transform.RequestEncodingOptions.ArrayFormat (STEP_FUNCTIONS.md 3, http).
void AppendArray(const std::string& key, const Value& array, const std::string& format, Pairs& pairs) {
  std::string joined;
  for (size_t i = 0; i < array.size(); ++i) {
    const std::string text = Plain(array.items()[i]);
    if (format == "COMMAS") {
      absl::StrAppend(&joined, i > 0 ? "," : "", text);
    } else if (format == "BRACKETS") {
      pairs.emplace_back(key + "[]", text);
    } else if (format == "REPEAT") {
      pairs.emplace_back(key, text);
    } else {
      pairs.emplace_back(absl::StrCat(key, "[", i, "]"), text);
    }
  }
  if (format == "COMMAS") pairs.emplace_back(key, joined);
}

std::string FormEncoded(const Value& object, const std::string& array_format) {
  if (!object.is_object()) return Plain(object);
  Pairs pairs;
  for (const json::Member& member : object.members()) {
    if (member.value.is_array()) {
      AppendArray(member.key, member.value, array_format, pairs);
    } else {
      pairs.emplace_back(member.key, Plain(member.value));
    }
  }
  std::string text;
  for (const auto& [key, value] : pairs) {
    absl::StrAppend(&text, text.empty() ? "" : "&", PercentEncoded(key), "=", PercentEncoded(value));
  }
  return text;
}

std::string BodyOf(const Value& arguments) {
  const Value* body = Member(arguments, "RequestBody");
  if (body == nullptr) return "";
  const Value* transform = Member(arguments, "Transform");
  if (transform == nullptr || TextAt(*transform, "RequestBodyEncoding") != "URL_ENCODED") return Plain(*body);
  const Value* options = Member(*transform, "RequestEncodingOptions");
  return FormEncoded(*body, options != nullptr ? TextAt(*options, "ArrayFormat") : "");
}

// "[name: value, name: value]", as the documentation of TestState shows headers.
std::string HeadersText(const Pairs& headers) {
  std::string text = "[";
  for (const auto& [name, value] : headers) absl::StrAppend(&text, text.size() > 1 ? ", " : "", name, ": ", value);
  return text + "]";
}

Pairs HeadersOf(const Value& object) {
  Pairs headers;
  const Value* found = Member(object, "Headers");
  if (found == nullptr || !found->is_object()) return headers;
  for (const json::Member& header : found->members()) {
    std::string value = header.value.is_array() ? "" : Plain(header.value);
    if (header.value.is_array()) {
      for (const Value& item : header.value.items()) absl::StrAppend(&value, value.empty() ? "" : ", ", Plain(item));
    }
    headers.emplace_back(header.key, std::move(value));
  }
  return headers;
}

}  // namespace

bool IsHttpTask(const std::string& resource) { return resource.ends_with(":states:::http:invoke"); }

std::optional<TestStateAnswer::HttpRequest> HttpRequestOf(const Value& arguments, const std::string& region) {
  TestStateAnswer::HttpRequest request;
  request.url = TextAt(arguments, "ApiEndpoint");
  request.method = TextAt(arguments, "Method");
  if (request.url.empty() || request.method.empty()) return std::nullopt;
  const size_t scheme = request.url.find("://");
  request.protocol = scheme == std::string::npos ? "https" : request.url.substr(0, scheme);
  if (const Value* query = Member(arguments, "QueryParameters"); query != nullptr) {
    const std::string text = FormEncoded(*query, "REPEAT");
    if (!text.empty()) absl::StrAppend(&request.url, request.url.find('?') == std::string::npos ? "?" : "&", text);
  }
  Pairs headers = HeadersOf(arguments);
  // Step Functions sets these two itself (documentation of HTTP Tasks).
  headers.emplace_back("User-Agent", "Amazon|StepFunctions|HttpInvoke|" + region);
  headers.emplace_back("Range", "bytes=0-262144");
  request.headers = HeadersText(headers);
  request.body = BodyOf(arguments);
  return request;
}

std::optional<TestStateAnswer::HttpResponse> HttpResponseOf(const Value& result, const std::string& protocol) {
  TestStateAnswer::HttpResponse response;
  response.status_code = TextAt(result, "StatusCode");
  if (response.status_code.empty()) return std::nullopt;
  response.protocol = protocol;
  response.status_message = TextAt(result, "StatusText");
  response.headers = HeadersText(HeadersOf(result));
  response.body = TextAt(result, "ResponseBody");
  return response;
}

}  // namespace pawl::asl
