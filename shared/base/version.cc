#include "shared/base/version.h"

namespace pawl::base {

std::string_view Version() { return PAWL_VERSION; }

}  // namespace pawl::base
