// What a build is instrumented with, for the few places where memory is laid out another way then. Any thread.
#pragma once

namespace pawl::base {

// Built with AddressSanitizer: every allocation is watched on its own, and frames on the stack are several times
// larger.
#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool kAddressSanitizer = true;
#elif defined(__has_feature)
inline constexpr bool kAddressSanitizer = __has_feature(address_sanitizer);
#else
inline constexpr bool kAddressSanitizer = false;
#endif

}  // namespace pawl::base
