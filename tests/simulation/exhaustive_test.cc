// Small worlds, gone through completely: one machine of three states, one node, a few actions in every order, and a
// lost append at every place. What chance misses is here. SIM_EXHAUSTIVE=n: sequences of n actions instead of four
// (three under AddressSanitizer, where four take minutes).
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "scheduler/partition/testing/engine_bench.h"
#include "shared/base/sanitizer.h"
#include "tests/simulation/ledger.h"

namespace pawl::simulation {
namespace {

using history::CallFate;
using history::ExecutionStatus;
using partition::EngineBench;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr char kMachine[] =
    R"({"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:us-east-1:000000000000:activity:a",)"
    R"("Retry":[{"ErrorEquals":["States.ALL"],"IntervalSeconds":1,"MaxAttempts":99}],"TimeoutSeconds":40,"Next":"W"},)"
    R"("W":{"Type":"Wait","Seconds":3,"Next":"P"},"P":{"Type":"Pass","Result":7,"End":true}}})";

// In place of chance: takes every choice once, the last one varying fastest.
class Counter {
 public:
  int Choose(int below) {
    if (place_ == choices_.size()) choices_.push_back({0, below});
    return choices_[place_++].first;
  }
  // To the next sequence of choices; false after the last.
  bool Next() {
    place_ = 0;
    while (!choices_.empty() && choices_.back().first + 1 == choices_.back().second) choices_.pop_back();
    if (choices_.empty()) return false;
    ++choices_.back().first;
    return true;
  }
  std::string Describe() const {
    std::string text;
    for (const auto& [choice, below] : choices_) text += std::to_string(choice) + " ";
    return text;
  }

 private:
  std::vector<std::pair<int, int>> choices_;
  size_t place_ = 0;
};

class SmallWorld {
 public:
  // What was found wrong; empty if nothing was.
  std::string Run(Counter& counter, int length) {
    node_ = &bench_.Boot("a");
    Start();
    bool may_lose = true;
    for (int i = 0; i < length && ledger_.violation().empty(); ++i) {
      if (may_lose) {
        int fate = counter.Choose(3);
        if (fate > 0) {
          may_lose = false;
          bench_.NextAppend({.outcome = fate == 1 ? CallFate::Outcome::kLostBefore : CallFate::Outcome::kLostAfter});
        }
      }
      Act(counter.Choose(6));
      Settle(milliseconds(1));
    }
    Finish();
    return ledger_.violation();
  }

 private:
  void Start() {
    auto reply = node_->Start("run", kMachine);
    Watch([this, reply] {
      if (!reply->value) return false;
      if (reply->value->ok()) {
        entity_ = (*reply->value)->entity;
        ledger_.OnStarted(*entity_);
      }
      return true;
    });
  }

  void Act(int action) {
    switch (action) {
      case 0:
        return Poll();
      case 1:
        return Answer(0, true);
      case 2:
        return Answer(0, false);
      case 3:
        return Answer(1, true);  // the hand-out before
      case 4:
        return Settle(seconds(4));
      default:
        bench_.Crash("a");
        watched_.clear();
        node_ = &bench_.Boot("a");
        Settle(seconds(6));
    }
  }

  void Poll() {
    auto reply = node_->Poll(1, "s");
    Watch([this, reply] {
      if (!reply->value) return false;
      for (const core::TaskDetails& task : *reply->value) {
        ledger_.OnHandedOut(task.task);
        handed_out_.push_back(task.task);
      }
      return true;
    });
  }

  void Answer(size_t from_last, bool succeeds) {
    if (handed_out_.size() <= from_last) return;
    core::TaskRef task = handed_out_[handed_out_.size() - 1 - from_last];
    core::CompleteTask command{.task = task, .outcome = core::TaskSuccess{"1"}, .from_holder = true};
    if (!succeeds) command.outcome = core::TaskFailure{"E", "why"};
    auto reply = node_->Submit(task.entity, command);
    Watch([this, reply, task] {
      if (!reply->value) return false;
      if (reply->value->ok()) {
        ledger_.OnResultAccepted(task, true);
      } else if (!absl::IsUnavailable(*reply->value)) {
        ledger_.OnTaskRefused(task, true, reply->value->ToString());
      }
      return true;
    });
  }

  void Watch(std::function<bool()> look) { watched_.push_back(std::move(look)); }
  void Settle(milliseconds time) {
    bench_.Run(time);
    std::erase_if(watched_, [](const std::function<bool()>& look) { return look(); });
    ledger_.CatchUp();
  }

  // Nothing goes wrong any more: it has to end as intended, and to leave nothing behind.
  void Finish() {
    for (int i = 0; i < 40 && ledger_.violation().empty(); ++i) {
      const history::ExecutionState* state = Execution();
      if (state != nullptr && !state->is_running()) break;
      if (state == nullptr) Start();
      Poll();
      Settle(seconds(1));
      Answer(0, true);
      Settle(seconds(5));
    }
    const history::ExecutionState* state = Execution();
    if (state == nullptr || state->status != ExecutionStatus::kSucceeded || state->output->text() != "7") {
      return ledger_.Accuse("the execution does not succeed");
    }
    Settle(seconds(20));
    partition::Engine::Stats stats = node_->engine().stats();
    if (stats.open_executions + stats.timers + stats.mailbox != 0) ledger_.Accuse("crumbs are left");
  }

  const history::ExecutionState* Execution() {
    return ledger_.executions().empty() ? nullptr : &ledger_.executions().begin()->second;
  }

  EngineBench bench_{1};
  EngineBench::Node* node_ = nullptr;
  Ledger ledger_{bench_.shared_store()};
  std::optional<base::EntityId> entity_;
  std::vector<core::TaskRef> handed_out_;
  std::vector<std::function<bool()>> watched_;
};

TEST(SmallWorlds, KeepEveryPromiseInEveryOrder) {
  const char* asked = std::getenv("SIM_EXHAUSTIVE");
  const int length = asked != nullptr ? std::atoi(asked) : base::kAddressSanitizer ? 3 : 4;
  Counter counter;
  int worlds = 0;
  do {
    std::string violation = SmallWorld().Run(counter, length);
    ASSERT_EQ(violation, "") << "choices " << counter.Describe();
    ++worlds;
  } while (counter.Next());
  std::printf("%d worlds of %d actions\n", worlds, length);
}

}  // namespace
}  // namespace pawl::simulation
