// What can be set while the service runs (`pawl admin weight`, `limit`, `split`), as every scheduler reads it: all of
// it in one statement, so that an idle node asks the database no more than once for it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "scheduler/catalog/limits.h"
#include "scheduler/catalog/weights.h"
#include "shared/base/clock.h"
#include "shared/base/executor.h"
#include "shared/pg/pool.h"

namespace pqxx {
class transaction_base;
}  // namespace pqxx

namespace pawl::catalog {

struct LiveSettings {
  int32_t partition_count = 0;
  Weights weights;
  TaskLimits limits;
  friend bool operator==(const LiveSettings&, const LiveSettings&) = default;
};

// Blocking. Throws what pqxx throws; the pool turns it into a status.
LiveSettings ReadLiveSettings(pqxx::transaction_base& read);
// The same for tools, over a connection of its own.
absl::StatusOr<LiveSettings> ReadLiveSettings(const std::string& conninfo);

// Reads them every `every` and calls back, on the executor, with the first and with those that differ from the last.
// What cannot be read stays as it was; the first reading is tried again five times a second.
class LiveSettingsWatch {
 public:
  // All outlive the watch. Made and destroyed on the executor's thread, or after that has ended.
  LiveSettingsWatch(pg::Pool& pool, base::Executor& executor, const base::Clock& clock, std::chrono::milliseconds every,
                    std::function<void(const LiveSettings&)> changed);
  ~LiveSettingsWatch() { *alive_ = false; }
  // On the executor's thread.
  void Run();

 private:
  pg::Pool& pool_;
  base::Executor& executor_;
  const base::Clock& clock_;
  const std::chrono::milliseconds every_;
  const std::function<void(const LiveSettings&)> changed_;
  std::optional<LiveSettings> last_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace pawl::catalog
