// Text to syntax tree. Internal to this folder.
#pragma once

#include <memory>
#include <string_view>

#include "absl/status/statusor.h"
#include "scheduler/asl/jsonpath/syntax.h"

namespace pawl::asl::jsonpath {

// Filters inside filters, parentheses and negations: how deep they may nest together.
inline constexpr int kFilterNestingMax = 32;
inline constexpr size_t kPathTokensMax = 1000;

// INVALID_ARGUMENT with the position (in bytes, from 1) and what was expected.
absl::StatusOr<std::shared_ptr<const ParsedPath>> ParsePath(std::string_view text);

}  // namespace pawl::asl::jsonpath
