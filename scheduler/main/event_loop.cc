#include "scheduler/main/event_loop.h"

#include <pthread.h>

#include <chrono>

namespace pawl::scheduler {

base::WallTime SystemClock::WallNow() const {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

base::MonotonicTime SystemClock::MonotonicNow() const {
  return base::MonotonicTime(
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch()));
}

EventLoop::EventLoop(const base::Clock& clock, const std::string& name) : clock_(clock) {
  thread_ = std::thread([this] { Run(); });
  pthread_setname_np(thread_.native_handle(), name.substr(0, 15).c_str());
}

EventLoop::~EventLoop() { Stop(); }

void EventLoop::Post(Work work) {
  bool was_empty;
  {
    std::lock_guard lock(mutex_);
    was_empty = posted_.empty();
    posted_.push_back(std::move(work));
  }
  if (was_empty) wake_.notify_one();
}

base::Executor::TimerHandle EventLoop::PostAt(base::MonotonicTime due, Work work) {
  TimerHandle handle = ++last_handle_;
  timers_.emplace(std::pair{due, handle}, std::move(work));
  due_of_.emplace(handle, due);
  return handle;
}

void EventLoop::Cancel(TimerHandle handle) {
  auto found = due_of_.find(handle);
  if (found == due_of_.end()) return;
  timers_.erase({found->second, handle});
  due_of_.erase(found);
}

void EventLoop::Stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void EventLoop::Run() {
  std::vector<Work> batch;
  while (true) {
    {
      std::unique_lock lock(mutex_);
      auto something = [this] { return stopping_ || !posted_.empty(); };
      if (timers_.empty()) {
        wake_.wait(lock, something);
      } else {
        wake_.wait_for(lock, timers_.begin()->first.first - clock_.MonotonicNow(), something);
      }
      if (stopping_) return;
      batch.swap(posted_);
    }
    for (Work& work : batch) work();
    batch.clear();
    base::MonotonicTime now = clock_.MonotonicNow();
    while (!timers_.empty() && timers_.begin()->first.first <= now) {
      Work work = std::move(timers_.begin()->second);
      due_of_.erase(timers_.begin()->first.second);
      timers_.erase(timers_.begin());
      work();
    }
  }
}

}  // namespace pawl::scheduler
