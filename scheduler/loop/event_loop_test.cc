#include "scheduler/loop/event_loop.h"

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <thread>
#include <vector>

namespace pawl::scheduler {
namespace {

using std::chrono::milliseconds;

class Loop : public ::testing::Test {
 protected:
  // Runs `work` on the loop and waits for it.
  void Do(const std::function<void()>& work) {
    std::promise<void> done;
    loop_.Post([&] {
      work();
      done.set_value();
    });
    done.get_future().wait();
  }
  // The loop is idle once this returns: nothing was posted behind.
  void BecomeIdle() {
    Do([] {});
    Do([] {});
    std::this_thread::sleep_for(milliseconds(20));
  }

  SystemClock clock_;
  EventLoop loop_{clock_, "test"};
};

TEST_F(Loop, RunsWhatIsPostedInOrder) {
  std::vector<int> seen;
  for (int i = 0; i < 100; ++i) loop_.Post([&seen, i] { seen.push_back(i); });
  Do([] {});
  ASSERT_EQ(seen.size(), 100u);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(seen[static_cast<size_t>(i)], i);
}

TEST_F(Loop, WorkOfAnIdleLoopRunsOnTheThreadThatIsLent) {
  BecomeIdle();
  std::vector<std::thread::id> ran;
  loop_.Lend([&] {
    ran.push_back(std::this_thread::get_id());
    loop_.Post([&] { ran.push_back(std::this_thread::get_id()); });
    loop_.Lend([&] { ran.push_back(std::this_thread::get_id()); });
  });
  EXPECT_EQ(ran, std::vector(3, std::this_thread::get_id()));
}

TEST_F(Loop, CountsItsCpuWhicheverThreadItIs) {
  auto spin = [] {
    const auto until = std::chrono::steady_clock::now() + milliseconds(20);
    while (std::chrono::steady_clock::now() < until) {
    }
  };
  BecomeIdle();
  const auto before = loop_.Cpu();
  loop_.Lend(spin);
  const auto lent = loop_.Cpu();
  EXPECT_GT(lent - before, milliseconds(2));  // the machine may be busy
  Do(spin);
  EXPECT_GT(loop_.Cpu() - lent, milliseconds(2));
}

TEST_F(Loop, WorkLentToABusyLoopIsRunByIt) {
  std::promise<void> began, go;
  std::promise<std::thread::id> ran;
  loop_.Post([&] {
    began.set_value();
    go.get_future().wait();
  });
  began.get_future().wait();
  loop_.Lend([&] { ran.set_value(std::this_thread::get_id()); });
  go.set_value();
  EXPECT_NE(ran.get_future().get(), std::this_thread::get_id());
}

TEST_F(Loop, ALentThreadGoesThoughMoreIsPosted) {
  BecomeIdle();
  constexpr int kRounds = 1000;
  int rounds = 0, here = 0;
  std::promise<void> done;
  const std::thread::id me = std::this_thread::get_id();
  std::function<void()> again = [&] {
    if (std::this_thread::get_id() == me) ++here;
    if (++rounds == kRounds) return done.set_value();
    loop_.Post(again);
  };
  loop_.Lend(again);
  done.get_future().wait();
  EXPECT_GE(here, 1);
  EXPECT_LT(here, 10);
}

TEST_F(Loop, ATimerThatALentThreadSetsIsEarlierThanTheOneTheLoopSleepsFor) {
  Do([this] { loop_.PostAt(clock_.MonotonicNow() + std::chrono::hours(1), [] {}); });
  BecomeIdle();
  std::promise<std::thread::id> fired;
  loop_.Lend([&] {
    loop_.PostAt(clock_.MonotonicNow() + milliseconds(5), [&] { fired.set_value(std::this_thread::get_id()); });
  });
  EXPECT_NE(fired.get_future().get(), std::this_thread::get_id());
}

TEST_F(Loop, TimersThatSetEachOtherLeaveOthersTheirTurn) {
  constexpr int kTimers = 100;
  int fired = 0, fired_before = -1;
  std::promise<void> last;
  const base::MonotonicTime due = clock_.MonotonicNow();
  std::function<void()> again = [&] {
    // As soon as the first has fired, something else is there to do.
    if (fired == 0) loop_.Post([&] { fired_before = fired; });
    if (++fired == kTimers) return last.set_value();
    loop_.PostAt(due, again);
  };
  Do([&] { loop_.PostAt(due, again); });
  last.get_future().wait();
  EXPECT_EQ(fired_before, 1);
}

TEST_F(Loop, ACancelledTimerDoesNotFire) {
  bool fired = false;
  std::promise<void> later;
  Do([&] {
    const auto handle = loop_.PostAt(clock_.MonotonicNow() + milliseconds(5), [&] { fired = true; });
    loop_.PostAt(clock_.MonotonicNow() + milliseconds(10), [&] { later.set_value(); });
    loop_.Cancel(handle);
  });
  later.get_future().wait();
  EXPECT_FALSE(fired);
}

// What runs needs no lock whoever lends his thread; ThreadSanitizer looks at this too.
TEST_F(Loop, OnePieceRunsAtATimeAndNoneIsLost) {
  constexpr int kEach = 5000;
  int ran = 0;
  std::vector<std::thread> callers;
  callers.reserve(4);
  for (int caller = 0; caller < 4; ++caller) {
    callers.emplace_back([&, caller] {
      for (int i = 0; i < kEach; ++i) {
        auto work = [&] {
          if (++ran % 7 == 0) loop_.Cancel(loop_.PostAt(clock_.MonotonicNow() + std::chrono::seconds(9), [] {}));
          loop_.Post([&] { ++ran; });
        };
        if (caller % 2 == 0) {
          loop_.Lend(work);
        } else {
          loop_.Post(work);
        }
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  Do([] {});
  Do([] {});
  EXPECT_EQ(ran, 2 * 4 * kEach);
}

TEST(EventLoop, StopsWhileThreadsAreLent) {
  for (int i = 0; i < 200; ++i) {
    SystemClock clock;
    EventLoop loop(clock, "test");
    int ran = 0;
    std::thread lender([&] {
      for (int k = 0; k < 20; ++k) loop.Lend([&] { ++ran; });
    });
    loop.Stop();
    const int seen = ran;  // nothing runs after Stop
    lender.join();
    EXPECT_EQ(ran, seen);
  }
}

}  // namespace
}  // namespace pawl::scheduler
