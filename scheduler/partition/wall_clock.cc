// A wall clock that jumps: an operator sets it, a machine wakes from suspension.
//
// A timer that is armed sleeps by the monotonic clock, so a jump does not wake it; but deadlines that are read back
// from the log are measured against the wall clock, and after a jump forward all of them may have passed at once.
// Nobody knows then which of the two times was wrong, and workers may have been suspended along with this node. So for
// one lease time no task and no execution times out, and whoever has something to report can.
#include <cstdlib>
#include <string>

#include "scheduler/partition/engine.h"
#include "scheduler/partition/parts.h"

namespace pawl::partition {
namespace {

constexpr std::chrono::seconds kJump{10};

}  // namespace

void Engine::NoteWallClock() {
  const base::MonotonicTime now = parts_.clock.MonotonicNow();
  const base::WallTime wall = parts_.clock.WallNow();
  if (wall_seen_at_) {
    auto jump = std::chrono::duration_cast<std::chrono::seconds>((wall - wall_seen_) - (now - *wall_seen_at_));
    if (jump >= kJump || jump <= -kJump) {
      timeouts_from_ = now + settings_.lease;
      parts_.observer.LogLine("the wall clock jumped " + std::string(jump.count() > 0 ? "forward" : "back") + " by " +
                              std::to_string(std::abs(jump.count())) + " s: nothing times out for " +
                              std::to_string(settings_.lease.count()) + " ms");
    }
  }
  wall_seen_ = wall;
  wall_seen_at_ = now;
}

bool Engine::IsPaused(core::TimerKind kind, base::MonotonicTime now) const {
  return now < timeouts_from_ && (kind == core::TimerKind::kTask || kind == core::TimerKind::kExecution);
}

}  // namespace pawl::partition
