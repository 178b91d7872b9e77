// Step Functions' error names for refusals of the Gateway, which all front ends use: one table from reasons.
#pragma once

#include <string_view>

#include "absl/status/status.h"

namespace pawl::api {

// "ExecutionDoesNotExist"; a status without a reason falls back on its canonical code. `status` is not OK.
std::string_view ErrorNameOf(const absl::Status& status);

}  // namespace pawl::api
