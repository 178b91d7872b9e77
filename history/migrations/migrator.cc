#include "history/migrations/migrator.h"

#include <functional>
#include <map>
#include <pqxx/pqxx>

#include "history/migrations/migrations.h"
#include "shared/base/status.h"
#include "shared/pg/conninfo.h"
#include "shared/pg/errors.h"

namespace pawl::history {
namespace {

// "pawlmigr" as a number; any constant that nobody else locks.
constexpr const char* kLock = "8097861012846043506";
constexpr int kServerVersionMin = 140000;

absl::Status Connected(const std::string& conninfo, const std::function<absl::Status(pqxx::connection&)>& work) {
  absl::Status status;
  try {
    pqxx::connection connection(conninfo);
    status = pg::Guard([&] { return work(connection); });
  } catch (const std::exception& error) {
    return pg::ConnectError(conninfo, error.what());
  }
  return base::Annotate(status, "database (" + pg::DescribeConnection(conninfo) + ")");
}

absl::Status CheckServer(pqxx::connection& connection) {
  if (connection.server_version() < kServerVersionMin) {
    return absl::FailedPreconditionError("expected PostgreSQL 14 or newer, but the server says it is " +
                                         std::to_string(connection.server_version() / 10000));
  }
  pqxx::nontransaction query(connection);
  std::string encoding = query.exec1("show server_encoding")[0].c_str();
  if (encoding != "UTF8") {
    return absl::FailedPreconditionError("expected a database with the encoding UTF8, but its encoding is " + encoding +
                                         ". Create one with: createdb -E UTF8 -T template0 NAME");
  }
  return absl::OkStatus();
}

absl::Status Apply(pqxx::connection& connection, int number, const Migration& migration) {
  try {
    pqxx::work transaction(connection);
    transaction.exec(migration.sql);
    transaction.exec_params(
        "insert into pawl.migrations (number, name, digest) "
        "values ($1, $2, encode(sha256(convert_to($3, 'UTF8')), 'hex'))",
        number, migration.name, migration.sql);
    transaction.commit();
    return absl::OkStatus();
  } catch (const pqxx::sql_error& error) {
    return base::Annotate(pg::SqlError(error.sqlstate(), error.what()), "migration " + migration.name);
  }
}

absl::Status ApplyMissing(pqxx::connection& connection) {
  {
    pqxx::work transaction(connection);
    transaction.exec(
        "create schema if not exists pawl;"
        "create table if not exists pawl.migrations (number integer primary key, name text not null,"
        " digest text not null, applied_at timestamptz not null default now())");
    transaction.commit();
  }
  const std::vector<Migration>& known = Migrations();
  size_t applied = 0;
  {
    pqxx::nontransaction query(connection);
    for (const pqxx::row& row : query.exec("select number, name, digest from pawl.migrations order by number")) {
      auto number = row[0].as<size_t>();
      if (number > known.size()) {
        return absl::FailedPreconditionError(
            "its schema has version " + std::to_string(number) + " (" + row[1].c_str() +
            "), but this release knows versions up to " + std::to_string(known.size()) +
            ". Run the release that upgraded it, or a newer one; nothing was changed.");
      }
      std::string digest =
          query.exec_params1("select encode(sha256(convert_to($1, 'UTF8')), 'hex')", known[number - 1].sql)[0].c_str();
      if (number != applied + 1 || digest != row[2].c_str()) {
        return absl::FailedPreconditionError(
            "migration " + std::string(row[1].c_str()) + " was applied with other contents than this release's " +
            known[number - 1].name + ". Was it upgraded by a build that is no release? Nothing was changed.");
      }
      applied = number;
    }
  }
  for (size_t i = applied; i < known.size(); ++i) {
    PAWL_RETURN_IF_ERROR(Apply(connection, static_cast<int>(i + 1), known[i]));
  }
  return absl::OkStatus();
}

// Chooses what is chosen once.
void Found(pqxx::connection& connection, const MigrateOptions& options) {
  pqxx::work transaction(connection);
  const int32_t partition_count = options.joins ? options.joins->partition_count : options.partition_count;
  // gen_random_uuid draws from the server's strong source: 122 bits each.
  pqxx::result made = transaction.exec_params(
      "insert into pawl.cluster (partition_count, secret) select $1, sha256(uuid_send(gen_random_uuid()) || "
      "uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())) on conflict do nothing",
      partition_count);
  if (made.affected_rows() > 0) {
    transaction.exec_params(
        "insert into pawl.partitions (partition, here) select generate_series(0, $1::integer - 1), $2", partition_count,
        !options.joins);
    if (options.joins) {
      transaction.exec_params("update pawl.cluster set secret = $1",
                              pqxx::binarystring(options.joins->secret.data(), options.joins->secret.size()));
    }
  }
  transaction.commit();
}

void MakeMonths(pqxx::connection& connection) {
  pqxx::work transaction(connection);
  transaction.exec("set local lock_timeout = '10s'");
  transaction.exec("select pawl.ensure_log_months(now(), now() + interval '3 months')");
  transaction.commit();
}

ClusterInfo ReadCluster(pqxx::connection& connection) {
  pqxx::nontransaction query(connection);
  pqxx::row row = query.exec1("select partition_count, secret from pawl.cluster");
  pqxx::binarystring secret(row[1]);
  return {row[0].as<int32_t>(), std::string(secret.get(), secret.size())};
}

}  // namespace

absl::StatusOr<ClusterInfo> Migrate(const std::string& conninfo, const MigrateOptions& options) {
  ClusterInfo cluster;
  absl::Status status = Connected(conninfo, [&](pqxx::connection& connection) -> absl::Status {
    PAWL_RETURN_IF_ERROR(CheckServer(connection));
    {
      pqxx::nontransaction query(connection);
      query.exec("set client_min_messages = warning");
      query.exec("set lock_timeout = '" + std::to_string(options.lock_timeout.count()) + "s'");
      query.exec(std::string("select pg_advisory_lock(") + kLock + ")");
    }
    PAWL_RETURN_IF_ERROR(ApplyMissing(connection));
    Found(connection, options);
    MakeMonths(connection);
    cluster = ReadCluster(connection);
    if (options.joins && cluster.secret != options.joins->secret) {
      return absl::FailedPreconditionError(
          "it belongs to another cluster than the first server. Give an empty database, or one of this cluster; "
          "nothing "
          "was changed.");
    }
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return cluster;
}

absl::Status EnsureLogMonths(const std::string& conninfo) {
  return Connected(conninfo, [](pqxx::connection& connection) {
    MakeMonths(connection);
    return absl::OkStatus();
  });
}

}  // namespace pawl::history
