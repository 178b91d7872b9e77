// `pawl dev` as a whole, with a real PostgreSQL and stand-ins for the scheduler and the worker: scripts that log how
// they were called; the scheduler's serves /readyz.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <regex>

#include "scheduler/ctl/dev/dev.h"
#include "scheduler/ctl/dev/testing.h"
#include "shared/net/http_client.h"

namespace pawl::dev {
namespace {

using testing::HasSubstr;

constexpr char kScheduler[] = R"(#!/usr/bin/env python3
import http.server, signal, sys
print(*sys.argv[1:], flush=True)
port = int(sys.argv[sys.argv.index('--ops-port') + 1])
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.send_header('Content-Length', '0'); self.end_headers()
    def log_message(self, *_): pass
def stop(*_):
    print('scheduler stops', flush=True); sys.exit(0)
signal.signal(signal.SIGTERM, stop)
http.server.HTTPServer.allow_reuse_address = True
http.server.HTTPServer(('127.0.0.1', port), Handler).serve_forever()
)";
constexpr char kWorker[] = R"(#!/bin/sh
echo "$@" "s3=$PAWL_S3_DIR"
trap 'echo worker stops; exit 0' TERM
while :; do sleep 0.02; done
)";

// Runs RunDev in a process of its own, as the command does.
class DevMode : public TempDirTest {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(dir_ / "bin");
    WriteProgram(dir_ / "bin/pawl-scheduler", kScheduler);
    WriteProgram(dir_ / "bin/pawl-worker", kWorker);
    options_.data_dir = dir_ / "data";
    options_.http_port = options_.grpc_port = options_.ops_port = options_.worker_ops_port = 0;
    options_.programs = dir_ / "bin";
  }
  void TearDown() override {
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
  }
  void Launch() {
    std::filesystem::remove(dir_ / "out");
    pid_ = fork();
    if (pid_ != 0) return;
    const auto append = [this](const std::string& line) { std::ofstream(dir_ / "out", std::ios::app) << line << "\n"; };
    const absl::Status status = RunDev(options_, append, append);
    if (!status.ok()) append(std::string(status.message()));
    _exit(status.ok() ? 0 : 1);
  }
  bool Said(const std::string& text) const { return Read("out").find(text) != std::string::npos; }
  int WaitForEnd() {
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }
  // The live process whose command line has `text`, and which works for this test's directory; 0 if none.
  pid_t Find(const std::string& text) const {
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
      const std::string name = entry.path().filename();
      if (name.find_first_not_of("0123456789") != std::string::npos) continue;
      std::ifstream file(entry.path() / "cmdline");
      std::stringstream command;
      command << file.rdbuf();
      if (command.str().find(text) != std::string::npos && command.str().find(dir_.string()) != std::string::npos &&
          IsAlive(std::stoi(name))) {
        return std::stoi(name);
      }
    }
    return 0;
  }
  DevOptions options_;
  pid_t pid_ = 0;
};

TEST_F(DevMode, StartsEverythingAndStopsItInOrder) {
  Launch();
  ASSERT_TRUE(Eventually([&] { return Said("ready "); })) << Read("out");
  EXPECT_TRUE(std::regex_search(
      Read("out"), std::regex("ready http=http://127.0.0.1:\\d+ grpc=127.0.0.1:\\d+ ops=http://127.0.0.1:\\d+\n")))
      << Read("out");
  EXPECT_THAT(Read("data/logs/scheduler.log"), HasSubstr("--postgres host=" + (dir_ / "data/sockets").string()));
  EXPECT_TRUE(Eventually([&] { return !Read("data/logs/worker.log").empty(); }));
  EXPECT_THAT(Read("data/logs/worker.log"), HasSubstr("s3=" + (dir_ / "data/s3").string()));
  kill(pid_, SIGTERM);
  EXPECT_EQ(WaitForEnd(), 0);
  EXPECT_THAT(Read("data/logs/worker.log"), HasSubstr("worker stops"));
  EXPECT_THAT(Read("data/logs/scheduler.log"), HasSubstr("scheduler stops"));
  EXPECT_THAT(Read("data/logs/postgres.log"), HasSubstr("database system is shut down"));
}

TEST_F(DevMode, RestartsAChildThatDies) {
  Launch();
  ASSERT_TRUE(Eventually([&] { return Said("ready "); })) << Read("out");
  const pid_t scheduler = Find("pawl-scheduler");
  ASSERT_GT(scheduler, 0);
  kill(scheduler, SIGKILL);
  EXPECT_TRUE(Eventually([&] { return Said("the scheduler was killed by signal 9"); }));
  EXPECT_TRUE(Eventually([&] { return Said("the scheduler runs again"); }));
  kill(Find("bin/postgres"), SIGKILL);
  EXPECT_TRUE(Eventually([&] { return Said("the database was killed") && Said("the database runs again"); }));
  kill(pid_, SIGINT);
  EXPECT_EQ(WaitForEnd(), 0);
}

TEST_F(DevMode, ASecondStartSaysWhoHoldsTheDirectory) {
  Launch();
  ASSERT_TRUE(Eventually([&] { return Said("ready "); })) << Read("out");
  const absl::Status second = RunDev(
      options_, [](const std::string&) {}, [](const std::string&) {});
  EXPECT_THAT(std::string(second.message()), HasSubstr("held by another pawl dev, process " + std::to_string(pid_)));
  kill(pid_, SIGTERM);
  EXPECT_EQ(WaitForEnd(), 0);
}

TEST_F(DevMode, AfterASigkillNothingIsLeftAndItStartsAgain) {
  Launch();
  ASSERT_TRUE(Eventually([&] { return Said("ready "); })) << Read("out");
  kill(pid_, SIGKILL);
  EXPECT_EQ(WaitForEnd(), -SIGKILL);
  Launch();  // at once, while PostgreSQL may still be ending
  ASSERT_TRUE(Eventually([&] { return Said("ready "); })) << Read("out") << Read("data/logs/postgres.log");
  kill(pid_, SIGKILL);
  EXPECT_EQ(WaitForEnd(), -SIGKILL);
  EXPECT_TRUE(Eventually([&] { return Find("pawl-scheduler") + Find("pawl-worker") + Find("postgres") == 0; }));
}

TEST_F(DevMode, ASchedulerThatCannotStartIsShown) {
  WriteProgram(dir_ / "bin/pawl-scheduler", "#!/bin/sh\necho wrong schema version; exit 1\n");
  Launch();
  EXPECT_EQ(WaitForEnd(), 1);
  EXPECT_THAT(Read("out"), HasSubstr("the scheduler exited with status 1:\n    wrong schema version"));
  EXPECT_EQ(Find("postgres"), 0);
}

TEST_F(DevMode, ProgramsThatAreMissingAreNamed) {
  std::filesystem::remove(dir_ / "bin/pawl-worker");
  Launch();
  EXPECT_EQ(WaitForEnd(), 1);
  EXPECT_THAT(Read("out"), HasSubstr("pawl-worker was not found beside pawl"));
}

TEST_F(DevMode, CanDoWithoutAWorkerAndWithoutADirectory) {
  std::filesystem::remove(dir_ / "bin/pawl-worker");
  options_.with_worker = false;
  options_.data_dir.clear();
  Launch();
  ASSERT_TRUE(Eventually([&] { return Said("removed at the end"); })) << Read("out");
  std::smatch match;
  const std::string out = Read("out");
  ASSERT_TRUE(std::regex_search(out, match, std::regex("data in (\\S+),")));
  kill(pid_, SIGTERM);
  EXPECT_EQ(WaitForEnd(), 0);
  EXPECT_FALSE(std::filesystem::exists(match[1].str()));
}

}  // namespace
}  // namespace pawl::dev
