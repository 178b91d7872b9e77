#include "shared/net/http_connection.h"

#include <sys/socket.h>

#include <atomic>
#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <utility>

namespace pawl::net {

namespace asio = boost::asio;
namespace http = boost::beast::http;

namespace {

// After a refusal the client may still be sending; reading a little longer lets it see the answer before the reset.
constexpr std::chrono::milliseconds kDrainTime{5'000};
constexpr size_t kDrainBytesMax = 256 << 20;
constexpr size_t kDrainChunkBytes = 64 << 10;

}  // namespace

// ---- Responder

struct Responder::Once {
  std::shared_ptr<HttpConnection> connection;
  uint64_t request_number;
  std::atomic<bool> answered = false;

  ~Once() {
    if (!answered)
      connection->Answer(request_number, connection->Refusal(500, "The request was dropped without an answer"));
  }
};

Responder::Responder(std::shared_ptr<HttpConnection> connection) : once_(std::make_shared<Once>()) {
  once_->request_number = connection->request_number();
  once_->connection = std::move(connection);
}

void Responder::operator()(HttpResponse response) const {
  if (!once_->answered.exchange(true)) once_->connection->Answer(once_->request_number, std::move(response));
}

void Responder::OnDisconnect(std::function<void()> gone) const {
  if (!once_->answered) once_->connection->Watch(once_->request_number, std::move(gone));
}

// ---- HttpConnection

HttpConnection::HttpConnection(std::shared_ptr<const HttpConnectionSettings> settings, std::shared_ptr<IoThread> thread,
                               asio::ip::tcp::socket socket)
    : settings_(std::move(settings)), thread_(std::move(thread)), socket_(std::move(socket)) {}

void HttpConnection::Start() {
  Error ignored;
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  socket_.non_blocking(true, ignored);
  thread_->Add(this);
  ReadHeader();
}

void HttpConnection::TurnAway() {
  turned_away_ = true;
  Start();
}

bool HttpConnection::TakeBodyBytes() {
  const auto length = parser_->content_length();
  body_bytes_ = length ? static_cast<size_t>(*length) : settings_->options.body_bytes_max;
  const size_t before = settings_->body_bytes->fetch_add(body_bytes_, std::memory_order_relaxed);
  if (before == 0 || before + body_bytes_ <= settings_->options.all_bodies_bytes_max) return true;
  ReturnBodyBytes();
  return false;
}

void HttpConnection::ReturnBodyBytes() {
  settings_->body_bytes->fetch_sub(std::exchange(body_bytes_, 0), std::memory_order_relaxed);
}

void HttpConnection::SetDeadline(std::chrono::milliseconds from_now) {
  deadline_ = std::chrono::steady_clock::now() + from_now;
}

void HttpConnection::ReadHeader() {
  if (winding_) return Close();
  phase_ = Phase::kIdle;
  parser_.emplace();
  parser_->header_limit(static_cast<uint32_t>(settings_->options.header_bytes_max));
  parser_->body_limit(settings_->options.body_bytes_max);
  SetDeadline(settings_->options.idle_timeout);
  http::async_read_header(socket_, buffer_, *parser_,
                          [self = shared_from_this()](Error error, size_t) { self->OnHeader(error); });
}

void HttpConnection::OnHeader(Error error) {
  if (phase_ == Phase::kClosed) return;
  if (error) return OnReadError(error);
  phase_ = Phase::kReading;
  SetDeadline(settings_->options.transfer_timeout);
  const auto& head = parser_->get();
  keep_alive_ = head.keep_alive();
  is_head_ = head.method() == http::verb::head;
  http_version_ = static_cast<int>(head.version());
  if (turned_away_) {
    if (settings_->options.on_shed) settings_->options.on_shed("connection");
    return Refuse(503, "This node has as many connections as it takes; connect again later");
  }
  if (parser_->is_done()) return HandOn();
  if (!TakeBodyBytes()) {
    if (settings_->options.on_shed) settings_->options.on_shed("body");
    return Refuse(503, "This node has as many requests under way as it takes; nothing was done, ask again later");
  }
  if (boost::beast::iequals(head[http::field::expect], "100-continue")) return AskForBody();
  ReadBody();
}

void HttpConnection::AskForBody() {
  static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  asio::async_write(socket_, asio::buffer(kContinue),
                    [self = shared_from_this()](Error error, size_t) { error ? self->Close() : self->ReadBody(); });
}

void HttpConnection::ReadBody() {
  http::async_read(socket_, buffer_, *parser_,
                   [self = shared_from_this()](Error error, size_t) { self->OnBody(error); });
}

void HttpConnection::OnBody(Error error) {
  if (phase_ == Phase::kClosed) return;
  if (error) return OnReadError(error);
  HandOn();
}

void HttpConnection::OnReadError(Error error) {
  if (error == http::error::body_limit) {
    return Refuse(413,
                  "The request body is larger than " + std::to_string(settings_->options.body_bytes_max) + " bytes");
  }
  if (error == http::error::header_limit) {
    return Refuse(
        431, "The request headers are larger than " + std::to_string(settings_->options.header_bytes_max) + " bytes");
  }
  const bool client_left = error == http::error::end_of_stream || error == http::error::partial_message;
  if (!client_left && error.category() == make_error_code(http::error::bad_method).category()) {
    return Refuse(400, "The request is not valid HTTP/1.1: " + error.message());
  }
  Close();
}

void HttpConnection::HandOn() {
  phase_ = Phase::kHandling;
  ++request_number_;
  auto message = parser_->release();
  HttpRequest request;
  request.method = message.method_string();
  request.target = message.target();
  for (const auto& field : message) request.headers.emplace_back(field.name_string(), field.value());
  request.body = std::move(message.body());
  settings_->handler(std::move(request), Responder(shared_from_this()));
}

void HttpConnection::Answer(uint64_t request_number, HttpResponse response) {
  thread_->Dispatch([self = shared_from_this(), request_number, response = std::move(response)]() mutable {
    if (self->phase_ != Phase::kHandling || self->request_number_ != request_number) return;
    if (self->gone_) {
      self->gone_ = nullptr;
      Error ignored;
      self->socket_.cancel(ignored);  // the wait of WatchForEnd
    }
    self->Write(std::move(response), self->keep_alive_ && !self->winding_);
  });
}

void HttpConnection::Watch(uint64_t request_number, std::function<void()> gone) {
  thread_->Dispatch([self = shared_from_this(), request_number, gone = std::move(gone)]() mutable {
    if (self->request_number_ != request_number) return;
    if (self->phase_ == Phase::kClosed) return gone();
    if (self->phase_ != Phase::kHandling) return;
    const bool watching = self->gone_ != nullptr;
    self->gone_ = std::move(gone);
    if (!watching) self->WatchForEnd();
  });
}

// Waits until the socket is readable and looks without taking: end of stream means that the client has gone; data means
// that it sends its next request early, and then its going is not noticed until this one is answered.
void HttpConnection::WatchForEnd() {
  const uint64_t number = request_number_;
  socket_.async_wait(asio::ip::tcp::socket::wait_read, [self = shared_from_this(), number](Error error) {
    if (error || self->phase_ != Phase::kHandling || self->request_number_ != number) return;
    char byte;
    const ssize_t seen = ::recv(self->socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    if (seen == 0 || (seen < 0 && errno != EAGAIN && errno != EWOULDBLOCK)) self->Close();
  });
}

void HttpConnection::Write(HttpResponse response, bool keep_alive) {
  phase_ = Phase::kWriting;
  ReturnBodyBytes();
  SetDeadline(settings_->options.transfer_timeout);
  auto message = std::make_shared<http::response<http::string_body>>();
  message->version(static_cast<unsigned>(http_version_));
  message->result(static_cast<unsigned>(response.status));
  for (const HttpHeader& header : response.headers) message->insert(header.first, header.second);
  message->keep_alive(keep_alive);
  message->content_length(response.body.size());
  if (!is_head_) message->body() = std::move(response.body);
  http::async_write(socket_, *message, [self = shared_from_this(), message, keep_alive](Error error, size_t) {
    if (self->phase_ == Phase::kClosed) return;
    error ? self->Close() : self->OnWritten(keep_alive);
  });
}

void HttpConnection::OnWritten(bool keep_alive) {
  if (keep_alive) return ReadHeader();
  Error ignored;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  phase_ = Phase::kDraining;
  SetDeadline(kDrainTime);
  Drain();
}

void HttpConnection::Refuse(int status, std::string message) {
  ++request_number_;
  Write(Refusal(status, std::move(message)), /*keep_alive=*/false);
}

HttpResponse HttpConnection::Refusal(int status, std::string message) const {
  if (settings_->options.refusal) return settings_->options.refusal(status, std::move(message));
  HttpResponse response{status, {{"Content-Type", "application/json"}}, "{\"message\":\"" + message + "\"}"};
  if (status == 503) response.headers.emplace_back("Retry-After", "1");
  return response;
}

void HttpConnection::Drain() {
  buffer_.clear();
  socket_.async_read_some(buffer_.prepare(kDrainChunkBytes), [self = shared_from_this()](Error error, size_t bytes) {
    if (self->phase_ == Phase::kClosed) return;
    self->drained_bytes_ += bytes;
    if (error || self->drained_bytes_ > kDrainBytesMax || self->winding_) return self->Close();
    self->Drain();
  });
}

void HttpConnection::Wind(bool also_busy) {
  winding_ = true;
  if (also_busy || phase_ == Phase::kIdle || phase_ == Phase::kDraining) Close();
}

void HttpConnection::CloseIfOverdue(std::chrono::steady_clock::time_point now) {
  if (phase_ != Phase::kHandling && now > deadline_) Close();
}

void HttpConnection::Close() {
  if (phase_ == Phase::kClosed) return;
  const auto keep_this = shared_from_this();
  phase_ = Phase::kClosed;
  ReturnBodyBytes();
  Error ignored;
  socket_.close(ignored);
  thread_->Remove(this);
  if (gone_) std::exchange(gone_, nullptr)();
  settings_->on_closed();
}

}  // namespace pawl::net
