// Every command on every family of states, and what each of them leads to.
#include "scheduler/core/decide.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "scheduler/core/testing/bench.h"

namespace pawl::core {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;

// One state T (or more, given in `rest`) in a machine.
std::string Machine(const std::string& state, const std::string& rest = "") {
  return R"({"StartAt":"T","States":{"T":{)" + state + "}" + rest + "}}";
}
std::string TaskState(const std::string& more = "", const std::string& rest = "") {
  return Machine(
      R"("Type":"Task","Resource":"arn:aws:states:us-east-1:000000000000:activity:a")" + more +
          (more.find("Next") == std::string::npos || more.find("Catch") != std::string::npos ? R"(,"End":true)" : ""),
      rest);
}
std::string ServiceTask(const std::string& action, const std::string& more = "") {
  return Machine(R"("Type":"Task","Resource":"arn:aws:states:::)" + action + R"(","End":true)" + more);
}
constexpr char kInner[] = R"({"StartAt":"I","States":{"I":{"Type":"Wait","Seconds":9,"End":true}}})";
constexpr char kWait[] = R"({"StartAt":"T","States":{"T":{"Type":"Wait","Seconds":9,"End":true}}})";

// ---- the table: 'x' refused, '.' taken without an event, '+' taken with events

struct Family {
  const char* name;
  std::function<Bench()> make;
  const char* expected;  // one letter per command, in the order of Commands()
};

std::vector<std::pair<std::string, std::function<Command(const TaskRef&)>>> Commands() {
  using Kind = TimerKind;
  auto timer = [](Kind kind) {
    return [kind](const TaskRef& task) -> Command {
      return FireTimer{kind == Kind::kExecution ? base::FrameId() : task.frame, kind};
    };
  };
  return {{"start again", [](const TaskRef&) -> Command { return StartExecution{}; }},
          {"start the task", [](const TaskRef& t) -> Command { return StartTask{.task = t, .session = "s"}; }},
          {"its holder succeeds",
           [](const TaskRef& t) -> Command {
             return CompleteTask{t, TaskSuccess{"{}"}, true};
           }},
          {"a token holder succeeds",
           [](const TaskRef& t) -> Command {
             return CompleteTask{t, TaskSuccess{"{}"}, false};
           }},
          {"its holder fails",
           [](const TaskRef& t) -> Command {
             return CompleteTask{t, TaskFailure{}, true};
           }},
          {"it is handed back",
           [](const TaskRef& t) -> Command {
             return ReleaseTask{t, false};
           }},
          {"its worker is lost",
           [](const TaskRef& t) -> Command {
             return ReleaseTask{t, true};
           }},
          {"checkpoint",
           [](const TaskRef& t) -> Command {
             return CheckpointTask{t, "at 3"};
           }},
          {"heartbeat missed", [](const TaskRef& t) -> Command { return HeartbeatMissed{t}; }},
          {"execution timer", timer(Kind::kExecution)},
          {"task timer", timer(Kind::kTask)},
          {"wait timer", timer(Kind::kWait)},
          {"backoff timer", timer(Kind::kBackoff)},
          {"continue", [](const TaskRef& t) -> Command { return Continue{t.frame}; }},
          {"stop", [](const TaskRef&) -> Command { return StopExecution{}; }}};
}

// The reference that the commands name: of the waiting task, or of what would be one in frame 1.
TaskRef RefIn(const Bench& bench) {
  for (const auto& [id, frame] : bench.state.frames) {
    if (std::holds_alternative<history::WaitingForTask>(frame.waiting)) return bench.Task(id.value());
  }
  return {bench.state.id, base::FrameId(1), base::EventId(3), 1};
}

TEST(Decide, TakesEachCommandInTheStatesThatItIsFor) {
  auto started = [](const std::string& definition) {
    Bench bench(definition);
    bench.Start();
    return bench;
  };
  auto taken = [&](const std::string& definition, bool restartable = false) {
    Bench bench = started(definition);
    bench.Take("s", restartable);
    return bench;
  };
  const std::vector<Family> families = {
      {"a task on offer", [&] { return started(TaskState()); },
       "x+++"
       "+xx+"
       "+xxx"
       "xx+"},
      {"a task with a timeout, in time", [&] { return started(TaskState(R"(,"TimeoutSeconds":5)")); },
       "x+++"
       "+xx+"
       "+x.x"
       "xx+"},
      {"a task that is held", [&] { return taken(TaskState()); },
       "xx++"
       "++++"
       "+xxx"
       "xx+"},
      {"a restartable task that is held", [&] { return taken(TaskState(), true); },
       "xx++"
       "++++"
       "+xxx"
       "xx+"},
      {"a .sync task that is held", [&] { return taken(ServiceTask("batch:submitJob.sync")); },
       "xx++"
       "++++"
       "+xxx"
       "xx+"},
      {"a submitted .sync task",
       [&] {
         Bench bench = taken(ServiceTask("batch:submitJob.sync"));
         bench.Do(CheckpointTask{bench.Task(), "job 1"});
         return bench;
       },
       "xx++"
       "++++"
       "+xxx"
       "xx+"},
      {"a submitted task that waits for its token",
       [&] {
         Bench bench = taken(ServiceTask("sqs:sendMessage.waitForTaskToken"));
         bench.Succeed();
         return bench;
       },
       "xxx+"
       "xxx+"
       "+xxx"
       "xx+"},
      {"a wait that is not over", [&] { return started(kWait); },
       "xxxx"
       "xxxx"
       "xxx."
       "xx+"},
      {"a wait that is over",
       [&] {
         Bench bench = started(kWait);
         bench.Advance(seconds(9));
         return bench;
       },
       "xxxx"
       "xxxx"
       "xxx+"
       "xx+"},
      {"a backoff that is over",
       [&] {
         Bench bench = taken(TaskState(R"(,"Retry":[{"ErrorEquals":["States.ALL"]}])"));
         bench.Fail("E");
         bench.Advance(seconds(1));
         return bench;
       },
       "xxxx"
       "xxxx"
       "xxxx"
       "+x+"},
      {"a Parallel that waits for its branches",
       [&] { return started(Machine(R"("Type":"Parallel","End":true,"Branches":[)" + std::string(kInner) + "]")); },
       "xxxx"
       "xxxx"
       "xxxx"
       "xx+"},
      {"a Map that waits for its iterations",
       [&] {
         return started(Machine(R"("Type":"Map","End":true,"Items":[1],"QueryLanguage":"JSONata","ItemProcessor":)" +
                                std::string(kInner)));
       },
       "xxxx"
       "xxxx"
       "xxxx"
       "xx+"},
      {"a state that was entered only",
       [&] {
         Bench bench(Machine(R"("Type":"Pass","Next":"U")", R"(,"U":{"Type":"Pass","End":true})"));
         bench.limits.transitions_per_decision_max = 1;
         bench.Start();
         return bench;
       },
       "xxxx"
       "xxxx"
       "xxxx"
       "x++"},
      {"an execution with a timeout, in time",
       [&] { return started(R"({"TimeoutSeconds":99,)" + std::string(kWait).substr(1)); },
       "xxxx"
       "xxxx"
       "x.x."
       "xx+"},
      {"one whose time is over",
       [&] {
         Bench bench = started(R"({"TimeoutSeconds":5,)" + std::string(kWait).substr(1));
         bench.Advance(seconds(5));
         return bench;
       },
       "xxxx"
       "xxxx"
       "x+x."
       "xx+"},
      {"an execution that has ended", [&] { return started(Machine(R"("Type":"Pass","End":true)")); },
       "xxxx"
       "xxxx"
       "xxxx"
       "xxx"},
  };
  for (const Family& family : families) {
    std::string found;
    std::string expected = family.expected;
    const auto commands = Commands();
    ASSERT_EQ(expected.size(), commands.size()) << family.name;
    for (size_t i = 0; i < commands.size(); ++i) {
      Bench bench = family.make();
      size_t before = bench.events.size();
      std::string told = bench.Do(commands[i].second(RefIn(bench)));
      char letter = told == "refused" ? 'x' : bench.events.size() > before ? '+' : '.';
      EXPECT_EQ(letter, expected[i]) << family.name << ": " << commands[i].first << " -> " << told;
    }
  }
}

// ---- the straight way

TEST(Decide, RunsPassStatesInOneDecision) {
  Bench bench(Machine(R"("Type":"Pass","Next":"U")", R"(,"U":{"Type":"Pass","Result":7,"End":true})"));
  EXPECT_EQ(bench.Start(),
            "ExecutionStarted StateEntered(T) StateExited(T) StateEntered(U) StateExited(U) ExecutionSucceeded / "
            "Ended(SUCCEEDED)");
  EXPECT_EQ(bench.Ending(), "SUCCEEDED 7");
  EXPECT_EQ(bench.state.revision, 1);
  EXPECT_EQ(bench.Owed(), "");
}

TEST(Decide, StopsALongDecisionAndGoesOnInTheNext) {
  Bench bench(Machine(R"("Type":"Pass","Next":"U")", R"(,"U":{"Type":"Pass","End":true})"));
  bench.limits.transitions_per_decision_max = 1;
  EXPECT_EQ(bench.Start(), "ExecutionStarted StateEntered(T) StateExited(T) StateEntered(U) / Continue(1)");
  EXPECT_EQ(bench.Owed(), "Continue(1)");
  EXPECT_EQ(bench.Do(Continue{base::FrameId(1)}), "StateExited(U) ExecutionSucceeded / Ended(SUCCEEDED)");
}

TEST(Decide, TimestampsNeverDecreaseWhenTheClockSteps) {
  Bench bench(kWait);
  bench.Start();
  base::WallTime started = bench.now;
  bench.Advance(-seconds(100));
  bench.Do(StopExecution{});
  EXPECT_EQ(bench.events.back().at, started);
}

TEST(Decide, WaitsUntilTheTimeHasComeHoweverOftenTheTimerFires) {
  Bench bench(kWait);
  EXPECT_EQ(bench.Start(), "ExecutionStarted StateEntered(T) ~WaitStarted / Arm(wait 9s)");
  bench.Advance(seconds(4));
  EXPECT_EQ(bench.Fire(TimerKind::kWait), "/ Arm(wait 5s)");
  EXPECT_EQ(bench.Owed(), "Arm(wait 5s)");
  bench.Advance(seconds(5));
  EXPECT_EQ(bench.Fire(TimerKind::kWait), "StateExited(T) ExecutionSucceeded / Ended(SUCCEEDED)");
  EXPECT_EQ(bench.Fire(TimerKind::kWait), "refused");
}

TEST(Decide, StopsTheEventCountWhereItIsLimited) {
  Bench bench(Machine(R"("Type":"Choice","Choices":[{"Variable":"$.x","IsPresent":true,"Next":"U"}],"Default":"T")",
                      R"(,"U":{"Type":"Succeed"})"));
  bench.limits.events_max = 10;
  bench.Start();
  EXPECT_EQ(bench.Ending(), "FAILED States.Runtime: The execution reached the maximum number of history events (10).");
  EXPECT_EQ(bench.events.back().id, base::EventId(10));
}

TEST(Decide, LetsTheLastEventThatThereMayBeEndTheExecution) {
  const auto pass = [](const std::string& name, const std::string& then) {
    return '"' + name + R"(":{"Type":"Pass",)" + then + "}";
  };
  Bench bench(R"({"StartAt":"A","States":{)" + pass("A", R"("Next":"B")") + "," + pass("B", R"("End":true)") + "}}");
  bench.limits.events_max = 6;
  bench.Start();
  EXPECT_THAT(bench.Ending(), HasSubstr("SUCCEEDED"));
  EXPECT_EQ(bench.events.back().id, base::EventId(6));
  Bench task(TaskState());
  task.limits.events_max = 6;
  task.Start();
  EXPECT_THAT(task.Ending(), HasSubstr("FAILED States.Runtime: The execution reached"));
  EXPECT_EQ(task.events.back().id, base::EventId(3));
}

// ---- the end from outside

TEST(Decide, StoppingEndsWhatRuns) {
  struct Case {
    std::string definition;
    std::string effects;
  };
  for (const Case& c : std::vector<Case>{{TaskState(R"(,"TimeoutSeconds":5)"), "Cancel(task) Revoke Ended(ABORTED)"},
                                         {TaskState(), "Revoke Ended(ABORTED)"},
                                         {kWait, "Cancel(wait) Ended(ABORTED)"}}) {
    Bench bench(c.definition);
    bench.Start();
    EXPECT_EQ(bench.Do(StopExecution{"E", "why"}), "ExecutionAborted / " + c.effects);
    EXPECT_EQ(bench.Ending(), "ABORTED E: why");
    EXPECT_TRUE(bench.state.frames.empty());
    EXPECT_EQ(bench.events.back().previous, base::EventId(0));
  }
}

TEST(Decide, AnExecutionsTimeoutEndsItWhereverItStands) {
  Bench bench(R"({"TimeoutSeconds":5,)" + std::string(kWait).substr(1));
  EXPECT_EQ(bench.Start(), "ExecutionStarted StateEntered(T) ~WaitStarted / Arm(execution 5s) Arm(wait 9s)");
  EXPECT_EQ(bench.Owed(), "Arm(execution 5s) Arm(wait 9s)");
  bench.Advance(seconds(5));
  EXPECT_EQ(bench.Fire(TimerKind::kExecution), "ExecutionTimedOut / Cancel(wait) Ended(TIMED_OUT)");
  EXPECT_EQ(bench.Ending(), "TIMED_OUT");
}

}  // namespace
}  // namespace pawl::core
