#include "history/view/view.h"

#include <utility>

#include "gtest/gtest.h"
#include "shared/json/value.h"

namespace pawl::history {
namespace {

// The event with id 5 after 4 at 1.5 s; its text behind the common members.
std::string Shown(EventBody body, bool include_data = true) {
  Event event{.id = base::EventId(5),
              .previous = base::EventId(4),
              .at = base::WallTime(std::chrono::milliseconds(1'700'000'000'042)),
              .frame = base::FrameId(1),
              .body = std::move(body)};
  std::string type = ViewType(event);
  std::string text = ViewEvent(event, include_data);
  EXPECT_TRUE(json::IsValid(text)) << text;
  std::string head = R"({"timestamp":1700000000.042,"type":")" + type + R"(","id":5,"previousEventId":4)";
  EXPECT_EQ(text.substr(0, head.size()), head);
  return type + " " + text.substr(head.size());
}

Payload Text(const char* json) { return Payload::FromText(json); }

TEST(ViewEvent, ShowsTheExecutionsOwnEventsAsRecorded) {
  EXPECT_EQ(
      Shown(ExecutionStarted{.input = Text(R"({"a":1})"), .role_arn = "arn:role"}),
      R"(ExecutionStarted ,"executionStartedEventDetails":{"input":"{\"a\":1}","inputDetails":{"truncated":false},)"
      R"("roleArn":"arn:role"}})");
  EXPECT_EQ(
      Shown(ExecutionSucceeded{.output = Text("[1]")}),
      R"(ExecutionSucceeded ,"executionSucceededEventDetails":{"output":"[1]","outputDetails":{"truncated":false}}})");
  EXPECT_EQ(Shown(ExecutionFailed{}), R"(ExecutionFailed ,"executionFailedEventDetails":{}})");
  EXPECT_EQ(Shown(ExecutionFailed{.error = "E"}), R"(ExecutionFailed ,"executionFailedEventDetails":{"error":"E"}})");
  EXPECT_EQ(Shown(ExecutionAborted{.cause = "C"}),
            R"(ExecutionAborted ,"executionAbortedEventDetails":{"cause":"C"}})");
  EXPECT_EQ(Shown(ExecutionTimedOut{}), R"(ExecutionTimedOut ,"executionTimedOutEventDetails":{}})");
}

TEST(ViewEvent, ShowsStatesWithTheirAssignedVariablesAsText) {
  EXPECT_EQ(
      Shown(StateEntered{.name = "S", .kind = StateKind::kWait, .input = Text("1")}),
      R"(WaitStateEntered ,"stateEnteredEventDetails":{"name":"S","input":"1","inputDetails":{"truncated":false}}})");
  EXPECT_EQ(
      Shown(StateExited{
          .name = "S", .kind = StateKind::kChoice, .output = Text("{}"), .assigned = {{"v", Text("\"x\"")}}}),
      R"(ChoiceStateExited ,"stateExitedEventDetails":{"name":"S","output":"{}","outputDetails":{"truncated":false},)"
      R"("assignedVariables":{"v":"\"x\""},"assignedVariablesDetails":{"truncated":false}}})");
  EXPECT_EQ(Shown(StateAborted{.kind = StateKind::kMap}), "MapStateAborted }");
  EXPECT_EQ(Shown(EvaluationFailed{.state = "S", .error = "E", .cause = "C"}),
            R"(EvaluationFailed ,"evaluationFailedEventDetails":{"error":"E","cause":"C","state":"S"}})");
}

TEST(ViewEvent, ShowsTheThreeFamiliesOfTasks) {
  TaskScheduled task{.resource = "arn:r",
                     .resource_type = "lambda",
                     .action = "invoke",
                     .region = "eu-west-1",
                     .input = Text("{}"),
                     .timeout_seconds = 7,
                     .heartbeat_seconds = 3,
                     .credentials = R"({"roleArn":"r"})"};
  EXPECT_EQ(Shown(task), R"(ActivityScheduled ,"activityScheduledEventDetails":{"resource":"arn:r","input":"{}",)"
                         R"("inputDetails":{"truncated":false},"timeoutInSeconds":7,"heartbeatInSeconds":3}})");
  task.family = TaskFamily::kLambda;
  EXPECT_EQ(Shown(task),
            R"(LambdaFunctionScheduled ,"lambdaFunctionScheduledEventDetails":{"resource":"arn:r","input":"{}",)"
            R"("inputDetails":{"truncated":false},"timeoutInSeconds":7,"taskCredentials":{"roleArn":"r"}}})");
  task.family = TaskFamily::kService;
  EXPECT_EQ(Shown(task), R"(TaskScheduled ,"taskScheduledEventDetails":{"resourceType":"lambda","resource":"invoke",)"
                         R"("region":"eu-west-1","parameters":"{}","timeoutInSeconds":7,"heartbeatInSeconds":3,)"
                         R"("taskCredentials":{"roleArn":"r"}}})");
  EXPECT_EQ(Shown(TaskStarted{.family = TaskFamily::kLambda}), "LambdaFunctionStarted }");
  EXPECT_EQ(Shown(TaskStarted{}), R"(ActivityStarted ,"activityStartedEventDetails":{}})");
  EXPECT_EQ(Shown(TaskStarted{.worker = "w"}), R"(ActivityStarted ,"activityStartedEventDetails":{"workerName":"w"}})");
  EXPECT_EQ(Shown(TaskStarted{.family = TaskFamily::kService, .resource_type = "sqs", .action = "sendMessage"}),
            R"(TaskStarted ,"taskStartedEventDetails":{"resourceType":"sqs","resource":"sendMessage"}})");
  EXPECT_EQ(
      Shown(TaskSucceeded{.output = Text("1")}),
      R"(ActivitySucceeded ,"activitySucceededEventDetails":{"output":"1","outputDetails":{"truncated":false}}})");
  EXPECT_EQ(Shown(TaskFailed{.family = TaskFamily::kService, .resource_type = "sqs", .action = "s", .error = "E"}),
            R"(TaskFailed ,"taskFailedEventDetails":{"resourceType":"sqs","resource":"s","error":"E"}})");
  EXPECT_EQ(Shown(TaskTimedOut{.error = "States.Timeout"}),
            R"(ActivityTimedOut ,"activityTimedOutEventDetails":{"error":"States.Timeout"}})");
  EXPECT_EQ(
      Shown(TaskScheduleFailed{
          .family = TaskFamily::kService, .resource_type = "t", .action = "a", .error = "E", .cause = "C"}),
      R"(TaskStartFailed ,"taskStartFailedEventDetails":{"resourceType":"t","resource":"a","error":"E","cause":"C"}})");
}

TEST(ViewEvent, ShowsParallelAndMap) {
  EXPECT_EQ(Shown(ParallelStarted{.branches = 2}), "ParallelStateStarted }");
  EXPECT_EQ(Shown(ParallelFailed{}), "ParallelStateFailed }");
  EXPECT_EQ(Shown(MapStarted{.length = 3}), R"(MapStateStarted ,"mapStateStartedEventDetails":{"length":3}})");
  EXPECT_EQ(Shown(MapIterationAborted{.name = "M", .index = 2}),
            R"(MapIterationAborted ,"mapIterationAbortedEventDetails":{"name":"M","index":2}})");
}

TEST(ViewEvent, LeavesDataOutWhenAskedTo) {
  EXPECT_EQ(Shown(StateEntered{.name = "S", .input = Text("1")}, false),
            R"(PassStateEntered ,"stateEnteredEventDetails":{"name":"S"}})");
  EXPECT_EQ(Shown(ExecutionSucceeded{.output = Text("1")}, false),
            R"(ExecutionSucceeded ,"executionSucceededEventDetails":{}})");
}

TEST(ViewEvent, HidesInternalEvents) {
  Event event{.at = base::WallTime(), .body = WaitStarted{}};
  EXPECT_EQ(ViewEvent(event, true), "");
  EXPECT_EQ(ViewType(event), "");
  event.body = TaskStarted{};  // a second hand-out
  EXPECT_EQ(ViewType(event), "");
}

}  // namespace
}  // namespace pawl::history
