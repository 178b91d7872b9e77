// An HTTP/1.1 server: the adapter over Boost.Beast, which no other folder sees. Keep-alive, limits with clear answers,
// answers that may come later and from any thread, and graceful shutdown.
//
//   auto server = HttpServer::Start({.port = 8333}, [](HttpRequest request, Responder respond) {
//     respond(HttpResponse{.status = 200, .body = "hello"});
//   });
//
// Thread rule: the handler runs on one of the server's threads and must not block; a Responder may be used from any
// thread. One connection has one request under way at a time. Start, Shutdown and the destructor belong to one owner.
// Errors: Start refuses with a sentence that names the port and how to change it. A handler that drops its Responder
// without an answer gives the client a 500; a fault of the peer closes the connection and nothing else.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace pawl::net {

using HttpHeader = std::pair<std::string, std::string>;

struct HttpRequest {
  std::string method;
  std::string target;  // path and query as sent
  std::vector<HttpHeader> headers;
  std::string body;
  // The first header of that name, in any case; empty if there is none.
  std::string_view Header(std::string_view name) const;
};

struct HttpResponse {
  int status = 200;
  std::vector<HttpHeader> headers = {};  // Content-Length and Connection are the server's
  std::string body = {};
};

class HttpConnection;  // internal

// Where the answer to one request goes. Copies share that one answer: the first call counts, later ones do nothing.
class Responder {
 public:
  explicit Responder(std::shared_ptr<HttpConnection> connection);
  void operator()(HttpResponse response) const;
  // Runs `gone` once on a server thread if the client goes away before it was answered; at once if it has gone already.
  // For long polls. At most one callback per request; dropped, unrun, by the answer.
  void OnDisconnect(std::function<void()> gone) const;

 private:
  struct Once;
  std::shared_ptr<Once> once_;
};

using HttpHandler = std::function<void(HttpRequest, Responder)>;

struct HttpServerOptions {
  std::string address = "127.0.0.1";
  int port = 0;  // 0: any free one
  // For the error when the port is taken: "AWS API: port 8333 ... choose another with --http-port".
  std::string service_name = "HTTP";
  std::string port_flag = "--http-port";
  int threads = 1;
  size_t body_bytes_max = 16 << 20;
  size_t header_bytes_max = 64 << 10;
  // Bodies that are being read or whose requests are under way, of all connections together; one beyond them is
  // answered 503 before it is read. A body of unknown length counts as the longest allowed.
  size_t all_bodies_bytes_max = 512 << 20;
  // Open at once; one beyond them is answered 503 and closed.
  int connections_max = 20'000;
  // Hears of every such answer: "connection" or "body". Any server thread.
  std::function<void(const char* what)> on_shed = {};
  std::chrono::milliseconds idle_timeout{75'000};      // between requests, and for a request's headers
  std::chrono::milliseconds transfer_timeout{60'000};  // for a request's body, and for an answer to be taken
  // Shapes the answers that the server gives by itself (400, 413, 431, 500, 503); by default {"message": "..."}.
  std::function<HttpResponse(int status, std::string message)> refusal;
};

class HttpServer {
 public:
  static absl::StatusOr<std::unique_ptr<HttpServer>> Start(HttpServerOptions options, HttpHandler handler);
  ~HttpServer();

  // The bound port.
  int port() const;
  // Stops listening, closes idle connections, lets requests under way be answered for at most `grace`, then closes the
  // rest (their OnDisconnect runs) and joins the threads. Idempotent. Not from a server thread.
  void Shutdown(std::chrono::milliseconds grace);

 private:
  class Core;
  explicit HttpServer(std::unique_ptr<Core> core);
  std::unique_ptr<Core> core_;
};

}  // namespace pawl::net
