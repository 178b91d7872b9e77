// Limits on tasks (scheduler/dispatch/permits.h), in the table pawl.limits: set by `pawl admin`, and taken over by
// every scheduler within a few seconds.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "shared/base/clock.h"
#include "shared/base/executor.h"
#include "shared/pg/pool.h"

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
absl::StatusOr<TaskLimits> ReadLimits(const std::string& conninfo);
absl::StatusOr<std::map<std::string, LimitUse>> ReadLimitUse(const std::string& conninfo);
// Makes or changes the limit; one that limits nothing removes it. ALREADY_EXISTS where a handler is under another key.
absl::Status WriteLimit(const std::string& conninfo, const std::string& key, const TaskLimit& limit);

// Reads all limits every `every` and calls back, on the executor, with the first and with those that differ from the
// last. What cannot be read stays as it was; the first reading is tried again five times a second.
class LimitWatch {
 public:
  // All outlive the watch. Made and destroyed on the executor's thread, or after that has ended.
  LimitWatch(pg::Pool& pool, base::Executor& executor, const base::Clock& clock, std::chrono::milliseconds every,
             std::function<void(const TaskLimits&)> changed);
  ~LimitWatch() { *alive_ = false; }
  // On the executor's thread.
  void Run();

 private:
  pg::Pool& pool_;
  base::Executor& executor_;
  const base::Clock& clock_;
  const std::chrono::milliseconds every_;
  const std::function<void(const TaskLimits&)> changed_;
  std::optional<TaskLimits> last_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace pawl::catalog
