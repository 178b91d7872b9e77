#include <gtest/gtest.h>

#include <map>

#include "history/memory/memory_log.h"
#include "tests/contract/log_driver.h"

namespace pawl::test {
namespace {

// Virtual time, and an executor whose work runs when the test waits.
class World : public base::Executor, public base::Clock {
 public:
  void Post(Work work) override { work_.emplace(now_, std::move(work)); }
  TimerHandle PostAt(base::MonotonicTime due, Work work) override {
    work_.emplace(std::max(due, now_), std::move(work));
    return ++handle_;
  }
  void Cancel(TimerHandle) override {}
  base::WallTime WallNow() const override { return base::WallTime(); }
  base::MonotonicTime MonotonicNow() const override { return now_; }
  void Pass(std::chrono::milliseconds time) { now_ += time; }
  bool RunOne() {
    if (work_.empty()) return false;
    auto next = work_.begin();
    now_ = std::max(now_, next->first);
    Work work = std::move(next->second);
    work_.erase(next);
    work();
    return true;
  }

 private:
  base::MonotonicTime now_{std::chrono::seconds(1)};
  std::multimap<base::MonotonicTime, Work> work_;
  TimerHandle handle_ = 0;
};

class MemoryTarget : public LogTarget, public history::FaultPlan {
 public:
  std::unique_ptr<history::EventLog> NewSession() override {
    return std::make_unique<history::MemoryLog>(store_, world_, world_, this);
  }
  void RunUntil(const std::function<bool()>& done) override {
    while (!done()) ASSERT_TRUE(world_.RunOne()) << "nothing is left to do, but no answer came";
  }
  void Pass(std::chrono::milliseconds time) override { world_.Pass(time); }
  void LoseNextAppend(bool after_commit) override {
    next_append_ = after_commit ? history::CallFate::Outcome::kLostAfter : history::CallFate::Outcome::kLostBefore;
  }
  history::CallFate Next(history::CallKind kind) override {
    if (kind != history::CallKind::kAppend) return {};
    return {.outcome = std::exchange(next_append_, history::CallFate::Outcome::kAnswered)};
  }

 private:
  World world_;
  std::shared_ptr<history::MemoryStore> store_ = std::make_shared<history::MemoryStore>(world_);
  history::CallFate::Outcome next_append_ = history::CallFate::Outcome::kAnswered;
};

}  // namespace

std::unique_ptr<LogTarget> NewMemoryTarget() { return std::make_unique<MemoryTarget>(); }

}  // namespace pawl::test
