#include "scheduler/api/grpc/server.h"

#include <optional>
#include <utility>
#include <vector>

#include "scheduler/api/grpc/cluster/cluster_service.h"
#include "scheduler/api/grpc/control_service.h"
#include "scheduler/api/grpc/worker_service.h"
#include "shared/rpc/server.h"

namespace pawl::api::rpc {
namespace {

class ServerOverGrpc : public GrpcApiServer {
 public:
  ServerOverGrpc(const GrpcApiOptions& options, gateway::Gateway& gateway)
      : control_(gateway, options.caller, options.on_request), worker_(gateway, options.on_request) {
    if (options.peers != nullptr)
      cluster_.emplace(*options.peers, *options.peers_executor, options.cluster_key, nullptr);
  }
  ~ServerOverGrpc() override {
    if (server_) Shutdown(std::chrono::milliseconds(0));
  }

  absl::Status Listen(const GrpcApiOptions& options) {
    pawl::rpc::RpcServerOptions rpc;
    rpc.address = options.address;
    rpc.port = options.port;
    rpc.service_name = "gRPC API";
    std::vector<::grpc::Service*> services = {&control_.service(), &worker_.service()};
    if (cluster_) services.push_back(&cluster_->service());
    auto server = pawl::rpc::RpcServer::Start(rpc, services);
    if (!server.ok()) return server.status();
    server_ = std::move(*server);
    control_.Accept(server_->queue());
    worker_.Accept(server_->queue());
    if (cluster_) cluster_->Accept(server_->queue());
    return absl::OkStatus();
  }

  int port() const override { return server_->port(); }

  void Shutdown(std::chrono::milliseconds grace) override {
    worker_.EndLongPolls();
    server_->Shutdown(grace);
  }

 private:
  ControlService control_;
  WorkerService worker_;
  std::optional<ClusterService> cluster_;
  std::unique_ptr<pawl::rpc::RpcServer> server_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<GrpcApiServer>> GrpcApiServer::Start(GrpcApiOptions options, gateway::Gateway& gateway) {
  auto server = std::make_unique<ServerOverGrpc>(options, gateway);
  absl::Status status = server->Listen(options);
  if (!status.ok()) return status;
  return server;
}

}  // namespace pawl::api::rpc
