// To look for what is about to come instead of sleeping, where lately it came soon.
//
// To wake a core that sleeps takes longer than a small piece of work, and where one execution goes step by step, every
// step waits for it several times (benchmarks/README.md, "One step at a time"). So whoever waits looks again and again
// for a while, and between two looks gives the core to whoever wants it. It pays where the wait is short, and whether
// it will be the wait before tells. Kernels do the same under the name of halt polling. See decisions/0025.
//
//   wait.Begin();
//   while (!is_there && wait.Looks()) is_there = Look();
//   if (!is_there) Sleep();
//   wait.End();
//
// Thread rule: one thread at a time; Forbid before threads start.
#pragma once

#include <chrono>

namespace pawl::wait {

class ShortWait {
 public:
  // A wait that takes longer is not short.
  explicit ShortWait(std::chrono::microseconds longest) : longest_(longest) {}

  void Begin();
  // Whether to look now; false: to sleep.
  bool Looks();
  void End();

  // The last wait was for something that was not there yet when it began.
  bool was_quiet() const { return was_quiet_; }
  // The calling thread waits for its work with this, from here to its end.
  void ServeThread();
  // was_quiet() of what the calling thread waits with, false for other threads: who found nothing waiting keeps nobody
  // waiting, most likely, by a short wait elsewhere.
  static bool IsThreadQuiet();

  // Nobody in this process looks. Without a core to spare (HasCoresToSpare) nobody does anyway.
  static void Forbid();

 private:
  const std::chrono::microseconds longest_;
  std::chrono::steady_clock::time_point began_;
  bool has_looked_ = false;
  bool was_short_ = false;
  bool was_quiet_ = false;
};

}  // namespace pawl::wait
