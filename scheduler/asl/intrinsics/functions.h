// What each of the 18 functions does with the values of its arguments. Internal to this folder.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "scheduler/asl/intrinsics/call.h"

namespace pawl::asl::intrinsics {

// `values` has as many entries as the function's signature allows. INVALID_ARGUMENT with the reason alone; the caller
// says which function failed. For States.Format `values[0]` is the template with its backslashes.
absl::StatusOr<json::Value> Apply(Function function, std::span<const json::Value> values, base::Random& random);

// States.Array...
absl::StatusOr<json::Value> ApplyToArrays(Function function, std::span<const json::Value> values);

// "a string", "an array", "null": for the texts of errors.
std::string WithArticle(const json::Value& value);

// The nearest whole number as java.lang.Math.round finds it: halves go up, so -1.5 gives -1.
absl::StatusOr<int64_t> RoundedInteger(const json::Value& value, std::string_view what);

// How Java prints a value into a string: {a=1, b=[x, null]}, strings without quotes.
std::string JavaText(const json::Value& value);

}  // namespace pawl::asl::intrinsics
