#include <gmock/gmock.h>
#include <grpcpp/client_context.h>
#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "proto/worker/v1/worker.grpc.pb.h"
#include "scheduler/api/grpc/server.h"
#include "scheduler/api/testing/fake_gateway.h"
#include "shared/rpc/channel.h"

namespace pawl::api::rpc {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Worker : public ::testing::Test {
 protected:
  void SetUp() override {
    GrpcApiOptions options;
    options.port = 0;
    options.on_request = [this](std::string_view method, std::string_view code, std::chrono::microseconds) {
      const std::lock_guard lock(mutex_);
      seen_.push_back(std::string(method) + ":" + std::string(code));
    };
    auto started = GrpcApiServer::Start(options, gateway_);
    ASSERT_TRUE(started.ok()) << started.status();
    server_ = std::move(*started);
    stub_ = worker::v1::WorkerService::NewStub(pawl::rpc::MakeChannel("127.0.0.1:" + std::to_string(server_->port())));
    request_.set_session_id("session");
    request_.set_tasks_max(2);
    request_.set_wait_ms(60'000);
  }
  ::grpc::Status Poll() { return stub_->Poll(&context_, request_, &response_); }
  void WaitUntil(const std::function<bool()>& condition) {
    for (int i = 0; i < 1000 && !condition(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    EXPECT_TRUE(condition());
  }
  std::mutex mutex_;
  std::vector<std::string> seen_;
  testing::FakeGateway gateway_;
  std::unique_ptr<GrpcApiServer> server_;
  std::unique_ptr<worker::v1::WorkerService::Stub> stub_;
  ::grpc::ClientContext context_;
  worker::v1::PollRequest request_;
  worker::v1::PollResponse response_;
};

TEST_F(Worker, TakesUpToItsFreeSlots) {
  for (const char* token : {"1", "2", "3"}) {
    gateway_.OfferWorkerTask({.token = token,
                              .handler = "train",
                              .resource = "arn:aws:states:us-east-1:000000000000:activity:train",
                              .input = "{}",
                              .execution_arn = "arn",
                              .state_name = "Train",
                              .attempt = 2,
                              .timeout_seconds = 60,
                              .heartbeat_seconds = 5,
                              .checkpoint = "c"});
  }
  ASSERT_TRUE(Poll().ok());
  ASSERT_EQ(response_.tasks_size(), 2);
  const worker::v1::Task& task = response_.tasks(0);
  EXPECT_EQ(task.task_token(), "1");
  EXPECT_EQ(task.handler(), "train");
  EXPECT_EQ(task.state_name(), "Train");
  EXPECT_EQ(task.attempt(), 2);
  EXPECT_EQ(task.timeout_seconds(), 60);
  EXPECT_EQ(task.heartbeat_seconds(), 5);
  EXPECT_EQ(task.checkpoint(), "c");
}

TEST_F(Worker, ReportsResultsOfEveryKind) {
  auto& success = *request_.add_results();
  success.set_task_token("stale");
  success.set_output("{\"y\":1}");
  auto& failure = *request_.add_results();
  failure.set_task_token("b");
  failure.mutable_error()->set_error("E");
  failure.mutable_error()->set_cause("why");
  auto& returned = *request_.add_results();
  returned.set_task_token("c");
  returned.set_returned(true);
  request_.add_results()->set_task_token("d");
  ASSERT_TRUE(Poll().ok());
  ASSERT_EQ(response_.acks_size(), 4);
  EXPECT_EQ(response_.acks(0).code(), worker::v1::ResultAck::STALE);
  EXPECT_EQ(response_.acks(1).code(), worker::v1::ResultAck::RECORDED);
  const auto outcomes = gateway_.outcomes();
  ASSERT_EQ(outcomes.size(), 4u);
  EXPECT_EQ(outcomes[0].output, "{\"y\":1}");
  EXPECT_EQ(outcomes[1].error, "E");
  EXPECT_EQ(outcomes[1].cause, "why");
  EXPECT_TRUE(outcomes[2].returned);
  EXPECT_EQ(outcomes[3].error, "States.Runtime");
}

TEST_F(Worker, APollEndsEmptyWhenItsWaitIsOver) {
  auto polled = std::async([this] { return Poll(); });
  WaitUntil([this] { return gateway_.waiting() == 1; });
  gateway_.ExpireWaits();
  EXPECT_TRUE(polled.get().ok());
  EXPECT_EQ(response_.tasks_size(), 0);
}

TEST_F(Worker, APollOfAWorkerThatLeavesIsCancelled) {
  auto polled = std::async([this] { return Poll(); });
  WaitUntil([this] { return gateway_.waiting() == 1; });
  context_.TryCancel();
  EXPECT_EQ(polled.get().error_code(), ::grpc::StatusCode::CANCELLED);
  WaitUntil([this] { return gateway_.cancelled_polls() == 1; });
}

TEST_F(Worker, ShutdownEndsAWaitingPollAtOnce) {
  auto polled = std::async([this] { return Poll(); });
  WaitUntil([this] { return gateway_.waiting() == 1; });
  server_->Shutdown(std::chrono::milliseconds(10'000));
  const ::grpc::Status status = polled.get();
  EXPECT_EQ(status.error_code(), ::grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(gateway_.cancelled_polls(), 1);
}

TEST_F(Worker, AStreamAnswersOnePollAfterAnother) {
  auto stream = stub_->PollStream(&context_);
  for (const char* token : {"1", "2"}) {
    gateway_.OfferWorkerTask({.token = token, .handler = "train"});
    ASSERT_TRUE(stream->Write(request_));
    ASSERT_TRUE(stream->Read(&response_));
    ASSERT_EQ(response_.tasks_size(), 1);
    EXPECT_EQ(response_.tasks(0).task_token(), token);
  }
  request_.add_results()->set_task_token("1");
  ASSERT_TRUE(stream->Write(request_));
  ASSERT_TRUE(stream->Read(&response_));
  EXPECT_EQ(response_.acks_size(), 1);
  stream->WritesDone();
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(Worker, APollThatIsRefusedEndsItsStream) {
  auto stream = stub_->PollStream(&context_);
  request_.clear_session_id();
  ASSERT_TRUE(stream->Write(request_));
  EXPECT_FALSE(stream->Read(&response_));
  EXPECT_EQ(stream->Finish().error_code(), ::grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(Worker, TheStreamOfAWorkerThatLeavesIsCancelled) {
  auto stream = stub_->PollStream(&context_);
  ASSERT_TRUE(stream->Write(request_));
  WaitUntil([this] { return gateway_.waiting() == 1; });
  context_.TryCancel();
  EXPECT_EQ(stream->Finish().error_code(), ::grpc::StatusCode::CANCELLED);
  WaitUntil([this] { return gateway_.cancelled_polls() == 1; });
}

TEST_F(Worker, ShutdownEndsAnIdleStreamAndOneThatWaits) {
  ::grpc::ClientContext idle_context;
  auto idle = stub_->PollStream(&idle_context);
  gateway_.OfferWorkerTask({.token = "1", .handler = "train"});
  ASSERT_TRUE(idle->Write(request_));
  ASSERT_TRUE(idle->Read(&response_));
  auto waiting = stub_->PollStream(&context_);
  ASSERT_TRUE(waiting->Write(request_));
  WaitUntil([this] { return gateway_.waiting() == 1; });
  server_->Shutdown(std::chrono::milliseconds(10'000));
  EXPECT_EQ(idle->Finish().error_code(), ::grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(waiting->Finish().error_code(), ::grpc::StatusCode::UNAVAILABLE);
}

TEST_F(Worker, HeartbeatsTellWhatIsCancelled) {
  worker::v1::HeartbeatRequest request;
  request.set_session_id("session");
  for (const char* token : {"a", "cancelled-b"}) request.add_tasks()->set_task_token(token);
  worker::v1::HeartbeatResponse response;
  ASSERT_TRUE(stub_->Heartbeat(&context_, request, &response).ok());
  EXPECT_THAT(response.cancelled_tokens(), ElementsAre("cancelled-b"));
}

TEST_F(Worker, EndsItsSession) {
  worker::v1::EndSessionRequest request;
  request.set_session_id("session");
  worker::v1::EndSessionResponse response;
  ASSERT_TRUE(stub_->EndSession(&context_, request, &response).ok());
  EXPECT_THAT(gateway_.ended_sessions(), ElementsAre("session"));
  EXPECT_THAT(seen_, ElementsAre("WorkerService/EndSession:OK"));
}

TEST_F(Worker, NeedsASession) {
  request_.clear_session_id();
  const ::grpc::Status status = Poll();
  EXPECT_EQ(status.error_code(), ::grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("session_id is empty"));
}

}  // namespace
}  // namespace pawl::api::rpc
