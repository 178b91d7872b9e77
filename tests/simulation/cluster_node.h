// A simulated node of a cluster: an Engine that owns its share, with membership, routing and relaying, over a network
// that delays and loses messages, and a desk for clients and workers that does what the gateway does. Destroying it is
// SIGKILL. Everything that leaves is checked against the Ledger.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "history/memory/memory_log.h"
#include "scheduler/cluster/cluster.h"
#include "tests/simulation/ledger.h"
#include "tests/simulation/world.h"

namespace pawl::simulation {

class ClusterNode;

// What the nodes share: the wires between them, and the table of members.
class Network {
 public:
  Network(World& world, std::shared_ptr<history::MemoryStore> store)
      : store(std::move(store)), world_(world), chance_(world.Stream("network")) {}

  // Runs `work` in the node of that name a moment later, if it lives then.
  void Deliver(const std::string& node, std::function<void(ClusterNode&)> work);
  bool IsLost() { return chance_.Happens(lose); }
  World& world() { return world_; }

  const std::shared_ptr<history::MemoryStore> store;
  std::map<std::string, std::weak_ptr<ClusterNode>> nodes;  // by name, which is the address too
  struct Row {
    cluster::Member member;
    base::MonotonicTime live_until;
  };
  std::map<std::string, Row> members;
  double lose = 0;  // of each message

 private:
  World& world_;
  Chance chance_;
};

class ClusterNode {
 public:
  using Programs = std::map<std::string, std::shared_ptr<const asl::Program>>;
  ClusterNode(const std::string& name, int partitions, Network& network, Ledger& ledger, Process& wires,
              history::FaultPlan& faults, const Programs& programs);
  ~ClusterNode();
  void Run(const std::shared_ptr<ClusterNode>& self);

  struct Poll {
    std::string session;
    std::vector<core::TaskRef> held;
    bool held_is_complete = false;
  };
  // At most two tasks; `done` with none when the wait is over.
  void TakePoll(Poll poll, std::function<void(std::vector<core::TaskDetails>, std::vector<core::TaskRef> over)> done);
  void Complete(const core::TaskRef& task, std::optional<std::string> output, std::function<void(absl::Status)> done);
  void Beat(const std::string& session, const core::TaskRef& task);
  void Start(partition::StartRequest request, std::function<void(absl::Status)> done);
  void AwaitEnd(const history::NameKey& name, std::function<void(absl::StatusOr<cluster::Awaited>)> done);
  void Leave(std::function<void()> done) { cluster_->Leave(std::move(done)); }

  const std::string& name() const { return name_; }
  partition::Engine& engine() { return *engine_; }
  cluster::Cluster& cluster() { return *cluster_; }
  Process& process() { return process_; }

 private:
  struct PollCall;
  void DropPolls(const std::string& session);

  class Observer;
  class Members;
  class Wires;

  const std::string name_;
  Network& network_;
  Ledger& ledger_;
  Process process_;
  Chance chance_;
  std::map<std::string, std::vector<std::shared_ptr<PollCall>>> polls_;  // by session
  std::unique_ptr<Observer> observer_;
  std::unique_ptr<Members> members_;
  std::unique_ptr<Wires> peers_;
  std::unique_ptr<history::MemoryLog> log_;
  std::unique_ptr<partition::Engine> engine_;
  std::unique_ptr<cluster::Cluster> cluster_;
};

}  // namespace pawl::simulation
