#include "scheduler/core/binding.h"

#include <vector>

namespace pawl::core {
namespace {

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

constexpr std::string_view kTokenSuffix = ".waitForTaskToken";

}  // namespace

std::string FunctionName(std::string_view text) {
  size_t marker = text.find("function:");
  if (marker != std::string_view::npos) text.remove_prefix(marker + 9);
  return std::string(text.substr(0, text.find(':')));
}

std::string_view HandlerOfQueue(std::string_view queue) {
  constexpr std::string_view kMarker = ":activity:";
  size_t marker = queue.find(kMarker);
  return marker == std::string_view::npos ? queue : queue.substr(marker + kMarker.size());
}

std::optional<Binding> Bind(std::string_view resource, const history::Payload& arguments,
                            const BindingOptions& options) {
  // arn:PARTITION:SERVICE:REGION:ACCOUNT:REST...
  std::vector<std::string_view> parts = Split(resource, ':');
  if (parts.size() < 7 || parts[0] != "arn") return std::nullopt;
  Binding binding;
  if (parts[2] == "states" && parts[5] == "activity") {
    binding.family = history::TaskFamily::kActivity;
    binding.queue = std::string(resource);
    return binding;
  }
  if (parts[2] == "lambda" && parts[5] == "function") {
    binding.family = history::TaskFamily::kLambda;
    binding.queue = options.lambda_endpoint ? "lambda:invoke" : FunctionName(resource);
    return binding;
  }
  if (parts[2] != "states" || !parts[3].empty() || !parts[4].empty()) return std::nullopt;

  bool is_sdk = parts[5] == "aws-sdk";
  if (is_sdk && parts.size() < 8) return std::nullopt;
  binding.resource_type = is_sdk ? "aws-sdk:" + std::string(parts[6]) : std::string(parts[5]);
  size_t action_begin = static_cast<size_t>(parts[is_sdk ? 7 : 6].data() - resource.data());
  std::string_view action = resource.substr(action_begin);  // "startExecution.sync:2" has a colon of its own
  binding.action = std::string(action);
  if (action.ends_with(kTokenSuffix)) {
    binding.wait_for_token = true;
    action.remove_suffix(kTokenSuffix.size());
  }
  if (binding.resource_type == "lambda" && action == "invoke" && !options.lambda_endpoint) {
    const json::Value* name = arguments.value().Find("FunctionName");
    binding.queue = name != nullptr && name->is_string() ? FunctionName(name->as_string()) : "lambda:invoke";
  } else {
    binding.queue = binding.resource_type + ":" + std::string(action);
  }
  return binding;
}

}  // namespace pawl::core
