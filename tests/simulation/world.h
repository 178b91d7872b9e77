// The simulated world: one ordered queue of (virtual time, tie-break, action). Running it pops the earliest action;
// equal times are ordered by the seed, so that every interleaving of callbacks can be reached, and a day of waiting
// costs nothing. The same seed gives the same run, which the running hash of the trace proves.
//
// Streams of chance are split from the seed by name, so a new consumer does not reshuffle the others. Thread rule: one
// thread.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "shared/base/clock.h"
#include "shared/base/executor.h"
#include "shared/base/random.h"

namespace pawl::simulation {

// A stream of chance.
class Chance : public base::SeededRandom {
 public:
  using base::SeededRandom::SeededRandom;
  // Uniform in [0, below); 0 where `below` is 0.
  int64_t Below(int64_t below) { return below <= 0 ? 0 : static_cast<int64_t>(NextUint64() % below); }
  int64_t Between(int64_t low, int64_t high) { return low + Below(high - low + 1); }
  bool Happens(double probability) { return NextDouble() < probability; }
};

class World : public base::Clock {
 public:
  using Duration = std::chrono::microseconds;
  using ActionId = uint64_t;

  explicit World(uint64_t seed);

  base::WallTime WallNow() const override;
  base::MonotonicTime MonotonicNow() const override { return now_; }
  base::MonotonicTime now() const { return now_; }

  // A stream of its own for `name`.
  Chance Stream(std::string_view name) const;

  ActionId At(base::MonotonicTime due, std::function<void()> action);
  ActionId After(Duration delay, std::function<void()> action) { return At(now_ + delay, std::move(action)); }
  void Cancel(ActionId id);

  // Runs the next action; false where there is none.
  bool Step();
  // Runs actions up to and including `until`; `after_each` may stop it by returning false.
  void RunUntil(base::MonotonicTime until, const std::function<bool()>& after_each);

  // A line of the story: who, what. Enters the hash; kept where `keep_trace`.
  void Tell(std::string_view party, std::string_view what);
  void KeepTrace() { keep_trace_ = true; }
  const std::vector<std::string>& trace() const { return trace_; }
  uint64_t trace_hash() const { return hash_; }
  uint64_t steps() const { return steps_; }

 private:
  using Key = std::tuple<base::MonotonicTime, uint64_t, ActionId>;

  const uint64_t seed_;
  base::MonotonicTime now_{std::chrono::seconds(1'000'000)};
  Chance ties_;
  ActionId last_action_ = 0;
  std::map<Key, std::function<void()>> queue_;
  std::map<ActionId, Key> keys_;
  uint64_t hash_ = 1469598103934665603u;
  uint64_t steps_ = 0;
  bool keep_trace_ = false;
  std::vector<std::string> trace_;
};

// One simulated process: its executor and its clocks. Work posted to it runs in the order of posting; killing it makes
// all that is posted vanish. The wall clock may be off and may step; the monotonic one only advances.
class Process : public base::Executor, public base::Clock {
 public:
  // `drift_ppm`: by how much its monotonic clock runs fast or slow.
  explicit Process(World& world, int64_t drift_ppm = 0)
      : world_(world), drift_ppm_(drift_ppm), began_(world.now()), life_(std::make_shared<Life>()) {}
  ~Process() override { Kill(); }

  void Post(Work work) override;
  TimerHandle PostAt(base::MonotonicTime due, Work work) override;
  void Cancel(TimerHandle handle) override;

  base::WallTime WallNow() const override { return world_.WallNow() + wall_offset_; }
  base::MonotonicTime MonotonicNow() const override;

  void StepWall(std::chrono::milliseconds by) { wall_offset_ += by; }
  void Kill() { life_->alive = false; }
  // Nothing of it runs until then; clocks go on, and what is due meanwhile runs afterwards, in its order.
  void PauseUntil(base::MonotonicTime until) { life_->paused_until = until; }

 private:
  struct Life {
    bool alive = true;
    base::MonotonicTime paused_until;
    std::deque<Work> posted;
    std::set<TimerHandle> put_off;  // timers that came due during the pause
  };
  // Runs `work` when the life is neither over nor paused.
  static void RunIn(World& world, const std::shared_ptr<Life>& life, Work work);

  World& world_;
  const int64_t drift_ppm_;
  const base::MonotonicTime began_;
  std::shared_ptr<Life> life_;
  std::chrono::milliseconds wall_offset_{0};
};

}  // namespace pawl::simulation
