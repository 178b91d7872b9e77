#include "scheduler/api/aws/server.h"

#include <random>
#include <utility>

#include "scheduler/api/aws/handler.h"
#include "scheduler/api/aws/own_calls.h"
#include "shared/base/random.h"
#include "shared/net/http_server.h"

namespace pawl::api::aws {
namespace {

uint64_t DrawSeed() {
  std::random_device device;
  return uint64_t{device()} << 32 | device();
}

class ServerOverHttp : public AwsApiServer {
 public:
  ServerOverHttp(AwsApiOptions options, gateway::Gateway& gateway)
      : gateway_(gateway), handler_(std::move(options), gateway, DrawSeed()) {}
  ~ServerOverHttp() override {
    if (http_) Shutdown(std::chrono::milliseconds(0));
  }

  absl::Status Listen(const AwsApiOptions& options) {
    net::HttpServerOptions http;
    http.address = options.address;
    http.port = options.port;
    http.service_name = "AWS API";
    http.port_flag = "--http-port";
    http.threads = options.threads;
    http.body_bytes_max = options.body_bytes_max;
    http.all_bodies_bytes_max = options.all_bodies_bytes_max;
    http.connections_max = options.connections_max;
    http.on_shed = options.on_shed;
    http.refusal = [this](int status, std::string message) { return handler_.Refusal(status, std::move(message)); };
    auto server = net::HttpServer::Start(std::move(http), [this](net::HttpRequest request, net::Responder respond) {
      handler_.Handle(
          std::move(request), [respond](net::HttpResponse response) { respond(std::move(response)); },
          [respond](std::function<void()> gone) { respond.OnDisconnect(std::move(gone)); });
    });
    if (!server.ok()) return server.status();
    http_ = std::move(*server);
    if (options.does_own_calls) {
      base::SeededRandom random(DrawSeed());
      own_calls_ = std::make_shared<OwnCalls>(handler_, gateway_, "step-functions-" + base::RandomUuid(random));
      own_calls_->Start();
    }
    return absl::OkStatus();
  }

  int port() const override { return http_->port(); }

  void Shutdown(std::chrono::milliseconds grace) override {
    if (own_calls_) own_calls_->Stop();
    handler_.EndLongPolls();
    http_->Shutdown(grace);
  }

 private:
  gateway::Gateway& gateway_;
  AwsHandler handler_;
  std::shared_ptr<OwnCalls> own_calls_;
  std::unique_ptr<net::HttpServer> http_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<AwsApiServer>> AwsApiServer::Start(AwsApiOptions options, gateway::Gateway& gateway) {
  auto server = std::make_unique<ServerOverHttp>(options, gateway);
  absl::Status status = server->Listen(options);
  if (!status.ok()) return status;
  return server;
}

}  // namespace pawl::api::aws
