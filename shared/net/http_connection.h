// One accepted connection: read a request, hand it on, write its answer, again. Internal to shared/net.
//
// Everything runs on the connection's IoThread; only Answer and Watch may be called from elsewhere. Requests are
// numbered, so that a late answer to an earlier request is recognised and dropped.
#pragma once

#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "shared/net/http_server.h"
#include "shared/net/io_thread.h"

namespace pawl::net {

// What all connections of a server share.
struct HttpConnectionSettings {
  HttpServerOptions options;
  HttpHandler handler;
  std::function<void()> on_closed;  // on the connection's thread
  // Of all connections.
  std::shared_ptr<std::atomic<size_t>> body_bytes = std::make_shared<std::atomic<size_t>>(0);
};

class HttpConnection : public std::enable_shared_from_this<HttpConnection> {
 public:
  HttpConnection(std::shared_ptr<const HttpConnectionSettings> settings, std::shared_ptr<IoThread> thread,
                 boost::asio::ip::tcp::socket socket);

  void Start();
  // Instead of Start: answers the first request with 503 and closes.
  void TurnAway();
  // From any thread.
  void Answer(uint64_t request_number, HttpResponse response);
  void Watch(uint64_t request_number, std::function<void()> gone);

  // An answer of the server's own, in the shape that the options ask for.
  HttpResponse Refusal(int status, std::string message) const;

  // Closes now, or after the answer that is owed.
  void Wind(bool also_busy);
  void CloseIfOverdue(std::chrono::steady_clock::time_point now);
  uint64_t request_number() const { return request_number_; }

 private:
  using Error = boost::system::error_code;
  enum class Phase { kIdle, kReading, kHandling, kWriting, kDraining, kClosed };

  void ReadHeader();
  void OnHeader(Error error);
  void AskForBody();
  void ReadBody();
  void OnBody(Error error);
  // Counts the body that is to come; false where there is no room for it.
  bool TakeBodyBytes();
  void ReturnBodyBytes();
  void OnReadError(Error error);
  void HandOn();
  void Write(HttpResponse response, bool keep_alive);
  void OnWritten(bool keep_alive);
  void Refuse(int status, std::string message);
  void Drain();
  void WatchForEnd();
  void Close();
  void SetDeadline(std::chrono::milliseconds from_now);

  std::shared_ptr<const HttpConnectionSettings> settings_;
  // Before the socket: the loop must outlive what is registered with it.
  std::shared_ptr<IoThread> thread_;
  boost::asio::ip::tcp::socket socket_;
  boost::beast::flat_buffer buffer_;
  std::optional<boost::beast::http::request_parser<boost::beast::http::string_body>> parser_;
  Phase phase_ = Phase::kIdle;
  uint64_t request_number_ = 0;
  bool keep_alive_ = true;
  bool is_head_ = false;
  int http_version_ = 11;
  bool winding_ = false;
  size_t drained_bytes_ = 0;
  size_t body_bytes_ = 0;  // counted in the settings'
  bool turned_away_ = false;
  std::function<void()> gone_;
  std::chrono::steady_clock::time_point deadline_;
};

}  // namespace pawl::net
