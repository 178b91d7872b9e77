// Brings a database to the schema of this binary, or says why it does not.
//
// Every start calls Migrate; where nothing is to do it is a handful of queries. Nodes that start together wait for each
// other (an advisory lock). Each migration is one transaction; pawl.migrations lists them with their digests. A schema
// newer than this binary, or a migration whose text is another than the one applied, is refused with
// FAILED_PRECONDITION and nothing is changed. Released migrations are therefore never edited.
//
// Thread rule: calls block; from any thread. Errors: as shared/pg/errors.h.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"

namespace pawl::history {

// What the database says about the cluster.
struct ClusterInfo {
  int32_t partition_count = 0;
  std::string secret;  // 32 random bytes, made at first start; the key of tokens
};

struct MigrateOptions {
  // For a database that has none yet; an existing one keeps its own.
  int32_t partition_count = 64;
  // How long to wait for another node's migration.
  std::chrono::seconds lock_timeout{120};
  // Of the cluster that this database joins as a further server; it begins without partitions. FAILED_PRECONDITION
  // where it belongs to another cluster.
  std::optional<ClusterInfo> joins = std::nullopt;
};

absl::StatusOr<ClusterInfo> Migrate(const std::string& conninfo, const MigrateOptions& options = {});

// Makes the log's tables for this month and the next three. To be called daily; Migrate does it too.
absl::Status EnsureLogMonths(const std::string& conninfo);

}  // namespace pawl::history
