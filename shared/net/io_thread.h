// One thread with one Asio loop, and the connections that live on it. Internal to shared/net.
//
// Connections share ownership of their IoThread, because a Responder may outlive the server; work that arrives after
// the loop has ended is dropped.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <mutex>
#include <thread>
#include <unordered_set>
#include <utility>

namespace pawl::net {

class HttpConnection;

class IoThread : public std::enable_shared_from_this<IoThread> {
 public:
  void Start();
  // Lets the loop end when nothing is left on it, and joins. Connections must have been closed.
  void Join();

  // Runs `work` on the loop: at once if the caller is on it.
  template <typename Work>
  void Dispatch(Work work) {
    if (context_.get_executor().running_in_this_thread()) return work();
    const std::lock_guard lock(mutex_);
    if (!ended_) boost::asio::post(context_, std::move(work));
  }

  // Only on the loop.
  void Add(HttpConnection* connection) { connections_.insert(connection); }
  void Remove(HttpConnection* connection) { connections_.erase(connection); }
  // Ends connections: the idle ones, or all.
  void CloseConnections(bool also_busy);
  void StopSweeping() { sweep_.cancel(), sweeping_ = false; }

  boost::asio::io_context& context() { return context_; }

 private:
  void Sweep();

  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{context_.get_executor()};
  boost::asio::steady_timer sweep_{context_};
  bool sweeping_ = true;
  std::unordered_set<HttpConnection*> connections_;
  std::thread thread_;
  std::mutex mutex_;
  bool ended_ = false;  // under mutex_
};

}  // namespace pawl::net
