#include "scheduler/asl/test_state/response_shapes.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "scheduler/asl/test_state/shape_files.h"

namespace pawl::asl {

using json::Value;

namespace {

// Other names under which Step Functions knows a service.
struct Alias {
  std::string_view name;
  std::string_view file;
};
constexpr Alias kAliases[] = {
    {"sfn", "states"},
    {"eventbridge", "events"},
    {"emr", "elasticmapreduce"},
    {"emrcontainers", "emr-containers"},
    {"emrserverless", "emr-serverless"},
};

// Of a job that is waited for, the mock is what the service says about the finished job.
struct Polling {
  std::string_view service;
  std::string_view action;
  std::string_view describes;
};
constexpr Polling kPolling[] = {
    {"states", "startExecution", "describeExecution"},
    {"sagemaker", "createTrainingJob", "describeTrainingJob"},
    {"sagemaker", "createTransformJob", "describeTransformJob"},
    {"sagemaker", "createProcessingJob", "describeProcessingJob"},
    {"sagemaker", "createHyperParameterTuningJob", "describeHyperParameterTuningJob"},
    {"sagemaker", "createLabelingJob", "describeLabelingJob"},
    {"athena", "startQueryExecution", "getQueryExecution"},
};

struct Call {
  std::string_view service;
  std::string_view action;
};

// What of the service answers with the mocked result; nothing where that is not known, or anybody's word (a token's
// holder answers what it likes).
std::optional<Call> CallOf(std::string_view resource) {
  constexpr std::string_view kPrefix = "arn:aws:states:::";
  constexpr std::string_view kSdk = "aws-sdk:";
  if (!resource.starts_with(kPrefix)) return std::nullopt;
  resource.remove_prefix(kPrefix.size());
  if (resource.ends_with(".waitForTaskToken")) return std::nullopt;
  if (resource.starts_with(kSdk)) resource.remove_prefix(kSdk.size());
  const size_t colon = resource.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  Call call{resource.substr(0, colon), resource.substr(colon + 1)};
  for (const Alias& alias : kAliases) {
    if (call.service == alias.name) call.service = alias.file;
  }
  const size_t sync = call.action.find(".sync");
  if (sync == std::string_view::npos) return call;
  call.action = call.action.substr(0, sync);
  const auto* polling = std::find_if(std::begin(kPolling), std::end(kPolling), [&](const Polling& one) {
    return one.service == call.service && one.action == call.action;
  });
  if (polling == std::end(kPolling)) return std::nullopt;
  call.action = polling->describes;
  return call;
}

// What Step Functions parses on the way, so that it may be any JSON although the service's own answer is text.
bool IsParsed(const Call& call, std::string_view member) {
  return (call.service == "lambda" && call.action == "invoke" && member == "Payload") ||
         (call.service == "states" && call.action == "describeExecution" && (member == "Output" || member == "Input"));
}

class Checker {
 public:
  Checker(const Value& shapes, bool strict) : shapes_(shapes), strict_(strict) {}

  // `field`: the name of the member that holds `value`. Recursion is bounded by the value's nesting, which the parser
  // bounds: each step into a shape goes with a step into the value, except through names, which do not chain.
  std::string Explain(const Value& value, const Value& shape, std::string_view field) const {
    if (shape.is_string()) return ExplainNamed(value, shape.as_string(), field);
    if (!shape.is_object()) return "";
    if (const Value* members = shape.Find("o")) return ExplainObject(value, *members, shape.Find("r"), field);
    if (const Value* item = shape.Find("l")) {
      if (!value.is_array()) return MustBe(field, "an array");
      for (const Value& one : value.items()) {
        if (std::string why = Explain(one, *item, field); !why.empty()) return why;
      }
      return "";
    }
    if (const Value* item = shape.Find("m")) {
      if (!value.is_object()) return MustBe(field, "an object");
      for (const json::Member& member : value.members()) {
        if (std::string why = Explain(member.value, *item, field); !why.empty()) return why;
      }
      return "";
    }
    return ExplainBounded(value, shape, field);
  }

 private:
  static std::string MustBe(std::string_view field, std::string_view what) {
    return absl::StrCat("Field '", std::string(field), "' must be ", std::string(what));
  }
  static std::string About(std::string_view field, const char* what) {
    return absl::StrCat("Field '", std::string(field), "' ", what);
  }

  std::string ExplainNamed(const Value& value, const std::string& name, std::string_view field) const {
    if (name.starts_with('*')) {
      const Value* shape = shapes_.Find(std::string_view(name).substr(1));
      return shape == nullptr ? "" : Explain(value, *shape, field);
    }
    if (name == "s" && !value.is_string()) return MustBe(field, "a string");
    if (name == "b" && !value.is_bool()) return MustBe(field, "a boolean");
    if (name == "n" && !value.is_number()) return MustBe(field, "a number");
    if (name == "i" && !value.as_int64()) return MustBe(field, "a number");
    return "";
  }

  std::string ExplainObject(const Value& value, const Value& members, const Value* required,
                            std::string_view field) const {
    if (!value.is_object()) return field.empty() ? "Mocked result must be a JSON object." : MustBe(field, "an object");
    if (strict_ && required != nullptr) {
      for (const Value& name : required->items()) {
        if (value.Find(name.as_string()) == nullptr) {
          return absl::StrCat("Required field '", name.as_string(), "' is missing");
        }
      }
    }
    for (const json::Member& member : value.members()) {
      // What the service's model does not have may come with its next version.
      const Value* shape = members.Find(member.key);
      if (shape == nullptr) continue;
      if (std::string why = Explain(member.value, *shape, member.key); !why.empty()) return why;
    }
    return "";
  }

  std::string ExplainBounded(const Value& value, const Value& shape, std::string_view field) const {
    const Value* type = shape.Find("t");
    if (type == nullptr) return "";
    if (std::string why = ExplainNamed(value, type->as_string(), field); !why.empty()) return why;
    if (const Value* allowed = shape.Find("e")) {
      const bool found = std::find(allowed->items().begin(), allowed->items().end(), value) != allowed->items().end();
      if (!found) return About(field, "is not an expected value");
    }
    const bool is_text = value.is_string();
    const double size = is_text             ? static_cast<double>(value.as_string().size())
                        : value.is_number() ? value.as_double()
                                            : 0;
    const Value* min = shape.Find("min");
    if (min != nullptr && min->is_number() && size < min->as_double()) {
      return About(field, is_text ? "is smaller than the minimum length" : "is less than the minimum value");
    }
    const Value* max = shape.Find("max");
    if (max != nullptr && max->is_number() && size > max->as_double()) {
      return About(field, is_text ? "exceeds the maximum length" : "exceeds the maximum value");
    }
    return "";
  }

  const Value& shapes_;
  const bool strict_;
};

}  // namespace

std::string ExplainInvalidResponse(std::string_view resource, const Value& response, bool strict) {
  const std::optional<Call> call = CallOf(resource);
  if (!call) return "";
  const std::string_view text = ShapeFile(call->service);
  if (text.empty()) return "";
  const absl::StatusOr<Value> file = json::Parse(text);
  if (!file.ok()) return "";
  const Value* operations = file->Find("operations");
  const Value* shapes = file->Find("shapes");
  const Value* shape = operations != nullptr ? operations->Find(call->action) : nullptr;
  if (shape == nullptr || shapes == nullptr) return "";
  Value checked = response;
  if (response.is_object()) {
    for (const json::Member& member : response.members()) {
      if (IsParsed(*call, member.key)) checked = checked.Without(member.key);
    }
  }
  return Checker(*shapes, strict).Explain(checked, *shape, "");
}

}  // namespace pawl::asl
