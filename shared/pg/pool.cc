#include "shared/pg/pool.h"

#include <poll.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <optional>
#include <pqxx/pqxx>
#include <thread>
#include <vector>

#include "shared/base/status.h"
#include "shared/pg/conninfo.h"
#include "shared/pg/errors.h"

namespace pawl::pg {

using Clock = std::chrono::steady_clock;

struct Pool::Shared {
  struct Piece {
    Work work;
    Done done;
  };

  const std::string conninfo;
  const PoolOptions options;
  std::mutex mutex;
  std::condition_variable wake;
  std::deque<Piece> pieces;  // under mutex
  bool stopping = false;     // under mutex
  std::vector<std::thread> threads;
};

namespace {

// One thread's connection.
class Session {
 public:
  Session(const std::string& conninfo, const PoolOptions& options) : conninfo_(conninfo), options_(options) {}

  absl::Status Do(const Pool::Work& work) {
    PAWL_RETURN_IF_ERROR(EnsureConnected());
    absl::Status status = Guard([&] { return work(*connection_); });
    if (absl::IsUnavailable(status) || !connection_->is_open()) connection_.reset();
    return status;
  }

 private:
  absl::Status EnsureConnected() {
    if (connection_ && !HasEnded()) return absl::OkStatus();
    connection_.reset();
    if (Clock::now() < retry_at_) return last_failure_;
    try {
      connection_.emplace(Conninfo());
      connection_->set_verbosity(pqxx::connection_base::normal);
      if (!options_.set_up_sql.empty()) pqxx::nontransaction(*connection_).exec(options_.set_up_sql);
    } catch (const std::exception& error) {
      connection_.reset();
      retry_after_ = std::clamp(retry_after_ * 2, options_.retry_first, options_.retry_last);
      retry_at_ = Clock::now() + retry_after_;
      last_failure_ = ConnectError(conninfo_, error.what());
      return last_failure_;
    }
    retry_after_ = std::chrono::milliseconds(0);
    return absl::OkStatus();
  }

  // An idle connection says nothing until its server goes away; so a restart of PostgreSQL costs nobody an error.
  bool HasEnded() const {
    pollfd descriptor{connection_->sock(), POLLIN, 0};
    return poll(&descriptor, 1, 0) != 0;
  }

  // libpqxx takes one string. Settings are added in the form that it has.
  std::string Conninfo() const {
    int64_t seconds = std::max<int64_t>(2, options_.connect_timeout.count() / 1000);
    bool is_uri = conninfo_.starts_with("postgres://") || conninfo_.starts_with("postgresql://");
    if (!is_uri) {
      return conninfo_ + " connect_timeout=" + std::to_string(seconds) +
             " keepalives_idle=5 keepalives_interval=2 keepalives_count=3 application_name='" +
             options_.application_name + "'";
    }
    return conninfo_ + (conninfo_.find('?') == std::string::npos ? "?" : "&") +
           "connect_timeout=" + std::to_string(seconds) + "&application_name=" + options_.application_name;
  }

  const std::string& conninfo_;
  const PoolOptions& options_;
  std::optional<pqxx::connection> connection_;
  std::chrono::milliseconds retry_after_{0};
  Clock::time_point retry_at_;
  absl::Status last_failure_;
};

}  // namespace

Pool::Pool(std::string conninfo, PoolOptions options)
    : shared_(new Shared{.conninfo = std::move(conninfo), .options = std::move(options)}) {
  for (int i = 0; i < shared_->options.threads; ++i) {
    shared_->threads.emplace_back([shared = shared_.get()] {
      Session session(shared->conninfo, shared->options);
      while (true) {
        Shared::Piece piece;
        {
          std::unique_lock lock(shared->mutex);
          shared->wake.wait(lock, [&] { return shared->stopping || !shared->pieces.empty(); });
          if (shared->stopping) return;
          piece = std::move(shared->pieces.front());
          shared->pieces.pop_front();
        }
        piece.done(session.Do(piece.work));
      }
    });
  }
}

Pool::~Pool() {
  std::deque<Shared::Piece> dropped;
  {
    std::lock_guard lock(shared_->mutex);
    shared_->stopping = true;
    dropped.swap(shared_->pieces);
  }
  shared_->wake.notify_all();
  for (std::thread& thread : shared_->threads) thread.join();
  for (Shared::Piece& piece : dropped) piece.done(absl::CancelledError("the connection pool is closing"));
}

void Pool::Submit(Work work, Done done) {
  {
    std::lock_guard lock(shared_->mutex);
    shared_->pieces.push_back({std::move(work), std::move(done)});
  }
  shared_->wake.notify_one();
}

absl::Status Pool::Run(const Work& work) {
  std::promise<absl::Status> answer;
  Submit(work, [&answer](absl::Status status) { answer.set_value(std::move(status)); });
  return answer.get_future().get();
}

}  // namespace pawl::pg
