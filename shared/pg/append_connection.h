// A connection for statements that must be cheap: prepared once, parameters and results in binary, one round trip each.
// On libpq itself, because libpqxx passes everything as text. For the writer of the log; everything else uses pg::Pool.
//
// Thread rule: one thread at a time, and calls block; it belongs to a thread of its own. Errors: as SqlError says;
// UNAVAILABLE means that the connection is gone and whether the statement took effect is not known; with every other
// error it did not.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "shared/pg/binary.h"

namespace pawl::pg {

// What a statement answered. Values are read by the type that the statement gives them.
class Rows {
 public:
  int size() const;
  // How many rows the statement's last command read or wrote.
  int64_t count() const;
  bool IsNull(int row, int column) const;
  bool Bool(int row, int column) const;
  int64_t Int(int row, int column) const;  // int2, int4, int8
  pg::Uuid Uuid(int row, int column) const;
  std::string_view Bytes(int row, int column) const;  // bytea, text

 private:
  friend class AppendConnection;
  explicit Rows(void* result);
  std::shared_ptr<void> result_;  // PGresult
};

struct ConnectOptions {
  std::chrono::milliseconds connect_timeout{5000};
  // A statement that takes longer costs the connection.
  std::chrono::milliseconds statement_timeout{30000};
  std::string application_name = "pawl";
  // Run after connecting, before anything else.
  std::string set_up_sql;
  // Where given: once true, the call under way and every later one fail soon. Outlives the connection.
  const std::atomic<bool>* interrupted = nullptr;
};

class AppendConnection {
 public:
  static absl::StatusOr<std::unique_ptr<AppendConnection>> Open(const std::string& conninfo,
                                                                const ConnectOptions& options);
  ~AppendConnection();
  AppendConnection(const AppendConnection&) = delete;
  AppendConnection& operator=(const AppendConnection&) = delete;

  // One or more statements without parameters.
  absl::Status Execute(const std::string& sql);
  // Prepares `sql` as `name` where this connection has not done so, and runs it.
  absl::StatusOr<Rows> Run(const std::string& name, const std::string& sql, const std::vector<Parameter>& parameters);
  // Run in two halves, for a statement that is prepared: sends as much as goes without waiting, and the rest and its
  // answer are waited for. Nothing else may be called in between.
  bool IsPrepared(const std::string& name) const { return prepared_.contains(name); }
  absl::Status Send(const std::string& name, const std::vector<Parameter>& parameters);
  // Whether Receive would not wait, because something has come or the connection has ended.
  bool HasAnswer();
  absl::StatusOr<Rows> Receive() { return lost_ ? Lost("earlier") : Await(); }

  // Of the server's process for this connection.
  int backend_pid() const;

 private:
  AppendConnection(void* connection, const ConnectOptions& options, std::string description);
  // Waits for the answer to what was sent; every result but the last is dropped unless it is an error.
  absl::StatusOr<Rows> Await();
  absl::Status WaitReadable(std::chrono::steady_clock::time_point deadline);
  absl::Status Flush(std::chrono::steady_clock::time_point deadline);
  absl::Status Lost(const std::string& what);
  bool IsInterrupted() const { return options_.interrupted != nullptr && options_.interrupted->load(); }

  void* connection_;  // PGconn
  const ConnectOptions options_;
  const std::string description_;
  std::set<std::string> prepared_;
  bool lost_ = false;
};

}  // namespace pawl::pg
