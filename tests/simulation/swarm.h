// What the swarms of both simulators have in common: seeds that nobody has run before, and those that ever failed.
//
//   SIM_FROM=n, SIM_RUNS=n   fresh seeds from there (default: of the clock's day), so many
//   SIM_SEED=n               the one seed
//   SIM_PLANTED=1            (planted_defects.cmake) the first finding is enough
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>

#include "gtest/gtest.h"
#include "shared/base/sanitizer.h"

namespace pawl::simulation {

inline uint64_t FromEnvironment(const char* name, uint64_t otherwise) {
  const char* value = std::getenv(name);
  return value != nullptr ? std::strtoull(value, nullptr, 10) : otherwise;
}

// How many seeds a test takes that compares runs of one seed, or whose code others run under a sanitizer as well: all
// of them at full speed, a few under a sanitizer, which looks for other mistakes than these.
inline uint64_t SeedsToCompare(uint64_t at_full_speed) {
  return base::kAddressSanitizer ? at_full_speed / 5 : at_full_speed;
}

inline bool IsOneSeedAsked() { return std::getenv("SIM_SEED") != nullptr; }

// What a run of many seeds has gone through.
struct Tally {
  std::chrono::microseconds simulated{0};
  uint64_t steps = 0;
  template <typename Result>
  void Add(const Result& result) {
    simulated += result.simulated;
    steps += result.steps;
  }
};

// Runs a seed, reports what goes wrong, and tells whether nothing did.
using RunSeedFunction = std::function<bool(uint64_t seed, Tally& tally)>;

// Ends after three seeds that failed.
inline void RunFreshSeeds(uint64_t runs_otherwise, const RunSeedFunction& run) {
  const uint64_t from = FromEnvironment("SIM_FROM", static_cast<uint64_t>(std::time(nullptr)) / 86'400 * 100'000);
  const uint64_t runs = FromEnvironment("SIM_RUNS", runs_otherwise);
  std::printf("fresh seeds %llu to %llu\n", static_cast<unsigned long long>(from),
              static_cast<unsigned long long>(from + runs - 1));
  const int failed_max = std::getenv("SIM_PLANTED") != nullptr ? 1 : 3;
  int failed = 0;
  Tally tally;
  const auto began = std::chrono::steady_clock::now();
  uint64_t seed = from;
  for (; seed < from + runs && failed < failed_max; ++seed) failed += run(seed, tally) ? 0 : 1;
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  const double hours = static_cast<double>(tally.simulated.count()) / 3.6e9;
  std::printf("%llu seeds, %.1f simulated hours, %llu steps in %.1f s: %.1f simulated hours per second\n",
              static_cast<unsigned long long>(seed - from), hours, static_cast<unsigned long long>(tally.steps),
              seconds, hours / seconds);
}

// Of a file with one seed a line, and what it found after a '#'.
inline void RunSeedsOfFile(const std::string& path, const RunSeedFunction& run) {
  std::ifstream file(path);
  ASSERT_TRUE(file) << path;
  Tally tally;
  for (std::string line; std::getline(file, line);) {
    uint64_t seed = 0;
    if (std::istringstream(line.substr(0, line.find('#'))) >> seed) run(seed, tally);
  }
}

}  // namespace pawl::simulation
