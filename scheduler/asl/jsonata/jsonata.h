// JSONata, natively: the language of the jsonata package 2.x, with Step Functions' additions and limits.
//
// Compile once, evaluate often. Pure: time and chance come in by Environment. Every evaluation is bounded by Limits and
// ends in an Error, never in a crash or a hang. Thread rule: an Expression is immutable and may be shared.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "shared/base/clock.h"
#include "shared/base/random.h"
#include "shared/json/value.h"

namespace pawl::asl::jsonata {

// The language's own codes ("S0201", "T2001", "D3030" ...); position is the offset in the expression in characters.
// Limits end in "D1011" (depth), "D1012" (steps or time) and "D1013" (memory).
struct Error {
  std::string code;
  std::string message;
  size_t position = 0;
  std::string token;
};

enum class Version { k2_2, k2_0_6 };  // 2.0.6 is AWS's: no `??` and `?:`

struct Dialect {
  Version version = Version::k2_2;
  // Step Functions: $partition, $range, $hash, $random, $uuid, $parse are there, $eval is not; top-level `$`, `$$` and
  // unqualified names are refused at compile time.
  bool step_functions = false;
};

struct Limits {
  int depth_max = 500;             // nested evaluations
  int64_t steps_max = 50'000'000;  // evaluated nodes
  size_t bytes_max = 64 << 20;     // of values alive at once, estimated
};

struct Environment {
  // Variables by name without `$`.
  std::vector<std::pair<std::string, json::Value>> bindings;
  base::WallTime now;
  base::Random* random = nullptr;  // required where the expression may call $random or $uuid
  Limits limits;
};

// Undefined ("nothing") is an empty optional; functions and regular expressions as results are told apart, because
// Step Functions refuses them by name.
struct Unsupported {
  std::string kind;  // "function" or "regex"
};
using Result = std::variant<std::optional<json::Value>, Unsupported, Error>;

class Expression {
 public:
  static std::variant<Expression, Error> Compile(std::string_view text, const Dialect& dialect = {});
  // `input` absent is JSONata's undefined.
  Result Evaluate(const std::optional<json::Value>& input, const Environment& environment) const;
  const std::string& text() const;
  // Names of the free variables used ($x), without `$`, in order of first use; for variableReferences.
  const std::vector<std::string>& free_variables() const;

  struct Program;  // internal

 private:
  explicit Expression(std::shared_ptr<const Program> program);
  std::shared_ptr<const Program> program_;
};

}  // namespace pawl::asl::jsonata
