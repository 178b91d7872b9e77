// Reads the members of a request and checks them as AWS's service model says, collecting what is wrong:
//
//   Fields fields(body);
//   std::string arn = fields.Text("stateMachineArn", {.required = true, .length_min = 1, .length_max = 256});
//   if (auto error = fields.error()) ...
//
// A member that is null counts as absent. A member of the wrong type is a SerializationException; the others are one
// ValidationException that lists every violated constraint in AWS's words.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scheduler/api/aws/errors.h"

namespace pawl::api::aws {

struct TextRule {
  bool required = false;
  size_t length_min = 0;
  size_t length_max = SIZE_MAX;  // in characters
};

class Fields {
 public:
  // Texts are moved out of `body`, which must be an object and outlive this.
  explicit Fields(nlohmann::json& body);
  // The members of an object inside another: what is wrong goes to `outer`, which outlives this, under `path` ("mock",
  // "tags.1.member").
  Fields(nlohmann::json& body, Fields& outer, std::string path);

  std::string Text(const char* name, const TextRule& rule);
  std::optional<std::string> OptionalText(const char* name, const TextRule& rule);
  std::optional<int64_t> Integer(const char* name, int64_t min, int64_t max);
  bool Flag(const char* name, bool otherwise);
  // One of `values`, or `otherwise` where absent.
  std::string Choice(const char* name, std::initializer_list<const char*> values, const char* otherwise);
  // The member, if it is there and an object (an array).
  nlohmann::json* Object(const char* name);
  nlohmann::json* Array(const char* name);
  bool Has(const char* name);

  // Adds a violation found elsewhere: `value` (already quoted, or "null") at `path` must satisfy `constraint`.
  // `path` is that inside these members.
  void Violate(const std::string& value, const std::string& path, const std::string& constraint);

  // Adds a text among others that ought to be a text and is `found`.
  void RefuseText(const nlohmann::json& found) { WrongType(found, "a String"); }

  // Of the outermost members alone: those inside have handed on theirs.
  std::optional<AwsError> error() const;

 private:
  nlohmann::json* Find(const char* name);
  void WrongType(const nlohmann::json& found, const char* expected);
  void Unexpected(const std::string& path, const char* expected);
  void CheckLength(const std::string& text, const char* name, const TextRule& rule);

  nlohmann::json& body_;
  Fields* outer_ = nullptr;
  std::string path_;        // where these members are, with a dot behind it
  std::string wrong_type_;  // the first
  std::vector<std::string> violations_;
};

// Characters of UTF-8 text.
size_t CountCharacters(std::string_view text);

}  // namespace pawl::api::aws
