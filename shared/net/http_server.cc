#include "shared/net/http_server.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/string.hpp>
#include <condition_variable>
#include <mutex>

#include "shared/net/http_connection.h"
#include "shared/net/io_thread.h"

namespace pawl::net {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr std::chrono::milliseconds kAcceptRetry{100};

// "HTTP: cannot listen on 127.0.0.1:8333: ..." and what to do about it.
absl::Status CannotListen(const HttpServerOptions& options, const std::string& problem) {
  return absl::UnavailableError(options.service_name + ": cannot listen on " + options.address + ":" +
                                std::to_string(options.port) + ": " + problem);
}

std::string ExplainBindError(const boost::system::error_code& error, const HttpServerOptions& options) {
  if (error == asio::error::address_in_use) {
    return "port " + std::to_string(options.port) +
           " is in use by another process; stop that process or choose another port with " + options.port_flag;
  }
  if (error == asio::error::access_denied) {
    return "permission denied; choose a port above 1023 with " + options.port_flag;
  }
  return error.message();
}

}  // namespace

std::string_view HttpRequest::Header(std::string_view name) const {
  for (const HttpHeader& header : headers) {
    if (boost::beast::iequals(header.first, boost::beast::string_view(name.data(), name.size()))) return header.second;
  }
  return {};
}

class HttpServer::Core {
 public:
  Core(HttpServerOptions options, HttpHandler handler) {
    for (int i = 0; i < std::max(1, options.threads); ++i) threads_.push_back(std::make_shared<IoThread>());
    acceptor_.emplace(threads_[0]->context());
    retry_.emplace(threads_[0]->context());
    settings_ = std::make_shared<HttpConnectionSettings>(
        HttpConnectionSettings{std::move(options), std::move(handler), [this] { OnClosed(); }});
  }

  absl::Status Listen() {
    const HttpServerOptions& options = settings_->options;
    boost::system::error_code error;
    const asio::ip::address address = asio::ip::make_address(options.address, error);
    if (error) return CannotListen(options, "the address must be a numeric IPv4 or IPv6 address");
    if (options.port < 0 || options.port > 65535) return CannotListen(options, "a port is a number from 0 to 65535");
    const tcp::endpoint endpoint(address, static_cast<uint16_t>(options.port));
    acceptor_->open(endpoint.protocol(), error);
    if (!error) acceptor_->set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_->bind(endpoint, error);
    if (!error) acceptor_->listen(tcp::acceptor::max_listen_connections, error);
    if (error) return CannotListen(options, ExplainBindError(error, options));
    port_ = acceptor_->local_endpoint().port();
    return absl::OkStatus();
  }

  void Run() {
    Accept();
    for (const auto& thread : threads_) thread->Start();
  }

  int port() const { return port_; }

  void Shutdown(std::chrono::milliseconds grace) {
    if (std::exchange(is_shut_down_, true)) return;
    threads_[0]->Dispatch([this] {
      boost::system::error_code ignored;
      acceptor_->close(ignored);
      retry_->cancel();
    });
    CloseConnections(/*also_busy=*/false);
    {
      std::unique_lock lock(mutex_);
      none_open_.wait_for(lock, grace, [this] { return open_ == 0; });
    }
    CloseConnections(/*also_busy=*/true);
    for (const auto& thread : threads_) thread->Dispatch([thread] { thread->StopSweeping(); });
    {
      // A connection accepted just before the listener closed still counts here.
      std::unique_lock lock(mutex_);
      none_open_.wait(lock, [this] { return open_ == 0; });
    }
    for (const auto& thread : threads_) thread->Join();
    acceptor_.reset();
    retry_.reset();
  }

 private:
  void Accept() {
    const std::shared_ptr<IoThread> thread = threads_[next_thread_++ % threads_.size()];
    acceptor_->async_accept(thread->context(), [this, thread](boost::system::error_code error, tcp::socket socket) {
      if (error == asio::error::operation_aborted || !acceptor_->is_open()) return;
      if (error) return AcceptLater();
      bool is_one_too_many = false;
      {
        const std::lock_guard lock(mutex_);
        is_one_too_many = ++open_ > settings_->options.connections_max;
      }
      auto connection = std::make_shared<HttpConnection>(settings_, thread, std::move(socket));
      thread->Dispatch([this, connection, is_one_too_many] {
        is_one_too_many ? connection->TurnAway() : connection->Start();
        if (shutting_down_) connection->Wind(/*also_busy=*/true);
      });
      Accept();
    });
  }

  // Out of file descriptors, most likely.
  void AcceptLater() {
    retry_->expires_after(kAcceptRetry);
    retry_->async_wait([this](boost::system::error_code error) {
      if (!error) Accept();
    });
  }

  void CloseConnections(bool also_busy) {
    shutting_down_ = true;
    for (const auto& thread : threads_) {
      thread->Dispatch([thread, also_busy] { thread->CloseConnections(also_busy); });
    }
  }

  void OnClosed() {
    const std::lock_guard lock(mutex_);
    if (--open_ == 0) none_open_.notify_all();
  }

  std::shared_ptr<const HttpConnectionSettings> settings_;
  std::vector<std::shared_ptr<IoThread>> threads_;
  std::optional<tcp::acceptor> acceptor_;
  std::optional<asio::steady_timer> retry_;
  size_t next_thread_ = 0;
  int port_ = 0;
  bool is_shut_down_ = false;
  std::atomic<bool> shutting_down_ = false;
  std::mutex mutex_;
  std::condition_variable none_open_;
  int open_ = 0;  // connections; under mutex_
};

HttpServer::HttpServer(std::unique_ptr<Core> core) : core_(std::move(core)) {}
HttpServer::~HttpServer() { Shutdown(std::chrono::milliseconds(0)); }

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(HttpServerOptions options, HttpHandler handler) {
  auto core = std::make_unique<Core>(std::move(options), std::move(handler));
  if (absl::Status status = core->Listen(); !status.ok()) return status;
  core->Run();
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(core)));
}

int HttpServer::port() const { return core_->port(); }
void HttpServer::Shutdown(std::chrono::milliseconds grace) { core_->Shutdown(grace); }

}  // namespace pawl::net
