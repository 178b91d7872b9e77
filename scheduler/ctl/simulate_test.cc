// pawl simulate and pawl explain: mocks, virtual time, and the way of the data.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "scheduler/api/aws/server.h"
#include "scheduler/api/testing/fake_gateway.h"
#include "scheduler/ctl/cli.h"
#include "scheduler/ctl/mock.h"

namespace pawl::ctl {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// One of everything that the data passes through.
constexpr char kTraining[] = R"({"StartAt":"Prepare","States":{
  "Prepare":{"Type":"Pass","InputPath":"$.job","Parameters":{"name.$":"$.name"},"ResultPath":"$.prepared",
             "Assign":{"who.$":"$.name"},"Next":"Train"},
  "Train":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke",
           "Parameters":{"FunctionName":"f","Payload.$":"$.prepared"},"ResultSelector":{"score.$":"$.score"},
           "ResultPath":"$.trained",
           "Retry":[{"ErrorEquals":["Other"]},{"ErrorEquals":["Flaky"],"IntervalSeconds":3,"MaxAttempts":2}],
           "Catch":[{"ErrorEquals":["States.ALL"],"ResultPath":"$.error","Next":"Sorry"}],"Next":"IsGood"},
  "IsGood":{"Type":"Choice","Choices":[
      {"Variable":"$.trained.score","NumericGreaterThan":0.99,"Next":"Sorry"},
      {"Variable":"$.trained.score","NumericGreaterThan":0.5,"Next":"Each"}],"Default":"Sorry"},
  "Each":{"Type":"Map","ItemsPath":"$.job.items","ResultPath":"$.each","End":true,
          "ItemSelector":{"v.$":"$$.Map.Item.Value"},
          "ItemProcessor":{"StartAt":"Ten","States":{
              "Ten":{"Type":"Pass","QueryLanguage":"JSONata","Output":"{% $states.input.v * 10 & '/' & $who %}",
                     "Next":"Rest"},
              "Rest":{"Type":"Wait","Seconds":3600,"End":true}}}},
  "Sorry":{"Type":"Fail","Error":"NotGood","Cause":"try again"}}})";
constexpr char kInput[] = R"({"job":{"name":"bob","items":[1,2]}})";

class SimulateTest : public ::testing::Test {
 protected:
  std::string File(const std::string& name, const std::string& text) const {
    const std::string path = ::testing::TempDir() + "/" + name;
    std::ofstream(path) << text;
    return path;
  }
  int Pawl(const std::vector<std::string>& arguments) {
    std::vector<const char*> argv = {"pawl"};
    for (const std::string& argument : arguments) argv.push_back(argument.c_str());
    std::istringstream in;
    std::ostringstream out, err;
    const int code = RunCli(static_cast<int>(argv.size()), argv.data(), in, out, err);
    out_ = out.str();
    err_ = err.str();
    return code;
  }
  int Simulate(const std::string& definition, const std::string& input, const std::string& mock,
               std::vector<std::string> more = {"--output", "json"}) {
    std::vector<std::string> arguments = {"simulate", File("definition.json", definition), "--input",
                                          File("input.json", input)};
    if (!mock.empty()) {
      arguments.push_back("--mock");
      arguments.push_back("Train=" + File("mock.json", mock));
    }
    arguments.insert(arguments.end(), more.begin(), more.end());
    return Pawl(arguments);
  }
  Json Report() const { return Json::parse(out_); }
  // Stage by name of the first stay in that state.
  static Json Stage(const Json& report, const std::string& state, const std::string& stage) {
    Json found;
    for (const Json& visit : report["states"]) {
      if (visit["state"] != state) continue;
      for (const Json& one : visit["stages"]) {
        if (one["name"] == stage) found = one["value"];
      }
      return found;
    }
    return found;
  }
  std::string out_, err_;
};

TEST_F(SimulateTest, PrintsThePathAndEveryStage) {
  EXPECT_EQ(Simulate(kTraining, kInput, R"({"score":0.9})"), kOk) << err_;
  const Json report = Report();
  EXPECT_EQ(report["status"], "SUCCEEDED");
  EXPECT_EQ(report["output"]["each"], Json::parse(R"(["10/bob","20/bob"])"));
  EXPECT_THAT(report["path"].get<std::vector<std::string>>(),
              ElementsAre("Prepare", "Train", "IsGood", "Each", "Ten", "Ten", "Rest", "Rest"));
  EXPECT_EQ(Stage(report, "Prepare", "afterInputPath"), Json::parse(R"({"name":"bob","items":[1,2]})"));
  EXPECT_EQ(Stage(report, "Prepare", "assignedVariables"), Json::parse(R"({"who":"bob"})"));
  EXPECT_EQ(Stage(report, "Train", "afterParameters")["Payload"]["name"], "bob");
  EXPECT_EQ(Stage(report, "Train", "afterResultSelector"), Json::parse(R"({"score":0.9})"));
  EXPECT_EQ(Stage(report, "Train", "output")["trained"]["score"], 0.9);
  EXPECT_EQ(Stage(report, "Each", "result"), Json::parse(R"(["10/bob","20/bob"])"));
  EXPECT_EQ(Stage(report, "Ten", "variables"), Json::parse(R"({"who":"bob"})"));
  EXPECT_EQ(report["events"][0]["type"], "ExecutionStarted");
  EXPECT_EQ(report["events"].back()["type"], "ExecutionSucceeded");
}

TEST_F(SimulateTest, LetsTimePassInNoTime) {
  EXPECT_EQ(Simulate(kTraining, kInput, R"({"score":0.9})"), kOk);
  EXPECT_EQ(Report()["virtualSeconds"], 3600);
}

TEST_F(SimulateTest, SaysWhichRuleMatchedAndWhyTheOthersDidNot) {
  EXPECT_EQ(Simulate(kTraining, kInput, R"({"score":0.9})"), kOk);
  const Json rules = Report()["states"][2]["rules"];
  EXPECT_EQ(rules[0]["matched"], false);
  EXPECT_EQ(rules[0]["why"], "$.trained.score = 0.9 NumericGreaterThan 0.99");
  EXPECT_EQ(rules[1]["matched"], true);
  EXPECT_EQ(rules[1]["next"], "Each");
}

TEST_F(SimulateTest, RetriesWithItsDelaysThenSucceeds) {
  EXPECT_EQ(
      Simulate(kTraining, kInput, R"({"0-1":{"Throw":{"Error":"Flaky","Cause":"c"}},"2":{"Return":{"score":0.9}}})"),
      kOk);
  const Json report = Report();
  EXPECT_EQ(report["virtualSeconds"], 3 + 6 + 3600);
  const Json failures = report["states"][1]["failures"];
  ASSERT_EQ(failures.size(), 2u);
  EXPECT_EQ(failures[0]["retriers"][0]["covers"], false);
  EXPECT_EQ(failures[0]["retrier"], 1);
  EXPECT_EQ(failures[1]["delaySeconds"], 6);
  EXPECT_EQ(failures[1]["waitedSeconds"], 6);
}

TEST_F(SimulateTest, ExitsWithOneWhenTheExecutionFails) {
  EXPECT_EQ(Simulate(kTraining, kInput, R"({"Throw":{"Error":"Bad","Cause":"c"}})"), kFailed);
  const Json report = Report();
  EXPECT_EQ(report["status"], "FAILED");
  EXPECT_EQ(report["error"], "NotGood");
  EXPECT_EQ(report["states"][1]["failures"][0]["catcher"], 0);
  EXPECT_EQ(Stage(report, "Train", "output")["error"], Json::parse(R"({"Error":"Bad","Cause":"c"})"));
}

TEST_F(SimulateTest, ShowsItemsOfAMapWithoutItemsPath) {
  EXPECT_EQ(Simulate(R"({"StartAt":"M","States":{"M":{"Type":"Map","End":true,
                "ItemSelector":{"v.$":"$$.Map.Item.Value"},"ItemProcessor":{"StartAt":"P","States":{
                "P":{"Type":"Pass","Parameters":{"i.$":"$$.Map.Item.Value"},"End":true}}}}}})",
                     "[7,8]", ""),
            kOk);
  EXPECT_EQ(Stage(Report(), "M", "afterItemSelector"), Json::parse(R"({"v":8})"));
  EXPECT_EQ(Stage(Report(), "P", "output"), Json::parse(R"({"i":7})"));
  EXPECT_FALSE(Report()["states"][1].contains("notes"));
}

TEST_F(SimulateTest, SaysWhichMockIsMissing) {
  EXPECT_EQ(Simulate(kTraining, kInput, "", {}), kFailed);
  EXPECT_THAT(out_, HasSubstr("Stopped:  the Task 'Train' has no mock"));
  EXPECT_EQ(Simulate(kTraining, kInput, "", {"--mock", "Other=x"}), kFailed);
  EXPECT_THAT(err_, HasSubstr("no Task of that name"));
}

TEST_F(SimulateTest, ShowsTextForPeople) {
  EXPECT_EQ(Simulate(kTraining, kInput, R"({"0":{"Throw":{"Error":"Flaky"}},"1":{"Return":{"score":0.2}}})", {}),
            kFailed);
  EXPECT_THAT(out_, HasSubstr("Prepare  Pass  event 2 to 3\n    input                 {\"job\""));
  EXPECT_THAT(out_, HasSubstr("      Retry[0]            does not cover Flaky\n"
                              "      Retry[1]            takes it: retry number 1 after 3s\n"));
  EXPECT_THAT(out_, HasSubstr("    default               taken (Default Sorry)\n"));
  EXPECT_THAT(out_, HasSubstr("Path:     Prepare -> Train -> IsGood -> Sorry\n"));
}

TEST_F(SimulateTest, EndsWhatNeverEnds) {
  EXPECT_EQ(Simulate(R"({"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"C":{"Type":"Succeed"},
                "B":{"Type":"Choice","Choices":[{"Variable":"$.x","IsPresent":true,"Next":"C"}],"Default":"A"}}})",
                     "{}", ""),
            kFailed);
  EXPECT_EQ(Report()["status"], "FAILED");
}

TEST_F(SimulateTest, RefusesWhatDoesNotCompile) {
  EXPECT_EQ(Simulate("{}", "{}", ""), kFailed);
  EXPECT_THAT(err_, HasSubstr("Invalid State Machine Definition"));
  EXPECT_EQ(Simulate(kTraining, "nonsense", ""), kFailed);
  EXPECT_EQ(Pawl({"simulate", "/nowhere"}), kNotFound);
  EXPECT_EQ(Pawl({"simulate"}), kUsage);
}

TEST(Mock, TakesAnyOtherJsonAsTheResult) {
  for (const char* text : {"5", "[]", "{}", R"({"Return":1,"x":2})", R"({"0":{"a":1}})"}) {
    const TaskAnswer answer = Mock::Parse(text)->Answer(0);
    EXPECT_EQ(std::get<core::TaskSuccess>(answer.outcome).output, text);
  }
  EXPECT_FALSE(Mock::Parse("nonsense").ok());
}

// What the simulation wrote is what a service would answer; explain must find the same way again.
class ExplainTest : public SimulateTest {
 protected:
  void SetUp() override {
    api::aws::AwsApiOptions options;
    options.port = 0;
    auto server = api::aws::AwsApiServer::Start(options, gateway_);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = std::move(*server);
    setenv("PAWL_ENDPOINT_URL", ("http://127.0.0.1:" + std::to_string(server_->port())).c_str(), 1);
  }
  api::testing::FakeGateway gateway_;
  std::unique_ptr<api::aws::AwsApiServer> server_;
};

TEST_F(ExplainTest, FindsTheSameWayAsTheSimulation) {
  ASSERT_EQ(Simulate(kTraining, kInput, R"({"0":{"Throw":{"Error":"Flaky"}},"1":{"Return":{"score":0.9}}})"), kOk);
  const Json simulated = Report();
  ASSERT_EQ(Pawl({"create", "m", File("definition.json", kTraining)}), kOk) << err_;
  ASSERT_EQ(Pawl({"start", "m", "--name", "e"}), kOk) << err_;
  for (const Json& event : simulated["events"]) {
    gateway_.AppendEvent("arn:aws:states:us-east-1:000000000000:execution:m:e", event.dump());
  }
  ASSERT_EQ(Pawl({"explain", "m/e", "--output", "json"}), kOk) << err_;
  EXPECT_EQ(Report()["states"], simulated["states"]);
  ASSERT_EQ(Pawl({"explain", "m/e", "--state", "IsGood"}), kOk);
  EXPECT_THAT(out_, HasSubstr("rule 0                did not match: $.trained.score = 0.9 NumericGreaterThan 0.99"));
  EXPECT_EQ(out_.find("Prepare"), std::string::npos);
}

TEST_F(ExplainTest, NamesTheStatesThatWereEntered) {
  ASSERT_EQ(Pawl({"create", "m", File("definition.json", kTraining)}), kOk) << err_;
  ASSERT_EQ(Pawl({"start", "m", "--name", "e"}), kOk) << err_;
  EXPECT_EQ(Pawl({"explain", "m/e", "--state", "Other"}), kNotFound);
  EXPECT_THAT(err_, HasSubstr("it has entered: none"));
  EXPECT_EQ(Pawl({"explain", "m/unknown"}), kNotFound);
}

}  // namespace
}  // namespace pawl::ctl
