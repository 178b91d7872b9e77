// Errors inside the JSONata module. They travel as C++ exceptions between parser, evaluator and functions, because
// every step of an evaluation can fail, and become a jsonata::Error at the module's edge (jsonata.cc); none leaves the
// module.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "scheduler/asl/jsonata/jsonata.h"

namespace pawl::asl::jsonata {

// An error under way. The fields named like the placeholders of the message templates fill those.
struct Failure {
  std::string code;
  size_t position = 0;  // 0 is "not known yet": positions are ends of tokens
  std::optional<std::string> token;
  bool token_is_literal = false;      // a number, true, false or null: shown without quotes
  std::optional<std::string> value;   // as JSON text; nothing where the value has none
  std::optional<std::string> value2;  // as JSON text
  std::string message;                // for D3137 and D3141
  std::string function_name;
  std::string exponent;
  std::string type;
  int index = 0;

  explicit Failure(std::string_view error_code, size_t at = 0) : code(error_code), position(at) {}
  Failure& At(size_t at) {
    position = at;
    return *this;
  }
  Failure& Token(std::string_view text) {
    token = std::string(text);
    return *this;
  }
  Failure& Json(std::string text) {
    value = std::move(text);
    return *this;
  }
  Failure& Text(std::string_view text);  // value = the text as a JSON string
  Failure& Index(int argument) {
    index = argument;
    return *this;
  }
};

// The error as users see it: the message template of the code, filled.
Error ToError(const Failure& failure);

}  // namespace pawl::asl::jsonata
