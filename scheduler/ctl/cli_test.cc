// The command line against the AWS front end with a Gateway in memory.
#include "scheduler/ctl/cli.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <thread>

#include "scheduler/api/aws/server.h"
#include "scheduler/api/testing/fake_gateway.h"

namespace pawl::ctl {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kExecution[] = "arn:aws:states:us-east-1:000000000000:execution:m:e";

class CliTest : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"AWS_ACCESS_KEY_ID", "AWS_REGION", "AWS_DEFAULT_REGION"}) unsetenv(name);
    api::aws::AwsApiOptions options;
    options.port = 0;
    auto server = api::aws::AwsApiServer::Start(options, gateway_);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = std::move(*server);
    setenv("PAWL_ENDPOINT_URL", ("http://127.0.0.1:" + std::to_string(server_->port())).c_str(), 1);
  }
  int Pawl(const std::vector<std::string>& arguments, const std::string& input = "") {
    std::vector<const char*> argv = {"pawl"};
    for (const std::string& argument : arguments) argv.push_back(argument.c_str());
    std::istringstream in(input);
    std::ostringstream out, err;
    const int code = RunCli(static_cast<int>(argv.size()), argv.data(), in, out, err);
    out_ = out.str();
    err_ = err.str();
    return code;
  }
  void CreateMachine() { EXPECT_EQ(Pawl({"create", "m", "-"}, "{}"), kOk) << err_; }
  void Start() { EXPECT_EQ(Pawl({"start", "m", "--name", "e"}), kOk) << err_; }
  void Append(int id, const std::string& type, const std::string& rest = "") {
    gateway_.AppendEvent(kExecution, "{\"timestamp\":1700000000.5,\"type\":\"" + type +
                                         "\",\"id\":" + std::to_string(id) +
                                         ",\"previousEventId\":" + std::to_string(id - 1) + rest + "}");
  }
  std::string out_, err_;
  api::testing::FakeGateway gateway_;
  std::unique_ptr<api::aws::AwsApiServer> server_;
};

TEST_F(CliTest, HelpShowsExamplesAndExitCodesEverywhere) {
  EXPECT_EQ(Pawl({"--help"}), kOk);
  EXPECT_THAT(out_, HasSubstr("Exit codes"));
  for (const char* command : {"dev", "validate", "eval", "simulate", "explain", "create", "update", "delete",
                              "machines", "start", "list", "describe", "history", "stop"}) {
    EXPECT_EQ(Pawl({command, "--help"}), kOk) << command;
    EXPECT_THAT(out_, HasSubstr("Examples:\n  pawl " + std::string(command)));
    EXPECT_THAT(out_, HasSubstr("Exit codes"));
  }
}

TEST_F(CliTest, WrongUsageIsTwo) {
  EXPECT_EQ(Pawl({}), kUsage);
  EXPECT_EQ(Pawl({"what"}), kUsage);
  EXPECT_EQ(Pawl({"start"}), kUsage);
  EXPECT_EQ(Pawl({"start", "m", "--output", "xml"}), kUsage);
  EXPECT_EQ(Pawl({"dev", "--http-port", "70000"}), kUsage);
}

TEST_F(CliTest, CreatesUpdatesListsDeletesMachines) {
  CreateMachine();
  EXPECT_EQ(out_, "arn:aws:states:us-east-1:000000000000:stateMachine:m\n");
  EXPECT_EQ(Pawl({"update", "m", "-"}, "{\"new\":1}"), kOk) << err_;
  EXPECT_THAT(out_, HasSubstr("Revision:"));
  EXPECT_EQ(Pawl({"describe", "m"}), kOk);
  EXPECT_THAT(out_, HasSubstr("{\"new\":1}"));
  EXPECT_EQ(Pawl({"machines"}), kOk);
  EXPECT_THAT(out_, HasSubstr("STANDARD  2023-11-14T22:13:20.123Z"));
  EXPECT_EQ(Pawl({"machines", "-o", "json"}), kOk);
  EXPECT_EQ(Json::parse(out_)[0]["name"], "m");
  EXPECT_EQ(Pawl({"delete", "m"}), kOk);
  EXPECT_EQ(Pawl({"describe", "m"}), kNotFound);
  EXPECT_THAT(err_, HasSubstr("pawl: StateMachineDoesNotExist: State Machine Does Not Exist"));
}

TEST_F(CliTest, StartPrintsTheArn) {
  CreateMachine();
  Start();
  EXPECT_EQ(out_, std::string(kExecution) + "\n");
}

TEST_F(CliTest, StartWaitsAndPrintsTheResult) {
  CreateMachine();
  std::thread later([this] {
    while (!gateway_.last_trace_header().empty()) std::this_thread::yield();
    std::this_thread::sleep_for(std::chrono::milliseconds(60));
    gateway_.Finish(kExecution, "{\"y\":2}");
  });
  EXPECT_EQ(Pawl({"start", "m", "--name", "e", "--input", "{\"x\":1}", "--wait"}), kOk) << err_;
  later.join();
  EXPECT_THAT(out_, HasSubstr("Status:     SUCCEEDED\n"));
  EXPECT_THAT(out_, HasSubstr("Output:     {\"y\":2}\n"));
  EXPECT_EQ(Pawl({"describe", "m/e", "--output", "json"}), kOk);
  EXPECT_EQ(Json::parse(out_)["input"], "{\"x\":1}");
}

TEST_F(CliTest, AnExecutionThatFailsIsOne) {
  CreateMachine();
  Start();
  EXPECT_EQ(Pawl({"stop", "m/e", "--error", "E", "--cause", "c"}), kOk);
  EXPECT_EQ(Pawl({"start", "m", "--name", "e", "--wait"}), kFailed);
  EXPECT_THAT(out_, HasSubstr("Status:     ABORTED\n"));
  EXPECT_THAT(out_, HasSubstr("Error:      E\n"));
}

TEST_F(CliTest, WaitingMayEndEarlier) {
  CreateMachine();
  EXPECT_EQ(Pawl({"start", "m", "--wait", "--timeout", "0.05"}), kFailed);
  EXPECT_THAT(err_, HasSubstr("still runs"));
}

TEST_F(CliTest, InputMayComeFromAStream) {
  CreateMachine();
  EXPECT_EQ(Pawl({"start", "m", "--name", "e", "--input-file", "-"}, "[1]"), kOk);
  EXPECT_EQ(Pawl({"describe", kExecution}), kOk);
  EXPECT_THAT(out_, HasSubstr("Input:      [1]\n"));
}

TEST_F(CliTest, RefusalsKeepTheServicesWords) {
  CreateMachine();
  EXPECT_EQ(Pawl({"start", "m", "--input", "nonsense"}), kFailed);
  EXPECT_THAT(err_,
              HasSubstr("pawl: InvalidExecutionInput: Invalid State Machine Execution Input: 'Unrecognized token"));
  EXPECT_EQ(Pawl({"start", "unknown"}), kNotFound);
}

TEST_F(CliTest, ListsExecutions) {
  CreateMachine();
  for (const char* name : {"a", "b", "c"}) EXPECT_EQ(Pawl({"start", "m", "--name", name}), kOk);
  EXPECT_EQ(Pawl({"list", "m", "--limit", "2"}), kOk);
  EXPECT_THAT(out_, HasSubstr("NAME  STATUS   STARTED                   STOPPED\nc     RUNNING"));
  EXPECT_THAT(out_, Not(HasSubstr("\na ")));
  EXPECT_EQ(Pawl({"list", "m", "--status", "FAILED", "-o", "json"}), kOk);
  EXPECT_EQ(out_, "[]\n");
}

TEST_F(CliTest, PrintsTheHistory) {
  CreateMachine();
  Start();
  Append(1, "ExecutionStarted");
  Append(2, "TaskStateEntered", ",\"stateEnteredEventDetails\":{\"name\":\"Train\",\"input\":\"{}\"}");
  EXPECT_EQ(Pawl({"history", "m/e"}), kOk);
  EXPECT_EQ(out_,
            "    1  2023-11-14T22:13:20.500Z  ExecutionStarted\n"
            "    2  2023-11-14T22:13:20.500Z  TaskStateEntered          name=Train input={}\n");
  EXPECT_EQ(Pawl({"history", "m/e", "--reverse", "-o", "json"}), kOk);
  EXPECT_EQ(Json::parse(out_.substr(0, out_.find('\n')))["id"], 2);
}

TEST_F(CliTest, FollowsTheHistoryToItsEnd) {
  CreateMachine();
  Start();
  Append(1, "ExecutionStarted");
  std::thread later([this] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    for (int id = 2; id < 250; ++id) Append(id, "PassStateEntered");
    Append(250, "ExecutionSucceeded");
  });
  EXPECT_EQ(Pawl({"history", "m/e", "--follow", "-o", "json"}), kOk);
  later.join();
  std::istringstream lines(out_);
  int expected = 0;
  for (std::string line; std::getline(lines, line);) EXPECT_EQ(Json::parse(line)["id"], ++expected);
  EXPECT_EQ(expected, 250);
  Append(251, "ExecutionFailed");
  EXPECT_EQ(Pawl({"history", "m/e", "--follow"}), kFailed);
}

TEST_F(CliTest, SaysThatNothingAnswers) {
  server_->Shutdown(std::chrono::milliseconds(0));
  EXPECT_EQ(Pawl({"machines"}), kUnreachable);
  EXPECT_THAT(err_, HasSubstr("cannot reach the service at http://127.0.0.1:"));
  EXPECT_THAT(err_, HasSubstr("pawl dev"));
}

TEST_F(CliTest, SaysThatAnotherServiceAnswers) {
  EXPECT_EQ(Pawl({"machines", "--endpoint-url", "gopher://x"}), kUnreachable);
}

TEST_F(CliTest, ValidatesFiles) {
  const std::string good = R"({"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}})";
  const std::string bad = "{\"StartAt\":\"A\",\"States\":{\n\"A\":{\"Type\":\"Pass\",\"Next\":\"B\"}}}";
  EXPECT_EQ(Pawl({"validate", "-"}, good), kOk);
  EXPECT_EQ(out_, "-: valid\n");
  EXPECT_EQ(Pawl({"validate", "-"}, bad), kFailed);
  EXPECT_THAT(out_, HasSubstr("error MISSING_TRANSITION_TARGET"));
  EXPECT_THAT(out_, HasSubstr("hint: "));
  EXPECT_EQ(Pawl({"validate", "-o", "json", "-"}, bad), kFailed);
  EXPECT_EQ(Json::parse(out_)[0]["result"], "FAIL");
  EXPECT_EQ(Pawl({"validate", "/nowhere.json"}), kUsage);
  EXPECT_THAT(err_, HasSubstr("cannot read the file /nowhere.json"));
}

}  // namespace
}  // namespace pawl::ctl
