// One run of a cluster for one seed: nodes over one store, spreading, forwarding and relaying, while they are killed,
// frozen, cut off from each other and from the database, leave and come, their clocks drift and jump, the database
// fails over, and messages get lost. Workers and clients know one node at a time.
//
// Checked as in simulation.h: the ledger holds what is told against what is durable, and when the harm is over,
// everything that was started ends as intended, in bounded time, leaving no crumbs, and the partitions are spread
// evenly. In a run without harm (nodes leave and come, workers roam) no worker may be taken for lost either. For one
// lease after a node's wall clock has jumped forward nothing may time out there.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "scheduler/dispatch/permits.h"
#include "tests/simulation/cluster_network.h"
#include "tests/simulation/cluster_worker.h"
#include "tests/simulation/simulation.h"

namespace pawl::simulation {

// Counts are of times within the first two minutes.
struct ClusterScenario {
  int nodes = 3;
  int partitions = 8;
  int workers = 2;
  int clients = 6;
  int program_size = 8;
  NetworkFaults network;
  LogFaults log;
  ClusterWorker::Faults worker;
  int kills = 0;
  int freezes = 0;
  int leaves = 0;
  int cuts = 0;        // a node from another, or from all, one way or both
  int outages = 0;     // one node cannot reach the database
  int fail_overs = 0;  // none can
  int wall_steps = 0;
  int64_t drift_ppm = 0;
  bool timeouts = false;  // tasks have some, and no heartbeats
  int rushes = 0;         // so many times clients come all at once, and commits are slow
  // Limits on the tasks that there are ("work", "safe"), by key (limit_checker.h); how often their concurrency changes.
  dispatch::Limits limits;
  int limit_changes = 0;
  LogFaults permit_faults;  // of the way to the table of permits
  bool IsHarmless() const;
};
ClusterScenario ClusterScenarioOf(uint64_t seed);
// The same, with limits, and more that come up against them.
ClusterScenario LimitedClusterScenarioOf(uint64_t seed);

struct ClusterResult {
  std::string violation;  // empty: all held
  uint64_t trace_hash = 0;
  uint64_t steps = 0;
  std::chrono::microseconds simulated{0};
  uint64_t statements = 0;  // to the database, by all nodes, in the second minute
  std::vector<std::string> trace;
};
ClusterResult SimulateCluster(uint64_t seed, const ClusterScenario& scenario, bool keep_trace = false);

}  // namespace pawl::simulation
