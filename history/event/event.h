// The event vocabulary: facts in the past tense, each complete in itself. What AWS shows in GetExecutionHistory, nearly
// one to one, plus a few internal facts that history/view hides.
//
// A public event has an id (from 1, gapless within its execution) and the id of the event before it on its path;
// internal events have id 0. Everything history/state's Apply needs is in the event: it never looks at a definition.
// Vocabulary rule: released events keep their meaning for ever; a new meaning is a new struct.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "history/event/payload.h"
#include "shared/base/clock.h"
#include "shared/base/ids.h"

namespace pawl::history {

// Of ASL; names as in asl::StateType, restated here because replay must not need the language. The numbers are stored.
enum class StateKind : uint8_t { kPass = 0, kTask, kChoice, kWait, kSucceed, kFail, kParallel, kMap };

// Which family of AWS events a Task shows: Activity*, LambdaFunction* (legacy ARN form) or Task* (service integration).
enum class TaskFamily : uint8_t { kActivity = 0, kLambda = 1, kService = 2 };

struct Assigned {
  std::string name;
  Payload value;
};

// ---- the execution

struct ExecutionStarted {
  Payload input;
  std::string role_arn;
  // Who and what: the ARN parts, and the digest that pins the definition (decisions/0007).
  std::string account;
  std::string region;
  std::string machine;
  std::string name;
  std::string definition_digest;
  std::optional<int64_t> timeout_seconds;
  std::string trace_header;
  int32_t priority = 0;  // of its tasks among those of the same queue: higher ones go first
};
struct ExecutionSucceeded {
  Payload output;
};
struct ExecutionFailed {
  std::string error;
  std::string cause;
};
struct ExecutionAborted {
  std::optional<std::string> error;
  std::optional<std::string> cause;
};
struct ExecutionTimedOut {
  std::optional<std::string> error;
  std::optional<std::string> cause;
};

// ---- states

struct StateEntered {
  std::string name;
  StateKind kind = StateKind::kPass;
  Payload input;
};
struct StateExited {
  std::string name;
  StateKind kind = StateKind::kPass;
  Payload output;
  std::vector<Assigned> assigned;
};
// The state was cut short because something around it ended.
struct StateAborted {
  StateKind kind = StateKind::kTask;
};
// An expression of the state failed to evaluate.
struct EvaluationFailed {
  std::string state;
  std::string error;
  std::string cause;
  std::string location;
};

// ---- tasks

struct TaskScheduled {
  TaskFamily family = TaskFamily::kActivity;
  std::string resource;       // as written in the state
  std::string resource_type;  // kService: "lambda", "sagemaker", "aws-sdk:s3"
  std::string action;         // kService: "invoke", "createTrainingJob.sync"
  std::string region;
  std::string queue;  // which handler gets it
  Payload input;      // arguments, parameters
  std::optional<int64_t> timeout_seconds;
  std::optional<int64_t> heartbeat_seconds;
  std::optional<std::string> credentials;  // JSON text
  int64_t attempt = 1;                     // of this stay in the state, retries and lost workers counted
  bool wait_for_token = false;
};
// Handed to a worker. A second one for the same scheduling (after a lost worker) is internal.
struct TaskStarted {
  TaskFamily family = TaskFamily::kActivity;
  std::string resource_type;
  std::string action;
  std::string worker;        // name, for people
  std::string session;       // worker session; empty for GetActivityTask
  bool restartable = false;  // of the handler, as that session registered it
  int64_t attempt = 1;
};
// .sync and .waitForTaskToken: the call was made, the result is awaited.
struct TaskSubmitted {
  std::string resource_type;
  std::string action;
  Payload output;
};
struct TaskSucceeded {
  TaskFamily family = TaskFamily::kActivity;
  std::string resource_type;
  std::string action;
  Payload output;
};
struct TaskFailed {
  TaskFamily family = TaskFamily::kActivity;
  std::string resource_type;
  std::string action;
  std::optional<std::string> error;
  std::optional<std::string> cause;
};
struct TaskTimedOut {
  TaskFamily family = TaskFamily::kActivity;
  std::string resource_type;
  std::string action;
  std::optional<std::string> error;
  std::optional<std::string> cause;
};
// The task could not be scheduled: nobody serves such a resource (ActivityScheduleFailed, LambdaFunctionScheduleFailed,
// TaskStartFailed).
struct TaskScheduleFailed {
  TaskFamily family = TaskFamily::kActivity;
  std::string resource_type;
  std::string action;
  std::string error;
  std::string cause;
};

// ---- Parallel and Map

// Makes one child frame per branch, in order, each starting with `input` and with this event before it.
struct ParallelStarted {
  int32_t branches = 0;
  Payload input;
};
struct ParallelSucceeded {};
struct ParallelFailed {};
struct MapStarted {
  int64_t length = 0;
  Payload items;
  int64_t max_concurrency = 0;
  std::optional<int64_t> tolerated_failure_count;
  std::optional<double> tolerated_failure_percentage;
};
struct MapSucceeded {};
struct MapFailed {};
// Event::frame is the Map's frame; makes a child frame with this event before it. The input stands in the iteration's
// first StateEntered.
struct MapIterationStarted {
  std::string name;  // of the Map state
  int64_t index = 0;
};
struct MapIterationSucceeded {
  std::string name;
  int64_t index = 0;
  base::FrameId child;  // the iteration's frame, which is gone now
  Payload output;
};
struct MapIterationFailed {
  std::string name;
  int64_t index = 0;
  base::FrameId child;  // gone now
};
struct MapIterationAborted {
  std::string name;
  int64_t index = 0;
};

// ---- internal

// A Wait state waits. `until` is wall time.
struct WaitStarted {
  base::WallTime until;
};
// The state's work failed and retrier `retrier` takes it: wait until `due`, then start the work again.
struct RetryScheduled {
  int32_t retrier = 0;
  base::WallTime due;
};
// A Parallel branch ended; Event::frame is the branch's frame, which is gone now.
struct BranchSucceeded {
  Payload output;
};
// Every frame below Event::frame is gone: its branches or iterations were cut short.
struct ChildrenRemoved {};
// The worker holding the attempt is gone; `attempt` is the next one, not yet handed out.
struct TaskAttemptLost {
  int64_t attempt = 2;
};
struct TaskCheckpointed {
  std::string reference;
};

using EventBody =
    std::variant<ExecutionStarted, ExecutionSucceeded, ExecutionFailed, ExecutionAborted, ExecutionTimedOut,
                 StateEntered, StateExited, StateAborted, EvaluationFailed, TaskScheduled, TaskStarted, TaskSubmitted,
                 TaskSucceeded, TaskFailed, TaskTimedOut, TaskScheduleFailed, ParallelStarted, ParallelSucceeded,
                 ParallelFailed, MapStarted, MapSucceeded, MapFailed, MapIterationStarted, MapIterationSucceeded,
                 MapIterationFailed, MapIterationAborted, WaitStarted, RetryScheduled, BranchSucceeded, ChildrenRemoved,
                 TaskAttemptLost, TaskCheckpointed>;

struct Event {
  base::EventId id;        // 0: internal
  base::EventId previous;  // 0: none
  base::WallTime at;
  base::FrameId frame;  // whose path this belongs to
  EventBody body;

  bool is_public() const { return id.value() != 0; }
};

}  // namespace pawl::history
