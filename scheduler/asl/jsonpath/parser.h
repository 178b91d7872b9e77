// Text to syntax tree. Internal to this folder.
#pragma once

#include <memory>
#include <string_view>

#include "absl/status/statusor.h"
#include "scheduler/asl/jsonpath/syntax.h"

namespace pawl::asl::jsonpath {

// Pawl's own bounds, so that neither parsing nor walking exhausts the stack (issue 5: deeply nested input ends in a
// clear error). Filters inside filters, parentheses and negations: how deep they may nest together.
inline constexpr int kFilterNestingMax = 32;
inline constexpr size_t kPathTokensMax = 1000;

// INVALID_ARGUMENT with the position (in bytes, from 1) and what was expected. The texts are Pawl's own, for people:
// the validator puts AWS's "must be a valid JSONPath" in their place. What is refused: ../shared/suites/jsonpath.
absl::StatusOr<std::shared_ptr<const ParsedPath>> ParsePath(std::string_view text);

}  // namespace pawl::asl::jsonpath
