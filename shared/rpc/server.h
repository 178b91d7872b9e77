// A gRPC server with the project's settings: message sizes, keepalive, and an error that names a taken port. Services
// are written on gRPC's asynchronous API by those who own them (scheduler/api/grpc).
//
// Thread rule: one owner. Errors: UNAVAILABLE with the port and how to change it.
#pragma once

#include <grpcpp/server.h>
#include <grpcpp/support/status.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "shared/rpc/call_queue.h"

namespace pawl::rpc {

// Of requests and answers; a task's input is at most 256 KiB, a bulk start thousands of them.
inline constexpr int kMessageBytesMax = 64 << 20;

struct RpcServerOptions {
  std::string address = "127.0.0.1";
  int port = 0;  // 0: any free one
  std::string service_name = "gRPC";
  std::string port_flag = "--grpc-port";
};

class RpcServer {
 public:
  // The services must outlive the server, and take calls from its queue.
  static absl::StatusOr<std::unique_ptr<RpcServer>> Start(const RpcServerOptions& options,
                                                          const std::vector<::grpc::Service*>& services);
  ~RpcServer();
  int port() const { return port_; }
  CallQueue& queue() { return *queue_; }
  // Refuses new calls, lets those under way end for at most `grace`, cancels the rest, and returns when none is left.
  void Shutdown(std::chrono::milliseconds grace);

 private:
  RpcServer(std::unique_ptr<::grpc::Server> server, std::unique_ptr<CallQueue> queue, int port)
      : server_(std::move(server)), queue_(std::move(queue)), port_(port) {}
  std::unique_ptr<::grpc::Server> server_;
  std::unique_ptr<CallQueue> queue_;  // goes first: its last events are about the server
  int port_;
  bool is_shut_down_ = false;
};

}  // namespace pawl::rpc
