// What makes several nodes on one database a cluster, put together: membership, directory, router and relay, and the
// ear for what other nodes say. Thread rule: the engine's thread, but for the constructor and destructor.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "scheduler/cluster/directory.h"
#include "scheduler/cluster/end_watch.h"
#include "scheduler/cluster/membership.h"
#include "scheduler/cluster/peers.h"
#include "scheduler/cluster/relay.h"
#include "scheduler/cluster/router.h"
#include "scheduler/partition/engine.h"

namespace pawl::cluster {

class Cluster : public PeerHandler {
 public:
  struct Parts {
    base::Executor& executor;
    const base::Clock& clock;
    MemberStore& store;
    Peers& peers;
    partition::Engine& engine;
    partition::LoadProgram load_program;
    std::function<void(const std::string& sentence)> log;
  };
  Cluster(Member self, std::chrono::milliseconds lease, Parts parts);

  // Makes the node known at `address`; the engine's Run comes first.
  void Run(const std::string& address);
  // It knows who else there is.
  bool IsKnown() const { return membership_.has_view(); }
  // Gives all partitions up, and tells when they are released.
  void Leave(std::function<void()> done);

  // For partition::Engine::Parts, whose engine does not exist yet when this object is made known to it.
  void OnServing(base::PartitionId partition, base::Epoch epoch) { membership_.OnServing(partition, epoch); }
  void OnReleased(const std::vector<base::PartitionId>& partitions) { membership_.OnReleased(partitions); }

  Router& router() { return router_; }
  const Directory& directory() const { return directory_; }

  // ---- PeerHandler

  void OnNotice(const Notice& notice) override;
  void OnCarry(std::vector<Call> calls, std::function<void(std::vector<Answer>)> done) override;
  void OnAwaitEnd(const history::NameKey& name, std::chrono::milliseconds wait, Peers::Done<Awaited> done) override;
  void OnAwaitEnds(const AwaitEndsRequest& request, std::function<void(std::vector<EndAnswer>)> done) override;
  void OnEnds(const std::vector<EndAnswer>& ends) override;
  void OnAwaitChange(const history::NameKey& name, std::chrono::milliseconds wait, Peers::Done<Awaited> done) override;
  void OnLend(LendRequest request, std::function<void(LendResponse)> done) override;
  void OnWatch(const WatchRequest& request, std::function<void(WatchResponse)> done) override;

 private:
  void TellAll(const Notice& notice);
  bool IsHealthy(std::chrono::milliseconds lease);

  Parts parts_;
  Directory directory_;
  Membership membership_;
  EndWatch ends_;
  Router router_;
  Relay relay_;
  Member self_;
  std::optional<base::MonotonicTime> trouble_since_;  // the engine cannot use the database
};

}  // namespace pawl::cluster
