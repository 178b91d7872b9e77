// Parallel branches, Map iterations, and the variables of their scopes.
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "scheduler/core/testing/bench.h"

namespace pawl::core {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;

// The state that `more` names in a Catch, if it has one.
std::string CatcherOf(const std::string& more) {
  return more.find(R"("Catch")") == std::string::npos ? "" : R"(,"C":{"Type":"Succeed"})";
}

std::string TaskIn(const std::string& name, const std::string& more = "") {
  return R"({"StartAt":")" + name + R"(","States":{")" + name +
         R"(":{"Type":"Task","Resource":"arn:aws:states:us-east-1:000000000000:activity:a","End":true)" + more + "}}}";
}
std::string Parallel(const std::string& branches, const std::string& more = "") {
  return R"({"StartAt":"P","States":{"P":{"Type":"Parallel","Next":"D","Branches":[)" + branches + "]" + more +
         R"(},"D":{"Type":"Succeed"})" + CatcherOf(more) + "}}";
}
std::string Map(const std::string& processor, const std::string& more = "") {
  return R"({"StartAt":"M","States":{"M":{"Type":"Map","Next":"D","ItemProcessor":)" + processor + more +
         R"(},"D":{"Type":"Succeed"})" + CatcherOf(more) + "}}";
}
std::string TwoTasks(const std::string& more = "") { return Parallel(TaskIn("A") + "," + TaskIn("B"), more); }

std::string Finish(Bench& bench, int64_t frame, const std::string& output) {
  TaskRef task = bench.Task(frame);
  bench.Do(StartTask{.task = task, .session = "s"});
  return bench.Do(CompleteTask{task, TaskSuccess{output}, true});
}
std::string Break(Bench& bench, int64_t frame, const std::string& error) {
  TaskRef task = bench.Task(frame);
  bench.Do(StartTask{.task = task, .session = "s"});
  return bench.Do(CompleteTask{task, TaskFailure{error, "why"}, true});
}

TEST(DecideParallel, JoinsItsBranchesInTheirOrder) {
  Bench bench(TwoTasks());
  EXPECT_EQ(bench.Start(),
            "ExecutionStarted StateEntered(P) ParallelStarted StateEntered(A) TaskScheduled StateEntered(B) "
            "TaskScheduled / Offer(a #1) Offer(a #1)");
  EXPECT_EQ(Finish(bench, 3, "2"), "TaskSucceeded StateExited(B) ~BranchSucceeded");
  EXPECT_EQ(bench.Owed(), "Offer(a #1)");
  EXPECT_EQ(Finish(bench, 2, "1"),
            "TaskSucceeded StateExited(A) ~BranchSucceeded ParallelSucceeded StateExited(P) StateEntered(D) "
            "StateExited(D) ExecutionSucceeded / Ended(SUCCEEDED)");
  EXPECT_EQ(bench.Ending(), "SUCCEEDED [1,2]");
}

TEST(DecideParallel, AFailedBranchCutsTheOthersShort) {
  Bench bench(TwoTasks());
  bench.Start();
  EXPECT_EQ(Break(bench, 2, "E"),
            "TaskFailed(E) StateAborted StateAborted ~ChildrenRemoved ParallelFailed ExecutionFailed(E) / Revoke "
            "Ended(FAILED)");
}

TEST(DecideParallel, IsTriedAgainAsAWholeAndForgetsItsOldBranches) {
  Bench bench(TwoTasks(R"(,"Retry":[{"ErrorEquals":["E"],"MaxAttempts":1}])"));
  bench.Start();
  TaskRef late = bench.Task(3);
  EXPECT_EQ(Break(bench, 2, "E"),
            "TaskFailed(E) StateAborted StateAborted ~ChildrenRemoved ~RetryScheduled(0) / Revoke Arm(backoff 1s)");
  EXPECT_EQ(bench.Owed(), "Arm(backoff 1s)");
  bench.Advance(seconds(1));
  EXPECT_EQ(bench.Fire(TimerKind::kBackoff),
            "ParallelStarted StateEntered(A) TaskScheduled StateEntered(B) TaskScheduled / Offer(a #1) Offer(a #1)");
  EXPECT_EQ(bench.Do(CompleteTask{late, TaskSuccess{"{}"}, true}), "refused");
  Finish(bench, 4, "1");
  Finish(bench, 5, "2");
  EXPECT_EQ(bench.Ending(), "SUCCEEDED [1,2]");
}

TEST(DecideParallel, CatchesWhatItsBranchesDoNot) {
  Bench bench(Parallel(TaskIn("A", R"(,"Retry":[{"ErrorEquals":["E"],"MaxAttempts":1}])"),
                       R"(,"Catch":[{"ErrorEquals":["E"],"Next":"C"}])"));
  bench.Start();
  EXPECT_EQ(Break(bench, 2, "E"), "TaskFailed(E) ~RetryScheduled(0) / Arm(backoff 1s)");
  bench.Advance(seconds(1));
  bench.Fire(TimerKind::kBackoff, 2);
  EXPECT_THAT(Break(bench, 2, "E"), HasSubstr("ParallelFailed StateExited(P) StateEntered(C)"));
  EXPECT_EQ(bench.Ending(), R"(SUCCEEDED {"Error":"E","Cause":"why"})");
}

TEST(DecideParallel, StoppingEndsAllThatRunsInside) {
  Bench bench(TwoTasks());
  bench.Start();
  EXPECT_EQ(bench.Do(StopExecution{}), "ExecutionAborted / Revoke Revoke Ended(ABORTED)");
}

TEST(DecideMap, RunsAsManyAtOnceAsItMay) {
  Bench bench(Map(TaskIn("A"), R"(,"MaxConcurrency":2)"), "[10,20,30]");
  EXPECT_EQ(bench.Start(),
            "ExecutionStarted StateEntered(M) MapStarted MapIterationStarted MapIterationStarted StateEntered(A) "
            "TaskScheduled StateEntered(A) TaskScheduled / Offer(a #1) Offer(a #1)");
  EXPECT_EQ(Finish(bench, 3, "2"),
            "TaskSucceeded StateExited(A) MapIterationSucceeded MapIterationStarted StateEntered(A) TaskScheduled / "
            "Offer(a #1)");
  Finish(bench, 4, "3");
  EXPECT_THAT(Finish(bench, 2, "1"), HasSubstr("MapIterationSucceeded MapSucceeded StateExited(M)"));
  EXPECT_EQ(bench.Ending(), "SUCCEEDED [1,2,3]");
}

TEST(DecideMap, RunsNoMoreAtOnceThanTheProfileAllows) {
  Bench bench(Map(TaskIn("A")), "[10,20,30]");
  bench.limits.inline_map_concurrency_max = 2;
  bench.Start();
  EXPECT_EQ(std::count_if(bench.events.begin(), bench.events.end(),
                          [](const history::Event& event) {
                            return std::holds_alternative<history::MapIterationStarted>(event.body);
                          }),
            2);
}

TEST(DecideMap, OfNothingSucceedsAtOnce) {
  Bench bench(Map(TaskIn("A")), "[]");
  EXPECT_THAT(bench.Start(), HasSubstr("MapStarted MapSucceeded StateExited(M)"));
  EXPECT_EQ(bench.Ending(), "SUCCEEDED []");
}

TEST(DecideMap, AFailedIterationFailsIt) {
  Bench bench(Map(TaskIn("A")), "[1,2]");
  bench.Start();
  EXPECT_EQ(Break(bench, 2, "E"),
            "TaskFailed(E) MapIterationFailed StateAborted MapIterationAborted ~ChildrenRemoved MapFailed "
            "ExecutionFailed(E) / Revoke Ended(FAILED)");
}

// Recorded: map_state_tolerated_failure_percentage_path_100.1.
TEST(DecideMap, ShowsItsItemsWhereItFailsOnlyAfterCountingThem) {
  Bench bench(Map(TaskIn("A"), R"(,"ItemsPath":"$.i","ToleratedFailurePercentagePath":"$.p")"), R"({"i":[0],"p":101})");
  EXPECT_EQ(bench.Start(),
            "ExecutionStarted StateEntered(M) MapStarted ExecutionFailed(States.Runtime) / Ended(FAILED)");
  EXPECT_EQ(std::get<history::MapStarted>(bench.Last("MapStarted")->body).length, 1);
  EXPECT_EQ(bench.events.back().previous, bench.Last("MapStarted")->id);
}

TEST(DecideMap, DistributedRunsOfPlainItemsAndRefusesWhatNeedsAMapRun) {
  const std::string config = R"("ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},)";
  auto processor = [](const std::string& with) { return "{" + with + TaskIn("A").substr(1); };
  Bench plain(Map(processor(config)), "[1]");
  EXPECT_THAT(plain.Start(), HasSubstr("MapIterationStarted"));

  const std::string express = R"("ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"EXPRESS"},)";
  const std::string reader = R"(,"ItemReader":{"Resource":"arn:aws:states:::s3:getObject",)"
                             R"("ReaderConfig":{"InputType":"JSON"},"Parameters":{"Bucket":"b","Key":"k"}})";
  struct Case {
    std::string processor;
    std::string more;
    std::string need;
  };
  for (const Case& c : std::vector<Case>{
           {processor(config), reader, "an ItemReader"},
           {processor(config), R"(,"ItemBatcher":{"MaxItemsPerBatch":2})", "an ItemBatcher"},
           {"{" + express + R"("StartAt":"A","States":{"A":{"Type":"Pass","End":true}}})", "", "EXPRESS children"},
           {processor(config), R"(,"ToleratedFailureCount":1)", "a tolerated failure threshold"}}) {
    Bench bench(Map(c.processor, c.more), "[1]");
    EXPECT_EQ(bench.Start(), "ExecutionStarted StateEntered(M) ExecutionFailed(States.Runtime) / Ended(FAILED)");
    EXPECT_THAT(bench.Ending(), HasSubstr("asks for a Map Run with " + c.need));
  }
}

// ---- variables

std::string Assigning(const std::string& name, const std::string& next, const std::string& assigns) {
  return "\"" + name + R"(":{"Type":"Pass","Assign":)" + assigns +
         (next.empty() ? R"(,"End":true})" : R"(,"Next":")" + next + "\"}");
}

TEST(DecideVariables, AreSeenInsideAndGoneWithTheirScope) {
  Bench bench(R"({"QueryLanguage":"JSONata","StartAt":"A","States":{)" + Assigning("A", "P", R"({"x":1})") +
              R"(,"P":{"Type":"Parallel","Next":"D","Branches":[{"StartAt":"B","States":{)" +
              Assigning("B", "E", R"({"y":"{% $x + 1 %}"})") +
              R"(,"E":{"Type":"Pass","Output":"{% $x + $y %}","End":true}}}]},)" +
              R"("D":{"Type":"Pass","Output":"{% $exists($y) ? 'there' : $states.input[0] + $x %}","End":true}}})");
  bench.Start();
  EXPECT_EQ(bench.Ending(), "SUCCEEDED 4");
}

TEST(DecideVariables, OfAnOuterScopeCannotBeAssignedInside) {
  Bench bench(R"({"QueryLanguage":"JSONata","StartAt":"A","States":{)" + Assigning("A", "P", R"({"x":1})") +
              R"(,"P":{"Type":"Parallel","End":true,"Branches":[{"StartAt":"B","States":{)" +
              Assigning("B", "", R"({"x":2})") + "}}]}}}");
  bench.Start();
  EXPECT_EQ(bench.Ending(),
            "FAILED States.Runtime: The state 'B' cannot assign the variable 'x': it belongs to an outer scope.");
}

TEST(DecideVariables, AreLimitedOneByOneTogetherAndInAll) {
  auto text = [](size_t size) { return '"' + std::string(size, 'v') + '"'; };
  auto ending = [&](const std::string& states) {
    Bench bench(R"({"QueryLanguage":"JSONata","StartAt":"A0","States":{)" + states + "}}");
    bench.limits.payload_bytes_max = 1'000;
    bench.Start();
    return bench.Ending();
  };
  EXPECT_EQ(ending(Assigning("A0", "", R"({"x":)" + text(998) + "}")), "SUCCEEDED {}");
  EXPECT_THAT(ending(Assigning("A0", "", R"({"x":)" + text(999) + "}")),
              HasSubstr("FAILED States.DataLimitExceeded: The state/task 'A0' assigned the variable 'x'"));
  EXPECT_THAT(ending(Assigning("A0", "", R"({"x":)" + text(600) + R"(,"y":)" + text(600) + "}")),
              HasSubstr("States.DataLimitExceeded: The state/task 'A0' assigned variables"));
  std::string chain;
  for (int i = 0; i < 41; ++i) {
    chain += (i > 0 ? "," : "") + Assigning("A" + std::to_string(i), i < 40 ? "A" + std::to_string(i + 1) : "",
                                            "{\"x" + std::to_string(i) + "\":" + text(990) + "}");
  }
  EXPECT_THAT(ending(chain), HasSubstr("The state/task 'A40' assigned variables"));
}

}  // namespace
}  // namespace pawl::core
