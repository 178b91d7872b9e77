// TCP ports on the loopback interface.
#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace pawl::dev {

// `wanted`, if nobody listens on it; a free one where it is 0. The error names the flag that chooses another. The port
// is not held: whoever is to listen on it does so soon.
absl::StatusOr<int> PickPort(int wanted, const std::string& flag);

}  // namespace pawl::dev
