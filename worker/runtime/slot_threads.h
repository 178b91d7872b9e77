// The threads of a worker: made when first needed, at most `max`, woken one at a time.
//
// Waking a thread for each task costs more than a quick handler itself, and waking all of them for a few tasks costs
// more still. So at most one thread is on its way, and it calls the next where there is still work. A caller who
// expects the work to be done by those who are awake gives them a moment: the thread that is called looks only then.
// The thread that went idle last is woken first. Internal to worker/runtime.
//
// Thread rule: everything is guarded by the owner's mutex; Call and Stop are called with it held, Join without it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace pawl::worker {

class SlotThreads {
 public:
  struct Work {
    // Under the lock.
    std::function<bool()> is_there;
    // Takes one piece and does it. Called with the lock held, may let it go meanwhile.
    std::function<void(std::unique_lock<std::mutex>&)> do_one;
  };

  SlotThreads(std::mutex& mutex, int max, Work work) : mutex_(mutex), max_(max), work_(std::move(work)) {}

  // There is more work than threads at it, and will be after `patience`.
  void Call(std::chrono::microseconds patience);
  // Threads end after the piece they are at.
  void Stop();
  // Waits for all threads, or leaves them to themselves (they then go on to use the owner).
  void Join(bool leave);

 private:
  using Deadline = std::chrono::steady_clock::time_point;
  struct Idle {
    std::condition_variable wake;
    bool called = false;
  };
  void Run();

  std::mutex& mutex_;
  const int max_;
  const Work work_;
  std::vector<std::thread> threads_;
  std::vector<Idle*> idle_;  // the last one goes first
  bool calling_ = false;     // a thread has been called and is not at work yet
  Deadline look_at_;         // when it is to look for work
  Idle* patient_ = nullptr;  // it, while it waits for that moment
  bool stopped_ = false;
};

}  // namespace pawl::worker
