#include <gmock/gmock.h>
#include <grpcpp/client_context.h>
#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "proto/control/v1/control.grpc.pb.h"
#include "scheduler/api/grpc/retry_details.h"
#include "scheduler/api/grpc/server.h"
#include "scheduler/api/testing/fake_gateway.h"
#include "scheduler/gateway/admitting_gateway.h"
#include "shared/rpc/channel.h"

namespace pawl::api::rpc {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr char kMachine[] = "arn:aws:states:us-east-1:000000000000:stateMachine:m";
constexpr char kExecution[] = "arn:aws:states:us-east-1:000000000000:execution:m:e";

class Control : public ::testing::Test {
 protected:
  void SetUp() override {
    GrpcApiOptions options;
    options.port = 0;
    auto started = GrpcApiServer::Start(options, gateway_);
    ASSERT_TRUE(started.ok()) << started.status();
    server_ = std::move(*started);
    stub_ =
        control::v1::ControlService::NewStub(pawl::rpc::MakeChannel("127.0.0.1:" + std::to_string(server_->port())));
    gateway_.CreateStateMachine({}, {.name = "m", .definition = "{}"}, [](auto) {});
  }
  ::grpc::Status Start(const std::string& name, const std::string& input = "{\"x\":1}") {
    control::v1::StartExecutionRequest request;
    request.set_state_machine_arn(kMachine);
    request.set_name(name);
    request.set_input(input);
    ::grpc::ClientContext context;
    return stub_->StartExecution(&context, request, &started_);
  }
  void WaitUntilWaiting(int count) {
    for (int i = 0; i < 1000 && gateway_.waiting() != count; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    EXPECT_EQ(gateway_.waiting(), count);
  }
  testing::FakeGateway gateway_;
  std::unique_ptr<GrpcApiServer> server_;
  std::unique_ptr<control::v1::ControlService::Stub> stub_;
  control::v1::StartExecutionResponse started_;
};

TEST_F(Control, StartsAnExecution) {
  ASSERT_TRUE(Start("e").ok());
  EXPECT_EQ(started_.execution_arn(), kExecution);
  EXPECT_EQ(started_.start_time().seconds(), 1'700'000'000);
  EXPECT_EQ(started_.start_time().nanos(), 123'000'000);
}

TEST_F(Control, RefusalsBeginWithTheirErrorName) {
  ASSERT_TRUE(Start("e").ok());
  const ::grpc::Status status = Start("e", "{}");
  EXPECT_EQ(status.error_code(), ::grpc::StatusCode::ALREADY_EXISTS);
  EXPECT_THAT(status.error_message(), StartsWith("ExecutionAlreadyExists: Execution Already Exists"));
  EXPECT_THAT(Start("a b").error_message(), StartsWith("InvalidName: "));
}

TEST_F(Control, DescribesAnExecution) {
  Start("e");
  control::v1::DescribeExecutionRequest request;
  request.set_execution_arn(kExecution);
  control::v1::Execution execution;
  ::grpc::ClientContext context;
  ASSERT_TRUE(stub_->DescribeExecution(&context, request, &execution).ok());
  EXPECT_EQ(execution.status(), "RUNNING");
  EXPECT_EQ(execution.input(), "{\"x\":1}");
  EXPECT_FALSE(execution.has_stop_time());
}

TEST_F(Control, DescribeMayHoldItsAnswerUntilTheEnd) {
  Start("e");
  control::v1::Execution execution;
  auto described = std::async([&] {
    control::v1::DescribeExecutionRequest request;
    request.set_execution_arn(kExecution);
    request.set_wait_ms(60'000);
    ::grpc::ClientContext context;
    return stub_->DescribeExecution(&context, request, &execution);
  });
  WaitUntilWaiting(1);
  gateway_.Finish(kExecution, "7");
  EXPECT_TRUE(described.get().ok());
  EXPECT_EQ(execution.status(), "SUCCEEDED");
  EXPECT_EQ(execution.output(), "7");
}

TEST_F(Control, RefusesWhatIsNoArn) {
  control::v1::DescribeExecutionRequest request;
  request.set_execution_arn("x");
  control::v1::Execution execution;
  ::grpc::ClientContext context;
  const ::grpc::Status status = stub_->DescribeExecution(&context, request, &execution);
  EXPECT_EQ(status.error_code(), ::grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(status.error_message(), "InvalidArn: Invalid Arn: 'Invalid ARN prefix: x'");
}

TEST_F(Control, StartsInBulkWithAnOutcomeForEach) {
  Start("2");
  control::v1::StartExecutionsRequest request;
  request.set_state_machine_arn(kMachine);
  for (int i = 0; i < 3000; ++i) {
    auto& item = *request.add_items();
    item.set_name(std::to_string(i));
  }
  control::v1::StartExecutionsResponse response;
  ::grpc::ClientContext context;
  const ::grpc::Status status = stub_->StartExecutions(&context, request, &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  ASSERT_EQ(response.outcomes_size(), 3000);
  EXPECT_THAT(response.outcomes(0).execution_arn(), HasSubstr("execution:m:0"));
  EXPECT_EQ(response.outcomes(2).error(), "ExecutionAlreadyExists");
  EXPECT_EQ(response.outcomes(2999).error(), "");
}

TEST_F(Control, ABulkStartMayWaitForTheEnds) {
  control::v1::StartExecutionsResponse response;
  auto call = std::async([&] {
    control::v1::StartExecutionsRequest request;
    request.set_state_machine_arn(kMachine);
    request.set_wait(true);
    for (const char* name : {"a", "b"}) request.add_items()->set_name(name);
    ::grpc::ClientContext context;
    return stub_->StartExecutions(&context, request, &response);
  });
  WaitUntilWaiting(2);
  gateway_.Finish("arn:aws:states:us-east-1:000000000000:execution:m:a", "1");
  WaitUntilWaiting(1);
  gateway_.ExpireWaits();  // it waits on
  gateway_.Finish("arn:aws:states:us-east-1:000000000000:execution:m:b", "2");
  EXPECT_TRUE(call.get().ok());
  ASSERT_EQ(response.outcomes_size(), 2);
  EXPECT_EQ(response.outcomes(0).status(), "SUCCEEDED");
  EXPECT_EQ(response.outcomes(1).status(), "SUCCEEDED");
}

TEST_F(Control, RefusesTooManyAtOnce) {
  control::v1::StartExecutionsRequest request;
  request.set_state_machine_arn(kMachine);
  for (int i = 0; i < 10'001; ++i) request.add_items();
  control::v1::StartExecutionsResponse response;
  ::grpc::ClientContext context;
  EXPECT_THAT(stub_->StartExecutions(&context, request, &response).error_message(), HasSubstr("at most 10000 items"));
}

TEST_F(Control, ListsInPages) {
  for (const char* name : {"a", "b", "c"}) Start(name);
  control::v1::ListExecutionsRequest request;
  request.set_state_machine_arn(kMachine);
  request.set_page_size(2);
  control::v1::ListExecutionsResponse first, second;
  ::grpc::ClientContext context1, context2;
  ASSERT_TRUE(stub_->ListExecutions(&context1, request, &first).ok());
  ASSERT_EQ(first.executions_size(), 2);
  EXPECT_EQ(first.executions(0).name(), "c");
  EXPECT_EQ(first.executions(0).input(), "");
  request.set_page_token(first.next_page_token());
  ASSERT_TRUE(stub_->ListExecutions(&context2, request, &second).ok());
  EXPECT_EQ(second.executions_size(), 1);
}

TEST_F(Control, StopsAnExecution) {
  Start("e");
  control::v1::StopExecutionRequest request;
  request.set_execution_arn(kExecution);
  request.set_error("E");
  control::v1::StopExecutionResponse response;
  ::grpc::ClientContext context;
  ASSERT_TRUE(stub_->StopExecution(&context, request, &response).ok());
  EXPECT_EQ(response.stop_time().seconds(), 1'700'000'000);
}

class History : public Control {
 protected:
  void SetUp() override {
    Control::SetUp();
    Start("e");
    for (int id = 1; id <= 3; ++id) Append(id);
  }
  void Append(int id) { gateway_.AppendEvent(kExecution, "{\"id\":" + std::to_string(id) + "}"); }
  std::unique_ptr<::grpc::ClientReader<control::v1::HistoryEvents>> Stream(bool follow, int64_t after = 0) {
    control::v1::StreamHistoryRequest request;
    request.set_execution_arn(kExecution);
    request.set_follow(follow);
    request.set_after_event_id(after);
    return stub_->StreamHistory(&context_, request);
  }
  ::grpc::ClientContext context_;
};

TEST_F(History, IsStreamedToItsPresentEnd) {
  const auto stream = Stream(/*follow=*/false);
  control::v1::HistoryEvents events;
  ASSERT_TRUE(stream->Read(&events));
  EXPECT_THAT(events.events(), ElementsAre("{\"id\":1}", "{\"id\":2}", "{\"id\":3}"));
  EXPECT_FALSE(events.ended());
  EXPECT_FALSE(stream->Read(&events));
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(History, IsFollowedUntilTheExecutionHasEnded) {
  const auto stream = Stream(/*follow=*/true, /*after=*/2);
  control::v1::HistoryEvents events;
  ASSERT_TRUE(stream->Read(&events));
  EXPECT_THAT(events.events(), ElementsAre("{\"id\":3}"));
  WaitUntilWaiting(1);
  gateway_.ExpireWaits();
  WaitUntilWaiting(1);
  Append(4);
  ASSERT_TRUE(stream->Read(&events));
  EXPECT_THAT(events.events(), ElementsAre("{\"id\":4}"));
  WaitUntilWaiting(1);
  gateway_.Finish(kExecution, "1");
  ASSERT_TRUE(stream->Read(&events));
  EXPECT_TRUE(events.ended());
  EXPECT_FALSE(stream->Read(&events));
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(History, ComesInMessagesOfBoundedSize) {
  const std::string big(300'000, 'x');
  for (int id = 4; id <= 20; ++id)
    gateway_.AppendEvent(kExecution, "{\"id\":" + std::to_string(id) + ",\"x\":\"" + big + "\"}");
  const auto stream = Stream(/*follow=*/false);
  control::v1::HistoryEvents events;
  int count = 0, messages = 0;
  for (; stream->Read(&events); ++messages) count += events.events_size();
  EXPECT_EQ(count, 20);
  EXPECT_GT(messages, 3);
}

TEST_F(History, OfAnUnknownExecutionIsRefused) {
  control::v1::StreamHistoryRequest request;
  request.set_execution_arn("arn:aws:states:us-east-1:000000000000:execution:m:unknown");
  const auto stream = stub_->StreamHistory(&context_, request);
  control::v1::HistoryEvents events;
  EXPECT_FALSE(stream->Read(&events));
  EXPECT_THAT(stream->Finish().error_message(), StartsWith("ExecutionDoesNotExist: "));
}

TEST_F(History, AFollowerThatLeavesEndsItsCall) {
  const auto stream = Stream(/*follow=*/true, /*after=*/3);
  WaitUntilWaiting(1);
  context_.TryCancel();
  EXPECT_EQ(stream->Finish().error_code(), ::grpc::StatusCode::CANCELLED);
  server_->Shutdown(std::chrono::milliseconds(0));  // returns, though the Gateway never answered
  gateway_.ExpireWaits();                           // and its late answer harms nobody
}

// What a call has still to do must not meet a queue that has gone.
TEST_F(History, AServerThatEndsWaitsForTheCallsThatItCancels) {
  GrpcApiOptions options;
  options.port = 0;
  // Told of a call just before it is ended.
  options.on_request = [](auto, auto, auto) { std::this_thread::sleep_for(std::chrono::milliseconds(100)); };
  for (int i = 0; i < 3; ++i) {
    auto another = GrpcApiServer::Start(options, gateway_);
    ASSERT_TRUE(another.ok()) << another.status();
    auto stub =
        control::v1::ControlService::NewStub(pawl::rpc::MakeChannel("127.0.0.1:" + std::to_string((*another)->port())));
    control::v1::StreamHistoryRequest request;
    request.set_execution_arn(kExecution);
    request.set_follow(true);
    request.set_after_event_id(3);
    ::grpc::ClientContext context;
    const auto stream = stub->StreamHistory(&context, request);
    WaitUntilWaiting(i + 1);
    context.TryCancel();
    EXPECT_EQ(stream->Finish().error_code(), ::grpc::StatusCode::CANCELLED);
    another->reset();
  }
}

TEST_F(Control, NamesThePortThatIsTaken) {
  GrpcApiOptions options;
  options.port = server_->port();
  const auto second = GrpcApiServer::Start(options, gateway_);
  ASSERT_FALSE(second.ok());
  const std::string message(second.status().message());
  EXPECT_THAT(message, HasSubstr("port " + std::to_string(options.port) + " is in use"));
  EXPECT_THAT(message, HasSubstr("--grpc-port"));
}

TEST_F(Control, TakesLargeMessages) {
  control::v1::StartExecutionsRequest request;
  request.set_state_machine_arn(kMachine);
  for (int i = 0; i < 100; ++i) {
    auto& item = *request.add_items();
    item.set_name(std::to_string(i));
    item.set_input('"' + std::string(200'000, 'x') + '"');
  }
  control::v1::StartExecutionsResponse response;
  ::grpc::ClientContext context;
  EXPECT_TRUE(stub_->StartExecutions(&context, request, &response).ok());
}

// ---- overload

TEST(Overload, IsResourceExhaustedWithRetryInfo) {
  testing::FakeGateway fake;
  fake.CreateStateMachine({}, {.name = "m", .definition = "{}"}, [](auto) {});
  gateway::Admission admission({.requests_max = 0});
  gateway::AdmittingGateway gateway(fake, admission);
  GrpcApiOptions options;
  options.port = 0;
  auto server = GrpcApiServer::Start(options, gateway);
  ASSERT_TRUE(server.ok()) << server.status();
  auto stub =
      control::v1::ControlService::NewStub(pawl::rpc::MakeChannel("127.0.0.1:" + std::to_string((*server)->port())));

  ::grpc::ClientContext one;
  control::v1::StartExecutionRequest start;
  start.set_state_machine_arn(kMachine);
  control::v1::StartExecutionResponse started;
  const ::grpc::Status refused = stub->StartExecution(&one, start, &started);
  EXPECT_EQ(refused.error_code(), ::grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_THAT(refused.error_message(), StartsWith("ThrottlingException: "));
  EXPECT_EQ(RetryDelayOf(refused), std::chrono::seconds(1));

  ::grpc::ClientContext many;
  control::v1::StartExecutionsRequest bulk;
  bulk.set_state_machine_arn(kMachine);
  bulk.add_items();
  control::v1::StartExecutionsResponse outcomes;
  EXPECT_EQ(stub->StartExecutions(&many, bulk, &outcomes).error_code(), ::grpc::StatusCode::RESOURCE_EXHAUSTED);
}

}  // namespace
}  // namespace pawl::api::rpc
