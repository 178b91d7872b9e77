#include "shared/wait/short_wait.h"

#include <gtest/gtest.h>

#include <thread>

namespace pawl::wait {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

// A wait for something that comes after that long; how often it was looked for.
int WaitFor(ShortWait& wait, microseconds after) {
  const auto comes = std::chrono::steady_clock::now() + after;
  int looks = 0;
  bool is_there = false;
  wait.Begin();
  while (!is_there && wait.Looks()) {
    ++looks;
    is_there = std::chrono::steady_clock::now() >= comes;
  }
  if (!is_there) std::this_thread::sleep_until(comes);
  wait.End();
  return looks;
}

TEST(ShortWait, LooksOnlyAfterAShortWait) {
  ShortWait wait(milliseconds(50));
  EXPECT_EQ(WaitFor(wait, milliseconds(1)), 0);  // nothing is known yet
  EXPECT_GT(WaitFor(wait, milliseconds(1)), 1);
  EXPECT_GT(WaitFor(wait, milliseconds(60)), 1);  // until it turns out to be long
  EXPECT_EQ(WaitFor(wait, milliseconds(1)), 0);
  EXPECT_GT(WaitFor(wait, milliseconds(1)), 1);
}

TEST(ShortWait, EndsItsLooksInTime) {
  ShortWait wait(milliseconds(5));
  WaitFor(wait, microseconds(0));
  wait.Begin();
  const auto began = std::chrono::steady_clock::now();
  while (wait.Looks()) {
  }
  EXPECT_GE(std::chrono::steady_clock::now() - began, milliseconds(5));
}

TEST(ShortWait, IsQuietWhereNothingWasThereAtOnce) {
  ShortWait wait(milliseconds(50));
  WaitFor(wait, milliseconds(1));
  EXPECT_TRUE(wait.was_quiet());
  // A machine that is busy may take long over nothing; not each time.
  for (int i = 0; i < 100 && wait.was_quiet(); ++i) {
    wait.Begin();
    wait.End();
  }
  EXPECT_FALSE(wait.was_quiet());
}

TEST(ShortWait, TellsOfTheThreadThatItServes) {
  std::thread([] {
    ShortWait wait(milliseconds(50)), other(milliseconds(50));
    WaitFor(other, milliseconds(1));
    EXPECT_FALSE(ShortWait::IsThreadQuiet());
    wait.ServeThread();
    EXPECT_FALSE(ShortWait::IsThreadQuiet());
    WaitFor(wait, milliseconds(1));
    EXPECT_TRUE(ShortWait::IsThreadQuiet());
  }).join();
}

// Last, for it holds for the process.
TEST(ShortWaitForbidden, SleepsAlways) {
  ShortWait::Forbid();
  ShortWait wait(milliseconds(50));
  WaitFor(wait, milliseconds(1));
  EXPECT_EQ(WaitFor(wait, milliseconds(1)), 0);
}

}  // namespace
}  // namespace pawl::wait
