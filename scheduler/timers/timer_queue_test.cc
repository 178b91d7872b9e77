#include "scheduler/timers/timer_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pawl::timers {
namespace {

using testing::ElementsAre;
using Queue = TimerQueue<int, int>;

TEST(TimerQueue, GivesWhatIsDueEarliestFirst) {
  Queue queue;
  queue.Set(1, 30);
  queue.Set(2, 10);
  queue.Set(3, 20);
  EXPECT_EQ(queue.next_due(), 10);
  EXPECT_THAT(queue.TakeDue(20, 10), ElementsAre(2, 3));
  EXPECT_THAT(queue.TakeDue(20, 10), ElementsAre());
  EXPECT_EQ(queue.size(), 1u);
}

TEST(TimerQueue, EqualTimesFireInKeyOrder) {
  Queue queue;
  for (int key : {5, 1, 3}) queue.Set(key, 7);
  EXPECT_THAT(queue.TakeDue(7, 2), ElementsAre(1, 3));
  EXPECT_THAT(queue.TakeDue(7, 2), ElementsAre(5));
}

TEST(TimerQueue, SettingAgainMovesATimer) {
  Queue queue;
  queue.Set(1, 10);
  queue.Set(1, 50);
  EXPECT_THAT(queue.TakeDue(49, 10), ElementsAre());
  EXPECT_THAT(queue.TakeDue(50, 10), ElementsAre(1));
}

TEST(TimerQueue, ARemovedTimerNeverFires) {
  Queue queue;
  queue.Set(1, 10);
  queue.Remove(1);
  queue.Remove(2);
  EXPECT_FALSE(queue.next_due());
  EXPECT_THAT(queue.TakeDue(100, 10), ElementsAre());
}

}  // namespace
}  // namespace pawl::timers
