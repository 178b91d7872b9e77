// A worker that is in touch with one node of the cluster at a time: it polls there, beats and reports there, and turns
// to another one where that does not answer, or for no reason. Every answer it gives is honest; it may die and begin
// anew, knowing nothing. Thread rule: one thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/simulation/cluster_network.h"
#include "tests/simulation/cluster_node.h"
#include "tests/simulation/ledger.h"
#include "tests/simulation/world.h"

namespace pawl::simulation {

class ClusterWorker {
 public:
  struct Faults {
    double roam = 0;           // after each poll
    double die = 0;            // per task taken
    double beat_by_token = 0;  // of the tasks: their heartbeats go to any node, as SendTaskHeartbeat does
  };
  // The nodes by place; null where none runs now. Outlives the worker, as `faults` does, which is read each time.
  using Nodes = std::vector<std::shared_ptr<ClusterNode>>;
  ClusterWorker(Network& network, Ledger& ledger, std::string name, const Nodes& nodes, const Faults& faults);

  void Begin();

 private:
  struct Life {
    std::string session;
    size_t home = 0;
    bool in_touch = false;
    bool over = false;
    std::set<core::TaskRef> held;
  };
  using LifePtr = std::shared_ptr<Life>;

  void Poll(const LifePtr& life);
  void TurnElsewhere(const LifePtr& life);
  void OnPolled(const LifePtr& life, const std::vector<core::TaskDetails>& tasks,
                const std::vector<core::TaskRef>& over);
  void Take(const LifePtr& life, const core::TaskDetails& details);
  void Beat(const LifePtr& life, const core::TaskRef& task, bool by_token);
  // Until it is recorded or refused.
  void Report(const LifePtr& life, const core::TaskRef& task, std::optional<std::string> output);
  size_t AnyPlace() { return static_cast<size_t>(chance_.Below(static_cast<int64_t>(nodes_.size()))); }

  Network& network_;
  World& world_;
  Ledger& ledger_;
  const std::string name_;
  const Nodes& nodes_;
  const Faults& faults_;
  Chance chance_;
  int lives_ = 0;
};

}  // namespace pawl::simulation
