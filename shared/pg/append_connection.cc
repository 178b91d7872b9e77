#include "shared/pg/append_connection.h"

#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "shared/base/check.h"
#include "shared/base/status.h"
#include "shared/pg/conninfo.h"
#include "shared/pg/errors.h"

namespace pawl::pg {
namespace {

using Clock = std::chrono::steady_clock;

// How soon Interrupt is noticed.
constexpr std::chrono::milliseconds kPollSlice{50};

PGconn* Conn(void* connection) { return static_cast<PGconn*>(connection); }

const PGresult* Result(const std::shared_ptr<void>& result) { return static_cast<const PGresult*>(result.get()); }

std::string Trimmed(const char* message) {
  std::string text = message == nullptr ? "" : message;
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

// Each key once; the caller's string may be a URI, so the settings go beside it.
struct Settings {
  std::vector<std::string> values;
  std::vector<const char*> keywords;
  std::vector<const char*> pointers;

  void Add(const char* keyword, std::string value) {
    keywords.push_back(keyword);
    values.push_back(std::move(value));
  }
  void Finish() {
    for (const std::string& value : values) pointers.push_back(value.c_str());
    keywords.push_back(nullptr);
    pointers.push_back(nullptr);
  }
};

absl::Status ErrorOf(const PGresult* result) {
  const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  return SqlError(state == nullptr ? "" : state, PQresultErrorMessage(result));
}

}  // namespace

Rows::Rows(void* result) : result_(result, [](void* owned) { PQclear(static_cast<PGresult*>(owned)); }) {}

int Rows::size() const { return PQntuples(Result(result_)); }

int64_t Rows::count() const {
  const char* count = PQcmdTuples(static_cast<PGresult*>(result_.get()));
  return *count == '\0' ? 0 : std::strtoll(count, nullptr, 10);
}

bool Rows::IsNull(int row, int column) const { return PQgetisnull(Result(result_), row, column) != 0; }

std::string_view Rows::Bytes(int row, int column) const {
  return {PQgetvalue(Result(result_), row, column), static_cast<size_t>(PQgetlength(Result(result_), row, column))};
}

bool Rows::Bool(int row, int column) const {
  std::string_view bytes = Bytes(row, column);
  PAWL_CHECK(bytes.size() == 1, "a boolean is one byte");
  return bytes[0] != 0;
}

int64_t Rows::Int(int row, int column) const {
  std::string_view bytes = Bytes(row, column);
  PAWL_CHECK(bytes.size() == 2 || bytes.size() == 4 || bytes.size() == 8, "an integer is 2, 4 or 8 bytes");
  auto value = static_cast<int64_t>(static_cast<int8_t>(bytes[0]));
  for (size_t i = 1; i < bytes.size(); ++i) value = value * 256 + static_cast<uint8_t>(bytes[i]);
  return value;
}

pg::Uuid Rows::Uuid(int row, int column) const {
  std::string_view bytes = Bytes(row, column);
  pg::Uuid value{};
  PAWL_CHECK(bytes.size() == value.size(), "a uuid is 16 bytes");
  std::memcpy(value.data(), bytes.data(), value.size());
  return value;
}

absl::StatusOr<std::unique_ptr<AppendConnection>> AppendConnection::Open(const std::string& conninfo,
                                                                         const ConnectOptions& options) {
  Settings settings;
  settings.Add("dbname", conninfo);  // expanded, because it comes first
  settings.Add("application_name", options.application_name);
  settings.Add("connect_timeout", std::to_string(std::max<int64_t>(2, options.connect_timeout.count() / 1000)));
  // A peer that vanished without a word is noticed within about ten seconds.
  settings.Add("keepalives_idle", "5");
  settings.Add("keepalives_interval", "2");
  settings.Add("keepalives_count", "3");
  settings.Add("tcp_user_timeout", "10000");
  settings.Add("client_encoding", "UTF8");
  settings.Finish();
  PGconn* connection = PQconnectdbParams(settings.keywords.data(), settings.pointers.data(), 1);
  if (PQstatus(connection) != CONNECTION_OK) {
    absl::Status status = ConnectError(conninfo, PQerrorMessage(connection));
    PQfinish(connection);
    return status;
  }
  PQsetnonblocking(connection, 1);
  std::unique_ptr<AppendConnection> opened(new AppendConnection(connection, options, DescribeConnection(conninfo)));
  if (!options.set_up_sql.empty()) PAWL_RETURN_IF_ERROR(opened->Execute(options.set_up_sql));
  return opened;
}

AppendConnection::AppendConnection(void* connection, const ConnectOptions& options, std::string description)
    : connection_(connection), options_(options), description_(std::move(description)) {}

AppendConnection::~AppendConnection() { PQfinish(Conn(connection_)); }

int AppendConnection::backend_pid() const { return PQbackendPID(Conn(connection_)); }

absl::Status AppendConnection::Lost(const std::string& what) {
  lost_ = true;
  return absl::UnavailableError("PostgreSQL (" + description_ + "): connection lost: " + what);
}

absl::Status AppendConnection::WaitReadable(Clock::time_point deadline) {
  pollfd descriptor{PQsocket(Conn(connection_)), POLLIN, 0};
  while (true) {
    if (IsInterrupted()) return Lost("interrupted");
    auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
    if (left.count() <= 0) {
      return Lost("no answer within " + std::to_string(options_.statement_timeout.count()) + " ms");
    }
    int ready = poll(&descriptor, 1, static_cast<int>(std::min(left, kPollSlice).count()));
    if (ready > 0) return absl::OkStatus();
  }
}

bool AppendConnection::HasAnswer() {
  pollfd descriptor{PQsocket(Conn(connection_)), POLLIN, 0};
  return poll(&descriptor, 1, 0) != 0;
}

absl::Status AppendConnection::Flush(Clock::time_point deadline) {
  while (true) {
    int left = PQflush(Conn(connection_));
    if (left == 0) return absl::OkStatus();
    if (left < 0) return Lost(Trimmed(PQerrorMessage(Conn(connection_))));
    if (IsInterrupted()) return Lost("interrupted");
    if (Clock::now() >= deadline) return Lost("the server does not take the statement");
    pollfd descriptor{PQsocket(Conn(connection_)), POLLIN | POLLOUT, 0};
    poll(&descriptor, 1, static_cast<int>(kPollSlice.count()));
    if ((descriptor.revents & POLLIN) != 0 && PQconsumeInput(Conn(connection_)) == 0) {
      return Lost(Trimmed(PQerrorMessage(Conn(connection_))));
    }
  }
}

absl::StatusOr<Rows> AppendConnection::Await() {
  Clock::time_point deadline = Clock::now() + options_.statement_timeout;
  PAWL_RETURN_IF_ERROR(Flush(deadline));
  absl::StatusOr<Rows> answer = absl::InternalError("PostgreSQL answered nothing");
  absl::Status failed;
  while (true) {
    while (PQisBusy(Conn(connection_)) != 0) {
      PAWL_RETURN_IF_ERROR(WaitReadable(deadline));
      if (PQconsumeInput(Conn(connection_)) == 0) return Lost(Trimmed(PQerrorMessage(Conn(connection_))));
    }
    PGresult* result = PQgetResult(Conn(connection_));
    if (result == nullptr) break;
    Rows rows(result);
    switch (PQresultStatus(result)) {
      case PGRES_COMMAND_OK:
      case PGRES_TUPLES_OK:
      case PGRES_EMPTY_QUERY:
        answer = std::move(rows);
        break;
      default:
        if (failed.ok()) failed = ErrorOf(result);
    }
  }
  if (PQstatus(Conn(connection_)) == CONNECTION_BAD) {
    return Lost(failed.ok() ? Trimmed(PQerrorMessage(Conn(connection_))) : std::string(failed.message()));
  }
  // A backend that was told to go says so before the connection ends: the statement was rolled back, but so was the
  // session.
  if (absl::IsUnavailable(failed)) return Lost(std::string(failed.message()));
  if (!failed.ok()) return failed;
  return answer;
}

absl::Status AppendConnection::Execute(const std::string& sql) {
  if (lost_) return Lost("earlier");
  if (PQsendQuery(Conn(connection_), sql.c_str()) == 0) return Lost(Trimmed(PQerrorMessage(Conn(connection_))));
  return Await().status();
}

absl::StatusOr<Rows> AppendConnection::Run(const std::string& name, const std::string& sql,
                                           const std::vector<Parameter>& parameters) {
  if (lost_) return Lost("earlier");
  if (!prepared_.contains(name)) {
    std::vector<Oid> types;
    for (const Parameter& parameter : parameters) types.push_back(static_cast<Oid>(parameter.type));
    if (PQsendPrepare(Conn(connection_), name.c_str(), sql.c_str(), static_cast<int>(types.size()), types.data()) ==
        0) {
      return Lost(Trimmed(PQerrorMessage(Conn(connection_))));
    }
    PAWL_RETURN_IF_ERROR(Await().status());
    prepared_.insert(name);
  }
  PAWL_RETURN_IF_ERROR(Send(name, parameters));
  return Await();
}

absl::Status AppendConnection::Send(const std::string& name, const std::vector<Parameter>& parameters) {
  if (lost_) return Lost("earlier");
  std::vector<const char*> values;
  std::vector<int> lengths;
  std::vector<int> formats(parameters.size(), 1);
  for (const Parameter& parameter : parameters) {
    values.push_back(parameter.is_null ? nullptr : parameter.bytes.data());
    lengths.push_back(static_cast<int>(parameter.bytes.size()));
  }
  if (PQsendQueryPrepared(Conn(connection_), name.c_str(), static_cast<int>(values.size()), values.data(),
                          lengths.data(), formats.data(), 1) == 0 ||
      PQflush(Conn(connection_)) < 0) {
    return Lost(Trimmed(PQerrorMessage(Conn(connection_))));
  }
  return absl::OkStatus();
}

}  // namespace pawl::pg
