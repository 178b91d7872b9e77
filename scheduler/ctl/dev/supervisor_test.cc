#include "scheduler/ctl/dev/supervisor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>

#include "scheduler/ctl/dev/testing.h"

namespace pawl::dev {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class SupervisorTest : public TempDirTest {
 protected:
  ServiceSpec Script(const std::string& name, const std::string& script) const {
    ServiceSpec spec;
    spec.child.name = name;
    spec.child.command = {"/bin/sh", "-c", script};
    spec.child.log_path = dir_ / (name + ".log");
    return spec;
  }
  static bool Never() { return false; }
  std::vector<std::string> said_;
  Supervisor supervisor_{[this](const std::string& text) { said_.push_back(text); }};
};

TEST_F(SupervisorTest, RestartsWhatDiesAndSaysSo) {
  ASSERT_TRUE(supervisor_.Start(Script("sleeper", "exec sleep 100")).ok());
  supervisor_.KeepRunning();
  const pid_t first = supervisor_.PidOf("sleeper");
  kill(first, SIGKILL);
  EXPECT_TRUE(Eventually([&] {
    supervisor_.Check().IgnoreError();
    return supervisor_.PidOf("sleeper") != first && supervisor_.PidOf("sleeper") != 0;
  }));
  EXPECT_THAT(said_, ElementsAre(HasSubstr("the sleeper was killed by signal 9 (Killed); restarting it"),
                                 HasSubstr("the sleeper runs again as process")));
}

TEST_F(SupervisorTest, PausesLongerAfterEachQuickDeath) {
  ASSERT_TRUE(supervisor_.Start(Script("failing", "exit 1")).ok());
  supervisor_.KeepRunning();
  EXPECT_TRUE(Eventually([&] {
    supervisor_.Check().IgnoreError();
    return said_.size() >= 5;
  }));
  EXPECT_THAT(said_[0], HasSubstr("in 250 ms"));
  EXPECT_THAT(said_[2], HasSubstr("in 500 ms"));
}

TEST_F(SupervisorTest, ReportsADeathBeforeEverythingIsUp) {
  ASSERT_TRUE(supervisor_.Start(Script("failing", "echo no port; exit 7")).ok());
  absl::Status status;
  EXPECT_TRUE(Eventually([&] {
    status = supervisor_.Check();
    return !status.ok();
  }));
  EXPECT_THAT(std::string(status.message()), HasSubstr("the failing exited with status 7:\n    no port"));
}

TEST_F(SupervisorTest, StopsInTheOppositeOrder) {
  const std::string script =
      " trap 'echo $0 >> " + (dir_ / "order").string() + "; exit 0' TERM; echo up; while :; do sleep 0.01; done";
  for (const char* name : {"one", "two", "three"}) {
    ServiceSpec spec = Script(name, script);
    spec.child.command.push_back(name);
    ASSERT_TRUE(supervisor_.Start(spec).ok());
    ASSERT_TRUE(Eventually([&] { return Read(std::string(name) + ".log") == "up\n"; }));
  }
  supervisor_.Stop(Never);
  EXPECT_EQ(Read("order"), "three\ntwo\none\n");
  EXPECT_EQ(supervisor_.PidOf("one"), 0);
}

TEST_F(SupervisorTest, ForcesWhatDoesNotStop) {
  ServiceSpec spec = Script("stubborn", "trap '' TERM; echo up; while :; do sleep 0.01; done");
  spec.stop_time = std::chrono::milliseconds(50);
  ASSERT_TRUE(supervisor_.Start(spec).ok());
  ASSERT_TRUE(Eventually([&] { return Read("stubborn.log") == "up\n"; }));
  const pid_t pid = supervisor_.PidOf("stubborn");
  supervisor_.Stop(Never);
  EXPECT_FALSE(IsAlive(pid));
  EXPECT_THAT(said_, ElementsAre(HasSubstr("has not ended yet; forcing it")));
}

TEST_F(SupervisorTest, HurriesWhenAsked) {
  ServiceSpec spec = Script("stubborn", "trap '' TERM; echo up; while :; do sleep 0.01; done");
  ASSERT_TRUE(supervisor_.Start(spec).ok());
  ASSERT_TRUE(Eventually([&] { return Read("stubborn.log") == "up\n"; }));
  supervisor_.Stop([] { return true; });
  EXPECT_EQ(supervisor_.PidOf("stubborn"), 0);
}

}  // namespace
}  // namespace pawl::dev
