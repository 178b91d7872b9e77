// The settings of the swarm are in swarm.h. SIM_TRACE=short prints the story of a failing run. A failing seed is shrunk
// first: parts of the scenario are taken away as long as the same thing goes wrong; a planted defect's is left as it
// is.
#include "tests/simulation/simulation.h"

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "gtest/gtest.h"
#include "tests/simulation/shrink.h"
#include "tests/simulation/swarm.h"

namespace pawl::simulation {
namespace {

// A broken invariant ends the process; the seed must be seen all the same.
char abort_message[128];
void OnAbort(int) {
  ssize_t ignored = write(STDERR_FILENO, abort_message, std::strlen(abort_message));
  (void)ignored;
}

std::string HowToReproduce(uint64_t seed) {
  return "reproduce: SIM_SEED=" + std::to_string(seed) + " SIM_TRACE=short simulation_test --gtest_filter='*Swarm*'\n";
}

bool RunSeed(uint64_t seed, Tally& tally) {
  std::snprintf(abort_message, sizeof(abort_message), "%s", HowToReproduce(seed).c_str());
  std::signal(SIGABRT, OnAbort);
  RunResult result = Simulate(seed, ScenarioOf(seed));
  tally.Add(result);
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
  Tally tally;
  if (IsOneSeedAsked()) {
    RunSeed(FromEnvironment("SIM_SEED", 1), tally);
  } else {
    RunFreshSeeds(400, RunSeed);
  }
}

TEST(Simulation, SwarmOfEverySeedThatEverFailed) {
  if (!IsOneSeedAsked()) RunSeedsOfFile(PAWL_SIMULATION_SEEDS, RunSeed);
}

TEST(Simulation, SameSeedTellsTheSameStory) {
  for (uint64_t seed = 1; seed <= SeedsToCompare(20); ++seed) {
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
  for (uint64_t seed = 1; seed <= SeedsToCompare(20); ++seed) {
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
