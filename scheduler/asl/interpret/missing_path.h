// Why a path found nothing, in the words of Jayway JsonPath, which AWS passes on.
#pragma once

#include <string>

#include "scheduler/asl/jsonpath/jsonpath.h"
#include "shared/json/value.h"

namespace pawl::asl {

// "No results for path: $['a']" where the last step leads nowhere, "Missing property in path $['a']" where an earlier
// one does (both recorded: invalid_jsonpath_*, catch_states_runtime). `root` may be null: an unknown variable.
std::string ExplainMissingPath(const jsonpath::Path& path, const json::Value* root);

}  // namespace pawl::asl
