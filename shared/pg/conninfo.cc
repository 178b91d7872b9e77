#include "shared/pg/conninfo.h"

#include <libpq-fe.h>

#include <memory>

namespace pawl::pg {
namespace {

struct FreeOptions {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};
using Options = std::unique_ptr<PQconninfoOption, FreeOptions>;

bool Contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

struct Explanation {
  std::string_view part;  // of libpq's or the server's message
  absl::StatusCode code;
  const char* advice;
};

// The first that fits.
constexpr Explanation kExplanations[] = {
    {"password authentication failed", absl::StatusCode::kUnauthenticated,
     "Check the user and the password of this connection string."},
    {"no password supplied", absl::StatusCode::kUnauthenticated,
     "Give a password: in the connection string, in PGPASSWORD or in a password file."},
    {"authentication failed", absl::StatusCode::kUnauthenticated,
     "Check the user of this connection string against the server's pg_hba.conf."},
    {"no pg_hba.conf entry", absl::StatusCode::kPermissionDenied,
     "The server does not admit this user from this host: see its pg_hba.conf."},
    {"permission denied for database", absl::StatusCode::kPermissionDenied,
     "Grant CONNECT on the database to the user."},
    {"does not exist", absl::StatusCode::kNotFound, "Create it, or correct the name in the connection string."},
    {"too many clients", absl::StatusCode::kUnavailable,
     "Raise max_connections on the server, or let fewer processes connect."},
    {"remaining connection slots", absl::StatusCode::kUnavailable,
     "Raise max_connections on the server, or let fewer processes connect."},
    {"starting up", absl::StatusCode::kUnavailable, "The server is on its way; it is tried again."},
    {"shutting down", absl::StatusCode::kUnavailable, "The server is being stopped; it is tried again."},
    {"could not translate host name", absl::StatusCode::kUnavailable, "Check the host of the connection string."},
    {"certificate", absl::StatusCode::kUnauthenticated, "Check sslmode, sslrootcert and the server's certificate."},
};

}  // namespace

std::string DescribeConnection(const std::string& conninfo) {
  Options given(PQconninfoParse(conninfo.c_str(), nullptr));
  if (given == nullptr) return "(not a connection string)";
  Options defaults(PQconndefaults());
  std::string text;
  for (const char* key : {"host", "hostaddr", "port", "dbname", "user", "service"}) {
    const char* value = nullptr;
    for (const auto* from : {given.get(), defaults.get()}) {
      for (; from != nullptr && from->keyword != nullptr && value == nullptr; ++from) {
        if (std::string_view(from->keyword) == key && from->val != nullptr && *from->val != '\0') value = from->val;
      }
    }
    if (value == nullptr) continue;
    if (!text.empty()) text += ' ';
    text += std::string(key) + "=" + value;
  }
  return text;
}

absl::Status ConnectError(const std::string& conninfo, std::string_view message) {
  while (!message.empty() && (message.back() == '\n' || message.back() == ' ')) message.remove_suffix(1);
  Options parsed(PQconninfoParse(conninfo.c_str(), nullptr));
  if (parsed == nullptr) {
    // libpq's own message may repeat parts of the string, and with them a password.
    return absl::InvalidArgumentError(
        "PostgreSQL: expected a connection string like \"host=... port=... dbname=... user=...\" or a postgresql:// "
        "URI, but the one given cannot be read as either.");
  }
  absl::StatusCode code = absl::StatusCode::kUnavailable;
  const char* advice = "Is PostgreSQL running there, and reachable from here? It is tried again.";
  for (const Explanation& explanation : kExplanations) {
    if (Contains(message, explanation.part)) {
      code = explanation.code;
      advice = explanation.advice;
      break;
    }
  }
  return absl::Status(code, "PostgreSQL (" + DescribeConnection(conninfo) +
                                "): cannot connect: " + std::string(message) + ". " + advice);
}

}  // namespace pawl::pg
