#include "tests/simulation/simulation.h"

namespace pawl::simulation {

Scenario ScenarioOf(uint64_t seed) {
  Chance chance = World(seed).Stream("scenario");
  auto sometimes = [&](double value, double share = 0.5) { return chance.Happens(share) ? value : 0.0; };
  auto some = [&](int most, double share = 0.5) {
    return chance.Happens(share) ? static_cast<int>(chance.Between(1, most)) : 0;
  };
  Scenario scenario;
  scenario.shape = {.size = static_cast<int>(chance.Between(1, 14)),
                    .tasks = chance.Happens(0.9),
                    .waits = chance.Happens(0.6),
                    .choices = chance.Happens(0.6),
                    .containers = chance.Happens(0.6),
                    .failures = chance.Happens(0.6),
                    .heartbeats = chance.Happens(0.5),
                    .timeouts = chance.Happens(0.5),
                    .services = chance.Happens(0.5),
                    .variables = chance.Happens(0.5),
                    .loops = chance.Happens(0.4)};
  scenario.worker_faults = {.stall = sometimes(0.1),
                            .forget_heartbeats = sometimes(0.2),
                            .answer_twice = sometimes(0.3),
                            .answer_for_old_attempt = sometimes(0.8),
                            .die = sometimes(0.08),
                            .go_silent = sometimes(0.08),
                            .lose_message = sometimes(0.05),
                            .hang = sometimes(0.1)};
  scenario.log_faults = {.lost_before = sometimes(0.02),
                         .lost_after = sometimes(0.03),
                         .lost_meanwhile = sometimes(0.02),
                         .delay_max = std::chrono::milliseconds(chance.Happens(0.2) ? 400 : 20)};
  scenario.executions = static_cast<int>(chance.Between(1, 8));
  scenario.programs = static_cast<int>(chance.Between(1, 3));
  scenario.workers = static_cast<int>(chance.Between(1, 3));
  scenario.nodes = chance.Happens(0.4) ? static_cast<int>(chance.Between(2, 3)) : 1;
  scenario.partitions = static_cast<int>(chance.Between(1, 4));
  scenario.crashes = some(4);
  scenario.outages = some(2, 0.3);
  scenario.usurpations = some(3, 0.3);
  scenario.wall_steps = some(2, 0.3);
  scenario.pauses = some(3, 0.3);
  scenario.moves = scenario.nodes > 1 ? some(4, 0.5) : 0;
  scenario.drift_ppm = chance.Happens(0.3) ? 10'000 : 0;
  scenario.duplicate_start = sometimes(0.5);
  scenario.stop = sometimes(0.15, 0.4);
  scenario.batch_decisions_max = chance.Happens(0.3) ? 1 : chance.Happens(0.5) ? 3 : 4'000;
  scenario.transitions_per_decision_max = chance.Happens(0.3) ? 2 : 500;
  scenario.park_after = std::chrono::milliseconds(chance.Happens(0.6) ? 100 : 60'000);
  return scenario;
}

Scenario CalmScenario() {
  Scenario scenario;
  scenario.shape.containers = false;
  scenario.shape.failures = false;
  scenario.shape.timeouts = false;
  scenario.shape.heartbeats = false;
  scenario.shape.services = false;
  return scenario;
}

}  // namespace pawl::simulation
