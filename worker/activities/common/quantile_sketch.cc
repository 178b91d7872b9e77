#include "worker/activities/common/quantile_sketch.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace pawl::activities {

void QuantileSketch::Add(double value) {
  if (levels_.empty()) levels_.emplace_back();
  levels_[0].values.push_back(value);
  ++count_;
  if (levels_[0].values.size() >= kBuffer) Halve(0);
}

void QuantileSketch::Halve(size_t level) {
  if (level + 1 == levels_.size()) levels_.emplace_back();
  Level& from = levels_[level];
  Level& to = levels_[level + 1];
  std::sort(from.values.begin(), from.values.end());
  for (size_t i = from.keep_odd ? 1 : 0; i < from.values.size(); i += 2) to.values.push_back(from.values[i]);
  from.keep_odd = !from.keep_odd;
  from.values.clear();
  if (to.values.size() >= kBuffer) Halve(level + 1);
}

std::vector<double> QuantileSketch::Quantiles(const std::vector<double>& ranks) const {
  std::vector<std::pair<double, int64_t>> weighted;
  int64_t total = 0;
  for (size_t level = 0; level < levels_.size(); ++level) {
    for (double value : levels_[level].values) {
      weighted.emplace_back(value, int64_t{1} << level);
      total += int64_t{1} << level;
    }
  }
  std::sort(weighted.begin(), weighted.end());
  std::vector<double> answers;
  size_t at = 0;
  int64_t passed = 0;
  for (double rank : ranks) {
    if (weighted.empty()) {
      answers.push_back(std::numeric_limits<double>::quiet_NaN());
      continue;
    }
    const double target = rank * static_cast<double>(total);
    while (at + 1 < weighted.size() && static_cast<double>(passed + weighted[at].second) < target) {
      passed += weighted[at].second;
      ++at;
    }
    answers.push_back(weighted[at].first);
  }
  return answers;
}

double QuantileSketch::ShareUpTo(double value) const {
  int64_t total = 0;
  int64_t below = 0;
  for (size_t level = 0; level < levels_.size(); ++level) {
    for (double kept : levels_[level].values) {
      total += int64_t{1} << level;
      if (kept <= value) below += int64_t{1} << level;
    }
  }
  if (total == 0) return std::numeric_limits<double>::quiet_NaN();
  return static_cast<double>(below) / static_cast<double>(total);
}

size_t QuantileSketch::MemoryBytes() const {
  size_t bytes = 0;
  for (const Level& level : levels_) bytes += level.values.capacity() * sizeof(double);
  return bytes;
}

}  // namespace pawl::activities
