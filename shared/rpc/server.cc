#include "shared/rpc/server.h"

#include <arpa/inet.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "shared/rpc/library.h"

namespace pawl::rpc {
namespace {

constexpr int kKeepaliveTimeMs = 20'000;
constexpr int kKeepaliveTimeoutMs = 10'000;
constexpr int kPingIntervalMinMs = 5'000;

// Why the port cannot be listened on; empty if it can. gRPC itself only logs the reason, so this looks first.
std::string WhyNotListen(const RpcServerOptions& options) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(options.port));
  if (inet_pton(AF_INET, options.address.c_str(), &address.sin_addr) != 1) {
    return "";  // IPv6 or a name: left to gRPC
  }
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (fd < 0) return std::strerror(errno);
  const int yes = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  int error = bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ? 0 : errno;
  if (error == 0 && listen(fd, 1) != 0) error = errno;
  close(fd);
  if (error == EADDRINUSE) {
    return "port " + std::to_string(options.port) +
           " is in use by another process; stop that process or choose another port with " + options.port_flag;
  }
  if (error == EACCES) return "permission denied; choose a port above 1023 with " + options.port_flag;
  return error == 0 ? "" : std::strerror(error);
}

}  // namespace

absl::StatusOr<std::unique_ptr<RpcServer>> RpcServer::Start(const RpcServerOptions& options,
                                                            const std::vector<::grpc::Service*>& services) {
  const std::string endpoint = options.address + ":" + std::to_string(options.port);
  const auto cannot_listen = [&](const std::string& why) {
    return absl::UnavailableError(options.service_name + ": cannot listen on " + endpoint + ": " + why);
  };
  if (const std::string why = WhyNotListen(options); !why.empty()) return cannot_listen(why);
  PrepareLibrary();
  ::grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort(endpoint, ::grpc::InsecureServerCredentials(), &port);
  // Two servers must not share a port: the second is to be told.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveTimeMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, kPingIntervalMinMs);
  builder.SetMaxReceiveMessageSize(kMessageBytesMax);
  builder.SetMaxSendMessageSize(kMessageBytesMax);
  for (::grpc::Service* service : services) builder.RegisterService(service);
  std::unique_ptr<::grpc::ServerCompletionQueue> calls = builder.AddCompletionQueue();
  std::unique_ptr<::grpc::Server> server = builder.BuildAndStart();
  auto queue = std::make_unique<CallQueue>(std::move(calls));
  if (server == nullptr || port == 0) return cannot_listen("gRPC refused it; its log says why");
  return std::unique_ptr<RpcServer>(new RpcServer(std::move(server), std::move(queue), port));
}

RpcServer::~RpcServer() { Shutdown(std::chrono::milliseconds(0)); }

void RpcServer::Shutdown(std::chrono::milliseconds grace) {
  if (std::exchange(is_shut_down_, true)) return;
  server_->Shutdown(std::chrono::system_clock::now() + grace);
  server_->Wait();
}

}  // namespace pawl::rpc
