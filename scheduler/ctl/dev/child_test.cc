#include "scheduler/ctl/dev/child.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pwd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "scheduler/ctl/dev/testing.h"

namespace pawl::dev {
namespace {

using testing::HasSubstr;

class ChildTest : public TempDirTest {
 protected:
  ChildSpec Shell(const std::string& script) const {
    ChildSpec spec;
    spec.name = "script";
    spec.command = {"/bin/sh", "-c", script};
    spec.log_path = dir_ / "log";
    return spec;
  }
};

TEST_F(ChildTest, RunsWithItsEnvironmentAndLog) {
  ChildSpec spec = Shell("echo \"value $PAWL_TEST\"; echo trouble >&2");
  spec.environment = {{"PAWL_TEST", "seven"}};
  ASSERT_TRUE(RunToEnd(spec).ok());
  EXPECT_EQ(Read("log"), "value seven\ntrouble\n");
}

TEST_F(ChildTest, AppendsToItsLog) {
  ASSERT_TRUE(RunToEnd(Shell("echo one")).ok());
  ASSERT_TRUE(RunToEnd(Shell("echo two")).ok());
  EXPECT_EQ(Read("log"), "one\ntwo\n");
}

TEST_F(ChildTest, AFailureShowsTheEndOfTheLog) {
  const absl::Status status = RunToEnd(Shell("for i in 1 2 3 4 5 6 7 8 9 10; do echo line $i; done; exit 3"));
  const std::string message(status.message());
  EXPECT_THAT(message, HasSubstr("script exited with status 3"));
  EXPECT_THAT(message, HasSubstr("line 10"));
  EXPECT_THAT(message, Not(HasSubstr("line 2\n")));
}

TEST_F(ChildTest, AProgramThatIsNotThereIsNamed) {
  ChildSpec spec = Shell("");
  spec.command = {"/nowhere/program"};
  const absl::StatusOr<pid_t> pid = Spawn(spec);
  ASSERT_FALSE(pid.ok());
  EXPECT_THAT(std::string(pid.status().message()),
              HasSubstr("cannot start the script (/nowhere/program): executing it failed"));
}

TEST_F(ChildTest, HasAProcessGroupOfItsOwn) {
  const absl::StatusOr<pid_t> pid = Spawn(Shell("exec sleep 100"));
  ASSERT_TRUE(pid.ok());
  EXPECT_EQ(getpgid(*pid), *pid);
  kill(*pid, SIGKILL);
  int status = 0;
  waitpid(*pid, &status, 0);
  EXPECT_THAT(DescribeEnd(status), HasSubstr("killed by signal 9"));
}

TEST_F(ChildTest, RunsAsAnotherUserWhereItMay) {
  const passwd* nobody = getpwnam("nobody");
  if (geteuid() != 0 || nobody == nullptr) GTEST_SKIP() << "needs root";
  ChildSpec spec = Shell("id -u");
  spec.user = UnixUser{"nobody", nobody->pw_uid, nobody->pw_gid};
  ASSERT_TRUE(RunToEnd(spec).ok());
  EXPECT_EQ(Read("log"), std::to_string(nobody->pw_uid) + "\n");
}

// The parent is a process of its own here, because its death is the point.
TEST_F(ChildTest, DiesWithItsParent) {
  const pid_t parent = fork();
  if (parent == 0) {
    const absl::StatusOr<pid_t> child = Spawn(Shell("echo $$; exec sleep 100"));
    pause();
    _exit(child.ok() ? 0 : 1);
  }
  ASSERT_TRUE(Eventually([&] { return !Read("log").empty(); }));
  const pid_t child = std::stoi(Read("log"));
  kill(parent, SIGKILL);
  waitpid(parent, nullptr, 0);
  EXPECT_TRUE(Eventually([&] { return !IsAlive(child); }));
}

}  // namespace
}  // namespace pawl::dev
