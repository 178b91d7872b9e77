// One execution at a time for tests of Decide: compiles a definition, gives commands, and tells decisions as one line
// of text: the events, then the effects after a slash.
//
//   Bench bench(R"({"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":5,"End":true}}})");
//   EXPECT_EQ(bench.Start(), "ExecutionStarted StateEntered(W) ~WaitStarted / Arm(wait 5s)");
//
// Internal events carry a tilde. After every decision the bench folds all events so far from nothing and expects the
// very state that Decide left.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "scheduler/core/decide.h"

namespace pawl::core {

class Bench {
 public:
  explicit Bench(const std::string& definition, const std::string& input = "{}");

  std::string Start();
  std::string Do(const Command& command);
  // The same for a command on the task that was offered or handed out last.
  std::string Take(const std::string& session = "s", bool restartable = false);
  std::string Succeed(const std::string& output = "{}");
  std::string Fail(const std::string& error);
  std::string Fire(TimerKind kind, int64_t frame = 1);
  // What the state owes to the world.
  std::string Owed() const;

  void Advance(std::chrono::milliseconds by) { now += by; }
  // The running task of a frame; CHECKs that there is one.
  TaskRef Task(int64_t frame = 0) const;
  // Of a task that is gone by now.
  static TaskRef Older(TaskRef task) {
    --task.attempt;
    return task;
  }
  const history::Event* Last(const std::string& name) const;
  std::string Ending() const;

  base::WallTime now{std::chrono::hours(500'000)};
  Limits limits;
  BindingOptions binding;
  int polls = 0;  // waiting polls: so many tasks are claimed as they are scheduled
  history::ExecutionState state;
  std::vector<history::Event> events;  // all so far

 private:
  std::string Tell(const Decision& decision);
  std::string Describe(const Effects& effects) const;

  std::shared_ptr<const asl::Program> program_;
  std::string input_;
};

// "StateEntered(W)", "~WaitStarted".
std::string NameOf(const history::Event& event);

}  // namespace pawl::core
