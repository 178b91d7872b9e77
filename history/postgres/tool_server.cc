#include "history/postgres/tool_server.h"

#include "shared/base/status.h"
#include "shared/pg/conninfo.h"
#include "shared/pg/errors.h"

namespace pawl::history {
namespace {

// "pawlmove" as a number; any constant that nobody else locks.
constexpr const char* kLock = "8097861012913156709";

}  // namespace

ToolServer::ToolServer(const std::string& conninfo, const std::string& settings)
    : name(pg::DescribeConnection(conninfo)), connection(conninfo) {
  pqxx::nontransaction query(connection);
  query.exec(settings);
  pqxx::row row = query.exec1("select server, partition_count, encode(secret, 'hex') from pawl.cluster");
  id = row[0].c_str();
  partition_count = row[1].as<int32_t>();
  secret = row[2].c_str();
}

ToolServer::~ToolServer() {
  if (!has_lock) return;
  try {
    pqxx::nontransaction(connection).exec(std::string("select pg_advisory_unlock(") + kLock + ")");
  } catch (const std::exception&) {
    // The connection has ended, and the lock with it.
  }
}

absl::Status OfAnotherCluster(const ToolServer& one, const ToolServer& first) {
  return absl::FailedPreconditionError("database (" + one.name + ") belongs to another cluster than (" + first.name +
                                       ")");
}

absl::StatusOr<std::vector<std::unique_ptr<ToolServer>>> ConnectTool(const std::vector<std::string>& conninfos,
                                                                     const std::string& settings) {
  std::vector<std::unique_ptr<ToolServer>> servers;
  for (const std::string& conninfo : conninfos) {
    try {
      servers.push_back(std::make_unique<ToolServer>(conninfo, settings));
    } catch (const pqxx::sql_error& error) {
      return base::Annotate(pg::SqlError(error.sqlstate(), error.what()),
                            "database (" + pg::DescribeConnection(conninfo) + ")");
    } catch (const std::exception& error) {
      return pg::ConnectError(conninfo, error.what());
    }
    if (servers.back()->secret != servers.front()->secret) return OfAnotherCluster(*servers.back(), *servers.front());
  }
  return servers;
}

bool TryLockCluster(ToolServer& first) {
  pqxx::nontransaction query(first.connection);
  first.has_lock = query.exec1(std::string("select pg_try_advisory_lock(") + kLock + ")")[0].as<bool>();
  return first.has_lock;
}

}  // namespace pawl::history
