// Time, as the project sees it. All time comes through Clock, so that the simulator can supply it.
#pragma once

#include <chrono>

namespace pawl::base {

// Wall time with the resolution of AWS's timestamps. May step; used only for what users see and Wait timestamps.
using WallTime = std::chrono::time_point<std::chrono::system_clock, std::chrono::milliseconds>;

// Time that only advances, of this process; meaningless across restarts. Timeouts, backoff and leases run on it.
struct MonotonicTag {
  using duration = std::chrono::microseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<MonotonicTag>;
  static constexpr bool is_steady = true;
};
using MonotonicTime = MonotonicTag::time_point;

// Thread rule: both calls may be made from any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual WallTime WallNow() const = 0;
  virtual MonotonicTime MonotonicNow() const = 0;
};

}  // namespace pawl::base
