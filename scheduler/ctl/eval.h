// Evaluates one expression of the language on its own: what `pawl eval` does with each case.
//
// JSONata is plain JSONata 2.2 here (top-level `$` and names allowed, no `$states`), JSONPath is Jayway's, an intrinsic
// function is one invocation such as States.Format('{}', $.a). Pure; no case crashes, hangs or eats the memory: it ends
// in an error (scheduler/asl/jsonata/jsonata.h, Limits).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "shared/base/clock.h"
#include "shared/base/random.h"
#include "shared/base/sanitizer.h"
#include "shared/json/value.h"

namespace pawl::ctl {

enum class EvalLanguage { kJsonata, kJsonPath, kIntrinsic };

struct EvalCase {
  std::string expression;
  std::optional<json::Value> input;  // absent is JSONata's undefined, and null to the other two
  // Variables by name without `$`. For JSONPath and intrinsics `$name.a` reads them, and the one named "$" is the
  // context object, which `$$.a` reads.
  std::vector<std::pair<std::string, json::Value>> bindings;
  std::optional<int64_t> time_limit_ms;  // JSONata only
  std::optional<int64_t> depth_max;      // JSONata only
};

struct EvalError {
  // JSONata's own code ("T2001"); InvalidPathException or PathNotFoundException, as Jayway names them; or
  // States.IntrinsicFailure. A case's own time_limit_ms or depth_max ends in U1001, as in JSONata's test suite, the
  // limits of this command in D1011 (depth), D1012 (steps) and D1013 (memory).
  std::string code;
  std::string message;
  std::optional<int64_t> position;  // in characters; absent where the error has no place
};

struct EvalOutcome {
  std::optional<json::Value> result;  // neither result nor error: undefined, or a function
  std::optional<EvalError> error;
  std::optional<bool> definite;  // JSONPath, where the path could be read
};

EvalOutcome Evaluate(EvalLanguage language, const EvalCase& one, base::WallTime now, base::Random& random);

// The stack that Evaluate may need: the thread that calls it must have as much.
inline constexpr size_t kEvalStackBytes = size_t{base::kAddressSanitizer ? 8 : 1} << 30;

}  // namespace pawl::ctl
