#include "shared/net/io_thread.h"

#include <chrono>
#include <vector>

#include "shared/net/http_connection.h"

namespace pawl::net {

// Timeouts are counted in seconds, so one sweep a second is cheaper than a timer for each operation.
constexpr std::chrono::seconds kSweepInterval{1};

void IoThread::Start() {
  thread_ = std::thread([self = shared_from_this()] {
    self->Sweep();
    self->context_.run();
  });
}

void IoThread::Join() {
  work_.reset();
  if (thread_.joinable()) thread_.join();
  const std::lock_guard lock(mutex_);
  ended_ = true;
  // What was posted between the loop's end and the line above holds connections, which hold this object.
  context_.restart();
  context_.poll();
}

void IoThread::CloseConnections(bool also_busy) {
  const std::vector<HttpConnection*> connections(connections_.begin(), connections_.end());
  for (HttpConnection* connection : connections) connection->Wind(also_busy);
}

void IoThread::Sweep() {
  if (!sweeping_) return;
  const auto now = std::chrono::steady_clock::now();
  const std::vector<HttpConnection*> connections(connections_.begin(), connections_.end());
  for (HttpConnection* connection : connections) connection->CloseIfOverdue(now);
  sweep_.expires_after(kSweepInterval);
  sweep_.async_wait([this](const boost::system::error_code& error) {
    if (!error) Sweep();
  });
}

}  // namespace pawl::net
