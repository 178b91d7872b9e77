// An Executor with a thread of its own: posted work in order, timers by their time.
//
// Thread rule: Post from any thread; PostAt and Cancel from the loop's own. Destruction drops what is left.
#pragma once

#include <atomic>
#include <condition_variable>
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
  TimerHandle PostAt(base::MonotonicTime due, Work work) override;
  void Cancel(TimerHandle handle) override;
  // Ends the thread after the piece under way. Not from the loop's own thread. Idempotent.
  void Stop();

 private:
  void Run();

  const base::Clock& clock_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Work> posted_;  // guarded by mutex_
  bool stopping_ = false;     // guarded by mutex_
  // The loop's thread only.
  std::map<std::pair<base::MonotonicTime, TimerHandle>, Work> timers_;
  std::unordered_map<TimerHandle, base::MonotonicTime> due_of_;
  TimerHandle last_handle_ = 0;
  std::thread thread_;
};

// The machine's clocks.
class SystemClock : public base::Clock {
 public:
  base::WallTime WallNow() const override;
  base::MonotonicTime MonotonicNow() const override;
};

}  // namespace pawl::scheduler
