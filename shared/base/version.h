// The version of this build, as CMakeLists.txt and the chart state it: "0.1.0". Any thread.
#pragma once

#include <string_view>

namespace pawl::base {

std::string_view Version();

}  // namespace pawl::base
