// What the nodes of a simulated cluster share: the wires between them, the way to the database, and its table of
// members. Messages are late, lost and doubled as `faults` says; between two parties, or between a node and the
// database, nothing passes while they are cut off from each other. Thread rule: one thread.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "history/memory/fault_plan.h"
#include "history/memory/memory_store.h"
#include "scheduler/cluster/members.h"
#include "tests/simulation/simulation.h"
#include "tests/simulation/world.h"

namespace pawl::simulation {

class ClusterNode;
struct PermitTable;

struct NetworkFaults {
  double lose = 0;       // of each message
  double duplicate = 0;  // of each call of one node to another
  double slow = 0;       // of each message: it takes up to five seconds
};

class Network {
 public:
  Network(World& world, std::shared_ptr<history::MemoryStore> store)
      : store(std::move(store)), world_(world), chance_(world.Stream("network")) {}

  // Runs `work` in the node of that name a moment later, if it lives then.
  void Deliver(const std::string& node, std::function<void(ClusterNode&)> work);
  // A message from one party to another: `arrive` runs when it is there, if it ever is.
  void Carry(const std::string& from, const std::string& to, std::function<void()> arrive);
  // The same, to a node.
  void Send(const std::string& from, const std::string& to, std::function<void(ClusterNode&)> work);
  // A call of the database fails.
  bool IsTroubled() { return chance_.Happens(faults.lose); }
  bool IsDoubled() { return chance_.Happens(faults.duplicate); }

  // Nothing passes from the one to the other for so long.
  void Cut(const std::string& from, const std::string& to, std::chrono::milliseconds howlong);
  void CutOffDatabase(const std::string& node, std::chrono::milliseconds howlong);
  bool ReachesDatabase(const std::string& node) const;
  // No faults from now on.
  void Calm();
  World& world() { return world_; }

  const std::shared_ptr<history::MemoryStore> store;
  std::map<std::string, std::weak_ptr<ClusterNode>> nodes;  // by name, which is the address too
  struct Row {
    cluster::Member member;
    base::MonotonicTime live_until;
  };
  std::map<std::string, Row> members;
  PermitTable* permits = nullptr;  // null: nothing is limited
  uint64_t statements = 0;         // that the nodes have sent to the database
  NetworkFaults faults;

 private:
  bool Passes(const std::string& from, const std::string& to);
  std::chrono::milliseconds Delay();

  World& world_;
  Chance chance_;
  std::map<std::pair<std::string, std::string>, base::MonotonicTime> cut_until_;
  std::map<std::string, base::MonotonicTime> no_database_until_;
};

// What goes wrong between one node and the database.
class DatabaseFaults : public history::FaultPlan {
 public:
  // `faults` is read at each call.
  DatabaseFaults(Network& network, const std::string& node, const LogFaults& faults)
      : DatabaseFaults(network, node, faults, "log/" + node) {}
  DatabaseFaults(Network& network, const std::string& node, const LogFaults& faults, const std::string& stream)
      : network_(network), node_(node), faults_(faults), chance_(network.world().Stream(stream)) {}
  history::CallFate Next(history::CallKind kind) override;

 private:
  Network& network_;
  const std::string node_;
  const LogFaults& faults_;
  Chance chance_;
};

}  // namespace pawl::simulation
