// What can be set while the service runs (`pawl admin weight`, `limit`, `split`), as every scheduler reads it: all of
// it in one expression, which rides along in a statement that a node sends anyway. So at idle it costs none.
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

// The value of this SQL expression, a text, is what ParseLiveSettings reads.
extern const char* const kLiveSettingsSql;
LiveSettings ParseLiveSettings(const std::string& text);

// Blocking. Throws what pqxx throws; the pool turns it into a status.
LiveSettings ReadLiveSettings(pqxx::transaction_base& read);
// The same for tools, over a connection of its own.
absl::StatusOr<LiveSettings> ReadLiveSettings(const std::string& conninfo);

// Calls back, on the executor, with the first settings and with those that differ from the last. Hears them from
// elsewhere (Hear); where it has heard nothing for `silence_max`, it reads them itself. What cannot be read stays as it
// was; the first reading is tried again five times a second.
class LiveSettingsWatch {
 public:
  // All outlive the watch. Made and destroyed on the executor's thread, or after that has ended.
  LiveSettingsWatch(pg::Pool& pool, base::Executor& executor, const base::Clock& clock,
                    std::chrono::milliseconds silence_max, std::function<void(const LiveSettings&)> changed);
  ~LiveSettingsWatch() { *alive_ = false; }
  // On the executor's thread: reads them for the first time.
  void Run();
  // On the executor's thread: the value of kLiveSettingsSql, as another statement brought it just now.
  void Hear(const std::string& text);

 private:
  void Read();
  void Take(LiveSettings settings);
  void ReadAfter(std::chrono::milliseconds silence);

  pg::Pool& pool_;
  base::Executor& executor_;
  const base::Clock& clock_;
  const std::chrono::milliseconds silence_max_;
  const std::function<void(const LiveSettings&)> changed_;
  std::optional<LiveSettings> last_;
  base::Executor::TimerHandle timer_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace pawl::catalog
