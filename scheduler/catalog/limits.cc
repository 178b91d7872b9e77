#include "scheduler/catalog/limits.h"

#include <pqxx/pqxx>

#include "shared/pg/pool.h"

namespace pawl::catalog {
namespace {

pg::PoolOptions OfTool() { return {.threads = 1, .application_name = "pawl admin"}; }

TaskLimits Read(pqxx::transaction_base& read) {
  TaskLimits limits;
  for (const pqxx::row& row : read.exec("select l.key, h.handler, l.concurrency, l.rate from pawl.limits l cross join "
                                        "lateral unnest(l.handlers) h (handler) order by 1, 2")) {
    TaskLimit& limit = limits[row[0].as<std::string>()];
    limit.handlers.push_back(row[1].as<std::string>());
    if (!row[2].is_null()) limit.concurrency = row[2].as<int64_t>();
    if (!row[3].is_null()) limit.rate = row[3].as<double>();
  }
  return limits;
}

}  // namespace

absl::StatusOr<TaskLimits> ReadLimits(const std::string& conninfo) {
  TaskLimits limits;
  absl::Status status = pg::Pool(conninfo, OfTool()).Run([&](pqxx::connection_base& connection) {
    pqxx::nontransaction read(connection);
    limits = Read(read);
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return limits;
}

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
    for (const auto& [other, existing] : Read(write)) {
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
        "($1, (select array_agg(h) from json_array_elements_text($2::json) h), $3, $4) "
        "on conflict (key) do update set handlers = excluded.handlers, concurrency = excluded.concurrency, "
        "rate = excluded.rate, tokens = least(limits.tokens, greatest(1, excluded.rate)), updated_at = now()",
        key,
        [&] {
          std::string json = "[";
          for (const std::string& handler : limit.handlers) {
            json += json.size() > 1 ? ",\"" : "\"";
            for (char c : handler) {
              if (c == '"' || c == '\\') json += '\\';
              json += c;
            }
            json += '"';
          }
          return json + "]";
        }(),
        limit.concurrency, limit.rate);
    if (!limit.concurrency) write.exec_params("delete from pawl.permits where key = $1", key);
    write.commit();
    return absl::OkStatus();
  });
}

}  // namespace pawl::catalog
