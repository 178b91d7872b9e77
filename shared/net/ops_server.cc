#include "shared/net/ops_server.h"

#include <string_view>
#include <utility>

namespace pawl::net {
namespace {

HttpResponse Text(int status, std::string body) {
  return HttpResponse{status, {{"Content-Type", "text/plain; charset=utf-8"}}, std::move(body)};
}

HttpResponse Probe(const std::function<absl::Status()>& check) {
  const absl::Status status = check ? check() : absl::OkStatus();
  return status.ok() ? Text(200, "ok\n") : Text(503, std::string(status.message()) + "\n");
}

HttpResponse Answer(const HttpRequest& request, const OpsCallbacks& callbacks) {
  if (request.method != "GET" && request.method != "HEAD") return Text(405, "only GET is served here\n");
  const std::string_view path = std::string_view(request.target).substr(0, request.target.find('?'));
  if (path == "/healthz") return Probe(callbacks.is_healthy);
  if (path == "/readyz") return Probe(callbacks.is_ready);
  if (path == "/metrics" && callbacks.metrics) {
    return HttpResponse{200, {{"Content-Type", "text/plain; version=0.0.4; charset=utf-8"}}, callbacks.metrics()};
  }
  if (path == "/cluster" && callbacks.cluster) {
    return HttpResponse{200, {{"Content-Type", "application/json"}}, callbacks.cluster()};
  }
  return Text(404, "served here: /metrics, /healthz, /readyz\n");
}

}  // namespace

absl::StatusOr<std::unique_ptr<HttpServer>> StartOpsServer(const std::string& address, int port,
                                                           OpsCallbacks callbacks) {
  HttpServerOptions options;
  options.address = address;
  options.port = port;
  options.service_name = "operations server";
  options.port_flag = "--ops-port";
  options.body_bytes_max = 64 << 10;
  return HttpServer::Start(std::move(options),
                           [callbacks = std::move(callbacks)](HttpRequest request, Responder respond) {
                             respond(Answer(request, callbacks));
                           });
}

}  // namespace pawl::net
