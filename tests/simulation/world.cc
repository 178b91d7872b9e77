#include "tests/simulation/world.h"

#include <algorithm>

namespace pawl::simulation {
namespace {

// FNV-1a: the same everywhere.
uint64_t Hash(uint64_t hash, std::string_view text) {
  for (char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
  return hash;
}

}  // namespace

World::World(uint64_t seed) : seed_(seed), ties_(Stream("ties")) {}

base::WallTime World::WallNow() const {
  auto since = std::chrono::duration_cast<std::chrono::milliseconds>(now_.time_since_epoch());
  return base::WallTime(std::chrono::milliseconds(1'800'000'000'000) + since);
}

Chance World::Stream(std::string_view name) const {
  return Chance(Hash(1469598103934665603u, name) ^ (seed_ * 0x9e3779b97f4a7c15));
}

World::ActionId World::At(base::MonotonicTime due, std::function<void()> action) {
  ActionId id = ++last_action_;
  Key key{std::max(due, now_), ties_.NextUint64(), id};
  queue_.emplace(key, std::move(action));
  keys_.emplace(id, key);
  return id;
}

void World::Cancel(ActionId id) {
  auto found = keys_.find(id);
  if (found == keys_.end()) return;
  queue_.erase(found->second);
  keys_.erase(found);
}

bool World::Step() {
  if (queue_.empty()) return false;
  auto next = queue_.begin();
  now_ = std::get<0>(next->first);
  std::function<void()> action = std::move(next->second);
  keys_.erase(std::get<2>(next->first));
  queue_.erase(next);
  ++steps_;
  action();
  return true;
}

void World::RunUntil(base::MonotonicTime until, const std::function<bool()>& after_each) {
  while (!queue_.empty() && std::get<0>(queue_.begin()->first) <= until) {
    Step();
    if (!after_each()) return;
  }
  now_ = std::max(now_, until);
}

void World::Tell(std::string_view party, std::string_view what) {
  std::string time = std::to_string(now_.time_since_epoch().count());
  hash_ = Hash(Hash(Hash(hash_, time), party), what);
  if (!keep_trace_) return;
  auto since = now_.time_since_epoch() - std::chrono::seconds(1'000'000);
  char stamp[32];
  std::snprintf(stamp, sizeof(stamp), "%12.3f ", static_cast<double>(since.count()) / 1e6);
  std::string line = stamp + std::string(party);
  line.resize(std::max<size_t>(line.size() + 1, 30), ' ');
  trace_.push_back(line + std::string(what));
}

void Process::Post(Work work) {
  life_->posted.push_back(std::move(work));
  world_.After(World::Duration(0), [&world = world_, life = life_] {
    RunIn(world, life, [life] {
      Work next = std::move(life->posted.front());
      life->posted.pop_front();
      next();
    });
  });
}

void Process::RunIn(World& world, const std::shared_ptr<Life>& life, Work work) {
  if (!life->alive) return;
  if (world.now() >= life->paused_until) return work();
  world.At(life->paused_until, [&world, life, work = std::move(work)] { RunIn(world, life, work); });
}

base::MonotonicTime Process::MonotonicNow() const {
  const auto elapsed = world_.now() - began_;
  return world_.now() + elapsed * drift_ppm_ / 1'000'000;
}

Process::TimerHandle Process::PostAt(base::MonotonicTime due, Work work) {
  // When its own clock will show `due`, never before.
  const auto elapsed = due - began_;
  base::MonotonicTime real =
      drift_ppm_ == 0 ? due : began_ + elapsed - elapsed * drift_ppm_ / (1'000'000 + drift_ppm_) + World::Duration(2);
  auto handle = std::make_shared<TimerHandle>(0);
  *handle = world_.At(real, [&world = world_, life = life_, handle, work = std::move(work)] {
    if (life->alive && world.now() < life->paused_until) life->put_off.insert(*handle);
    RunIn(world, life, [life, handle, was_put_off = life->put_off.contains(*handle), work] {
      if (was_put_off && life->put_off.erase(*handle) == 0) return;  // cancelled since
      work();
    });
  });
  return *handle;
}

void Process::Cancel(TimerHandle handle) {
  world_.Cancel(handle);
  life_->put_off.erase(handle);
}

}  // namespace pawl::simulation
