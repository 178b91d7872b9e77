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
  world_.After(World::Duration(0), [life = life_] {
    if (!life->alive) return;
    Work next = std::move(life->posted.front());
    life->posted.pop_front();
    next();
  });
}

Process::TimerHandle Process::PostAt(base::MonotonicTime due, Work work) {
  return world_.At(due, [life = life_, work = std::move(work)] {
    if (life->alive) work();
  });
}

}  // namespace pawl::simulation
