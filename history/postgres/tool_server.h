// The PostgreSQL servers of a cluster, as the tools see them that move and split its partitions (Mover,
// SplitPartitions): one connection each, checked to belong together. Thread rule: as pqxx, one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <pqxx/pqxx>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace pawl::history {

struct ToolServer {
  // Connects, or throws as pqxx does. `settings`: statements that set up the session.
  ToolServer(const std::string& conninfo, const std::string& settings);
  // Gives the lock back at once: the server would notice the end of the connection a moment later.
  ~ToolServer();

  std::string name;  // where it is, without secrets
  std::string id;
  std::string secret;  // the cluster's
  int32_t partition_count = 0;
  pqxx::connection connection;
  bool has_lock = false;
};

// In the order given. FAILED_PRECONDITION where they are not of one cluster, besides what connecting can meet.
absl::StatusOr<std::vector<std::unique_ptr<ToolServer>>> ConnectTool(const std::vector<std::string>& conninfos,
                                                                     const std::string& settings);

// What is said of two servers that are not of one cluster.
absl::Status OfAnotherCluster(const ToolServer& one, const ToolServer& first);

// Takes the lock of the tools that change where partitions are, of which one at a time works on a cluster, as long as
// `first`, its first server, lives. False where another one has it. Throws as pqxx does.
bool TryLockCluster(ToolServer& first);

}  // namespace pawl::history
