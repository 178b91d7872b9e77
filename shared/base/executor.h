// Deferral, as the engine sees it: "later, on my thread". The engine (partitions, dispatch, timers, leases) runs on one
// Executor and so needs no locks; production gives it a thread, the simulator its ordered queue.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>

#include "shared/base/clock.h"

namespace pawl::base {

class Executor {
 public:
  using Work = std::function<void()>;
  // 0 is never a handle.
  using TimerHandle = uint64_t;

  virtual ~Executor() = default;
  // Runs `work` on the executor's thread, after everything posted before by the same caller. From any thread.
  virtual void Post(Work work) = 0;
  // As Post, by a thread that holds no lock and can be kept for a while: where nothing else runs, `work` and what it
  // posts run at once on that thread, which saves waking the executor's own.
  virtual void Lend(Work work) { Post(std::move(work)); }
  // Runs `work` at `due` or soon after. Only from the executor's own thread.
  virtual TimerHandle PostAt(MonotonicTime due, Work work) = 0;
  // Forgets a timer that has not run; no effect otherwise. Only from the executor's own thread.
  virtual void Cancel(TimerHandle handle) = 0;
};

}  // namespace pawl::base
