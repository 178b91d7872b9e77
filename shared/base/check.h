// CHECK(condition, "why this cannot be"): a broken invariant is a bug, so the process stops, in release builds too.
// The partition then moves to another owner and the log is intact. Never reachable from user input.
#pragma once

namespace pawl::base {
[[noreturn]] void CheckFailed(const char* condition, const char* why, const char* file, int line);
}  // namespace pawl::base

#define PAWL_CHECK(condition, why)                                      \
  do {                                                                  \
    if (!(condition)) [[unlikely]] {                                    \
      ::pawl::base::CheckFailed(#condition, (why), __FILE__, __LINE__); \
    }                                                                   \
  } while (false)
