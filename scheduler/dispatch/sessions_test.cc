#include "scheduler/dispatch/sessions.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace pawl::dispatch {
namespace {

using core::TaskRef;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

base::MonotonicTime At(int64_t ms) { return base::MonotonicTime(milliseconds(ms)); }

TaskRef Task(int64_t event, int64_t attempt = 1) {
  return {base::EntityId::Make(1, base::Slot(1), 7), base::FrameId(1), base::EventId(event), attempt};
}

class SessionsTest : public testing::Test {
 protected:
  Sessions sessions_{{.session = seconds(10), .hand_out_grace = seconds(5)}};
};

TEST_F(SessionsTest, Session_ThatGoesSilentLosesWhatItHolds) {
  sessions_.Heard("s", At(0));
  sessions_.Hold("s", Task(5), At(0), {});
  EXPECT_THAT(sessions_.TakeLost(At(9'999)), IsEmpty());
  EXPECT_THAT(sessions_.TakeLost(At(10'000)), ElementsAre(Task(5)));
  EXPECT_EQ(sessions_.size(), 0u);
}

TEST_F(SessionsTest, Session_IsKeptAliveByAPollUnderWay) {
  sessions_.PollBegan("s", At(0));
  sessions_.Hold("s", Task(5), At(0), {});
  EXPECT_THAT(sessions_.TakeLost(At(60'000)), IsEmpty());
  sessions_.PollEnded("s", At(60'000));
  EXPECT_THAT(sessions_.TakeLost(At(70'000)), ElementsAre(Task(5)));
}

TEST_F(SessionsTest, Missing_NamesWhatAPollDoesNotListExceptWhatWasJustHandedOut) {
  sessions_.PollBegan("s", At(0));
  sessions_.Hold("s", Task(5), At(0), {});
  sessions_.Hold("s", Task(6), At(4'000), {});
  EXPECT_THAT(sessions_.Missing("s", {}, At(5'000)), ElementsAre(Task(5)));
  EXPECT_THAT(sessions_.Missing("s", {Task(6)}, At(20'000)), IsEmpty());
  EXPECT_THAT(sessions_.Missing("s", {}, At(20'000)), ElementsAre(Task(6)));
}

TEST_F(SessionsTest, Missing_NamesAllThatACompleteListLacksAtOnce) {
  sessions_.PollBegan("s", At(0));
  sessions_.Hold("s", Task(5), At(0), {});
  sessions_.Hold("s", Task(6), At(0), {});
  EXPECT_THAT(sessions_.Missing("s", {Task(6)}, At(0), milliseconds(0)), ElementsAre(Task(5)));
}

TEST_F(SessionsTest, Heartbeat_IsMissedOnceItsTimeIsOverAndNotBefore) {
  sessions_.Hold("s", Task(5), At(0), seconds(3));
  sessions_.Beat(Task(5), At(2'000));
  EXPECT_THAT(sessions_.TakeSilent(At(4'999)), IsEmpty());
  EXPECT_THAT(sessions_.TakeSilent(At(5'000)), ElementsAre(Task(5)));
  EXPECT_THAT(sessions_.TakeSilent(At(9'000)), IsEmpty());
}

TEST_F(SessionsTest, Heartbeat_IsWatchedWithoutASessionToo) {
  sessions_.Hold("", Task(5), At(0), seconds(3));
  EXPECT_EQ(sessions_.NextDue(), At(3'000));
  EXPECT_THAT(sessions_.TakeSilent(At(3'000)), ElementsAre(Task(5)));
}

TEST_F(SessionsTest, Await_GivesASessionOneSessionTimeToNameTheTask) {
  sessions_.Await("silent", Task(5), At(0), {});
  EXPECT_THAT(sessions_.TakeLost(At(10'000)), ElementsAre(Task(5)));

  // The session lives, but never says that it has the task: the hand-out was lost with the owner before.
  sessions_.PollBegan("s", At(0));
  sessions_.Await("s", Task(6), At(0), {});
  EXPECT_THAT(sessions_.Missing("s", {}, At(5'000), milliseconds(0)), IsEmpty()) << "it may be on its way";
  EXPECT_EQ(sessions_.NextDue(), At(10'000));
  EXPECT_THAT(sessions_.TakeLost(At(9'999)), IsEmpty());
  EXPECT_THAT(sessions_.TakeLost(At(10'000)), ElementsAre(Task(6)));
  EXPECT_THAT(sessions_.End("s"), IsEmpty());
}

TEST_F(SessionsTest, Await_IsOverWhenTheHolderNamesTheTaskOrBeatsForIt) {
  sessions_.PollBegan("s", At(0));
  sessions_.Await("s", Task(5), At(0), {});
  sessions_.Await("s", Task(6), At(0), seconds(30));
  sessions_.Expect("s", Task(5), At(9'000), {});
  sessions_.Beat(Task(6), At(9'000));
  EXPECT_THAT(sessions_.TakeLost(At(10'000)), IsEmpty());
  EXPECT_THAT(sessions_.End("s"), ElementsAre(Task(5), Task(6)));
}

TEST_F(SessionsTest, Await_LeavesATaskWithTheHolderThatWasHeardOfFirst) {
  sessions_.PollBegan("new", At(0));
  sessions_.Expect("new", Task(5), At(0), {});
  sessions_.Await("old", Task(5), At(1), {});
  EXPECT_THAT(sessions_.TakeLost(At(11'000)), IsEmpty());
  EXPECT_THAT(sessions_.End("new"), ElementsAre(Task(5)));
}

TEST_F(SessionsTest, Drop_TellsTheHolderOnceWhereAsked) {
  sessions_.PollBegan("s", At(0));
  sessions_.Hold("s", Task(5), At(0), seconds(3));
  sessions_.Hold("s", Task(6), At(0), {});
  sessions_.Drop(Task(5), true);
  sessions_.Drop(Task(6), false);
  EXPECT_THAT(sessions_.TakeCancelled("s"), ElementsAre(Task(5)));
  EXPECT_THAT(sessions_.TakeCancelled("s"), IsEmpty());
  EXPECT_THAT(sessions_.TakeSilent(At(60'000)), IsEmpty());
  EXPECT_THAT(sessions_.End("s"), IsEmpty());
}

TEST_F(SessionsTest, Await_GivesASessionThatWasHeardOfBeforeItsWholeTime) {
  sessions_.Heard("s", At(0));
  sessions_.Await("s", Task(5), At(9'000), {});
  EXPECT_THAT(sessions_.TakeLost(At(11'000)), IsEmpty());
  EXPECT_THAT(sessions_.TakeLost(At(19'000)), ElementsAre(Task(5)));
}

TEST_F(SessionsTest, WatcherOf_TellsWhoCountsTheHeartbeats) {
  sessions_.Hold("s", Task(5), At(0), seconds(3));
  EXPECT_TRUE(sessions_.IsHeldHere(Task(5)));
  EXPECT_EQ(sessions_.WatcherOf(Task(5)), "");
  ASSERT_TRUE(sessions_.Entrust("@other", Task(5), At(1)));
  EXPECT_FALSE(sessions_.IsHeldHere(Task(5)));
  EXPECT_EQ(sessions_.WatcherOf(Task(5)), "@other");
  EXPECT_EQ(sessions_.WatcherOf(Task(6)), "");
}

}  // namespace
}  // namespace pawl::dispatch
