// Chance, as the project sees it. Production seeds from the operating system (scheduler/main), tests from a seed.
#pragma once

#include <cstdint>
#include <string>

namespace pawl::base {

class Random {
 public:
  virtual ~Random() = default;
  virtual uint64_t NextUint64() = 0;
  // Uniform in [0, 1).
  double NextDouble() { return static_cast<double>(NextUint64() >> 11) * 0x1.0p-53; }
};

// SplitMix64: small, fast, and the same numbers everywhere for the same seed. Not for secrets.
class SeededRandom : public Random {
 public:
  explicit SeededRandom(uint64_t seed) : state_(seed) {}
  uint64_t NextUint64() override {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

 private:
  uint64_t state_;
};

// A version 4 UUID in lower case, drawn from `random`.
std::string RandomUuid(Random& random);

}  // namespace pawl::base
