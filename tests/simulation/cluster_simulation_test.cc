// SIM_SEED=n runs one seed and prints its story; SIM_RUNS=n that many from SIM_FROM (default: of the clock's day).
// SIM_PLANTED=1 (planted_defects.cmake) stops at the first finding.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "gtest/gtest.h"
#include "tests/simulation/cluster_story.h"

namespace pawl::simulation {
namespace {

uint64_t FromEnvironment(const char* name, uint64_t otherwise) {
  const char* value = std::getenv(name);
  return value != nullptr ? std::strtoull(value, nullptr, 10) : otherwise;
}

// What a run of many seeds has gone through.
struct Tally {
  std::chrono::microseconds simulated{0};
  uint64_t steps = 0;
};

// False where the seed failed.
bool RunSeed(uint64_t seed, Tally* tally = nullptr, bool keep_trace = false) {
  ClusterResult result = SimulateCluster(seed, ClusterScenarioOf(seed), keep_trace);
  for (const std::string& line : result.trace) std::fprintf(stderr, "%s\n", line.c_str());
  if (tally != nullptr) {
    tally->simulated += result.simulated;
    tally->steps += result.steps;
  }
  if (result.violation.empty()) return true;
  ADD_FAILURE() << result.violation << "\nreproduce: SIM_SEED=" << seed << " cluster_simulation_test";
  return false;
}

TEST(ClusterSimulation, SwarmKeepsEveryPromise) {
  if (std::getenv("SIM_SEED") != nullptr) {
    RunSeed(FromEnvironment("SIM_SEED", 1), nullptr, true);
    return;
  }
  uint64_t from = FromEnvironment("SIM_FROM", static_cast<uint64_t>(std::time(nullptr)) / 86'400 * 100'000);
  uint64_t runs = FromEnvironment("SIM_RUNS", 250);
  std::printf("fresh seeds %llu to %llu\n", static_cast<unsigned long long>(from),
              static_cast<unsigned long long>(from + runs - 1));
  const int failed_max = std::getenv("SIM_PLANTED") != nullptr ? 1 : 3;
  int failed = 0;
  Tally tally;
  auto began = std::chrono::steady_clock::now();
  uint64_t seed = from;
  for (; seed < from + runs && failed < failed_max; ++seed) failed += RunSeed(seed, &tally) ? 0 : 1;
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  const double hours = static_cast<double>(tally.simulated.count()) / 3.6e9;
  std::printf("%llu seeds, %.1f simulated hours, %llu steps in %.1f s: %.1f simulated hours per second\n",
              static_cast<unsigned long long>(seed - from), hours, static_cast<unsigned long long>(tally.steps),
              seconds, hours / seconds);
}

TEST(ClusterSimulation, EverySeedThatEverFailed) {
  if (std::getenv("SIM_SEED") != nullptr) return;
  std::ifstream file(PAWL_CLUSTER_SEEDS);
  ASSERT_TRUE(file) << PAWL_CLUSTER_SEEDS;
  for (std::string line; std::getline(file, line);) {
    uint64_t seed = 0;
    if (std::istringstream(line.substr(0, line.find('#'))) >> seed) RunSeed(seed);
  }
}

TEST(ClusterSimulation, SameSeedTellsTheSameStory) {
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    ClusterResult once = SimulateCluster(seed, ClusterScenarioOf(seed));
    ClusterResult twice = SimulateCluster(seed, ClusterScenarioOf(seed));
    ASSERT_EQ(once.trace_hash, twice.trace_hash) << "seed " << seed;
    ASSERT_EQ(once.steps, twice.steps) << "seed " << seed;
  }
}

// An idle cluster sends fewer than five statements a second, however much waits in it.
TEST(ClusterSimulation, FiveIdleNodesSendFewerThanFiveStatementsASecond) {
  ClusterScenario scenario;
  scenario.nodes = 5;
  scenario.partitions = 64;
  scenario.workers = 20;
  scenario.clients = 0;
  ClusterResult result = SimulateCluster(1, scenario);
  EXPECT_EQ(result.violation, "");
  EXPECT_GT(result.statements, 60u);
  EXPECT_LT(result.statements, 5u * 60u);
}

}  // namespace
}  // namespace pawl::simulation
