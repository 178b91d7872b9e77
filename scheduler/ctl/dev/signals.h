// Signals as something to wait for, instead of handlers: those that end `pawl dev`, and the deaths of children.
#pragma once

#include <chrono>
#include <csignal>
#include <optional>

namespace pawl::dev {

// Blocks SIGINT, SIGTERM, SIGHUP and SIGCHLD while it lives, in the thread that makes it. One at a time.
class SignalWatch {
 public:
  SignalWatch();
  ~SignalWatch();
  // The next signal, or nothing after `at_most`.
  std::optional<int> Wait(std::chrono::milliseconds at_most);

 private:
  sigset_t watched_;
  sigset_t before_;
};

inline bool AsksToStop(int signal) { return signal == SIGINT || signal == SIGTERM || signal == SIGHUP; }

}  // namespace pawl::dev
