// From values to JSON: the text of $string, the text in error messages, and the result of an evaluation.
#pragma once

#include <optional>
#include <string>

#include "scheduler/asl/jsonata/value.h"
#include "shared/json/value.h"

namespace pawl::asl::jsonata {

// Nesting at which walks over values stop with D1011: a bound of Pawl's own (issue 5), like JSON's in shared/json.
constexpr int kValueDepthMax = 1000;

struct StringifyOptions {
  bool pretty = false;               // two spaces per level
  bool round_whole_numbers = false;  // 2.0.6 rounds whole numbers to 15 digits too
  bool js_order = true;
};

// $string: JSON text, numbers with 15 significant digits, functions as empty strings. Throws D1001, D1011, D1013,
// D3001.
std::string Stringify(const Value& value, const StringifyOptions& options);

// As JSON.stringify for error messages, shortened when long; nothing where the value has no JSON text. Never throws.
std::optional<std::string> DescribeValue(const Value& value);

// The result of an evaluation. Inputs pass through unchanged.
//
// `strict` (Step Functions): throws D1001 for numbers that JSON has not, and UnsupportedResult for a function anywhere.
// Otherwise those become what JSON.stringify makes of them, null or an absent member; only a function as the whole
// result is refused.
struct UnsupportedResult {
  const char* kind;  // "function" or "regex"
};
struct ResultOptions {
  bool strict = false;
  bool js_order = true;
};
json::Value ToJson(const Value& value, const ResultOptions& options);

}  // namespace pawl::asl::jsonata
