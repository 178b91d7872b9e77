#include "history/migrations/migrator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "history/migrations/migrations.h"
#include "shared/pg/append_connection.h"
#include "tests/contract/postgres_server.h"

namespace pawl::history {
namespace {

using test::PostgresServer;
using testing::HasSubstr;

void Execute(const std::string& conninfo, const std::string& sql) {
  auto opened = pg::AppendConnection::Open(conninfo, {});
  ASSERT_TRUE(opened.ok()) << opened.status();
  absl::Status status = (*opened)->Execute(sql);
  ASSERT_TRUE(status.ok()) << status;
}

TEST(Migrate, MakesTheSchemaOnceAndKeepsWhatWasChosen) {
  std::string database = PostgresServer::Instance().NewDatabase();
  absl::StatusOr<ClusterInfo> first = Migrate(database, {.partition_count = 8});
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(first->partition_count, 8);
  EXPECT_EQ(first->secret.size(), 32u);
  absl::StatusOr<ClusterInfo> second = Migrate(database, {.partition_count = 64});
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(second->partition_count, 8);
  EXPECT_EQ(second->secret, first->secret);
  EXPECT_TRUE(EnsureLogMonths(database).ok());
}

TEST(Migrate, TwoDatabasesHaveDifferentSecrets) {
  EXPECT_NE(Migrate(PostgresServer::Instance().NewDatabase())->secret,
            Migrate(PostgresServer::Instance().NewDatabase())->secret);
}

TEST(Migrate, NodesThatStartTogetherAllSucceed) {
  std::string database = PostgresServer::Instance().NewDatabase();
  std::vector<std::thread> nodes;
  std::vector<absl::Status> statuses(5);
  for (int i = 0; i < 5; ++i) {
    nodes.emplace_back([&, i] { statuses[static_cast<size_t>(i)] = Migrate(database).status(); });
  }
  for (std::thread& node : nodes) node.join();
  for (const absl::Status& status : statuses) EXPECT_TRUE(status.ok()) << status;
}

TEST(Migrate, RefusesANewerSchemaAndSaysWhatToRun) {
  std::string database = PostgresServer::Instance().NewDatabase();
  ASSERT_TRUE(Migrate(database).ok());
  Execute(database, "insert into pawl.migrations (number, name, digest) values (" +
                        std::to_string(Migrations().size() + 1) + ", '0099_future', 'x')");
  absl::Status status = Migrate(database).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("0099_future"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("or a newer one"));
}

TEST(Migrate, RefusesAMigrationThatWasAppliedWithOtherContents) {
  std::string database = PostgresServer::Instance().NewDatabase();
  ASSERT_TRUE(Migrate(database).ok());
  Execute(database, "update pawl.migrations set digest = 'another' where number = 1");
  EXPECT_EQ(Migrate(database).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST(Migrate, SaysThatADatabaseIsMissing) {
  std::string missing = PostgresServer::Instance().NewDatabase() + "_not";
  absl::Status status = Migrate(missing).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("Create it"));
}

TEST(Migrate, AMonthThatCameTooLateLeavesItsRowsWhereTheyAre) {
  std::string database = PostgresServer::Instance().NewDatabase();
  ASSERT_TRUE(Migrate(database).ok());
  Execute(database,
          "insert into pawl.log select pawl.first_entity(now() + interval '5 months'), 1, 1, '\\x00'::bytea;"
          "select pawl.ensure_log_months(now(), now() + interval '7 months');"
          "insert into pawl.log select pawl.first_entity(now() + interval '6 months'), 1, 1, '\\x00'::bytea");
  EXPECT_TRUE(EnsureLogMonths(database).ok());
}

}  // namespace
}  // namespace pawl::history
