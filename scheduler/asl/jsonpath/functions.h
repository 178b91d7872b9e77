// The functions at the end of a path: $.numbers.sum(), $.list.length(). Internal to this folder.
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "scheduler/asl/jsonpath/syntax.h"

namespace pawl::asl::jsonpath {

// INVALID_ARGUMENT where an aggregation meets no number, or a position lies outside the array.
absl::StatusOr<json::Value> ApplyFunction(Function function, const json::Value& value,
                                          const std::vector<json::Value>& arguments);

}  // namespace pawl::asl::jsonpath
