#include "scheduler/catalog/limits.h"

#include <pqxx/pqxx>

#include "scheduler/catalog/live_settings.h"
#include "scheduler/catalog/tool_pool.h"
#include "shared/pg/array_text.h"

namespace pawl::catalog {

absl::StatusOr<std::map<std::string, LimitUse>> ReadLimitUse(const std::string& conninfo) {
  std::map<std::string, LimitUse> uses;
  absl::Status status = pg::Pool(conninfo, OfTool()).Run([&](pqxx::connection_base& connection) {
    pqxx::nontransaction read(connection);
    for (const pqxx::row& row : read.exec("select key, sum(held)::bigint, sum(wanted) filter (where asked_at > "
                                          "clock_timestamp() - interval '3 seconds')::bigint "
                                          "from pawl.permits group by key")) {
      uses[row[0].as<std::string>()] = {row[1].as<int64_t>(), row[2].is_null() ? 0 : row[2].as<int64_t>()};
    }
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return uses;
}

absl::Status WriteLimit(const std::string& conninfo, const std::string& key, const TaskLimit& limit) {
  return pg::Pool(conninfo, OfTool()).Run([&](pqxx::connection_base& connection) {
    pqxx::work write(connection);
    if (!limit.concurrency && !limit.rate) {
      write.exec_params("delete from pawl.limits where key = $1", key);
      write.commit();
      return absl::OkStatus();
    }
    write.exec("lock table pawl.limits in share row exclusive mode");
    for (const auto& [other, existing] : ReadLiveSettings(write).limits) {
      if (other == key) continue;
      for (const std::string& handler : existing.handlers) {
        for (const std::string& wanted : limit.handlers) {
          if (handler != wanted) continue;
          return absl::AlreadyExistsError("tasks of " + handler + " are under key " + other +
                                          "; a handler is under one key at most");
        }
      }
    }
    // Tokens are kept, so that setting a rate again and again gives nothing away.
    write.exec_params(
        "insert into pawl.limits (key, handlers, concurrency, rate) values "
        "($1, $2::text[], $3, $4) "
        "on conflict (key) do update set handlers = excluded.handlers, concurrency = excluded.concurrency, "
        "rate = excluded.rate, tokens = least(limits.tokens, greatest(1, excluded.rate)), updated_at = now()",
        key, pg::ArrayText(limit.handlers), limit.concurrency, limit.rate);
    if (!limit.concurrency) write.exec_params("delete from pawl.permits where key = $1", key);
    write.commit();
    return absl::OkStatus();
  });
}

}  // namespace pawl::catalog
