// What the events of an execution make true: a value, a tree of frames. A frame is one path through a States block: the
// root, a Parallel branch or a Map iteration. Each says what it waits for; combinations that make no sense cannot be
// written down.
//
// The only mutator is Apply (history/state/apply.h). Thread rule: a plain value; one thread at a time.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "history/event/event.h"
#include "history/event/payload.h"
#include "shared/base/clock.h"
#include "shared/base/ids.h"

namespace pawl::history {

enum class ExecutionStatus : uint8_t { kRunning = 0, kSucceeded, kFailed, kTimedOut, kAborted };
// "RUNNING" ...
const char* ExecutionStatusName(ExecutionStatus status);

// Between two states, inside one decision; also a frame whose state has just been entered.
struct NotWaiting {};

struct WaitingForTask {
  base::EventId scheduled_event;
  TaskScheduled task;  // its input is a reference
  base::WallTime scheduled_at;
  int64_t attempt = 1;
  bool started = false;  // handed to a worker
  std::string worker;
  std::string session;  // empty: taken by GetActivityTask
  bool restartable = false;
  bool start_shown = false;  // a public TaskStarted exists for this scheduling
  bool submitted = false;    // a TaskSubmitted exists: the call was made, its result is awaited
  std::string checkpoint;
};

struct WaitingForTimer {
  base::WallTime until;
};

struct WaitingForBranches {
  std::vector<std::optional<Payload>> results;  // one per branch
  int32_t open = 0;                             // branches not finished
};

// O(1) per iteration: a finished one keeps only its payload.
struct WaitingForIterations {
  MapStarted map;
  int64_t next_index = 0;  // of the next iteration to start
  int64_t running = 0;
  int64_t succeeded = 0;
  int64_t failed = 0;
  std::vector<Payload> results;  // by index; sized to map.length
};

struct Backoff {
  base::WallTime due;
};

using Waiting =
    std::variant<NotWaiting, WaitingForTask, WaitingForTimer, WaitingForBranches, WaitingForIterations, Backoff>;

struct Frame {
  base::FrameId id;
  base::FrameId parent;  // 0 for the root
  int64_t index = 0;     // of the branch or iteration
  bool is_iteration = false;
  base::EventId last_event;  // previousEventId of the next public event
  std::string state;         // name of the current state; empty before the first
  StateKind kind = StateKind::kPass;
  base::EventId entered_event;
  base::WallTime entered_at;
  Payload input;                    // of the current state; after StateExited what flows to the next
  std::vector<Assigned> variables;  // of this frame's scope
  std::vector<int32_t> retries;     // per retrier, of this stay in the state
  int64_t retry_count = 0;          // sum of retries
  int64_t task_attempts = 0;        // hand-outs counted in this stay
  std::string checkpoint;           // last recorded in this stay
  Waiting waiting;
};

struct ExecutionState {
  base::EntityId id;
  ExecutionStarted start;  // input is a reference
  base::WallTime started_at;
  std::optional<base::WallTime> stopped_at;
  ExecutionStatus status = ExecutionStatus::kRunning;
  base::EventId last_event;  // highest public id
  base::WallTime last_at;    // timestamps never decrease
  int64_t revision = 0;      // decisions applied; the log's key within the entity
  base::FrameId last_frame;
  std::map<base::FrameId, Frame> frames;
  std::optional<Payload> output;     // SUCCEEDED
  std::optional<std::string> error;  // FAILED, ABORTED, TIMED_OUT
  std::optional<std::string> cause;
  // Names of states, resources, queues, workers and sessions in the order of their first mention, as many as pay; the
  // log stores indexes into it.
  std::vector<std::string> names;

  bool is_started() const { return last_event.value() > 0; }
  bool is_running() const { return is_started() && status == ExecutionStatus::kRunning; }
  const Frame* Find(base::FrameId frame) const;
};

}  // namespace pawl::history
