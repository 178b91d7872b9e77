#include "shared/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace pawl::base {

void CheckFailed(const char* condition, const char* why, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: broken invariant (%s): %s\n", file, line, condition, why);
  std::fflush(stderr);
  std::abort();
}

}  // namespace pawl::base
