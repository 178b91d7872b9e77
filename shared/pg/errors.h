// PostgreSQL's errors as absl::Status, with codes that say what a caller may do about them.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace pawl::pg {

// By SQLSTATE: UNAVAILABLE (connection, shutdown), ABORTED (try the transaction again), ALREADY_EXISTS (a key is
// there), RESOURCE_EXHAUSTED (disk, memory, connections), PERMISSION_DENIED, DEADLINE_EXCEEDED (cancelled by a
// timeout), FAILED_PRECONDITION (read-only server), NOT_FOUND (a table is missing), otherwise INTERNAL.
absl::Status SqlError(std::string_view sqlstate, std::string_view message);

// Runs `work`, which may throw what libpqxx throws; answers with its status, or with the exception as one. So no
// exception leaves the adapter.
absl::Status Guard(const std::function<absl::Status()>& work);

}  // namespace pawl::pg
