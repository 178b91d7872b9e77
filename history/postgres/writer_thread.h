// The thread on which an AppendSession lives: pieces of work one by one, in the order given. Internal to
// history/postgres.
//
// Where nothing else goes on, a caller that has sent its append ahead waits for the answer for a moment and goes on
// with it itself: to wake two threads, one for the answer and then the caller again, costs as much as a commit
// (benchmarks/README.md, "One step at a time").
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "history/postgres/append_session.h"
#include "shared/wait/short_wait.h"

namespace pawl::history {

class WriterThread {
 public:
  WriterThread(std::string conninfo, AppendSessionOptions options);
  // Ends soon, whatever the session waits for; work not begun is forgotten.
  ~WriterThread();

  // From any thread.
  void Post(std::function<void(AppendSession&)> work);
  // As Post; but where the thread has nothing to do, the caller runs `ahead` first, which must not wait. Where that
  // says that it sent something to the server, and the answer comes at once, the caller runs `work` too, which waits
  // only where the answer leaves something to be asked.
  void Post(const std::function<bool(AppendSession&)>& ahead, std::function<void(AppendSession&)> work);

 private:
  void Loop();
  void Run(std::function<void(AppendSession&)>& work);
  // Waits a moment; true once the answer to what was sent is there.
  bool IsAnsweredSoon();

  std::atomic<bool> interrupted_ = false;
  AppendSession session_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void(AppendSession&)>> work_;  // under mutex_
  bool busy_ = false;                                     // under mutex_: somebody has the session
  bool stopping_ = false;                                 // under mutex_
  bool is_sent_ahead_ = false;                            // by whoever has the session: what `answer_` waits for
  wait::ShortWait answer_;
  std::thread thread_;
};

}  // namespace pawl::history
