#include "scheduler/query/waits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pawl::query {
namespace {

using std::chrono::seconds;

constexpr base::WallTime kNow{std::chrono::milliseconds(1'000'000)};

history::ExecutionState Running() {
  history::ExecutionState state;
  state.last_event = base::EventId(3);
  return state;
}

history::Frame& Add(history::ExecutionState& state, int64_t id, const std::string& name, history::Waiting waiting) {
  history::Frame& frame = state.frames[base::FrameId(id)];
  frame.id = base::FrameId(id);
  frame.state = name;
  frame.entered_at = kNow;
  frame.waiting = std::move(waiting);
  return frame;
}

TEST(Waits, TellWhatATaskWaitsFor) {
  history::ExecutionState state = Running();
  history::WaitingForTask task;
  task.task.queue = "train";
  task.task.timeout_seconds = 60;
  task.scheduled_at = kNow + seconds(1);
  task.attempt = 2;
  Add(state, 1, "Train", task);
  const auto waits = WaitsOf(state, 10);
  ASSERT_EQ(waits.size(), 1u);
  EXPECT_EQ(waits[0].state, "Train");
  EXPECT_STREQ(waits[0].kind, "task");
  EXPECT_EQ(waits[0].handler, "train");
  EXPECT_EQ(waits[0].since, kNow + seconds(1));
  EXPECT_EQ(waits[0].until, kNow + seconds(61));
  EXPECT_FALSE(waits[0].is_started);
}

TEST(Waits, TellTimersRetriesAndBranches) {
  history::ExecutionState state = Running();
  Add(state, 1, "Both",
      history::WaitingForBranches{.results = std::vector<std::optional<history::Payload>>(3), .open = 2});
  Add(state, 2, "Sleep", history::WaitingForTimer{kNow + seconds(9)});
  Add(state, 3, "Flaky", history::Backoff{kNow + seconds(4)}).retry_count = 1;
  Add(state, 4, "Between", history::NotWaiting{});
  const auto waits = WaitsOf(state, 10);
  ASSERT_EQ(waits.size(), 3u);
  EXPECT_EQ(waits[0].progress, "1 of 3");
  EXPECT_STREQ(waits[1].kind, "timer");
  EXPECT_EQ(waits[1].until, kNow + seconds(9));
  EXPECT_STREQ(waits[2].kind, "retry");
  EXPECT_EQ(waits[2].attempt, 2);
  EXPECT_EQ(WaitsOf(state, 1).size(), 1u);
}

TEST(Waits, AnExecutionThatHasEndedWaitsForNothing) {
  history::ExecutionState state = Running();
  Add(state, 1, "Sleep", history::WaitingForTimer{kNow});
  state.status = history::ExecutionStatus::kSucceeded;
  EXPECT_TRUE(WaitsOf(state, 10).empty());
}

}  // namespace
}  // namespace pawl::query
