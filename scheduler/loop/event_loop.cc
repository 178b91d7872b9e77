#include "scheduler/loop/event_loop.h"

#include <pthread.h>

#include <chrono>
#include <ctime>

namespace pawl::scheduler {
namespace {

// After so many rounds of what was posted meanwhile a lent thread gives the rest to the loop's own.
constexpr int kLentRounds = 4;

int64_t CpuNs(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return time.tv_sec * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

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
  pthread_getcpuclockid(thread_.native_handle(), &own_cpu_);
}

EventLoop::~EventLoop() { Stop(); }

void EventLoop::Post(Work work) {
  bool is_heard;
  {
    const std::lock_guard lock(mutex_);
    is_heard = running_ || !posted_.empty();
    posted_.push_back(std::move(work));
  }
  if (!is_heard) wake_.notify_one();
}

void EventLoop::Lend(Work work) {
  {
    std::unique_lock lock(mutex_);
    if (running_ || stopping_ || !posted_.empty()) {
      lock.unlock();
      return Post(std::move(work));
    }
    running_ = true;
  }
  const int64_t began_ns = CpuNs(CLOCK_THREAD_CPUTIME_ID);
  std::vector<Work> batch;
  batch.push_back(std::move(work));
  for (int round = 1;; ++round) {
    for (Work& piece : batch) piece();
    batch.clear();
    const std::lock_guard lock(mutex_);
    if (posted_.empty() || stopping_ || round == kLentRounds) {
      running_ = false;
      lent_cpu_ns_ += CpuNs(CLOCK_THREAD_CPUTIME_ID) - began_ns;
      const bool has_earlier_timer = !timers_.empty() && timers_.begin()->first.first < sleeps_until_;
      if (!posted_.empty() || stopping_ || has_earlier_timer) wake_.notify_one();
      return;
    }
    batch.swap(posted_);
  }
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

std::chrono::nanoseconds EventLoop::Cpu() const {
  return std::chrono::nanoseconds(CpuNs(own_cpu_) + lent_cpu_ns_.load());
}

void EventLoop::Stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

// True once this thread has the work; false where the loop ends.
bool EventLoop::WaitForWork(std::unique_lock<std::mutex>& lock) {
  while (true) {
    if (running_ || (timers_.empty() && posted_.empty() && !stopping_)) {
      sleeps_until_ = base::MonotonicTime::max();
      wake_.wait(lock);
      continue;
    }
    if (stopping_) return false;
    if (!posted_.empty()) break;
    const base::MonotonicTime due = timers_.begin()->first.first, now = clock_.MonotonicNow();
    if (due <= now) break;
    sleeps_until_ = due;
    wake_.wait_for(lock, due - now);
  }
  sleeps_until_ = base::MonotonicTime::min();
  running_ = true;
  return true;
}

// Those that were set before: one that a timer's work sets, due or not, comes after what was posted meanwhile.
void EventLoop::RunDueTimers() {
  const base::MonotonicTime now = clock_.MonotonicNow();
  const TimerHandle last = last_handle_;
  while (!timers_.empty() && timers_.begin()->first.first <= now && timers_.begin()->first.second <= last) {
    Work work = std::move(timers_.begin()->second);
    due_of_.erase(timers_.begin()->first.second);
    timers_.erase(timers_.begin());
    work();
  }
}

void EventLoop::Run() {
  std::vector<Work> batch;
  std::unique_lock lock(mutex_);
  while (WaitForWork(lock)) {
    do {
      batch.swap(posted_);
      lock.unlock();
      for (Work& work : batch) work();
      batch.clear();
      RunDueTimers();
      lock.lock();
    } while (!posted_.empty() && !stopping_);
    running_ = false;
  }
}

}  // namespace pawl::scheduler
