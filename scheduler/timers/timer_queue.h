// A queue of things that are due at a time. Pure: it is told the time and says what is due.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

namespace pawl::timers {

// One timer per key; setting a key again moves it. `Key` is hashable and ordered (equal times fire in key order, so
// that the order is the same in every run). Set and Remove are O(log n); memory is one entry per armed timer.
template <typename Key, typename Time>
class TimerQueue {
 public:
  void Set(const Key& key, Time due) {
    auto [place, inserted] = due_of_.try_emplace(key, due);
    if (!inserted) {
      if (place->second == due) return;
      by_due_.erase({place->second, key});
      place->second = due;
    }
    by_due_.emplace(std::pair{due, key}, 0);
  }

  void Remove(const Key& key) {
    auto found = due_of_.find(key);
    if (found == due_of_.end()) return;
    by_due_.erase({found->second, key});
    due_of_.erase(found);
  }

  // Takes out what is due at `now`, earliest first, at most `count_max`.
  std::vector<Key> TakeDue(Time now, size_t count_max) {
    std::vector<Key> due;
    while (!by_due_.empty() && due.size() < count_max && by_due_.begin()->first.first <= now) {
      due.push_back(by_due_.begin()->first.second);
      due_of_.erase(due.back());
      by_due_.erase(by_due_.begin());
    }
    return due;
  }

  std::optional<Time> next_due() const {
    if (by_due_.empty()) return std::nullopt;
    return by_due_.begin()->first.first;
  }
  bool Has(const Key& key) const { return due_of_.contains(key); }
  size_t size() const { return due_of_.size(); }
  void Clear() {
    due_of_.clear();
    by_due_.clear();
  }

 private:
  std::unordered_map<Key, Time> due_of_;
  std::map<std::pair<Time, Key>, char> by_due_;
};

}  // namespace pawl::timers
