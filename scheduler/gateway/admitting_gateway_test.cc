#include "scheduler/gateway/admitting_gateway.h"

#include <gtest/gtest.h>

#include "scheduler/api/testing/fake_gateway.h"
#include "scheduler/gateway/reason.h"

namespace pawl::gateway {
namespace {

class AdmittingGatewayTest : public ::testing::Test {
 protected:
  void SetUp() override {
    CreateStateMachineRequest request;
    request.name = "work";
    request.definition = R"({"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":60,"End":true}}})";
    request.role_arn = "arn:aws:iam::000000000000:role/any";
    gateway_.CreateStateMachine({}, request, [this](auto machine) { arn_ = machine->arn; });
    ASSERT_FALSE(arn_.empty());
  }
  std::vector<StartExecutionRequest> Starts(int count, bool watched = false) {
    std::vector<StartExecutionRequest> starts(static_cast<size_t>(count));
    for (StartExecutionRequest& start : starts) {
      start.state_machine_arn = arn_;
      if (watched) start.when_ended = [](const std::string&, absl::StatusOr<std::string>) {};
    }
    return starts;
  }

  api::testing::FakeGateway fake_;
  Admission admission_{{.requests_max = 10, .request_bytes_max = 1 << 20, .polls_max = 1, .watches_max = 3}};
  AdmittingGateway gateway_{fake_, admission_};
  std::string arn_;
};

TEST_F(AdmittingGatewayTest, StartExecutions_TellsOfEachItemAndGivesEverythingBack) {
  std::vector<absl::StatusOr<StartedExecution>> outcomes;
  gateway_.StartExecutions({}, Starts(8), [&](auto results) { outcomes = std::move(results); });
  ASSERT_EQ(outcomes.size(), 8u);
  EXPECT_TRUE(outcomes[4].ok());
  EXPECT_EQ(ReasonOf(outcomes[5].status()), Reason::kThrottled);
  EXPECT_EQ(outcomes[5].status(), admission_.Refusal(RequestKind::kStart));
  EXPECT_EQ(admission_.load().requests[0], 0u);
}

TEST_F(AdmittingGatewayTest, StartExecutions_StartsNothingWhoseEndItCannotWatch) {
  std::vector<absl::StatusOr<StartedExecution>> outcomes;
  gateway_.StartExecutions({}, Starts(4, true), [&](auto results) { outcomes = std::move(results); });
  ASSERT_EQ(outcomes.size(), 4u);
  EXPECT_TRUE(outcomes[2].ok());
  EXPECT_EQ(outcomes[3].status(), admission_.Refusal(RequestKind::kWatch)) << "it says what there is too much of";
}

TEST_F(AdmittingGatewayTest, PollWorker_TakesReportsWhenItTakesNoMorePolls) {
  WorkerPollRequest wait{.session_id = "s", .worker_name = "w", .tasks_max = 1, .wait = std::chrono::seconds(60)};
  CancelPoll cancel = gateway_.PollWorker(wait, [](auto) {});
  absl::Status refused;
  gateway_.PollWorker(wait, [&](const auto& response) { refused = response.status(); });
  EXPECT_EQ(ReasonOf(refused), Reason::kThrottled);

  WorkerPollRequest report = wait;
  report.results.push_back({.token = "token", .output = "{}"});
  absl::StatusOr<WorkerPollResponse> recorded;
  gateway_.PollWorker(report, [&](auto response) { recorded = std::move(response); });
  ASSERT_TRUE(recorded.ok()) << recorded.status();
  EXPECT_EQ(recorded->acks.size(), 1u);
  cancel();
}

}  // namespace
}  // namespace pawl::gateway
