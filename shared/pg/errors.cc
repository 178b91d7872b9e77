#include "shared/pg/errors.h"

#include <pqxx/except>

namespace pawl::pg {
namespace {

absl::StatusCode CodeOf(std::string_view state) {
  using enum absl::StatusCode;
  if (state == "57014") return kDeadlineExceeded;
  if (state == "40001" || state == "40P01" || state == "55P03") return kAborted;
  if (state == "23505") return kAlreadyExists;
  if (state == "42501") return kPermissionDenied;
  if (state == "25006") return kFailedPrecondition;
  if (state == "42P01" || state == "3F000" || state == "42703") return kNotFound;
  if (state.starts_with("08") || state.starts_with("57P")) return kUnavailable;
  if (state.starts_with("53") || state.starts_with("54")) return kResourceExhausted;
  if (state.starts_with("28")) return kUnauthenticated;
  return kInternal;
}

}  // namespace

absl::Status SqlError(std::string_view sqlstate, std::string_view message) {
  while (!message.empty() && (message.back() == '\n' || message.back() == ' ')) message.remove_suffix(1);
  return absl::Status(CodeOf(sqlstate),
                      "PostgreSQL: " + std::string(message) + " (SQLSTATE " + std::string(sqlstate) + ")");
}

absl::Status Guard(const std::function<absl::Status()>& work) {
  try {
    return work();
  } catch (const pqxx::broken_connection& error) {
    return absl::UnavailableError(std::string("PostgreSQL: connection lost: ") + error.what());
  } catch (const pqxx::sql_error& error) {
    return SqlError(error.sqlstate(), error.what());
  } catch (const std::exception& error) {
    return absl::InternalError(std::string("PostgreSQL: ") + error.what());
  }
}

}  // namespace pawl::pg
