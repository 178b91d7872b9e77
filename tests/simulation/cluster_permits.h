// The table of limits and permits that the nodes of a simulated cluster share, and a node's way to it: what
// cluster::PgPermitStore and the database are to real ones. A request acts once, later, or never, and its answer may
// get lost, as `faults` says and as the node reaches the database; the clock is the table's. Thread rule: one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "scheduler/dispatch/permits.h"
#include "tests/simulation/cluster_network.h"

namespace pawl::simulation {

struct PermitTable {
  // What `pawl admin limit` has set; `version` counts the changes.
  dispatch::Limits limits;
  int64_t version = 1;
  std::map<std::string, dispatch::PermitRows> rows;
  std::map<std::string, dispatch::TokenBucket> buckets;
  LogFaults faults;
};

class ClusterPermits : public dispatch::PermitStore {
 public:
  ClusterPermits(Network& network, const std::string& node, PermitTable& table)
      : network_(network), node_(node), table_(table), faults_(network, node, table.faults, "permits/" + node) {}

  void Exchange(dispatch::PermitRequest request,
                std::function<void(absl::StatusOr<dispatch::PermitResponse>)> done) override;

 private:
  Network& network_;
  const std::string node_;
  PermitTable& table_;
  DatabaseFaults faults_;
};

}  // namespace pawl::simulation
