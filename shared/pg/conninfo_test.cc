#include "shared/pg/conninfo.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "shared/pg/append_connection.h"
#include "shared/pg/pool.h"

namespace pawl::pg {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(DescribeConnection, NamesEverythingButThePassword) {
  std::string text = DescribeConnection("host=db port=6000 dbname=pawl user=me password=secret");
  EXPECT_EQ(text, "host=db port=6000 dbname=pawl user=me");
  EXPECT_THAT(DescribeConnection("postgresql://me:secret@db/pawl"), Not(HasSubstr("secret")));
  EXPECT_THAT(DescribeConnection("postgresql://me:secret@db/pawl"), HasSubstr("host=db"));
}

TEST(ConnectError, SaysWhatToDoAboutAWrongPassword) {
  absl::Status status =
      ConnectError("host=db user=me password=secret",
                   "connection to server at \"db\" failed: FATAL:  password authentication failed for "
                   "user \"me\"\n");
  EXPECT_EQ(status.code(), absl::StatusCode::kUnauthenticated);
  EXPECT_THAT(std::string(status.message()), HasSubstr("Check the user and the password"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("host=db"));
  EXPECT_THAT(std::string(status.message()), Not(HasSubstr("secret")));
}

TEST(ConnectError, TellsAMissingDatabaseFromASilentServer) {
  EXPECT_EQ(ConnectError("dbname=x", "FATAL:  database \"x\" does not exist").code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ConnectError("host=x", "Connection refused").code(), absl::StatusCode::kUnavailable);
}

TEST(ConnectError, NeverRepeatsAStringItCannotRead) {
  absl::Status status = ConnectError("host=x password=secret oops", "missing \"=\" after \"secret oops\"");
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), Not(HasSubstr("secret")));
}

TEST(AppendConnection, SaysWhichServerDoesNotAnswer) {
  auto opened = AppendConnection::Open("host=127.0.0.1 port=1 dbname=pawl", {});
  EXPECT_EQ(opened.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(opened.status().message()), HasSubstr("port=1"));
}

TEST(Pool, AnswersAtOnceWhileTheServerIsKnownToBeDown) {
  Pool pool("host=127.0.0.1 port=1 dbname=pawl",
            {.threads = 1, .retry_first = std::chrono::seconds(60), .retry_last = std::chrono::seconds(60)});
  auto work = [](pqxx::connection_base&) { return absl::OkStatus(); };
  EXPECT_EQ(pool.Run(work).code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(pool.Run(work).code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace pawl::pg
