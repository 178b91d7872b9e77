#include "scheduler/dispatch/fair_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace pawl::dispatch {
namespace {

using testing::ElementsAre;

TEST(FairQueue, ServesFlowsInTurnAndEachInOrder) {
  FairQueue<std::string> queue;
  for (const char* item : {"a1", "a2", "a3"}) queue.Push(1, 1, item);
  queue.Push(2, 1, "b1");
  queue.Push(2, 1, "b2");
  EXPECT_EQ(queue.flows(), 2u);
  EXPECT_THAT(queue.TakeAll(), ElementsAre("a1", "b1", "a2", "b2", "a3"));
  EXPECT_TRUE(queue.empty());
}

TEST(FairQueue, ServesByWeight) {
  FairQueue<int> queue;
  for (int i = 0; i < 300; ++i) {
    queue.Push(1, 1, 1);
    queue.Push(2, 3, 2);
  }
  int served[3] = {};
  for (int i = 0; i < 200; ++i) ++served[queue.Pop()];
  EXPECT_EQ(served[1], 50);
  EXPECT_EQ(served[2], 150);
}

TEST(FairQueue, ANewcomerWaitsForOneTurnOfEachOther) {
  FairQueue<int> queue;
  for (int i = 0; i < 1000; ++i) queue.Push(1, 5, 1);
  queue.Pop();
  queue.Push(2, 1, 2);
  int before = 0;
  while (queue.Pop() != 2) ++before;
  EXPECT_LE(before, 5);
}

TEST(FairQueue, EraseIf_KeepsTheTurnsOfTheRest) {
  FairQueue<int> queue;
  for (int i = 0; i < 4; ++i) queue.Push(1, 1, i);
  queue.Push(2, 1, 100);
  queue.EraseIf([](int item) { return item == 100 || item % 2 == 0; });
  EXPECT_EQ(queue.size(), 2u);
  EXPECT_EQ(queue.flows(), 1u);
  queue.Push(2, 1, 7);
  EXPECT_THAT(queue.TakeAll(), ElementsAre(1, 7, 3));
}

}  // namespace
}  // namespace pawl::dispatch
