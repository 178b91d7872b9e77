// One run: nodes over one store, workers, clients and a nemesis, for one seed.
//
// First the safety phase: things go wrong as the seed wishes. Then the liveness phase: faults stop, the world runs on,
// and everything that was started must end in bounded virtual time, as intended, leaving no crumbs. Each seed switches
// whole kinds of faults and features off at random, since a uniform mix hides deep bugs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tests/simulation/program.h"
#include "tests/simulation/worker.h"

namespace pawl::simulation {

struct LogFaults {
  double lost_before = 0;
  double lost_after = 0;
  double lost_meanwhile = 0;
  std::chrono::milliseconds delay_max{20};
  bool operator==(const LogFaults&) const = default;
};

struct Scenario {
  ProgramShape shape;
  WorkerFaults worker_faults;
  LogFaults log_faults;
  int executions = 6;
  int programs = 3;
  int workers = 3;
  int nodes = 1;
  int partitions = 4;
  std::chrono::seconds safety{120};
  int crashes = 0;
  int outages = 0;  // the database is away for a while
  int usurpations = 0;
  int wall_steps = 0;
  int pauses = 0;         // a process stands still, longer than its lease
  int moves = 0;          // partitions are spread anew over the nodes
  int64_t drift_ppm = 0;  // of monotonic clocks, fast or slow, at most
  double duplicate_start = 0;
  double stop = 0;
  size_t batch_decisions_max = 4'000;
  std::chrono::milliseconds park_after{60'000};
  int transitions_per_decision_max = 500;
  bool operator==(const Scenario&) const = default;
};

// What the seed wishes.
Scenario ScenarioOf(uint64_t seed);
// Everything goes well, one step after another; for comparing runs.
Scenario CalmScenario();

struct RunResult {
  std::string violation;  // empty: all held
  uint64_t trace_hash = 0;
  uint64_t steps = 0;
  size_t rows = 0;
  int ended = 0;
  std::chrono::microseconds simulated{0};
  std::vector<std::string> trace;
  // Per execution, in the order of their names: its public events without times, as text.
  std::vector<std::string> histories;
};

RunResult Simulate(uint64_t seed, const Scenario& scenario, bool keep_trace = false);

}  // namespace pawl::simulation
