// Connection strings as people see them: which connection is meant, and what to do when it fails. Passwords never
// appear in either.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace pawl::pg {

// "host=db port=5432 dbname=pawl user=pawl" of a key-value string or URI; defaults filled in, the password left out.
std::string DescribeConnection(const std::string& conninfo);

// Why a connection could not be made, from libpq's message: which connection, what happened, what to do.
// UNAVAILABLE where trying again later may help (nobody answers, starting up, too many clients), UNAUTHENTICATED for
// a password, PERMISSION_DENIED, NOT_FOUND for a database or role, INVALID_ARGUMENT for the string itself.
absl::Status ConnectError(const std::string& conninfo, std::string_view message);

}  // namespace pawl::pg
