// The swarm of cluster_simulation_test with limits on tasks, held against limit_checker.h. SIM_SEED=n runs one seed and
// prints its story; swarm.h has the other settings.
#include <cstdio>

#include "gtest/gtest.h"
#include "tests/simulation/cluster_story.h"
#include "tests/simulation/swarm.h"

namespace pawl::simulation {
namespace {

bool RunSeed(uint64_t seed, Tally& tally) {
  ClusterResult result = SimulateCluster(seed, LimitedClusterScenarioOf(seed), IsOneSeedAsked());
  for (const std::string& line : result.trace) std::fprintf(stderr, "%s\n", line.c_str());
  tally.Add(result);
  if (result.violation.empty()) return true;
  ADD_FAILURE() << result.violation << "\nreproduce: SIM_SEED=" << seed << " cluster_limits_simulation_test";
  return false;
}

TEST(ClusterLimitsSimulation, SwarmKeepsEveryPromise) {
  Tally tally;
  if (IsOneSeedAsked()) {
    RunSeed(FromEnvironment("SIM_SEED", 1), tally);
  } else {
    RunFreshSeeds(SeedsToCompare(100), RunSeed);
  }
}

TEST(ClusterLimitsSimulation, EverySeedThatEverFailed) {
  if (!IsOneSeedAsked()) RunSeedsOfFile(PAWL_CLUSTER_LIMIT_SEEDS, RunSeed);
}

}  // namespace
}  // namespace pawl::simulation
