// The EventLog on a real PostgreSQL, for the contract suite and for what only a database can do wrong.
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>

#include "history/postgres/postgres_log.h"
#include "shared/base/executor.h"
#include "shared/pg/append_connection.h"
#include "tests/contract/log_driver.h"
#include "tests/contract/lossy_proxy.h"
#include "tests/contract/postgres_server.h"

namespace pawl::test {

// Runs posted work on the thread that waits.
class WaitingExecutor : public base::Executor {
 public:
  void Post(Work work) override;
  TimerHandle PostAt(base::MonotonicTime, Work) override;
  void Cancel(TimerHandle) override {}
  // False after 30 s.
  bool RunUntil(const std::function<bool()>& done);
  void RunFor(std::chrono::milliseconds time);

 private:
  bool RunOne(std::chrono::steady_clock::time_point deadline);
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Work> work_;
};

class PostgresTarget : public LogTarget {
 public:
  // A database of its own, migrated.
  PostgresTarget();
  ~PostgresTarget() override { PostgresServer::Instance().DropDatabase(conninfo_); }

  std::unique_ptr<history::EventLog> NewSession() override;
  void RunUntil(const std::function<bool()>& done) override;
  void Pass(std::chrono::milliseconds time) override { executor_.RunFor(time); }
  void LoseNextAppend(bool after_commit) override;

  const std::string& conninfo() const { return conninfo_; }
  base::Executor& executor() { return executor_; }
  // A connection beside the log's.
  std::unique_ptr<pg::AppendConnection> Connect();
  int64_t Number(const std::string& sql);

 private:
  std::string conninfo_;
  std::unique_ptr<LossyProxy> proxy_;
  WaitingExecutor executor_;
};

}  // namespace pawl::test
