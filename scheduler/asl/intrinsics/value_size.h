// How large a value's text would be, without writing it. Values share their parts, so a few bytes of definition can
// name a value whose text fills any memory: States.Array($, $, $ ...). Pure.
#pragma once

#include <cstddef>
#include <optional>

#include "shared/json/value.h"

namespace pawl::asl::intrinsics {

// A bound of Pawl's own, far above every payload limit (STEP_FUNCTIONS.md 2.11): what is larger is never written out.
inline constexpr size_t kValueBytesMax = size_t{64} << 20;

// Bytes of the value's JSON text, numbers and escapes counted short; nothing where they are more than `bytes_max`. The
// work is bounded by `bytes_max`, too.
std::optional<size_t> SizeWithin(const json::Value& value, size_t bytes_max = kValueBytesMax);

}  // namespace pawl::asl::intrinsics
