// A private PostgreSQL in a directory: Debian's programs, stock durable settings, reached by a Unix socket only. Run as
// an unprivileged user where the parent is root, because PostgreSQL refuses root.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "scheduler/ctl/dev/child.h"
#include "scheduler/ctl/dev/supervisor.h"

namespace pawl::dev {

struct PostgresPlan {
  std::filesystem::path programs;  // where initdb and postgres are
  std::filesystem::path cluster;   // its data directory
  std::filesystem::path socket_dir;
  std::filesystem::path log;
  std::optional<UnixUser> user;

  // For libpq.
  std::string ConnectionString() const;
};

// Finds the newest installed PostgreSQL and makes the directories below `data_dir`. The errors say what to install or
// which directory cannot be entered.
absl::StatusOr<PostgresPlan> PlanPostgres(const std::filesystem::path& data_dir, const std::filesystem::path& log);

// Creates the cluster unless it is there, and clears away what a killed predecessor left: waits for its server to end,
// removes a lock file that nobody holds.
absl::Status PrepareCluster(const PostgresPlan& plan);

ServiceSpec PostgresService(const PostgresPlan& plan);
// Makes a fresh cluster's files safe against power failure; initdb was told not to wait for that.
ChildSpec SyncCluster(const PostgresPlan& plan);

// True once the server that runs as `pid` takes connections.
bool AcceptsConnections(const PostgresPlan& plan, pid_t pid);

}  // namespace pawl::dev
