#include "tests/simulation/shrink.h"

#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

namespace pawl::simulation {
namespace {

// The sentence without the names and numbers of one run.
std::string Kind(const std::string& violation) {
  std::string kind;
  for (char c : violation) {
    if (kind.size() >= 24) break;
    if (c < '0' || c > '9') kind += c;
  }
  return kind;
}

using Edit = std::function<void(Scenario&)>;

std::vector<std::pair<std::string, Edit>> Edits() {
  return {{"crashes", [](Scenario& s) { s.crashes = 0; }},
          {"outages", [](Scenario& s) { s.outages = 0; }},
          {"usurpations", [](Scenario& s) { s.usurpations = 0; }},
          {"pauses", [](Scenario& s) { s.pauses = 0; }},
          {"moves", [](Scenario& s) { s.moves = 0; }},
          {"drift", [](Scenario& s) { s.drift_ppm = 0; }},
          {"steps of wall clocks", [](Scenario& s) { s.wall_steps = 0; }},
          {"stops", [](Scenario& s) { s.stop = 0; }},
          {"second starts", [](Scenario& s) { s.duplicate_start = 0; }},
          {"losses before the commit", [](Scenario& s) { s.log_faults.lost_before = 0; }},
          {"losses after the commit", [](Scenario& s) { s.log_faults.lost_after = 0; }},
          {"losses during the commit", [](Scenario& s) { s.log_faults.lost_meanwhile = 0; }},
          {"lost messages", [](Scenario& s) { s.worker_faults.lose_message = 0; }},
          {"stalls", [](Scenario& s) { s.worker_faults.stall = 0; }},
          {"hanging workers", [](Scenario& s) { s.worker_faults.hang = 0; }},
          {"dying workers", [](Scenario& s) { s.worker_faults.die = 0; }},
          {"silent workers", [](Scenario& s) { s.worker_faults.go_silent = 0; }},
          {"forgotten heartbeats", [](Scenario& s) { s.worker_faults.forget_heartbeats = 0; }},
          {"double answers", [](Scenario& s) { s.worker_faults.answer_twice = 0; }},
          {"answers for old attempts", [](Scenario& s) { s.worker_faults.answer_for_old_attempt = 0; }},
          {"containers", [](Scenario& s) { s.shape.containers = false; }},
          {"failures", [](Scenario& s) { s.shape.failures = false; }},
          {"waits", [](Scenario& s) { s.shape.waits = false; }},
          {"choices", [](Scenario& s) { s.shape.choices = false; }},
          {"services", [](Scenario& s) { s.shape.services = false; }},
          {"variables", [](Scenario& s) { s.shape.variables = false; }},
          {"loops", [](Scenario& s) { s.shape.loops = false; }},
          {"timeouts", [](Scenario& s) { s.shape.timeouts = false; }},
          {"heartbeats", [](Scenario& s) { s.shape.heartbeats = false; }},
          {"", [](Scenario& s) { s.nodes = std::max(1, s.nodes - 1); }},
          {"", [](Scenario& s) { s.workers = std::max(1, s.workers - 1); }},
          {"", [](Scenario& s) { s.executions = std::max(1, s.executions - 1); }},
          {"", [](Scenario& s) { s.executions = std::max(1, s.executions / 2); }},
          {"", [](Scenario& s) { s.programs = 1; }},
          {"", [](Scenario& s) { s.partitions = 1; }},
          {"", [](Scenario& s) { s.crashes = std::max(0, s.crashes - 1); }},
          {"", [](Scenario& s) { s.shape.size = std::max(1, s.shape.size / 2); }},
          {"", [](Scenario& s) { s.shape.size = std::max(1, s.shape.size - 1); }}};
}

}  // namespace

Shrunk Shrink(uint64_t seed, const Scenario& scenario, const std::string& violation) {
  constexpr int kRounds = 4;
  Shrunk smallest{scenario, violation, ""};
  for (int round = 0; round < kRounds; ++round) {
    bool any = false;
    for (const auto& [name, edit] : Edits()) {
      Scenario smaller = smallest.scenario;
      edit(smaller);
      if (smaller == smallest.scenario) continue;
      RunResult result = Simulate(seed, smaller);
      if (Kind(result.violation) != Kind(violation)) continue;
      any = true;
      smallest.scenario = smaller;
      smallest.violation = result.violation;
      if (!name.empty()) smallest.without += (smallest.without.empty() ? "" : ", ") + name;
    }
    if (!any) break;
  }
  return smallest;
}

}  // namespace pawl::simulation
