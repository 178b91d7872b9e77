// SIM_SEED=n runs one seed of the swarm; SIM_RUNS=n that many from SIM_FROM (default: of the clock's day);
// SIM_TRACE=short prints the story of a failing run. A failing seed is shrunk first: parts of the scenario are taken
// away as long as the same thing goes wrong. SIM_PLANTED=1 (planted_defects.cmake) stops at the first finding, as it
// is.
#include "tests/simulation/simulation.h"

#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>

#include "gtest/gtest.h"
#include "tests/simulation/shrink.h"

namespace pawl::simulation {
namespace {

uint64_t FromEnvironment(const char* name, uint64_t otherwise) {
  const char* value = std::getenv(name);
  return value != nullptr ? std::strtoull(value, nullptr, 10) : otherwise;
}

// A broken invariant ends the process; the seed must be seen all the same.
char abort_message[128];
void OnAbort(int) {
  ssize_t ignored = write(STDERR_FILENO, abort_message, std::strlen(abort_message));
  (void)ignored;
}

std::string HowToReproduce(uint64_t seed) {
  return "reproduce: SIM_SEED=" + std::to_string(seed) + " SIM_TRACE=short simulation_test --gtest_filter='*Swarm*'\n";
}

// What a run of many seeds has gone through.
struct Tally {
  std::chrono::microseconds simulated{0};
  uint64_t steps = 0;
};

// False where the seed failed.
bool RunSeed(uint64_t seed, Tally* tally = nullptr) {
  std::snprintf(abort_message, sizeof(abort_message), "%s", HowToReproduce(seed).c_str());
  std::signal(SIGABRT, OnAbort);
  RunResult result = Simulate(seed, ScenarioOf(seed));
  if (tally != nullptr) {
    tally->simulated += result.simulated;
    tally->steps += result.steps;
  }
  if (result.violation.empty()) {
    std::signal(SIGABRT, SIG_DFL);
    return true;
  }
  Shrunk shrunk{ScenarioOf(seed), result.violation, ""};
  if (std::getenv("SIM_PLANTED") == nullptr) shrunk = Shrink(seed, shrunk.scenario, result.violation);
  if (std::getenv("SIM_TRACE") != nullptr) {
    for (const std::string& line : Simulate(seed, shrunk.scenario, true).trace) {
      std::fprintf(stderr, "%s\n", line.c_str());
    }
  }
  std::signal(SIGABRT, SIG_DFL);
  ADD_FAILURE() << result.violation << "\n"
                << (shrunk.without.empty() ? "" : "it goes wrong without " + shrunk.without + " too\n")
                << HowToReproduce(seed);
  return false;
}

TEST(Simulation, SwarmKeepsEveryPromise) {
  if (std::getenv("SIM_SEED") != nullptr) {
    RunSeed(FromEnvironment("SIM_SEED", 1));
    return;
  }
  uint64_t from = FromEnvironment("SIM_FROM", static_cast<uint64_t>(std::time(nullptr)) / 86'400 * 100'000);
  uint64_t runs = FromEnvironment("SIM_RUNS", 400);
  std::printf("fresh seeds %llu to %llu\n", static_cast<unsigned long long>(from),
              static_cast<unsigned long long>(from + runs - 1));
  int failed = 0;
  const int failed_max = std::getenv("SIM_PLANTED") != nullptr ? 1 : 3;
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

TEST(Simulation, SwarmOfEverySeedThatEverFailed) {
  if (std::getenv("SIM_SEED") != nullptr) return;
  std::ifstream file(PAWL_SIMULATION_SEEDS);
  ASSERT_TRUE(file) << PAWL_SIMULATION_SEEDS;
  for (std::string line; std::getline(file, line);) {
    uint64_t seed = 0;
    if (std::istringstream(line.substr(0, line.find('#'))) >> seed) RunSeed(seed);
  }
}

TEST(Simulation, SameSeedTellsTheSameStory) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    RunResult once = Simulate(seed, ScenarioOf(seed));
    RunResult twice = Simulate(seed, ScenarioOf(seed));
    ASSERT_EQ(once.trace_hash, twice.trace_hash) << "seed " << seed;
    ASSERT_EQ(once.steps, twice.steps) << "seed " << seed;
    ASSERT_EQ(once.histories, twice.histories) << "seed " << seed;
  }
}

// The same commands give the same events, whether they are committed one by one, by threes, or all together, and
// however long a decision may grow.
TEST(Simulation, GroupingIsInvisible) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    Scenario scenario = CalmScenario();
    RunResult together = Simulate(seed, scenario);
    scenario.batch_decisions_max = 1;
    RunResult one_by_one = Simulate(seed, scenario);
    scenario.batch_decisions_max = 3;
    scenario.transitions_per_decision_max = 2;
    RunResult short_decisions = Simulate(seed, scenario);
    ASSERT_EQ(together.violation, "") << "seed " << seed;
    ASSERT_EQ(together.histories, one_by_one.histories) << "seed " << seed;
    ASSERT_EQ(together.histories, short_decisions.histories) << "seed " << seed;
  }
}

}  // namespace
}  // namespace pawl::simulation
