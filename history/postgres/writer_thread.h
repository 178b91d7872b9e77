// The thread on which an AppendSession lives: pieces of work one by one, in the order given. Internal to
// history/postgres.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "history/postgres/append_session.h"

namespace pawl::history {

class WriterThread {
 public:
  WriterThread(std::string conninfo, AppendSessionOptions options);
  // Ends soon, whatever the session waits for; work not begun is forgotten.
  ~WriterThread();

  // From any thread.
  void Post(std::function<void(AppendSession&)> work);
  // As Post; but where the thread has nothing to do, the caller runs `ahead` first, which must not wait.
  void Post(const std::function<void(AppendSession&)>& ahead, std::function<void(AppendSession&)> work);

 private:
  void Loop();

  std::atomic<bool> interrupted_ = false;
  AppendSession session_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void(AppendSession&)>> work_;  // under mutex_
  bool busy_ = false;                                     // under mutex_: somebody has the session
  bool stopping_ = false;                                 // under mutex_
  std::thread thread_;
};

}  // namespace pawl::history
