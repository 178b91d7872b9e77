#include "worker/activities/common/fields.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "nlohmann/json.hpp"

namespace pawl::activities {
namespace {

std::string Shown(const nlohmann::json& value) {
  std::string text = value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  if (text.size() > 80) text = text.substr(0, 77) + "...";
  return text;
}

}  // namespace

Fields::Fields(const nlohmann::json& value, std::string where) : value_(value), where_(std::move(where)) {
  if (!value_.is_object()) problem_ = absl::StrCat("expected an object, found ", Shown(value_));
}

void Fields::Refuse(const std::string& problem) {
  if (problem_.empty()) problem_ = problem;
}

void Fields::Expected(const std::string& name, const std::string& what, const nlohmann::json& found) {
  Refuse(absl::StrCat("expected '", name, "' to be ", what, ", found ", Shown(found)));
}

const nlohmann::json* Fields::Find(const std::string& name) {
  known_.insert(name);
  if (!value_.is_object()) return nullptr;
  auto found = value_.find(name);
  return found == value_.end() || found->is_null() ? nullptr : &*found;
}

const nlohmann::json* Fields::Object(const std::string& name) {
  const nlohmann::json* found = Find(name);
  if (found == nullptr || found->is_object()) return found;
  Expected(name, "an object", *found);
  return nullptr;
}

const nlohmann::json* Fields::Array(const std::string& name) {
  const nlohmann::json* found = Find(name);
  if (found == nullptr || found->is_array()) return found;
  Expected(name, "an array", *found);
  return nullptr;
}

std::string Fields::RequiredString(const std::string& name) {
  const std::string text = String(name);
  if (text.empty()) Refuse(absl::StrCat("expected a member '", name, "' (a string that is not empty)"));
  return text;
}

std::string Fields::String(const std::string& name, const std::string& fallback) {
  const nlohmann::json* found = Find(name);
  if (found == nullptr) return fallback;
  if (found->is_string()) return found->get<std::string>();
  Expected(name, "a string", *found);
  return fallback;
}

int64_t Fields::Integer(const std::string& name, int64_t fallback, int64_t min, int64_t max) {
  const nlohmann::json* found = Find(name);
  if (found == nullptr) return fallback;
  // 2^53: above it a float names no single whole number, and far above it the conversion is undefined.
  constexpr double kExact = 9'007'199'254'740'992;
  const double as_double = found->is_number() ? found->get<double>() : 0;
  const bool whole = found->is_number_integer() ||
                     (found->is_number_float() && std::abs(as_double) <= kExact && as_double == std::trunc(as_double));
  if (whole) {
    const int64_t number = found->get<int64_t>();
    if (number >= min && number <= max) return number;
  }
  Expected(name, absl::StrCat("a whole number from ", min, " to ", max), *found);
  return fallback;
}

double Fields::Number(const std::string& name, double fallback, double min, double max) {
  const nlohmann::json* found = Find(name);
  if (found == nullptr) return fallback;
  if (found->is_number()) {
    const double number = found->get<double>();
    if (number >= min && number <= max) return number;
  }
  Expected(name, absl::StrCat("a number from ", min, " to ", max), *found);
  return fallback;
}

std::optional<double> Fields::OptionalNumber(const std::string& name) {
  const nlohmann::json* found = Find(name);
  if (found == nullptr) return std::nullopt;
  if (found->is_number()) return found->get<double>();
  Expected(name, "a number", *found);
  return std::nullopt;
}

bool Fields::Bool(const std::string& name, bool fallback) {
  const nlohmann::json* found = Find(name);
  if (found == nullptr) return fallback;
  if (found->is_boolean()) return found->get<bool>();
  Expected(name, "true or false", *found);
  return fallback;
}

std::vector<std::string> Fields::Strings(const std::string& name) {
  std::vector<std::string> texts;
  const nlohmann::json* found = Array(name);
  if (found == nullptr) return texts;
  for (const nlohmann::json& item : *found) {
    if (!item.is_string()) {
      Expected(name, "an array of strings", *found);
      return {};
    }
    texts.push_back(item.get<std::string>());
  }
  return texts;
}

std::string Fields::Choice(const std::string& name, const std::string& fallback,
                           const std::vector<std::string>& allowed) {
  std::string text = String(name, fallback);
  if (std::find(allowed.begin(), allowed.end(), text) != allowed.end()) return text;
  Refuse(absl::StrCat("expected '", name, "' to be one of ", absl::StrJoin(allowed, ", "), ", found '", text, "'"));
  return fallback;
}

absl::Status Fields::Finish() const {
  if (problem_.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(where_, ": ", problem_));
}

absl::Status Fields::FinishStrict() const {
  absl::Status status = Finish();
  if (!status.ok()) return status;
  for (const auto& [name, unused] : value_.items()) {
    if (!known_.contains(name)) {
      return absl::InvalidArgumentError(
          absl::StrCat(where_, ": unknown member '", name, "'; known are ", absl::StrJoin(known_, ", ")));
    }
  }
  return absl::OkStatus();
}

}  // namespace pawl::activities
