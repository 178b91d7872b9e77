// For this folder's tests: one call from expression and input to the result as text.
#pragma once

#include <string>
#include <string_view>

#include "scheduler/asl/jsonata/jsonata.h"

namespace pawl::asl::jsonata {

struct RunOptions {
  Dialect dialect;
  Limits limits;
  int64_t now_ms = 1'700'000'000'000;
  std::vector<std::pair<std::string, json::Value>> bindings;
};

// The result as JSON text, "undefined", the kind of an unsupported result, or "CODE@position" of an error.
inline std::string Evaluated(std::string_view expression, std::string_view input = "null",
                             const RunOptions& options = {}) {
  auto compiled = Expression::Compile(expression, options.dialect);
  auto show = [](const Error& error) { return error.code + "@" + std::to_string(error.position); };
  if (const Error* error = std::get_if<Error>(&compiled)) return show(*error);
  base::SeededRandom random(1);
  Environment environment;
  environment.bindings = options.bindings;
  environment.now = base::WallTime(std::chrono::milliseconds(options.now_ms));
  environment.random = &random;
  environment.limits = options.limits;
  Result result = std::get<Expression>(compiled).Evaluate(json::Parse(input).value(), environment);
  if (const Error* error = std::get_if<Error>(&result)) return show(*error);
  if (const auto* unsupported = std::get_if<Unsupported>(&result)) return unsupported->kind;
  const auto& value = std::get<std::optional<json::Value>>(result);
  return value ? json::Serialize(*value) : "undefined";
}

// Of an error the message, otherwise "".
inline std::string MessageOf(std::string_view expression, const Dialect& dialect = {}) {
  auto compiled = Expression::Compile(expression, dialect);
  if (const Error* error = std::get_if<Error>(&compiled)) return error->message;
  Environment environment;
  Result result = std::get<Expression>(compiled).Evaluate(std::nullopt, environment);
  const Error* error = std::get_if<Error>(&result);
  return error == nullptr ? "" : error->message;
}

}  // namespace pawl::asl::jsonata
