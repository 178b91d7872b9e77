#include "scheduler/api/aws/fields.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

namespace pawl::api::aws {
namespace {

// Values are quoted in full up to here, so that a message stays a message (recorded in full up to 3,097 characters:
// list_executions_versions_pagination).
constexpr size_t kQuotedBytesMax = 4096;

std::string Quote(const std::string& text) {
  if (text.size() <= kQuotedBytesMax) return "'" + text + "'";
  size_t end = kQuotedBytesMax;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;  // not inside a character
  return "'" + text.substr(0, end) + "...' (" + std::to_string(text.size()) + " bytes)";
}

const char* TokenName(const nlohmann::json& value) {
  if (value.is_string()) return "STRING_VALUE";
  if (value.is_boolean()) return value.get<bool>() ? "TRUE_VALUE" : "FALSE_VALUE";
  if (value.is_number_float()) return "DECIMAL_VALUE";
  return "NUMBER_VALUE";
}

}  // namespace

size_t CountCharacters(std::string_view text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

Fields::Fields(nlohmann::json& body) : body_(body) {}

Fields::Fields(nlohmann::json& body, Fields& outer, std::string path)
    : body_(body), outer_(&outer), path_(std::move(path) + ".") {}

nlohmann::json* Fields::Find(const char* name) {
  const auto found = body_.find(name);
  return found == body_.end() || found->is_null() ? nullptr : &*found;
}

bool Fields::Has(const char* name) { return Find(name) != nullptr; }

// The words of AWS's protocol library, as its users report them.
void Fields::WrongType(const nlohmann::json& found, const char* expected) {
  if (outer_ != nullptr) return outer_->WrongType(found, expected);
  if (!wrong_type_.empty()) return;
  if (found.is_object()) {
    wrong_type_ = "Start of structure or map found where not expected.";
  } else if (found.is_array()) {
    wrong_type_ = "Start of list found where not expected";
  } else {
    wrong_type_ = std::string(TokenName(found)) + " can not be converted to " + expected;
  }
}

// Recorded: sfn_api list_state_machines_pagination, sfn_api_aliasing.error_create_alias_invalid_name. A member inside
// another is "outer.inner", one of a list "tags.1.member".
void Fields::Violate(const std::string& value, const std::string& path, const std::string& constraint) {
  if (outer_ != nullptr) return outer_->Violate(value, path_ + path, constraint);
  violations_.push_back("Value " + value + " at '" + path + "' failed to satisfy constraint: " + constraint);
}

void Fields::CheckLength(const std::string& text, const char* name, const TextRule& rule) {
  const size_t characters = CountCharacters(text);
  if (characters > rule.length_max) {
    Violate(Quote(text), name, "Member must have length less than or equal to " + std::to_string(rule.length_max));
  } else if (characters < rule.length_min) {
    Violate(Quote(text), name, "Member must have length greater than or equal to " + std::to_string(rule.length_min));
  }
}

std::optional<std::string> Fields::OptionalText(const char* name, const TextRule& rule) {
  nlohmann::json* found = Find(name);
  if (found == nullptr) {
    if (rule.required) Violate("null", name, "Member must not be null");
    return std::nullopt;
  }
  if (!found->is_string()) {
    WrongType(*found, "a String");
    return std::nullopt;
  }
  std::string text = std::move(found->get_ref<std::string&>());
  CheckLength(text, name, rule);
  return text;
}

std::string Fields::Text(const char* name, const TextRule& rule) { return OptionalText(name, rule).value_or(""); }

std::optional<int64_t> Fields::Integer(const char* name, int64_t min, int64_t max) {
  const nlohmann::json* found = Find(name);
  if (found == nullptr) return std::nullopt;
  if (!found->is_number_integer()) {
    WrongType(*found, "an Integer");
    return std::nullopt;
  }
  const bool too_large = found->is_number_unsigned() && found->get<uint64_t>() > static_cast<uint64_t>(max);
  const int64_t value = too_large ? max : found->get<int64_t>();
  if (too_large || value > max) {
    Violate("'" + found->dump() + "'", name, "Member must have value less than or equal to " + std::to_string(max));
  } else if (value < min) {
    Violate("'" + found->dump() + "'", name, "Member must have value greater than or equal to " + std::to_string(min));
  }
  return value;
}

bool Fields::Flag(const char* name, bool otherwise) {
  const nlohmann::json* found = Find(name);
  if (found == nullptr) return otherwise;
  if (found->is_boolean()) return found->get<bool>();
  WrongType(*found, "a Boolean");
  return otherwise;
}

std::string Fields::Choice(const char* name, std::initializer_list<const char*> values, const char* otherwise) {
  const std::optional<std::string> text = OptionalText(name, {});
  if (!text) return otherwise;
  if (std::find(values.begin(), values.end(), *text) == values.end()) {
    std::string set;
    for (const char* value : values) set += (set.empty() ? "" : ", ") + std::string(value);
    Violate(Quote(*text), name, "Member must satisfy enum value set: [" + set + "]");
  }
  return *text;
}

void Fields::Unexpected(const std::string& path, const char* expected) {
  if (outer_ != nullptr) return outer_->Unexpected(path_ + path, expected);
  if (wrong_type_.empty()) wrong_type_ = "Unexpected value for '" + path + "': expected " + expected;
}

nlohmann::json* Fields::Object(const char* name) {
  nlohmann::json* found = Find(name);
  if (found == nullptr || found->is_object()) return found;
  Unexpected(name, "an object");
  return nullptr;
}

nlohmann::json* Fields::Array(const char* name) {
  nlohmann::json* found = Find(name);
  if (found == nullptr || found->is_array()) return found;
  Unexpected(name, "a list");
  return nullptr;
}

std::optional<AwsError> Fields::error() const {
  if (!wrong_type_.empty()) return SerializationError(wrong_type_);
  if (violations_.empty()) return std::nullopt;
  std::string message = std::to_string(violations_.size()) +
                        (violations_.size() == 1 ? " validation error detected: " : " validation errors detected: ");
  for (size_t i = 0; i < violations_.size(); ++i) message += (i == 0 ? "" : "; ") + violations_[i];
  return ValidationError(message);
}

}  // namespace pawl::api::aws
