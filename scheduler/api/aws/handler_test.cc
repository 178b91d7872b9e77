#include "scheduler/api/aws/handler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "scheduler/api/aws/operations.h"
#include "scheduler/api/testing/fake_gateway.h"
#include "scheduler/gateway/admitting_gateway.h"

namespace pawl::api::aws {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

class Handler : public ::testing::Test {
 protected:
  net::HttpResponse Send(const std::string& target, const std::string& body, const std::string& method = "POST") {
    net::HttpRequest request{method, "/", {{"x-amz-target", target}, {"Authorization", authorization_}}, body};
    std::optional<net::HttpResponse> got;
    handler_.Handle(
        std::move(request), [&](net::HttpResponse response) { got = std::move(response); },
        [](std::function<void()>) {});
    EXPECT_TRUE(got.has_value());
    return got.value_or(net::HttpResponse{});
  }
  static std::string ErrorName(const net::HttpResponse& response) {
    const std::string type = nlohmann::json::parse(response.body).value("__type", "");
    return type.substr(type.find('#') + 1);
  }

  std::string authorization_;
  testing::FakeGateway gateway_;
  AwsHandler handler_{AwsApiOptions{}, gateway_, 1};
};

TEST_F(Handler, AnswersInTheProtocolsDress) {
  const net::HttpResponse response = Send("AWSStepFunctions.ListActivities", "{}");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, R"({"activities":[]})");
  EXPECT_EQ(response.headers[0], net::HttpHeader("Content-Type", "application/x-amz-json-1.0"));
  EXPECT_EQ(response.headers[1].first, "x-amzn-RequestId");
  EXPECT_THAT(response.headers[1].second,
              MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}"));
}

TEST_F(Handler, RequestIdsDiffer) {
  EXPECT_NE(Send("AWSStepFunctions.ListActivities", "{}").headers[1],
            Send("AWSStepFunctions.ListActivities", "{}").headers[1]);
}

TEST_F(Handler, RefusesUnknownTargets) {
  for (const char* target : {"", "AWSStepFunctions.", "AWSStepFunctions.Nothing", "DynamoDB_20120810.ListTables",
                             "AWSStepFunctions.RedriveExecution"}) {
    const net::HttpResponse response = Send(target, "{}");
    EXPECT_EQ(response.status, 400) << target;
    EXPECT_EQ(ErrorName(response), "UnknownOperationException") << target;
  }
  EXPECT_EQ(Send("AWSStepFunctions.ListActivities", "{}", "GET").status, 404);
}

TEST_F(Handler, KnowsThirtySevenOperations) {
  int known = 0;
  for (const char* name : {"CreateActivity",
                           "CreateStateMachine",
                           "CreateStateMachineAlias",
                           "DeleteActivity",
                           "DeleteStateMachine",
                           "DeleteStateMachineAlias",
                           "DeleteStateMachineVersion",
                           "DescribeActivity",
                           "DescribeExecution",
                           "DescribeMapRun",
                           "DescribeStateMachine",
                           "DescribeStateMachineAlias",
                           "DescribeStateMachineForExecution",
                           "GetActivityTask",
                           "GetExecutionHistory",
                           "ListActivities",
                           "ListExecutions",
                           "ListMapRuns",
                           "ListStateMachineAliases",
                           "ListStateMachineVersions",
                           "ListStateMachines",
                           "ListTagsForResource",
                           "PublishStateMachineVersion",
                           "RedriveExecution",
                           "SendTaskFailure",
                           "SendTaskHeartbeat",
                           "SendTaskSuccess",
                           "StartExecution",
                           "StartSyncExecution",
                           "StopExecution",
                           "TagResource",
                           "TestState",
                           "UntagResource",
                           "UpdateMapRun",
                           "UpdateStateMachine",
                           "UpdateStateMachineAlias",
                           "ValidateStateMachineDefinition"}) {
    EXPECT_TRUE(IsKnownOperation(name)) << name;
    ++known;
  }
  EXPECT_EQ(known, 37);
}

TEST_F(Handler, RefusesBodiesThatAreNoJsonObject) {
  for (const std::string& body :
       {std::string("{"), std::string("not json"), std::string("[]"), std::string("\"x\""),
        std::string("{\"a\":\"\xff\"}"), std::string("{\"a\":\"\\ud800\"}"), std::string("null"),
        "{\"a\":" + std::string(100'000, '[') + std::string(100'000, ']') + "}"}) {
    const net::HttpResponse response = Send("AWSStepFunctions.ListActivities", body);
    EXPECT_EQ(response.status, 400);
    EXPECT_EQ(ErrorName(response), "SerializationException") << body.substr(0, 50);
  }
}

TEST_F(Handler, TakesAnEmptyBodyForAnEmptyObject) {
  EXPECT_EQ(Send("AWSStepFunctions.ListActivities", "").status, 200);
}

TEST_F(Handler, TakesAccountAndRegionFromTheCredentialScope) {
  authorization_ =
      "AWS4-HMAC-SHA256 Credential=123456789012/20260101/eu-central-1/states/aws4_request, SignedHeaders=host, "
      "Signature=x";
  Send("AWSStepFunctions.ListActivities", "{}");
  EXPECT_EQ(gateway_.last_caller(), "123456789012/eu-central-1");
}

TEST(CallerOf, FallsBackOnTheDefaults) {
  for (const char* header : {"", "Basic abc", "AWS4-HMAC-SHA256 Credential=", "AWS4-HMAC-SHA256 Credential=AKIA/2026",
                             "AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/states/aws4_request, x",
                             "AWS4-HMAC-SHA256 Credential=AKIA/20260101/a:b/states/aws4_request, x"}) {
    const gateway::Caller caller = CallerOf(header);
    EXPECT_EQ(caller.account, "000000000000") << header;
    EXPECT_EQ(caller.region, "us-east-1") << header;
  }
}

TEST_F(Handler, MapsStatusesWithoutAReason) {
  gateway_.refusal = absl::UnavailableError("the database is away");
  const net::HttpResponse response =
      Send("AWSStepFunctions.DescribeStateMachine",
           R"({"stateMachineArn":"arn:aws:states:us-east-1:000000000000:stateMachine:m"})");
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(ErrorName(response), "ServiceUnavailableException");
  gateway_.refusal = absl::InternalError("a bug");
  EXPECT_EQ(Send("AWSStepFunctions.DescribeStateMachine",
                 R"({"stateMachineArn":"arn:aws:states:us-east-1:000000000000:stateMachine:m"})")
                .status,
            500);
}

TEST(HandlerMetrics, TellTheOperationAndTheError) {
  std::vector<std::string> seen;
  AwsApiOptions options;
  options.on_request = [&](std::string_view operation, std::string_view error, std::chrono::microseconds) {
    seen.push_back(std::string(operation) + ":" + std::string(error));
  };
  testing::FakeGateway gateway;
  AwsHandler handler(options, gateway, 1);
  for (const char* target : {"AWSStepFunctions.ListActivities", "AWSStepFunctions.StopExecution", "what"}) {
    handler.Handle(
        net::HttpRequest{"POST", "/", {{"X-Amz-Target", target}}, "{}"}, [](net::HttpResponse) {},
        [](std::function<void()>) {});
  }
  EXPECT_THAT(seen, ::testing::ElementsAre("ListActivities:", "StopExecution:ValidationException",
                                           "Unknown:UnknownOperationException"));
}

TEST(Overload, IsAThrottlingExceptionThatSaysWhenToComeAgain) {
  testing::FakeGateway fake;
  gateway::Admission admission({.requests_max = 0});
  gateway::AdmittingGateway gateway(fake, admission);
  AwsHandler handler(AwsApiOptions{}, gateway, 1);
  std::optional<net::HttpResponse> got;
  handler.Handle(
      {"POST", "/", {{"x-amz-target", "AWSStepFunctions.ListActivities"}}, "{}"},
      [&](net::HttpResponse response) { got = std::move(response); }, [](std::function<void()>) {});
  ASSERT_TRUE(got);
  EXPECT_EQ(got->status, 400);
  EXPECT_EQ(nlohmann::json::parse(got->body)["__type"], "com.amazonaws.swf.service.v2.model#ThrottlingException");
  EXPECT_THAT(got->headers, ::testing::Contains(net::HttpHeader("Retry-After", "1")));
}

}  // namespace
}  // namespace pawl::api::aws
