// The linear congruential generator that java.util.Random's documentation specifies; its unsigned arithmetic is modulo
// 2^48.
#include "scheduler/asl/intrinsics/intrinsics.h"
#include "shared/base/check.h"

namespace pawl::asl::intrinsics {
namespace {
constexpr uint64_t kMultiplier = 0x5DEECE66D;
constexpr uint64_t kMask = (uint64_t{1} << 48) - 1;
}  // namespace

JavaRandom::JavaRandom(int64_t seed)
    : seed_(static_cast<int64_t>((static_cast<uint64_t>(seed) ^ kMultiplier) & kMask)) {}

int32_t JavaRandom::Next(int bits) {
  const uint64_t next = (static_cast<uint64_t>(seed_) * kMultiplier + 0xB) & kMask;
  seed_ = static_cast<int64_t>(next);
  return static_cast<int32_t>(static_cast<uint32_t>(next >> (48 - bits)));
}

double JavaRandom::NextDouble() {
  const int64_t high = static_cast<int64_t>(Next(26)) << 27;
  return static_cast<double>(high + Next(27)) * 0x1.0p-53;
}

int32_t JavaRandom::NextInt(int32_t bound) {
  PAWL_CHECK(bound > 0, "a bound is positive");
  if ((bound & (bound - 1)) == 0) {
    return static_cast<int32_t>((static_cast<int64_t>(bound) * Next(31)) >> 31);
  }
  // Refuses the incomplete last stretch of the 31-bit range, where the sum would overflow 31 bits.
  while (true) {
    const int64_t bits = Next(31);
    const int64_t value = bits % bound;
    if (bits - value + (bound - 1) <= INT32_MAX) return static_cast<int32_t>(value);
  }
}

}  // namespace pawl::asl::intrinsics
