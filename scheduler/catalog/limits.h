// Limits on tasks (scheduler/dispatch/permits.h), in the table pawl.limits: set by `pawl admin`, and taken over by
// every scheduler within a few seconds.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace pawl::catalog {

struct TaskLimit {
  std::vector<std::string> handlers;   // sorted
  std::optional<int64_t> concurrency;  // 1 to kConcurrencyMax
  std::optional<double> rate;          // a second, above 0
  friend bool operator==(const TaskLimit&, const TaskLimit&) = default;
};
using TaskLimits = std::map<std::string, TaskLimit>;  // by key

inline constexpr int64_t kConcurrencyMax = 1'000'000;
inline constexpr double kRateMax = 1'000'000;

// Permits of a key, as its partitions hold them.
struct LimitUse {
  int64_t held = 0;
  int64_t wanted = 0;
};

// Blocking, for tools.
absl::StatusOr<std::map<std::string, LimitUse>> ReadLimitUse(const std::string& conninfo);
// Makes or changes the limit; one that limits nothing removes it. ALREADY_EXISTS where a handler is under another key.
absl::Status WriteLimit(const std::string& conninfo, const std::string& key, const TaskLimit& limit);

}  // namespace pawl::catalog
