#include "shared/wait/short_wait.h"

#include <sched.h>

#include <atomic>

#include "shared/wait/cpu_limit.h"

namespace pawl::wait {
namespace {

using Clock = std::chrono::steady_clock;

// What took less had come before.
constexpr std::chrono::microseconds kThereAlready{20};

std::atomic<bool>& IsAllowed() {
  static std::atomic<bool> allowed = HasCoresToSpare();
  return allowed;
}

const ShortWait*& ServingThread() {
  thread_local const ShortWait* serving = nullptr;
  return serving;
}

}  // namespace

void ShortWait::ServeThread() { ServingThread() = this; }

bool ShortWait::IsThreadQuiet() { return ServingThread() != nullptr && ServingThread()->was_quiet(); }

void ShortWait::Forbid() { IsAllowed() = false; }

void ShortWait::Begin() {
  began_ = Clock::now();
  has_looked_ = false;
}

bool ShortWait::Looks() {
  if (!was_short_ || !IsAllowed()) return false;
  if (!has_looked_) return has_looked_ = true;
  sched_yield();
  return Clock::now() - began_ <= longest_;
}

void ShortWait::End() {
  const auto took = Clock::now() - began_;
  was_short_ = took <= longest_;
  was_quiet_ = took >= kThereAlready;
}

}  // namespace pawl::wait
