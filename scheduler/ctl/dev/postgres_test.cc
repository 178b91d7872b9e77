// A real PostgreSQL, as `pawl dev` runs it.
#include "scheduler/ctl/dev/postgres.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include "scheduler/ctl/dev/testing.h"

namespace pawl::dev {
namespace {

using testing::HasSubstr;

class PostgresTest : public TempDirTest {
 protected:
  void SetUp() override {
    auto plan = PlanPostgres(dir_, dir_ / "log");
    ASSERT_TRUE(plan.ok()) << plan.status();
    plan_ = *plan;
  }
  void StartServer() {
    const absl::Status prepared = PrepareCluster(plan_);
    ASSERT_TRUE(prepared.ok()) << prepared;
    supervisor_ = std::make_unique<Supervisor>([](const std::string&) {});
    ASSERT_TRUE(supervisor_->Start(PostgresService(plan_)).ok());
    ASSERT_TRUE(Eventually([&] { return AcceptsConnections(plan_, supervisor_->PidOf("database")); })) << Read("log");
  }
  // psql's answer; run as root or the cluster's owner, who may pass into the socket directory.
  std::string Ask(const std::string& sql) {
    ChildSpec spec;
    spec.name = "psql";
    spec.command = {plan_.programs / "psql", "-X", "-A", "-t", "-d", plan_.ConnectionString(), "-c", sql};
    spec.log_path = dir_ / "answer";
    std::filesystem::remove(spec.log_path);
    const absl::Status status = RunToEnd(spec);
    return status.ok() ? Read("answer") : std::string(status.message());
  }
  PostgresPlan plan_;
  std::unique_ptr<Supervisor> supervisor_;
};

TEST_F(PostgresTest, KeepsItsDataAcrossAStop) {
  StartServer();
  EXPECT_EQ(Ask("create table t as select 7 as x"), "SELECT 1\n");
  EXPECT_EQ(Ask("show fsync"), "on\n");
  EXPECT_EQ(Ask("show synchronous_commit"), "on\n");
  supervisor_->Stop([] { return false; });
  EXPECT_THAT(Read("log"), HasSubstr("database system is shut down"));
  StartServer();
  EXPECT_EQ(Ask("select x from t"), "7\n");
  supervisor_->Stop([] { return false; });
}

TEST_F(PostgresTest, ComesBackAfterASigkill) {
  StartServer();
  EXPECT_EQ(Ask("create table t as select 7 as x"), "SELECT 1\n");
  kill(supervisor_->PidOf("database"), SIGKILL);
  supervisor_.reset();
  // The killed server's processes end within moments; until then a new one is refused, and tried again.
  ASSERT_TRUE(PrepareCluster(plan_).ok());
  supervisor_ = std::make_unique<Supervisor>([](const std::string&) {});
  ASSERT_TRUE(supervisor_->Start(PostgresService(plan_)).ok());
  supervisor_->KeepRunning();
  ASSERT_TRUE(Eventually([&] {
    supervisor_->Check().IgnoreError();
    return AcceptsConnections(plan_, supervisor_->PidOf("database"));
  })) << Read("log");
  EXPECT_EQ(Ask("select x from t"), "7\n");
  supervisor_->Stop([] { return false; });
}

TEST_F(PostgresTest, ALockFileOfAnotherProcessIsNoObstacle) {
  StartServer();
  supervisor_->Stop([] { return false; });
  std::ofstream(plan_.cluster / "postmaster.pid") << getpid() << "\n" << plan_.cluster.string() << "\n";
  StartServer();
  supervisor_->Stop([] { return false; });
}

TEST_F(PostgresTest, SaysThatAnotherVersionMadeTheData) {
  std::ofstream(plan_.cluster / "PG_VERSION") << "9\n";
  EXPECT_THAT(std::string(PrepareCluster(plan_).message()), HasSubstr("was made by PostgreSQL 9"));
}

TEST_F(PostgresTest, AHalfMadeClusterIsMadeAnew) {
  std::ofstream(plan_.cluster / "rubbish") << "x";
  StartServer();
  EXPECT_FALSE(std::filesystem::exists(plan_.cluster / "rubbish"));
  supervisor_->Stop([] { return false; });
}

TEST_F(PostgresTest, ADirectoryThatItsUserMayNotEnterIsNamed) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root";
  const std::filesystem::path closed = dir_ / "closed";
  std::filesystem::create_directories(closed / "data");
  chmod(closed.c_str(), 0700);
  EXPECT_THAT(std::string(PlanPostgres(closed / "data", dir_ / "log").status().message()),
              HasSubstr("may not enter " + closed.string()));
}

}  // namespace
}  // namespace pawl::dev
