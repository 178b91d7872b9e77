#include "scheduler/dispatch/dispatcher.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace pawl::dispatch {
namespace {

using core::TaskRef;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr char kArn[] = "arn:aws:states:us-east-1:000000000000:activity:train";

TaskRef Task(int64_t event) {
  return {base::EntityId::Make(1, base::Slot(1), 7), base::FrameId(1), base::EventId(event), 1};
}

class DispatcherTest : public testing::Test {
 protected:
  Poll WorkerPoll(std::string handler, int slots = 1) {
    return {.worker = "w",
            .session = "s",
            .handlers = {{std::move(handler), false}},
            .activity_arn = {},
            .slots = slots,
            .respond = [this](std::vector<core::TaskDetails> tasks) { answers_.push_back(std::move(tasks)); }};
  }
  void HandOut(uint64_t claim, const TaskRef& task) {
    core::HandOutTask hand_out{.claim = claim, .session = "s", .details = {}};
    hand_out.details.task = task;
    dispatcher_.HandOut(std::move(hand_out));
  }
  int64_t Backlog() {
    int64_t backlog = 0;
    for (const QueueStats& queue : dispatcher_.Stats()) backlog += queue.backlog;
    return backlog;
  }

  std::vector<core::StartTask> starts_;
  std::vector<std::vector<core::TaskDetails>> answers_;
  Dispatcher dispatcher_{[this](core::StartTask start) { starts_.push_back(std::move(start)); }};
};

TEST_F(DispatcherTest, Offer_WaitsForAPollAndIsThenStarted) {
  dispatcher_.Offer({Task(5), "train"});
  EXPECT_THAT(starts_, IsEmpty());
  dispatcher_.AddPoll(WorkerPoll("train"));
  ASSERT_THAT(starts_, SizeIs(1));
  EXPECT_EQ(starts_[0].task, Task(5));
  EXPECT_EQ(Backlog(), 0);
}

TEST_F(DispatcherTest, Offer_GoesToAPollThatWaitsAlready) {
  dispatcher_.AddPoll(WorkerPoll("train"));
  dispatcher_.Offer({Task(5), "train"});
  ASSERT_THAT(starts_, SizeIs(1));
}

TEST_F(DispatcherTest, Poll_OfAHandlerTakesTasksOfActivitiesThatEndInItsName) {
  dispatcher_.Offer({Task(5), kArn});
  dispatcher_.AddPoll(WorkerPoll("train"));
  EXPECT_THAT(starts_, SizeIs(1));
}

TEST_F(DispatcherTest, Poll_IsAnsweredOnlyOnceAllItsClaimsAreSettled) {
  dispatcher_.AddPoll(WorkerPoll("train", 2));
  auto first = dispatcher_.TryClaim("train");
  auto second = dispatcher_.TryClaim("train");
  ASSERT_TRUE(first && second);
  EXPECT_FALSE(dispatcher_.TryClaim("train"));
  HandOut(first->id, Task(5));
  dispatcher_.Flush();
  EXPECT_THAT(answers_, IsEmpty());
  HandOut(second->id, Task(6));
  dispatcher_.Flush();
  ASSERT_THAT(answers_, SizeIs(1));
  EXPECT_THAT(answers_[0], SizeIs(2));
}

TEST_F(DispatcherTest, ReturnClaim_MakesTheSlotFreeForTheNextTask) {
  dispatcher_.AddPoll(WorkerPoll("train"));
  auto claim = dispatcher_.TryClaim("train");
  ASSERT_TRUE(claim);
  dispatcher_.Offer({Task(5), "train"});
  EXPECT_THAT(starts_, IsEmpty());
  dispatcher_.ReturnClaim(claim->id);
  ASSERT_THAT(starts_, SizeIs(1));
  EXPECT_EQ(starts_[0].task, Task(5));
}

TEST_F(DispatcherTest, Hurry_AnswersAnIdlePollWithNothing) {
  auto poll = dispatcher_.AddPoll(WorkerPoll("train"));
  dispatcher_.Hurry(poll);
  dispatcher_.Flush();
  EXPECT_THAT(answers_, ElementsAre(IsEmpty()));
}

TEST_F(DispatcherTest, CancelPoll_StillHandsOutWhatIsUnderWay) {
  auto poll = dispatcher_.AddPoll(WorkerPoll("train", 2));
  auto claim = dispatcher_.TryClaim("train");
  EXPECT_FALSE(dispatcher_.CancelPoll(poll));
  EXPECT_FALSE(dispatcher_.TryClaim("train"));
  HandOut(claim->id, Task(5));
  dispatcher_.Flush();
  ASSERT_THAT(answers_, SizeIs(1));
  EXPECT_THAT(answers_[0], SizeIs(1));
}

TEST_F(DispatcherTest, Revoke_TakesAnOfferOutOfItsQueue) {
  dispatcher_.Offer({Task(5), "train"});
  dispatcher_.Revoke(Task(5), "train");
  EXPECT_EQ(Backlog(), 0);
  dispatcher_.AddPoll(WorkerPoll("train"));
  EXPECT_THAT(starts_, IsEmpty());
}

TEST_F(DispatcherTest, Offer_OfTheSameTaskTwiceIsOneOffer) {
  dispatcher_.Offer({Task(5), "train"});
  dispatcher_.Offer({Task(5), "train"});
  dispatcher_.AddPoll(WorkerPoll("train", 5));
  EXPECT_THAT(starts_, SizeIs(1));
}

TEST_F(DispatcherTest, Lines_StayInOrderWhenManyPollsAndTasksHaveGone) {
  for (int i = 0; i < 1'000; ++i) {
    dispatcher_.CancelPoll(dispatcher_.AddPoll(WorkerPoll("train")));
    dispatcher_.Offer({Task(10 + i), "other"});
    if (i < 997) dispatcher_.Revoke(Task(10 + i), "other");
  }
  dispatcher_.AddPoll(WorkerPoll("other", 5));
  ASSERT_THAT(starts_, SizeIs(3));
  EXPECT_EQ(starts_[0].task, Task(10 + 997));
  EXPECT_EQ(starts_[2].task, Task(10 + 999));
  dispatcher_.AddPoll(WorkerPoll("train"));
  EXPECT_TRUE(dispatcher_.TryClaim("train"));
}

TEST_F(DispatcherTest, ClaimToLend_TakesNoSlotThatAnotherNodeLentHere) {
  Poll lent = WorkerPoll("train");
  lent.is_lent = true;
  int polls_told = 0;
  dispatcher_.Watch([](const std::string&) {}, [&] { ++polls_told; });
  dispatcher_.AddPoll(lent);
  EXPECT_EQ(polls_told, 0) << "nobody is asked to lend it on";
  EXPECT_FALSE(dispatcher_.ClaimToLend("train"));
  dispatcher_.AddPoll(WorkerPoll("train"));
  EXPECT_TRUE(dispatcher_.ClaimToLend("train"));
  EXPECT_FALSE(dispatcher_.ClaimToLend("train"));
  EXPECT_TRUE(dispatcher_.TryClaim("train")) << "a task of this node may go there";
}

TEST_F(DispatcherTest, TryClaim_FillsLentSlotsFirst) {
  dispatcher_.AddPoll(WorkerPoll("train"));
  Poll lent = WorkerPoll("train");
  lent.is_lent = true;
  Dispatcher::PollId id = dispatcher_.AddPoll(lent);
  EXPECT_EQ(dispatcher_.TryClaim("train")->id, id);
}

// ---- fairness

TEST_F(DispatcherTest, Fill_TakesTurnsBetweenStateMachinesOfAQueue) {
  FlowId flood = dispatcher_.flows().IdOf("machine:a"), small = dispatcher_.flows().IdOf("machine:b");
  for (int i = 0; i < 100; ++i) dispatcher_.Offer({Task(i), "train"}, {flood});
  dispatcher_.Offer({Task(1000), "train"}, {small});
  dispatcher_.AddPoll(WorkerPoll("train", 3));
  ASSERT_THAT(starts_, SizeIs(3));
  EXPECT_EQ(starts_[1].task, Task(1000));
}

TEST_F(DispatcherTest, Fill_TakesHigherPrioritiesFirst) {
  FlowId flow = dispatcher_.flows().IdOf("machine:a");
  dispatcher_.Offer({Task(1), "train"}, {flow, 0});
  dispatcher_.Offer({Task(2), "train"}, {flow, -5});
  dispatcher_.Offer({Task(3), "train"}, {flow, 7});
  dispatcher_.AddPoll(WorkerPoll("train", 3));
  ASSERT_THAT(starts_, SizeIs(3));
  EXPECT_EQ(starts_[0].task, Task(3));
  EXPECT_EQ(starts_[1].task, Task(1));
  EXPECT_EQ(starts_[2].task, Task(2));
}

TEST_F(DispatcherTest, Fill_SharesAPollsSlotsBetweenItsQueuesByWeight) {
  for (int i = 0; i < 100; ++i) dispatcher_.Offer({Task(i), "flood"});
  for (int i = 0; i < 100; ++i) dispatcher_.Offer({Task(1000 + i), "small"});
  dispatcher_.flows().SetWeights({{"queue:small", 3}});
  for (int i = 0; i < 40; ++i) {
    Poll poll = WorkerPoll("flood");
    poll.handlers.push_back({"small", false});
    dispatcher_.AddPoll(poll);
  }
  size_t small = 0;
  for (const core::StartTask& start : starts_) small += start.task.scheduled_event.value() >= 1000 ? 1 : 0;
  EXPECT_EQ(small, 30u);
}

TEST_F(DispatcherTest, Fill_GivesAQueueThatWasEmptyNoCreditForThatTime) {
  Poll both = WorkerPoll("old", 50);
  both.handlers.push_back({"new", false});
  for (int i = 0; i < 60; ++i) dispatcher_.Offer({Task(i), "old"});
  dispatcher_.AddPoll(both);
  for (int i = 0; i < 60; ++i) dispatcher_.Offer({Task(1000 + i), "new"});
  starts_.clear();
  both.slots = 10;
  dispatcher_.AddPoll(both);
  size_t newer = 0;
  for (const core::StartTask& start : starts_) newer += start.task.scheduled_event.value() >= 1000 ? 1 : 0;
  EXPECT_THAT(newer, testing::AllOf(testing::Ge(5u), testing::Le(6u)));
}

}  // namespace
}  // namespace pawl::dispatch
