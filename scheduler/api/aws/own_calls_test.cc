#include "scheduler/api/aws/own_calls.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "scheduler/api/aws/own_call.h"
#include "scheduler/api/testing/fake_gateway.h"

namespace pawl::api::aws {
namespace {

using nlohmann::json;

gateway::WorkerTask Task(const std::string& handler, const json& input) {
  gateway::WorkerTask task;
  task.token = "token";
  task.handler = handler;
  task.input = input.dump();
  task.execution_arn = "arn:aws:states:eu-west-1:123456789012:execution:m:e";
  return task;
}

TEST(OwnCall, TurnsATaskIntoARequest) {
  const auto request = RequestOfTask(
      Task("aws-sdk:sfn:startExecution", {{"StateMachineArn", "a"}, {"Input", {{"Key", 1}}}, {"Name", "n"}}));
  ASSERT_TRUE(request.has_value());
  EXPECT_EQ(request->Header("x-amz-target"), "AWSStepFunctions.StartExecution");
  EXPECT_EQ(json::parse(request->body), (json{{"stateMachineArn", "a"}, {"input", R"({"Key":1})"}, {"name", "n"}}));
  const gateway::Caller caller = CallerOf(request->Header("authorization"));
  EXPECT_EQ(caller.account + " " + caller.region, "123456789012 eu-west-1");
}

TEST(OwnCall, NamesAnExecutionAfterItsTask) {
  const gateway::WorkerTask task = Task("states:startExecution", {{"StateMachineArn", "a"}});
  const std::string name = json::parse(RequestOfTask(task)->body)["name"];
  EXPECT_EQ(json::parse(RequestOfTask(task)->body)["name"], json(name));
  EXPECT_EQ(RequestOfTask(Task("aws-sdk:sfn:unheardOf", json::object())), std::nullopt);
  EXPECT_EQ(RequestOfTask(Task("aws-sdk:sfn:listActivities", 7)), std::nullopt);
}

TEST(OwnCall, TurnsTheAnswerIntoAnOutcome) {
  const auto outcome = OutcomeOfResponse(Task("aws-sdk:sfn:startExecution", json::object()),
                                         {200, {}, R"({"executionArn":"a","startDate":1700000000.123,"x":null})"});
  EXPECT_EQ(json::parse(*outcome.output), (json{{"ExecutionArn", "a"}, {"StartDate", "2023-11-14T22:13:20.123Z"}}));
  const net::HttpResponse refused{
      400, {{"x-amzn-RequestId", "r"}}, R"({"__type":"x#InvalidToken","message":"Invalid Token: 'Invalid token'"})"};
  const auto failure = OutcomeOfResponse(Task("aws-sdk:sfn:sendTaskSuccess", json::object()), refused);
  EXPECT_EQ(failure.error, "Sfn.InvalidTokenException");
  EXPECT_EQ(failure.cause,
            "Invalid Token: 'Invalid token' (Service: Sfn, Status Code: 400, Request ID: r) (SDK Attempt Count: 1)");
  EXPECT_EQ(OutcomeOfResponse(Task("states:startExecution", json::object()), refused).error,
            "StepFunctions.InvalidTokenException");
}

TEST(OwnCalls, DoesATaskAndReportsIt) {
  testing::FakeGateway gateway;
  AwsHandler handler{AwsApiOptions{}, gateway, 1};
  auto calls = std::make_shared<OwnCalls>(handler, gateway, "s");
  calls->Start();
  gateway.OfferWorkerTask(Task("aws-sdk:sfn:listStateMachines", json::object()));
  gateway.ExpireWaits();
  ASSERT_EQ(gateway.outcomes().size(), 1u);
  EXPECT_EQ(gateway.outcomes()[0].token, "token");
  EXPECT_EQ(json::parse(*gateway.outcomes()[0].output), (json{{"StateMachines", json::array()}}));
  calls->Stop();
  gateway.ExpireWaits();
  EXPECT_EQ(gateway.ended_sessions(), std::vector<std::string>{"s"});
}

}  // namespace
}  // namespace pawl::api::aws
