// cluster.v1 on a PeerHandler. Internal to scheduler/api/grpc.
#pragma once

#include <functional>
#include <string>

#include "proto/cluster/v1/cluster.grpc.pb.h"
#include "scheduler/api/grpc/unary_call.h"
#include "scheduler/cluster/peers.h"
#include "shared/base/executor.h"

namespace pawl::api::rpc {

inline constexpr char kClusterKeyHeader[] = "pawl-cluster-key";

class ClusterService final : public cluster::v1::ClusterService::CallbackService {
 public:
  // Calls `handler` on `executor`. Both must outlive the calls.
  ClusterService(cluster::PeerHandler& handler, base::Executor& executor, std::string key, RequestObserver observer)
      : handler_(handler), executor_(executor), key_(std::move(key)), observer_(std::move(observer)) {}

  ::grpc::ServerUnaryReactor* Tell(::grpc::CallbackServerContext* context, const cluster::v1::Notice* request,
                                   cluster::v1::Nothing* response) override;
  ::grpc::ServerUnaryReactor* Carry(::grpc::CallbackServerContext* context, const cluster::v1::CarryRequest* request,
                                    cluster::v1::CarryResponse* response) override;
  ::grpc::ServerUnaryReactor* AwaitEnd(::grpc::CallbackServerContext* context, const cluster::v1::AwaitRequest* request,
                                       cluster::v1::AwaitEndResponse* response) override;
  ::grpc::ServerUnaryReactor* AwaitChange(::grpc::CallbackServerContext* context,
                                          const cluster::v1::AwaitRequest* request,
                                          cluster::v1::AwaitChangeResponse* response) override;
  ::grpc::ServerUnaryReactor* Lend(::grpc::CallbackServerContext* context, const cluster::v1::LendRequest* request,
                                   cluster::v1::LendResponse* response) override;
  ::grpc::ServerUnaryReactor* Watch(::grpc::CallbackServerContext* context, const cluster::v1::WatchRequest* request,
                                    cluster::v1::WatchResponse* response) override;

 private:
  // A call that may go on; ended already where its caller does not belong to the cluster.
  std::shared_ptr<UnaryCall> Begin(std::string_view method, ::grpc::CallbackServerContext* context);

  cluster::PeerHandler& handler_;
  base::Executor& executor_;
  const std::string key_;
  const RequestObserver observer_;
};

}  // namespace pawl::api::rpc
