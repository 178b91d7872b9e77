// The gRPC front end: control.v1, worker.v1 and, for other nodes, cluster.v1 on one port, forwarding to the Gateway.
// Nothing blocks: each call waits on gRPC's asynchronous API for the Gateway's answer.
//
// Thread rule: Start and Shutdown belong to one owner. `on_request` runs on any thread.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "scheduler/cluster/peers.h"
#include "scheduler/gateway/gateway.h"
#include "shared/base/executor.h"

namespace pawl::api::rpc {

struct GrpcApiOptions {
  std::string address = "127.0.0.1";
  int port = 7333;  // 0: any free one
  // Whose names control.v1 calls mean; the ARNs in requests say the rest.
  gateway::Caller caller;
  // For metrics: "ControlService/StartExecution", the gRPC status code's name ("OK") and how long it took.
  std::function<void(std::string_view method, std::string_view code, std::chrono::microseconds took)> on_request;
  // Who hears the other nodes of the cluster, on which thread, and the key they have to show. No handler: no
  // cluster.v1.
  cluster::PeerHandler* peers = nullptr;
  base::Executor* peers_executor = nullptr;
  std::string cluster_key;
};

class GrpcApiServer {
 public:
  // `gateway` must outlive the server. Refuses with a sentence that names the port where it is taken.
  static absl::StatusOr<std::unique_ptr<GrpcApiServer>> Start(GrpcApiOptions options, gateway::Gateway& gateway);
  virtual ~GrpcApiServer() = default;
  virtual int port() const = 0;
  // Refuses new calls, lets those under way end for at most `grace`, then cancels the rest.
  virtual void Shutdown(std::chrono::milliseconds grace) = 0;
};

}  // namespace pawl::api::rpc
