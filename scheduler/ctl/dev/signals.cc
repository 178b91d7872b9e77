#include "scheduler/ctl/dev/signals.h"

#include <pthread.h>

#include <ctime>

namespace pawl::dev {

SignalWatch::SignalWatch() {
  sigemptyset(&watched_);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGCHLD}) sigaddset(&watched_, signal);
  pthread_sigmask(SIG_BLOCK, &watched_, &before_);
}

SignalWatch::~SignalWatch() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

std::optional<int> SignalWatch::Wait(std::chrono::milliseconds at_most) {
  timespec limit{};
  limit.tv_sec = at_most.count() / 1000;
  limit.tv_nsec = at_most.count() % 1000 * 1'000'000;
  const int signal = sigtimedwait(&watched_, nullptr, &limit);
  if (signal < 0) return std::nullopt;
  return signal;
}

}  // namespace pawl::dev
