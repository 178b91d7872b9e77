#include "tests/contract/postgres_target.h"

#include <gtest/gtest.h>

#include "history/migrations/migrator.h"
#include "shared/base/check.h"
#include "shared/pg/conninfo.h"

namespace pawl::test {
namespace {

using Clock = std::chrono::steady_clock;

// Migrated once a process; each test gets a copy.
const std::string& MigratedTemplate() {
  static const std::string conninfo = [] {
    std::string made = PostgresServer::Instance().NewDatabase();
    absl::StatusOr<history::ClusterInfo> cluster = history::Migrate(made, {.partition_count = kPartitions});
    PAWL_CHECK(cluster.ok(), cluster.status().ToString().c_str());
    return made;
  }();
  return conninfo;
}

std::string ValueOf(const std::string& conninfo, const std::string& key) {
  std::string text = " " + pg::DescribeConnection(conninfo) + " ";
  size_t at = text.find(" " + key + "=");
  if (at == std::string::npos) return "";
  at += key.size() + 2;
  return text.substr(at, text.find(' ', at) - at);
}

}  // namespace

void WaitingExecutor::Post(Work work) {
  {
    std::lock_guard lock(mutex_);
    work_.push_back(std::move(work));
  }
  wake_.notify_one();
}

base::Executor::TimerHandle WaitingExecutor::PostAt(base::MonotonicTime, Work) {
  PAWL_CHECK(false, "the log on PostgreSQL uses no timers");
}

bool WaitingExecutor::RunOne(Clock::time_point deadline) {
  Work work;
  {
    std::unique_lock lock(mutex_);
    if (!wake_.wait_until(lock, deadline, [this] { return !work_.empty(); })) return false;
    work = std::move(work_.front());
    work_.pop_front();
  }
  work();
  return true;
}

bool WaitingExecutor::RunUntil(const std::function<bool()>& done) {
  Clock::time_point deadline = Clock::now() + std::chrono::seconds(30);
  while (!done()) {
    if (!RunOne(deadline)) return false;
  }
  return true;
}

void WaitingExecutor::RunFor(std::chrono::milliseconds time) {
  Clock::time_point deadline = Clock::now() + time;
  while (RunOne(deadline)) {
  }
}

PostgresTarget::PostgresTarget() : conninfo_(PostgresServer::Instance().CopyDatabase(MigratedTemplate())) {
  std::string host = ValueOf(conninfo_, "host");
  // Losing a chosen message needs a socket file to stand in front of.
  if (host.starts_with('/')) {
    proxy_ = std::make_unique<LossyProxy>(host + "/.s.PGSQL." + ValueOf(conninfo_, "port"));
  }
}

std::unique_ptr<history::EventLog> PostgresTarget::NewSession() {
  history::PostgresLogOptions options;
  options.partition_count = kPartitions;
  options.session.claim_patience = std::chrono::milliseconds(300);
  std::string conninfo = proxy_ ? conninfo_ + " host=" + proxy_->directory() + " port=5432" : conninfo_;
  return std::make_unique<history::PostgresLog>(conninfo, options, executor_);
}

void PostgresTarget::RunUntil(const std::function<bool()>& done) {
  ASSERT_TRUE(executor_.RunUntil(done)) << "no answer within 30 s";
}

void PostgresTarget::LoseNextAppend(bool after_commit) {
  if (!proxy_) GTEST_SKIP() << "PAWL_TEST_POSTGRES is not reached by a socket file";
  proxy_->LoseNext(after_commit ? LossyProxy::Loss::kAnswer : LossyProxy::Loss::kRequest);
}

std::unique_ptr<pg::AppendConnection> PostgresTarget::Connect() {
  auto opened = pg::AppendConnection::Open(conninfo_, {});
  PAWL_CHECK(opened.ok(), opened.status().ToString().c_str());
  return *std::move(opened);
}

int64_t PostgresTarget::Number(const std::string& sql) {
  absl::StatusOr<pg::Rows> rows = Connect()->Run("number", sql, {});
  PAWL_CHECK(rows.ok(), rows.status().ToString().c_str());
  return rows->size() == 0 || rows->IsNull(0, 0) ? -1 : rows->Int(0, 0);
}

std::unique_ptr<LogTarget> NewPostgresTarget() { return std::make_unique<PostgresTarget>(); }

}  // namespace pawl::test
