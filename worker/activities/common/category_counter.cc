#include "worker/activities/common/category_counter.h"

#include <algorithm>

namespace pawl::activities {

void CategoryCounter::Add(std::string_view text) {
  ++counts_[std::string(text.substr(0, 256))];
  if (counts_.size() <= capacity_) return;
  int64_t smallest = counts_.begin()->second;
  for (const auto& [unused, count] : counts_) smallest = std::min(smallest, count);
  for (auto at = counts_.begin(); at != counts_.end();) {
    at->second -= smallest;
    at = at->second == 0 ? counts_.erase(at) : std::next(at);
  }
  lost_ += smallest;
}

std::vector<std::pair<std::string, int64_t>> CategoryCounter::Sorted() const {
  std::vector<std::pair<std::string, int64_t>> sorted(counts_.begin(), counts_.end());
  std::sort(sorted.begin(), sorted.end(), [](const auto& left, const auto& right) {
    return left.second != right.second ? left.second > right.second : left.first < right.first;
  });
  return sorted;
}

}  // namespace pawl::activities
