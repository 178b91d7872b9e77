// Tasks: scheduling, attempts, retries, catches, timeouts, and who may answer.
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "scheduler/core/testing/bench.h"

namespace pawl::core {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;
using testing::StartsWith;

constexpr char kActivity[] = "arn:aws:states:us-east-1:000000000000:activity:a";
constexpr char kSync[] = "arn:aws:states:::batch:submitJob.sync";
constexpr char kToken[] = "arn:aws:states:::sqs:sendMessage.waitForTaskToken";

// The state that `more` names in a Catch, if it has one.
std::string CatcherOf(const std::string& more) {
  return more.find(R"("Catch")") == std::string::npos ? "" : R"(,"C":{"Type":"Succeed"})";
}

std::string Machine(const std::string& resource, const std::string& more = "") {
  return R"({"StartAt":"T","States":{"T":{"Type":"Task","Resource":")" + resource + R"(","Next":"D")" + more +
         R"(},"D":{"Type":"Succeed"})" + CatcherOf(more) + "}}";
}
constexpr char kDone[] = "StateExited(T) StateEntered(D) StateExited(D) ExecutionSucceeded / Ended(SUCCEEDED)";
const std::string kWithRetry = R"(,"Retry":[{"ErrorEquals":["E"],"IntervalSeconds":2,"MaxAttempts":2}])";
const std::string kWithCatch = R"(,"Catch":[{"ErrorEquals":["E"],"Next":"C"}])";

TEST(DecideTask, IsOfferedTakenAndAnswered) {
  Bench bench(Machine(kActivity));
  EXPECT_EQ(bench.Start(), "ExecutionStarted StateEntered(T) TaskScheduled / Offer(a #1)");
  EXPECT_EQ(bench.Owed(), "Offer(a #1)");
  EXPECT_EQ(bench.Take("s"), "TaskStarted / HandOut(#1 to s)");
  EXPECT_EQ(bench.Owed(), "Expect(#1 of 's')");
  EXPECT_EQ(bench.Succeed(R"({"x":1})"), std::string("TaskSucceeded ") + kDone);
  EXPECT_EQ(bench.Ending(), R"(SUCCEEDED {"x":1})");
}

TEST(DecideTask, GoesToAWaitingPollInTheSameDecision) {
  Bench bench(Machine(kActivity));
  bench.polls = 1;
  EXPECT_EQ(bench.Start(), "ExecutionStarted StateEntered(T) TaskScheduled TaskStarted / HandOut(#1 to s)");
}

TEST(DecideTask, AcceptsOneResultOnly) {
  for (bool succeeds : {true, false}) {
    Bench bench(Machine(kActivity, kWithRetry));
    bench.Start();
    bench.Take();
    TaskRef task = bench.Task();
    succeeds ? bench.Succeed() : bench.Fail("E");
    EXPECT_EQ(bench.Do(CompleteTask{task, TaskSuccess{"{}"}, true}), "refused");
    EXPECT_EQ(bench.Do(CompleteTask{task, TaskFailure{"E", {}}, false}), "refused");
    EXPECT_EQ(bench.Do(HeartbeatMissed{task}), "refused");
    EXPECT_EQ(bench.Do(ReleaseTask{task, true}), "refused");
  }
}

TEST(DecideTask, RefusesWhatAnOldAttemptSays) {
  Bench bench(Machine(kActivity, kWithRetry));
  bench.Start();
  bench.Take("s", true);
  TaskRef old = bench.Task();
  EXPECT_EQ(bench.Do(ReleaseTask{old, true}), "~TaskAttemptLost(next 2) / Offer(a #2)");
  for (const Command& command :
       std::vector<Command>{CompleteTask{old, TaskSuccess{"{}"}, true}, CompleteTask{old, TaskSuccess{"{}"}, false},
                            CompleteTask{old, TaskFailure{}, true}, ReleaseTask{old, false}, CheckpointTask{old, "x"},
                            HeartbeatMissed{old}, StartTask{.task = old}}) {
    EXPECT_EQ(bench.Do(command), "refused");
  }
  EXPECT_EQ(bench.Take("t"), "~TaskStarted / HandOut(#2 to t)");
  EXPECT_THAT(bench.Succeed(), StartsWith("TaskSucceeded"));
}

TEST(DecideTask, AVanishedWorkerCostsARetryUnlessItsHandlerIsRestartable) {
  Bench bench(Machine(kActivity));
  bench.Start();
  bench.Take("s", false);
  EXPECT_EQ(bench.Do(ReleaseTask{bench.Task(), true}),
            "TaskFailed(Pawl.WorkerLost) ExecutionFailed(Pawl.WorkerLost) / Ended(FAILED)");

  Bench returned(Machine(kActivity));
  returned.Start();
  returned.Take("s", false);
  EXPECT_EQ(returned.Do(ReleaseTask{returned.Task(), false}), "~TaskAttemptLost(next 2) / Offer(a #2)");
}

TEST(DecideTask, ALostAttemptGoesToAWaitingPollAtOnce) {
  Bench bench(Machine(kActivity));
  bench.Start();
  bench.Take("s", true);
  bench.polls = 1;
  EXPECT_EQ(bench.Do(ReleaseTask{bench.Task(), true}), "~TaskAttemptLost(next 2) ~TaskStarted / HandOut(#2 to s)");
}

TEST(DecideTask, HandsTheCheckpointOn) {
  Bench bench(Machine(kActivity, kWithRetry));
  bench.Start();
  bench.Take("s", true);
  EXPECT_EQ(bench.Do(CheckpointTask{bench.Task(), "at 3"}), "~TaskCheckpointed");
  EXPECT_EQ(bench.Do(CheckpointTask{bench.Task(), "at 3"}), "");
  bench.Fail("E");
  bench.Advance(seconds(2));
  bench.Fire(TimerKind::kBackoff);
  const auto& waiting = std::get<history::WaitingForTask>(bench.state.frames.begin()->second.waiting);
  EXPECT_EQ(waiting.checkpoint, "at 3");
  EXPECT_EQ(waiting.attempt, 2);
}

TEST(DecideTask, RetriesAsOftenAsItSaysWithGrowingPatience) {
  Bench bench(Machine(kActivity, kWithRetry));
  bench.Start();
  bench.Take();
  EXPECT_EQ(bench.Fail("E"), "TaskFailed(E) ~RetryScheduled(0) / Arm(backoff 2s)");
  EXPECT_EQ(bench.Owed(), "Arm(backoff 2s)");
  bench.Advance(seconds(1));
  EXPECT_EQ(bench.Fire(TimerKind::kBackoff), "/ Arm(backoff 1s)");
  bench.Advance(seconds(1));
  EXPECT_EQ(bench.Fire(TimerKind::kBackoff), "TaskScheduled / Offer(a #2)");
  bench.Take();
  EXPECT_EQ(bench.Fail("E"), "TaskFailed(E) ~RetryScheduled(0) / Arm(backoff 4s)");
  bench.Advance(seconds(4));
  bench.Fire(TimerKind::kBackoff);
  bench.Take();
  EXPECT_EQ(bench.Fail("E"), "TaskFailed(E) ExecutionFailed(E) / Ended(FAILED)");
  EXPECT_EQ(bench.Ending(), "FAILED E: why");
}

TEST(DecideTask, RetriesOnlyWhatARetrierNames) {
  Bench bench(Machine(kActivity, kWithRetry));
  bench.Start();
  bench.Take();
  EXPECT_EQ(bench.Fail("F"), "TaskFailed(F) ExecutionFailed(F) / Ended(FAILED)");
}

TEST(DecideTask, CatchesAfterTheRetriesAreUsedUp) {
  Bench bench(
      Machine(kActivity, R"(,"Retry":[{"ErrorEquals":["E"],"IntervalSeconds":1,"MaxAttempts":1}])" + kWithCatch));
  bench.Start();
  bench.Take();
  EXPECT_THAT(bench.Fail("E"), HasSubstr("RetryScheduled"));
  bench.Advance(seconds(1));
  bench.Fire(TimerKind::kBackoff);
  bench.Take();
  EXPECT_EQ(bench.Fail("E"),
            "TaskFailed(E) StateExited(T) StateEntered(C) StateExited(C) ExecutionSucceeded / Ended(SUCCEEDED)");
  EXPECT_EQ(bench.Ending(), R"(SUCCEEDED {"Error":"E","Cause":"why"})");
}

TEST(DecideTask, NothingCatchesARuntimeError) {
  Bench bench(Machine(kActivity, R"(,"Catch":[{"ErrorEquals":["States.ALL"],"Next":"C"}])"));
  bench.Start();
  bench.Take();
  EXPECT_EQ(bench.Fail("States.Runtime"), "TaskFailed(States.Runtime) ExecutionFailed(States.Runtime) / Ended(FAILED)");
}

TEST(DecideTask, TimesOutFromItsSchedulingOnWhetherHeldOrNot) {
  for (bool held : {false, true}) {
    Bench bench(Machine(kActivity, R"(,"TimeoutSeconds":5)"));
    EXPECT_EQ(bench.Start(), "ExecutionStarted StateEntered(T) TaskScheduled / Arm(task 5s) Offer(a #1)");
    bench.Advance(seconds(3));
    if (held) bench.Take();
    EXPECT_EQ(bench.Fire(TimerKind::kTask), "/ Arm(task 2s)");
    EXPECT_EQ(bench.Owed(), held ? "Arm(task 2s) Expect(#1 of 's')" : "Arm(task 2s) Offer(a #1)");
    bench.Advance(seconds(2));
    EXPECT_EQ(bench.Fire(TimerKind::kTask),
              "TaskTimedOut ExecutionFailed(States.Timeout) / Cancel(task) Revoke Ended(FAILED)");
  }
}

TEST(DecideTask, ATimeoutIsRetriedLikeAnyFailure) {
  Bench bench(Machine(kActivity, R"(,"TimeoutSeconds":5,"Retry":[{"ErrorEquals":["States.Timeout"]}])"));
  bench.Start();
  bench.Take();
  bench.Advance(seconds(5));
  EXPECT_EQ(bench.Fire(TimerKind::kTask), "TaskTimedOut ~RetryScheduled(0) / Cancel(task) Revoke Arm(backoff 1s)");
  EXPECT_EQ(bench.Fire(TimerKind::kTask), "refused");
}

TEST(DecideTask, AMissedHeartbeatShowsAsATimeout) {
  Bench bench(Machine(kActivity, R"(,"HeartbeatSeconds":5)"));
  bench.Start();
  bench.Take();
  EXPECT_EQ(bench.Do(HeartbeatMissed{bench.Task()}),
            "TaskTimedOut ExecutionFailed(States.Timeout) / Revoke Ended(FAILED)");
}

TEST(DecideTask, AResultThatIsTooLargeFailsItAndCanBeCaught) {
  Bench bench(Machine(kActivity, R"(,"Catch":[{"ErrorEquals":["States.DataLimitExceeded"],"Next":"C"}])"));
  bench.limits.payload_bytes_max = 1'000;
  bench.Start();
  bench.Take();
  EXPECT_THAT(bench.Succeed('"' + std::string(1'000, 'x') + '"'),
              StartsWith("TaskFailed(States.DataLimitExceeded) StateExited(T) StateEntered(C)"));
}

TEST(DecideTask, WithATokenTheHoldersSuccessIsItsSubmission) {
  Bench bench(Machine(kToken, R"(,"TimeoutSeconds":50)"));
  bench.Start();
  bench.Take();
  EXPECT_EQ(bench.Succeed(R"({"sent":1})"), "TaskSubmitted");
  EXPECT_EQ(bench.Owed(), "Arm(task 50s) Expect(#1 of '')");
  TaskRef task = bench.Task();
  EXPECT_EQ(bench.Succeed("{}"), "refused");
  EXPECT_EQ(bench.Do(ReleaseTask{task, true}), "refused");
  EXPECT_EQ(bench.Do(CompleteTask{task, TaskSuccess{"7"}, false}),
            "TaskSucceeded StateExited(T) StateEntered(D) StateExited(D) ExecutionSucceeded / Cancel(task) Revoke "
            "Ended(SUCCEEDED)");
  EXPECT_EQ(bench.Ending(), "SUCCEEDED 7");
}

TEST(DecideTask, ATokenHolderMayAnswerBeforeTheSubmissionIsReported) {
  Bench bench(Machine(kToken));
  bench.Start();
  bench.Take();
  TaskRef task = bench.Task();
  EXPECT_THAT(bench.Do(CompleteTask{task, TaskSuccess{"7"}, false}), HasSubstr("Revoke Ended(SUCCEEDED)"));
  EXPECT_EQ(bench.Do(CompleteTask{task, TaskSuccess{"{}"}, true}), "refused");
}

// ---- .sync: TaskSubmitted stands between the start and the end (recorded: start_execution_sync)

TEST(DecideSync, ShowsTheSubmissionBeforeTheResult) {
  for (const std::string resource : {kSync, "arn:aws:states:::states:startExecution.sync:2"}) {
    Bench bench(Machine(resource));
    bench.Start();
    bench.Take();
    EXPECT_EQ(bench.Succeed(), std::string("TaskSubmitted TaskSucceeded ") + kDone) << resource;
    EXPECT_EQ(bench.Last("TaskSubmitted")->previous, bench.Last("TaskStarted")->id);
    EXPECT_EQ(bench.Last("TaskSucceeded")->previous, bench.Last("TaskSubmitted")->id);
  }
}

TEST(DecideSync, ShowsTheSubmissionWithTheFirstCheckpointAndOnce) {
  Bench bench(Machine(kSync));
  bench.Start();
  bench.Take("s", true);
  EXPECT_EQ(bench.Do(CheckpointTask{bench.Task(), "job 1"}), "TaskSubmitted ~TaskCheckpointed");
  EXPECT_EQ(bench.Do(CheckpointTask{bench.Task(), "job 1, half"}), "~TaskCheckpointed");
  EXPECT_EQ(bench.Owed(), "Expect(#1 of 's')");
  EXPECT_EQ(bench.Do(ReleaseTask{bench.Task(), true}), "~TaskAttemptLost(next 2) / Offer(submitJob.sync #2)");
  bench.Take();
  EXPECT_EQ(bench.Succeed(), std::string("TaskSucceeded ") + kDone);
}

TEST(DecideSync, AJobThatFailedWasSubmittedACallThatWasRefusedWasNot) {
  for (const auto& [error, told] : std::vector<std::pair<std::string, std::string>>{
           {"States.TaskFailed", "TaskSubmitted TaskFailed(States.TaskFailed)"},
           {"Batch.ClientException", "TaskFailed(Batch.ClientException)"}}) {
    Bench bench(Machine(kSync));
    bench.Start();
    bench.Take();
    EXPECT_THAT(bench.Fail(error), StartsWith(told + " ExecutionFailed"));
  }
}

}  // namespace
}  // namespace pawl::core
