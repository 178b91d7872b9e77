// The operations, one by one, against a Gateway in memory; texts are AWS's as recorded.
#include "scheduler/api/aws/operations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "scheduler/api/aws/handler.h"
#include "scheduler/api/testing/fake_gateway.h"

namespace pawl::api::aws {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

constexpr char kMachine[] = "arn:aws:states:us-east-1:000000000000:stateMachine:m";
constexpr char kExecution[] = "arn:aws:states:us-east-1:000000000000:execution:m:e";
constexpr char kActivity[] = "arn:aws:states:us-east-1:000000000000:activity:a";
constexpr double kNow = 1'700'000'000.123;

class Operations : public ::testing::Test {
 protected:
  json Call(const std::string& operation, const json& body, const std::string& trace = "") {
    std::optional<net::HttpResponse> got;
    handler_.Handle(
        net::HttpRequest{
            "POST", "/", {{"X-Amz-Target", "AWSStepFunctions." + operation}, {"X-Amzn-Trace-Id", trace}}, body.dump()},
        [&](net::HttpResponse response) { got = std::move(response); }, [](std::function<void()>) {});
    EXPECT_TRUE(got.has_value());
    status_ = got->status;
    return json::parse(got->body);
  }
  // "Name: message" of a refusal.
  std::string Refusal(const std::string& operation, const json& body) {
    const json answer = Call(operation, body);
    const std::string type = answer.value("__type", "");
    return type.substr(type.find('#') + 1) + ": " + answer.value("message", "");
  }
  void CreateMachine() {
    Call("CreateStateMachine", {{"name", "m"}, {"definition", "{\"a\": 1}"}, {"roleArn", "arn:aws:iam::1:role/r"}});
    EXPECT_EQ(status_, 200);
  }
  void Start(const std::string& name) {
    Call("StartExecution", {{"stateMachineArn", kMachine}, {"name", name}, {"input", "{\"x\":1}"}});
    EXPECT_EQ(status_, 200);
  }

  int status_ = 0;
  testing::FakeGateway gateway_;
  AwsHandler handler_{AwsApiOptions{}, gateway_, 1};
};

// ---- tags

TEST_F(Operations, TagsAreSetAndRemoved) {
  CreateMachine();
  EXPECT_EQ(Call("TagResource", {{"resourceArn", kMachine}, {"tags", {{{"key", "k"}, {"value", ""}}}}}),
            json::object());
  EXPECT_EQ(Call("ListTagsForResource", {{"resourceArn", kMachine}}),
            (json{{"tags", {{{"key", "k"}, {"value", ""}}}}}));
  EXPECT_EQ(Call("UntagResource", {{"resourceArn", kMachine}, {"tagKeys", {"k", "other"}}}), json::object());
  EXPECT_EQ(Call("ListTagsForResource", {{"resourceArn", kMachine}}), (json{{"tags", json::array()}}));
  EXPECT_THAT(Refusal("TagResource", {{"resourceArn", kMachine}}), HasSubstr("Value null at 'tags'"));
  EXPECT_THAT(Refusal("UntagResource", {{"resourceArn", kMachine}, {"tagKeys", {1}}}), HasSubstr("NUMBER_VALUE"));
}

// ---- versions

TEST_F(Operations, VersionsArePublishedListedAndDeleted) {
  const std::string version = std::string(kMachine) + ":1";
  EXPECT_EQ(Call("PublishStateMachineVersion", {{"stateMachineArn", kMachine}}),
            (json{{"stateMachineVersionArn", version}, {"creationDate", kNow}}));
  EXPECT_EQ(Call("ListStateMachineVersions", {{"stateMachineArn", kMachine}}),
            (json{{"stateMachineVersions", {{{"stateMachineVersionArn", version}, {"creationDate", kNow}}}}}));
  EXPECT_EQ(Call("DeleteStateMachineVersion", {{"stateMachineVersionArn", version}}), json::object());
  EXPECT_EQ(Call("ListStateMachineVersions", {{"stateMachineArn", kMachine}}),
            (json{{"stateMachineVersions", json::array()}}));
  EXPECT_EQ(Refusal("PublishStateMachineVersion", {{"stateMachineArn", "invalid_arn"}}),
            "InvalidArn: Invalid Arn: 'Invalid ARN prefix: invalid_arn'");
  EXPECT_THAT(Refusal("ListExecutions", {{"stateMachineArn", version}}), HasSubstr("one version"));
}

// ---- state machines

TEST_F(Operations, CreateStateMachineAnswersItsArn) {
  EXPECT_EQ(Call("CreateStateMachine", {{"name", "m"}, {"definition", "{}"}, {"roleArn", "arn:aws:iam::1:role/r"}}),
            (json{{"stateMachineArn", kMachine}, {"creationDate", kNow}}));
}

TEST_F(Operations, CreateStateMachineChecksItsParameters) {
  const json good = {{"name", "m"}, {"definition", "{}"}, {"roleArn", "arn:aws:iam::1:role/r"}};
  const auto with = [&](const char* key, const json& value) {
    json body = good;
    body[key] = value;
    return Refusal("CreateStateMachine", body);
  };
  EXPECT_EQ(with("name", "a b"), "InvalidName: Invalid Name: 'a b'");
  EXPECT_THAT(with("name", nullptr),
              HasSubstr("Value null at 'name' failed to satisfy constraint: Member must not be null"));
  EXPECT_THAT(with("name", std::string(81, 'x')), HasSubstr("less than or equal to 80"));
  EXPECT_THAT(with("type", "OTHER"), HasSubstr("enum value set: [STANDARD, EXPRESS]"));
  EXPECT_THAT(with("definition", std::string(1'048'577, 'x')), HasSubstr("less than or equal to 1048576"));
  EXPECT_EQ(with("roleArn", "role"), "InvalidArn: Invalid Role Arn: 'role'");
  EXPECT_EQ(with("versionDescription", "v"),
            "ValidationException: Version description can only be set when publish is true");
  EXPECT_EQ(with("loggingConfiguration", {{"level", "ALL"}}),
            "InvalidLoggingConfiguration: Invalid Logging Configuration: Must specify exactly one Log Destination.");
  EXPECT_THAT(with("loggingConfiguration", {{"level", "LOUD"}}),
              HasSubstr("Value 'LOUD' at 'loggingConfiguration.level'"));
  EXPECT_THAT(with("loggingConfiguration", "ALL"), HasSubstr("SerializationException"));
  EXPECT_THAT(with("tracingConfiguration", {{"enabled", "yes"}}),
              HasSubstr("STRING_VALUE can not be converted to a Boolean"));
  EXPECT_THAT(with("encryptionConfiguration", {{"type", "CUSTOMER_MANAGED_KMS_KEY"}}),
              HasSubstr("kmsKeyId is required"));
  EXPECT_THAT(with("tags", json::array({{{"value", "v"}}})), HasSubstr("tags.1.member.key"));
}

TEST_F(Operations, CreateStateMachineRefusesAnotherOfTheSameName) {
  CreateMachine();
  EXPECT_EQ(Refusal("CreateStateMachine", {{"name", "m"}, {"definition", "{}"}, {"roleArn", "arn:aws:iam::1:role/r"}}),
            std::string("StateMachineAlreadyExists: State Machine Already Exists: '") + kMachine + "'");
  EXPECT_EQ(status_, 400);
}

TEST_F(Operations, DescribeStateMachineHasAwsDefaults) {
  CreateMachine();
  EXPECT_EQ(Call("DescribeStateMachine", {{"stateMachineArn", kMachine}}),
            (json{{"stateMachineArn", kMachine},
                  {"name", "m"},
                  {"definition", "{\"a\": 1}"},
                  {"roleArn", "arn:aws:iam::1:role/r"},
                  {"type", "STANDARD"},
                  {"status", "ACTIVE"},
                  {"creationDate", kNow},
                  {"loggingConfiguration", {{"level", "OFF"}, {"includeExecutionData", false}}},
                  {"tracingConfiguration", {{"enabled", false}}}}));
  EXPECT_EQ(
      Call("DescribeStateMachine", {{"stateMachineArn", kMachine}, {"includedData", "METADATA_ONLY"}})["definition"],
      "{}");
}

TEST_F(Operations, DescribeStateMachineRefusesOtherArns) {
  EXPECT_EQ(Refusal("DescribeStateMachine", {{"stateMachineArn", "not_a_valid_arn"}}),
            "InvalidArn: Invalid Arn: 'Invalid ARN prefix: not_a_valid_arn'");
  EXPECT_EQ(Refusal("DescribeStateMachine", {{"stateMachineArn", kMachine}}),
            std::string("StateMachineDoesNotExist: State Machine Does Not Exist: '") + kMachine + "'");
}

TEST_F(Operations, UpdateStateMachineAnswersTheNewRevision) {
  CreateMachine();
  const json updated = Call("UpdateStateMachine", {{"stateMachineArn", kMachine}, {"definition", "{\"b\":2}"}});
  EXPECT_EQ(updated["updateDate"], kNow);
  const json described = Call("DescribeStateMachine", {{"stateMachineArn", kMachine}});
  EXPECT_EQ(described["revisionId"], updated["revisionId"]);
  EXPECT_EQ(described["definition"], "{\"b\":2}");
}

TEST_F(Operations, UpdateStateMachineWantsSomethingToUpdate) {
  CreateMachine();
  EXPECT_THAT(Refusal("UpdateStateMachine", {{"stateMachineArn", kMachine}}), HasSubstr("MissingRequiredParameter"));
}

TEST_F(Operations, DeleteStateMachineAnswersNothing) {
  CreateMachine();
  EXPECT_EQ(Call("DeleteStateMachine", {{"stateMachineArn", kMachine}}), json::object());
}

TEST_F(Operations, ListStateMachinesPages) {
  for (const char* name : {"a", "b", "c"}) {
    Call("CreateStateMachine", {{"name", name}, {"definition", "{}"}, {"roleArn", "arn:aws:iam::1:role/r"}});
  }
  const json first = Call("ListStateMachines", {{"maxResults", 2}});
  ASSERT_EQ(first["stateMachines"].size(), 2u);
  EXPECT_EQ(first["stateMachines"][0]["name"], "a");
  EXPECT_EQ(first["stateMachines"][0]["type"], "STANDARD");
  const json second = Call("ListStateMachines", {{"maxResults", 2}, {"nextToken", first["nextToken"]}});
  ASSERT_EQ(second["stateMachines"].size(), 1u);
  EXPECT_FALSE(second.contains("nextToken"));
}

// ---- executions

TEST_F(Operations, StartExecutionAnswersItsArn) {
  CreateMachine();
  EXPECT_EQ(Call("StartExecution", {{"stateMachineArn", kMachine}, {"name", "e"}}),
            (json{{"executionArn", kExecution}, {"startDate", kNow}}));
}

TEST_F(Operations, StartExecutionExplainsInputThatIsNoJson) {
  CreateMachine();
  const auto with = [&](const std::string& input) {
    return Refusal("StartExecution", {{"stateMachineArn", kMachine}, {"input", input}});
  };
  EXPECT_EQ(
      with("not some json"),
      "InvalidExecutionInput: Invalid State Machine Execution Input: 'Unrecognized token 'not': was expecting (JSON "
      "String, Number, Array, Object or token 'null', 'true' or 'false')'");
  EXPECT_EQ(with("{'not': 'json'"),
            "InvalidExecutionInput: Invalid State Machine Execution Input: 'Unexpected character (''' (code 39)): was "
            "expecting double-quote to start field name'");
  EXPECT_EQ(with(""), "InvalidExecutionInput: Invalid State Machine Execution Input: 'Invalid execution input.'");
}

TEST_F(Operations, StartExecutionRefusesTwoMebibytes) {
  CreateMachine();
  const std::string refusal =
      Refusal("StartExecution", {{"stateMachineArn", kMachine}, {"input", '"' + std::string(2 << 20, 'x') + '"'}});
  EXPECT_EQ(refusal,
            "ValidationException: 1 validation error detected: Value of 2097154 bytes at 'input' failed to satisfy "
            "constraint: Member must have length less than or equal to 262144");
}

TEST_F(Operations, StartExecutionRefusesOtherInputUnderOneName) {
  CreateMachine();
  Start("e");
  Start("e");
  EXPECT_EQ(Refusal("StartExecution", {{"stateMachineArn", kMachine}, {"name", "e"}, {"input", "{}"}}),
            std::string("ExecutionAlreadyExists: Execution Already Exists: '") + kExecution + "'");
}

TEST_F(Operations, StartExecutionChecksNameAndMachine) {
  EXPECT_EQ(Refusal("StartExecution", {{"stateMachineArn", kMachine}, {"name", "a/b"}}),
            "InvalidName: Invalid Name: 'a/b'");
  EXPECT_THAT(Refusal("StartExecution", {{"stateMachineArn", kMachine}}), HasSubstr("StateMachineDoesNotExist"));
  EXPECT_THAT(Refusal("StartExecution", json::object()), HasSubstr("Value null at 'stateMachineArn'"));
}

TEST_F(Operations, TheTraceHeaderOfTheRequestWins) {
  CreateMachine();
  Call("StartExecution", {{"stateMachineArn", kMachine}, {"traceHeader", "body"}}, "header");
  EXPECT_EQ(gateway_.last_trace_header(), "header");
  Call("StartExecution", {{"stateMachineArn", kMachine}, {"traceHeader", "body"}});
  EXPECT_EQ(gateway_.last_trace_header(), "body");
}

TEST_F(Operations, DescribeExecutionShowsARunningOne) {
  CreateMachine();
  Start("e");
  EXPECT_EQ(Call("DescribeExecution", {{"executionArn", kExecution}}),
            (json{{"executionArn", kExecution},
                  {"stateMachineArn", kMachine},
                  {"name", "e"},
                  {"status", "RUNNING"},
                  {"startDate", kNow},
                  {"input", "{\"x\":1}"},
                  {"inputDetails", {{"included", true}}},
                  {"redriveCount", 0},
                  {"redriveStatus", "NOT_REDRIVABLE"},
                  {"redriveStatusReason", "Execution is RUNNING and cannot be redriven"}}));
}

TEST_F(Operations, DescribeExecutionShowsAFinishedOne) {
  CreateMachine();
  Start("e");
  gateway_.Finish(kExecution, "\"out\"");
  const json described = Call("DescribeExecution", {{"executionArn", kExecution}});
  EXPECT_EQ(described["status"], "SUCCEEDED");
  EXPECT_EQ(described["output"], "\"out\"");
  EXPECT_EQ(described["outputDetails"], (json{{"included", true}}));
  EXPECT_EQ(described["stopDate"], kNow);
}

TEST_F(Operations, StopExecutionEndsItWithErrorAndCause) {
  CreateMachine();
  Start("e");
  EXPECT_EQ(Call("StopExecution", {{"executionArn", kExecution}, {"error", "E"}, {"cause", "because"}}),
            (json{{"stopDate", kNow}}));
  const json described = Call("DescribeExecution", {{"executionArn", kExecution}});
  EXPECT_EQ(described["status"], "ABORTED");
  EXPECT_EQ(described["error"], "E");
  EXPECT_EQ(described["cause"], "because");
  EXPECT_EQ(described["redriveStatus"], "REDRIVABLE");
}

TEST_F(Operations, ExecutionOperationsRefuseOtherArns) {
  for (const char* operation :
       {"DescribeExecution", "StopExecution", "GetExecutionHistory", "DescribeStateMachineForExecution"}) {
    EXPECT_EQ(Refusal(operation, {{"executionArn", "invalid_state_machine_arn"}}),
              "InvalidArn: Invalid Arn: 'Invalid ARN prefix: invalid_state_machine_arn'");
    EXPECT_EQ(Refusal(operation, {{"executionArn", "arn:aws:states:us-east-1:000000000000:express:m:a:b"}}),
              "InvalidArn: Invalid Arn: 'Resource type not valid in this context: express'");
    EXPECT_EQ(Refusal(operation, {{"executionArn", kExecution}}),
              std::string("ExecutionDoesNotExist: Execution Does Not Exist: '") + kExecution + "'");
  }
}

TEST_F(Operations, ListExecutionsIsNewestFirstAndPages) {
  CreateMachine();
  for (const char* name : {"one", "two", "three"}) Start(name);
  const json first = Call("ListExecutions", {{"stateMachineArn", kMachine}, {"maxResults", 2}});
  ASSERT_EQ(first["executions"].size(), 2u);
  EXPECT_EQ(first["executions"][0]["name"], "three");
  EXPECT_EQ(first["executions"][0]["redriveCount"], 0);
  EXPECT_FALSE(first["executions"][0].contains("input"));
  const json rest = Call("ListExecutions", {{"stateMachineArn", kMachine}, {"nextToken", first["nextToken"]}});
  EXPECT_EQ(rest["executions"].size(), 1u);
  EXPECT_EQ(Call("ListExecutions", {{"stateMachineArn", kMachine}, {"statusFilter", "FAILED"}})["executions"].size(),
            0u);
}

TEST_F(Operations, ListExecutionsChecksItsParameters) {
  const auto with = [&](const char* key, const json& value) {
    return Refusal("ListExecutions", {{"stateMachineArn", kMachine}, {key, value}});
  };
  EXPECT_EQ(with("maxResults", 1001),
            "ValidationException: 1 validation error detected: Value '1001' at 'maxResults' failed to satisfy "
            "constraint: Member must have value less than or equal to 1000");
  const std::string token(3097, 'x');
  EXPECT_EQ(with("nextToken", token),
            "ValidationException: 1 validation error detected: Value '" + token +
                "' at 'nextToken' failed to satisfy constraint: Member must have length less than or equal to 3096");
  EXPECT_THAT(with("statusFilter", "DONE"), HasSubstr("enum value set"));
  EXPECT_THAT(with("mapRunArn", "arn"), HasSubstr("ValidationException"));
  EXPECT_THAT(with("redriveFilter", "REDRIVEN"), HasSubstr("mapRunArn"));
  EXPECT_THAT(Refusal("ListExecutions", json::object()), HasSubstr("Exactly one of"));
}

TEST_F(Operations, GetExecutionHistoryEmbedsTheEvents) {
  CreateMachine();
  Start("e");
  for (int id = 1; id <= 3; ++id) gateway_.AppendEvent(kExecution, json{{"id", id}}.dump());
  const json first = Call("GetExecutionHistory", {{"executionArn", kExecution}, {"maxResults", 2}});
  EXPECT_EQ(first["events"], json::parse(R"([{"id":1},{"id":2}])"));
  const json rest = Call("GetExecutionHistory", {{"executionArn", kExecution}, {"nextToken", first["nextToken"]}});
  EXPECT_EQ(rest, json::parse(R"({"events":[{"id":3}]})"));
  EXPECT_EQ(Call("GetExecutionHistory", {{"executionArn", kExecution}, {"reverseOrder", true}})["events"][0]["id"], 3);
}

TEST_F(Operations, DescribeStateMachineForExecutionShowsItsDefinition) {
  CreateMachine();
  Start("e");
  const json described = Call("DescribeStateMachineForExecution", {{"executionArn", kExecution}});
  EXPECT_EQ(described["definition"], "{\"a\": 1}");
  EXPECT_EQ(described["updateDate"], kNow);
  EXPECT_FALSE(described.contains("creationDate"));
}

// ---- activities and tasks

TEST_F(Operations, ActivitiesAreCreatedDescribedListedDeleted) {
  EXPECT_EQ(Call("CreateActivity", {{"name", "a"}}), (json{{"activityArn", kActivity}, {"creationDate", kNow}}));
  EXPECT_EQ(Call("DescribeActivity", {{"activityArn", kActivity}}),
            (json{{"activityArn", kActivity},
                  {"name", "a"},
                  {"creationDate", kNow},
                  {"encryptionConfiguration", {{"type", "AWS_OWNED_KEY"}}}}));
  EXPECT_EQ(Call("ListActivities", json::object())["activities"].size(), 1u);
  EXPECT_EQ(Call("DeleteActivity", {{"activityArn", kActivity}}), json::object());
  EXPECT_EQ(Refusal("DescribeActivity", {{"activityArn", kActivity}}),
            std::string("ActivityDoesNotExist: Activity Does Not Exist: '") + kActivity + "'");
  EXPECT_THAT(Refusal("GetActivityTask", {{"activityArn", kActivity}}), HasSubstr("ActivityDoesNotExist"));
}

TEST_F(Operations, CreateActivityRefusesInvalidNames) {
  for (const std::string& name : {std::string("activity]name"), std::string("activity name"), std::string("\0a", 2),
                                  std::string("activity\x7f")}) {
    EXPECT_EQ(Refusal("CreateActivity", {{"name", name}}), "InvalidName: Invalid Name: '" + name + "'");
  }
}

TEST_F(Operations, SendTaskResultsPassThrough) {
  EXPECT_EQ(Call("SendTaskSuccess", {{"taskToken", "t1"}, {"output", "{\"y\":2}"}}), json::object());
  EXPECT_EQ(Call("SendTaskFailure", {{"taskToken", "t2"}, {"error", "E"}, {"cause", "c"}}), json::object());
  EXPECT_EQ(Call("SendTaskFailure", {{"taskToken", "t3"}}), json::object());
  EXPECT_EQ(Call("SendTaskHeartbeat", {{"taskToken", "t4"}}), json::object());
  const auto outcomes = gateway_.outcomes();
  ASSERT_EQ(outcomes.size(), 3u);
  EXPECT_EQ(outcomes[0].output, "{\"y\":2}");
  EXPECT_EQ(outcomes[1].error, "E");
  EXPECT_EQ(outcomes[1].cause, "c");
  EXPECT_FALSE(outcomes[2].output || outcomes[2].error || outcomes[2].cause);
}

TEST_F(Operations, SendTaskResultsAreChecked) {
  EXPECT_THAT(Refusal("SendTaskSuccess", {{"taskToken", "t"}, {"output", "nonsense"}}),
              HasSubstr("InvalidOutput: Invalid Output: 'Unrecognized token 'nonsense'"));
  EXPECT_THAT(Refusal("SendTaskSuccess", {{"taskToken", "t"}, {"output", '"' + std::string(300'000, 'x') + '"'}}),
              HasSubstr("InvalidOutput"));
  EXPECT_THAT(Refusal("SendTaskSuccess", {{"output", "{}"}}), HasSubstr("Value null at 'taskToken'"));
  EXPECT_THAT(Refusal("SendTaskFailure", {{"taskToken", "t"}, {"error", std::string(257, 'x')}}), HasSubstr("256"));
  EXPECT_EQ(Refusal("SendTaskSuccess", {{"taskToken", "unknown"}, {"output", "{}"}}),
            "TaskDoesNotExist: Task does not exist");
  EXPECT_THAT(Refusal("SendTaskHeartbeat", {{"taskToken", "unknown"}}), HasSubstr("TaskTimedOut"));
}

// ---- the long poll

class ActivityPoll : public Operations {
 protected:
  void SetUp() override {
    Call("CreateActivity", {{"name", "a"}});
    net::HttpRequest request{"POST",
                             "/",
                             {{"X-Amz-Target", "AWSStepFunctions.GetActivityTask"}},
                             json{{"activityArn", kActivity}, {"workerName", "w"}}.dump()};
    handler_.Handle(
        std::move(request), [this](net::HttpResponse response) { got_ = std::move(response); },
        [this](std::function<void()> gone) { gone_ = std::move(gone); });
    ASSERT_FALSE(got_.has_value());
    ASSERT_EQ(gateway_.waiting(), 1);
  }
  std::optional<net::HttpResponse> got_;
  std::function<void()> gone_;
};

TEST_F(ActivityPoll, AnswersWithTheTask) {
  gateway_.OfferActivityTask(kActivity, {"token", "{\"in\":1}"});
  ASSERT_TRUE(got_);
  EXPECT_EQ(json::parse(got_->body), (json{{"taskToken", "token"}, {"input", "{\"in\":1}"}}));
}

TEST_F(ActivityPoll, AnswersEmptyWhenTheWaitIsOver) {
  gateway_.ExpireWaits();
  ASSERT_TRUE(got_);
  EXPECT_EQ(got_->status, 200);
  EXPECT_TRUE(json::parse(got_->body)["taskToken"].is_null());
}

TEST_F(ActivityPoll, IsCancelledWhenTheClientGoes) {
  gone_();
  EXPECT_EQ(gateway_.waiting(), 0);
  EXPECT_EQ(gateway_.cancelled_polls(), 1);
  EXPECT_FALSE(got_);
}

TEST_F(ActivityPoll, IsAnsweredEmptyByAShutdownAndLaterOnesAtOnce) {
  handler_.EndLongPolls();
  ASSERT_TRUE(got_);
  EXPECT_EQ(got_->body, R"({"taskToken":null})");
  EXPECT_EQ(gateway_.cancelled_polls(), 1);
  EXPECT_TRUE(Call("GetActivityTask", {{"activityArn", kActivity}})["taskToken"].is_null());
}

}  // namespace
}  // namespace pawl::api::aws
