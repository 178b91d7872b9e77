// Connections for reading and for catalog rows: a few threads, each with a connection of its own (libpqxx), made when
// first needed and made anew after it broke.
//
// Thread rule: Submit may be called from any thread; work runs on a pool thread, one piece a thread at a time, in the
// order submitted where there is one thread. Destruction waits for the pieces under way; those not begun are dropped
// with CANCELLED. Errors: the work's own; what libpqxx throws comes as a Status (errors.h); UNAVAILABLE while the
// database cannot be reached, at once while it is known to be down.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"

namespace pqxx {
class connection_base;
}

namespace pawl::pg {

struct PoolOptions {
  int threads = 2;
  std::chrono::milliseconds connect_timeout{5000};
  // Between attempts to connect, doubling from the first to the last.
  std::chrono::milliseconds retry_first{100};
  std::chrono::milliseconds retry_last{5000};
  std::string application_name = "pawl";
  // Run on each new connection.
  std::string set_up_sql;
};

class Pool {
 public:
  // May throw what libpqxx throws. Opens its own transaction.
  using Work = std::function<absl::Status(pqxx::connection_base&)>;
  // Runs on the pool thread; hand the answer on to where it belongs.
  using Done = std::function<void(absl::Status)>;

  Pool(std::string conninfo, PoolOptions options);
  ~Pool();

  void Submit(Work work, Done done);
  // Blocks; for start-up and tools.
  absl::Status Run(const Work& work);

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

}  // namespace pawl::pg
