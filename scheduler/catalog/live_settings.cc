#include "scheduler/catalog/live_settings.h"

#include <pqxx/pqxx>
#include <string>
#include <string_view>
#include <utility>

#include "scheduler/catalog/tool_pool.h"

namespace pawl::catalog {
namespace {

constexpr std::chrono::milliseconds kFirstAgain{200};

// Rows of three kinds; a limit has one for each of its handlers.
constexpr char kQuery[] =
    "select 'partitions' kind, '' name, partition_count::text value, null handler, null rate from pawl.cluster "
    "union all select 'weight', flow, weight::text, null, null from pawl.weights "
    "union all (select 'limit', l.key, l.concurrency::text, h.handler, l.rate::text "
    "from pawl.limits l cross join lateral unnest(l.handlers) h (handler) order by 2, 4)";

}  // namespace

LiveSettings ReadLiveSettings(pqxx::transaction_base& read) {
  LiveSettings settings;
  for (const pqxx::row& row : read.exec(kQuery)) {
    const std::string_view kind = row["kind"].c_str();
    const auto name = row["name"].as<std::string>();
    if (kind == "partitions") {
      settings.partition_count = row["value"].as<int32_t>();
    } else if (kind == "weight") {
      settings.weights[name] = row["value"].as<uint32_t>();
    } else {
      TaskLimit& limit = settings.limits[name];
      limit.handlers.push_back(row["handler"].as<std::string>());
      if (!row["value"].is_null()) limit.concurrency = row["value"].as<int64_t>();
      if (!row["rate"].is_null()) limit.rate = row["rate"].as<double>();
    }
  }
  return settings;
}

absl::StatusOr<LiveSettings> ReadLiveSettings(const std::string& conninfo) {
  LiveSettings settings;
  absl::Status status = pg::Pool(conninfo, OfTool()).Run([&](pqxx::connection_base& connection) {
    pqxx::nontransaction read(connection);
    settings = ReadLiveSettings(read);
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return settings;
}

LiveSettingsWatch::LiveSettingsWatch(pg::Pool& pool, base::Executor& executor, const base::Clock& clock,
                                     std::chrono::milliseconds every, std::function<void(const LiveSettings&)> changed)
    : pool_(pool), executor_(executor), clock_(clock), every_(every), changed_(std::move(changed)) {}

void LiveSettingsWatch::Run() {
  auto read = std::make_shared<LiveSettings>();
  pool_.Submit(
      [read](pqxx::connection_base& connection) {
        pqxx::nontransaction statement(connection);
        *read = ReadLiveSettings(statement);
        return absl::OkStatus();
      },
      [this, alive = alive_, read, &executor = executor_](const absl::Status& status) {
        executor.Post([this, alive, read, ok = status.ok()] {
          if (!*alive) return;
          if (ok && (!last_ || *read != *last_)) {
            last_ = *read;
            changed_(*last_);
          }
          executor_.PostAt(clock_.MonotonicNow() + (last_ ? every_ : kFirstAgain), [this, alive] {
            if (*alive) Run();
          });
        });
      });
}

}  // namespace pawl::catalog
