// The files of shapes/ as text. Internal to scheduler/asl/test_state.
#pragma once

#include <string_view>

namespace pawl::asl {

// Of that service; empty where there is no such file.
std::string_view ShapeFile(std::string_view service);

}  // namespace pawl::asl
