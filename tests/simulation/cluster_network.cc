#include "tests/simulation/cluster_network.h"

#include "tests/simulation/cluster_node.h"

namespace pawl::simulation {

using history::CallFate;
using std::chrono::milliseconds;

milliseconds Network::Delay() { return milliseconds(chance_.Below(chance_.Happens(faults.slow) ? 5'000 : 20)); }

void Network::Deliver(const std::string& node, std::function<void(ClusterNode&)> work) {
  world_.After(milliseconds(chance_.Below(20)), [this, node, work = std::move(work)] {
    auto found = nodes.find(node);
    std::shared_ptr<ClusterNode> there = found == nodes.end() ? nullptr : found->second.lock();
    if (there != nullptr) there->process().Post([work, to = there.get()] { work(*to); });
  });
}

bool Network::Passes(const std::string& from, const std::string& to) {
  auto cut = cut_until_.find({from, to});
  return (cut == cut_until_.end() || cut->second <= world_.now()) && !chance_.Happens(faults.lose);
}

void Network::Carry(const std::string& from, const std::string& to, std::function<void()> arrive) {
  if (Passes(from, to)) world_.After(Delay(), std::move(arrive));
}

void Network::Send(const std::string& from, const std::string& to, std::function<void(ClusterNode&)> work) {
  Carry(from, to, [this, to, work = std::move(work)] { Deliver(to, work); });
}

void Network::Cut(const std::string& from, const std::string& to, milliseconds howlong) {
  cut_until_[{from, to}] = world_.now() + howlong;
}

void Network::CutOffDatabase(const std::string& node, milliseconds howlong) {
  no_database_until_[node] = world_.now() + howlong;
}

bool Network::ReachesDatabase(const std::string& node) const {
  auto cut = no_database_until_.find(node);
  return cut == no_database_until_.end() || cut->second <= world_.now();
}

void Network::Calm() {
  faults = {};
  cut_until_.clear();
  no_database_until_.clear();
}

CallFate DatabaseFaults::Next(history::CallKind) {
  ++network_.statements;
  CallFate fate;
  fate.delay = milliseconds(chance_.Below(faults_.delay_max.count() + 1));
  fate.answer_delay = milliseconds(chance_.Below(5));
  double draw = chance_.NextDouble();
  if (!network_.ReachesDatabase(node_) || (draw -= faults_.lost_before) < 0) {
    fate.outcome = CallFate::Outcome::kLostBefore;
  } else if ((draw -= faults_.lost_after) < 0) {
    fate.outcome = CallFate::Outcome::kLostAfter;
  } else if ((draw -= faults_.lost_meanwhile) < 0) {
    fate.outcome = CallFate::Outcome::kLostMeanwhile;
    fate.delay = milliseconds(chance_.Below(3'000));
  }
  return fate;
}

}  // namespace pawl::simulation
