// An Executor with a thread of its own: posted work in order, timers by their time.
//
// One piece of work runs at a time, on the loop's thread or on one that was lent while the loop was idle: waking a
// thread costs more than a small piece of work, and at one execution at a time nothing else is there to do (see
// benchmarks/README.md, "One step at a time"). A lent thread goes after a few rounds; timers are the loop's own affair.
//
// Thread rule: Post and Lend from any thread; PostAt and Cancel from work that runs here. Destruction drops what is
// left.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <ctime>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "shared/base/clock.h"
#include "shared/base/executor.h"

namespace pawl::scheduler {

class EventLoop : public base::Executor {
 public:
  // `name` shows in thread lists (at most 15 characters).
  EventLoop(const base::Clock& clock, const std::string& name);
  ~EventLoop() override;

  void Post(Work work) override;
  void Lend(Work work) override;
  TimerHandle PostAt(base::MonotonicTime due, Work work) override;
  void Cancel(TimerHandle handle) override;
  // CPU time of all that ran here, whichever thread ran it. From any thread, before Stop.
  std::chrono::nanoseconds Cpu() const;
  // Ends the thread after the piece under way. Not from work that runs here. Idempotent.
  void Stop();

 private:
  void Run();
  bool WaitForWork(std::unique_lock<std::mutex>& lock);
  void RunDueTimers();

  const base::Clock& clock_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Work> posted_;  // guarded by mutex_
  bool stopping_ = false;     // guarded by mutex_
  bool running_ = false;      // guarded by mutex_: some thread has the work, and looks at posted_ before it goes
  // Guarded by mutex_: the loop's thread sleeps until then, or until it is told. The latest where it waits for
  // running_.
  base::MonotonicTime sleeps_until_ = base::MonotonicTime::min();
  // Of the thread that runs, and of the loop's where none does.
  std::map<std::pair<base::MonotonicTime, TimerHandle>, Work> timers_;
  std::unordered_map<TimerHandle, base::MonotonicTime> due_of_;
  TimerHandle last_handle_ = 0;
  clockid_t own_cpu_ = CLOCK_THREAD_CPUTIME_ID;
  std::atomic<int64_t> lent_cpu_ns_ = 0;
  std::thread thread_;
};

// The machine's clocks.
class SystemClock : public base::Clock {
 public:
  base::WallTime WallNow() const override;
  base::MonotonicTime MonotonicNow() const override;
};

}  // namespace pawl::scheduler
