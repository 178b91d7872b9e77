// The heartbeat of a long loop: cheap to call for every row, it tells the scheduler at most twice a second and notices
// cancellation. Not thread-safe; one per handler call.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "worker/sdk/activity.h"

namespace pawl::activities {

class Pulse {
 public:
  explicit Pulse(worker::TaskContext& task) : task_(task) {}

  // CANCELLED once the result no longer matters. `fraction` from 0 to 1.
  absl::Status Beat(double fraction, const std::string& message) {
    const auto now = std::chrono::steady_clock::now();
    if (now < next_) return absl::OkStatus();
    next_ = now + kInterval;
    task_.Heartbeat({.fraction = fraction, .message = message, .checkpoint = ""});
    return Check();
  }

  // For loops over rows: looks at the clock only every 1,024th call.
  absl::Status BeatRow(int64_t row, const char* doing) {
    if ((row & 1023) != 0) return absl::OkStatus();
    return Beat(0, std::string(doing) + ": " + std::to_string(row) + " rows");
  }

  absl::Status Check() const {
    return task_.cancelled() ? absl::CancelledError("the task was cancelled") : absl::OkStatus();
  }

 private:
  static constexpr std::chrono::milliseconds kInterval{500};
  worker::TaskContext& task_;
  std::chrono::steady_clock::time_point next_{};
};

}  // namespace pawl::activities
