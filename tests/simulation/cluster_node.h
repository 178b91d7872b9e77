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
#include "tests/simulation/cluster_network.h"
#include "tests/simulation/cluster_permits.h"
#include "tests/simulation/ledger.h"
#include "tests/simulation/world.h"

namespace pawl::simulation {

class ClusterNode {
 public:
  using Programs = std::map<std::string, std::shared_ptr<const asl::Program>>;
  ClusterNode(const std::string& name, int partitions, Network& network, Ledger& ledger, Process& wires,
              history::FaultPlan& faults, const Programs& programs, int64_t drift_ppm = 0);
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
  // By whoever has the token, of any node.
  void BeatByToken(const core::TaskRef& task) {
    cluster_->router().Beat(task, [](const absl::Status&) {});
  }
  void Start(partition::StartRequest request, std::function<void(absl::StatusOr<cluster::Router::Begun>)> done);
  void AwaitEnd(const history::NameKey& name, std::function<void(absl::StatusOr<cluster::Awaited>)> done);
  // In good order, as the service does it: gives its partitions up, then answers its polls and takes no more of them.
  void Leave(std::function<void()> done);

  const std::string& name() const { return name_; }
  // Of the limits on tasks that it has read.
  int64_t limits_version() const { return limits_version_; }
  partition::Engine& engine() { return *engine_; }
  cluster::Cluster& cluster() { return *cluster_; }
  Process& process() { return process_; }

 private:
  struct PollCall;
  void DropPolls(const std::string& session);
  void ReadLimits();

  class Observer;
  class Members;
  class Wires;

  const std::string name_;
  Network& network_;
  Ledger& ledger_;
  Process process_;
  Chance chance_;
  std::map<std::string, std::vector<std::shared_ptr<PollCall>>> polls_;  // by session
  bool has_left_ = false;
  int64_t limits_version_ = 0;
  std::unique_ptr<Observer> observer_;
  std::unique_ptr<Members> members_;
  std::unique_ptr<Wires> peers_;
  std::unique_ptr<history::MemoryLog> log_;
  std::unique_ptr<ClusterPermits> permits_;
  std::unique_ptr<partition::Engine> engine_;
  std::unique_ptr<cluster::Cluster> cluster_;
};

}  // namespace pawl::simulation
