#include "shared/base/random.h"

#include "shared/base/ids.h"

namespace pawl::base {

std::string RandomUuid(Random& random) {
  std::array<uint8_t, 16> bytes{};
  for (int half = 0; half < 2; ++half) {
    uint64_t bits = random.NextUint64();
    for (int i = 0; i < 8; ++i) bytes[half * 8 + i] = static_cast<uint8_t>(bits >> (8 * i));
  }
  bytes[6] = static_cast<uint8_t>((bytes[6] & 0x0f) | 0x40);
  bytes[8] = static_cast<uint8_t>((bytes[8] & 0x3f) | 0x80);
  return EntityId(bytes).ToString();
}

}  // namespace pawl::base
