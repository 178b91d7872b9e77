// cluster.v1 on a PeerHandler. Internal to scheduler/api/grpc.
#pragma once

#include <memory>
#include <string>

#include "proto/cluster/v1/cluster.grpc.pb.h"
#include "scheduler/api/grpc/method.h"
#include "scheduler/cluster/peers.h"
#include "shared/base/executor.h"

namespace pawl::api::rpc {

inline constexpr char kClusterKeyHeader[] = "pawl-cluster-key";

class ClusterService final : public ServiceOf<cluster::v1::ClusterService::AsyncService> {
 public:
  // Calls `handler` on `executor`. Both must outlive the calls.
  ClusterService(cluster::PeerHandler& handler, base::Executor& executor, std::string key, RequestObserver observer);

 private:
  using Call = std::shared_ptr<UnaryCall>;
  void Tell(const Call& call, const cluster::v1::Notice& request, cluster::v1::Nothing& response);
  void Carry(const Call& call, const cluster::v1::CarryRequest& request, cluster::v1::CarryResponse& response);
  void AwaitEnd(const Call& call, const cluster::v1::AwaitRequest& request, cluster::v1::AwaitEndResponse& response);
  void AwaitEnds(const Call& call, const cluster::v1::AwaitEndsRequest& request, cluster::v1::Ends& response);
  void TellEnds(const Call& call, const cluster::v1::Ends& request, cluster::v1::Nothing& response);
  void AwaitChange(const Call& call, const cluster::v1::AwaitRequest& request,
                   cluster::v1::AwaitChangeResponse& response);
  void Lend(const Call& call, const cluster::v1::LendRequest& request, cluster::v1::LendResponse& response);
  void Watch(const Call& call, const cluster::v1::WatchRequest& request, cluster::v1::WatchResponse& response);

  // Ends the call where its caller does not belong to the cluster.
  bool Belongs(const Call& call) const;

  cluster::PeerHandler& handler_;
  base::Executor& executor_;
  const std::string key_;
};

}  // namespace pawl::api::rpc
