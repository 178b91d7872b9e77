#include "scheduler/catalog/live_settings.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <pqxx/pqxx>
#include <utility>
#include <vector>

#include "scheduler/catalog/tool_pool.h"

namespace pawl::catalog {
namespace {

constexpr std::chrono::milliseconds kFirstAgain{200};

}  // namespace

const char* const kLiveSettingsSql =
    "json_build_object('partitions', (select partition_count from pawl.cluster), "
    "'weights', (select json_object_agg(flow, weight) from pawl.weights), "
    "'limits', (select json_object_agg(key, json_build_object('handlers', handlers, 'concurrency', concurrency, "
    "'rate', rate)) from pawl.limits))::text";

LiveSettings ParseLiveSettings(const std::string& text) {
  LiveSettings settings;
  const nlohmann::json json = nlohmann::json::parse(text);
  settings.partition_count = json.at("partitions").get<int32_t>();
  for (const auto& [flow, weight] : json.at("weights").items()) settings.weights[flow] = weight.get<uint32_t>();
  for (const auto& [key, one] : json.at("limits").items()) {
    TaskLimit& limit = settings.limits[key];
    limit.handlers = one.at("handlers").get<std::vector<std::string>>();
    std::sort(limit.handlers.begin(), limit.handlers.end());
    if (!one.at("concurrency").is_null()) limit.concurrency = one.at("concurrency").get<int64_t>();
    if (!one.at("rate").is_null()) limit.rate = one.at("rate").get<double>();
  }
  return settings;
}

LiveSettings ReadLiveSettings(pqxx::transaction_base& read) {
  return ParseLiveSettings(read.exec1(std::string("select ") + kLiveSettingsSql)[0].as<std::string>());
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
                                     std::chrono::milliseconds silence_max,
                                     std::function<void(const LiveSettings&)> changed)
    : pool_(pool), executor_(executor), clock_(clock), silence_max_(silence_max), changed_(std::move(changed)) {}

void LiveSettingsWatch::Run() { Read(); }

void LiveSettingsWatch::Hear(const std::string& text) {
  ReadAfter(silence_max_);
  Take(ParseLiveSettings(text));
}

void LiveSettingsWatch::Take(LiveSettings settings) {
  if (last_ == settings) return;
  last_ = std::move(settings);
  changed_(*last_);
}

void LiveSettingsWatch::ReadAfter(std::chrono::milliseconds silence) {
  if (timer_ != 0) executor_.Cancel(timer_);
  timer_ = executor_.PostAt(clock_.MonotonicNow() + silence, [this, alive = alive_] {
    if (!*alive) return;
    timer_ = 0;
    Read();
  });
}

void LiveSettingsWatch::Read() {
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
          if (ok) Take(std::move(*read));
          ReadAfter(last_ ? silence_max_ : kFirstAgain);
        });
      });
}

}  // namespace pawl::catalog
