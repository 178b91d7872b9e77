// The public C++ interface for people who write activities: a handler takes JSON in and gives JSON or an error out.
//
//   pawl::worker::Registry registry;
//   registry.Add({.name = "embed", .restartable = true}, [](TaskContext& task) -> ActivityResult {
//     if (!task.input().contains("text")) return Fail("InvalidInput", "expected a member 'text'");
//     task.Heartbeat({.fraction = 0.5, .message = "half way"});
//     if (task.cancelled()) return Fail("Cancelled", "the execution was stopped");
//     return Succeed({{"length", task.input()["text"].get<std::string>().size()}});
//   });
//
// Thread rule: handlers run on the worker's slot threads, several at once; a TaskContext belongs to one handler call
// but its Heartbeat and cancelled may be called from any thread of that handler.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <variant>

#include "nlohmann/json_fwd.hpp"

namespace pawl::worker {

// A workflow-level failure: `error` is the name that Retry and Catch match ("DataQualityError"), at most 256
// characters; `cause` says what was expected and what was found, at most 32,768.
struct ActivityError {
  std::string error;
  std::string cause;
};

// What the scheduler told about the task. Everything needed to make the work idempotent is here.
struct TaskInfo {
  std::string handler;  // the name this task was queued under
  std::string
      resource;  // the Task state's Resource as written, e.g. "arn:aws:states:::sagemaker:createTrainingJob.sync"
  std::string execution_arn;
  std::string state_name;
  int64_t attempt = 1;  // counts every hand-out of this state visit, from 1
  std::string task_token;
  std::string checkpoint;  // the reference given with the last heartbeat of an earlier attempt; empty if none
  std::optional<int64_t> timeout_seconds;
  std::optional<int64_t> heartbeat_seconds;
};

struct Progress {
  double fraction = 0;  // 0 to 1
  std::string message;  // short, for people
  // Where a later attempt can go on from (a path or URI); recorded durably when it changes. Empty: unchanged.
  std::string checkpoint;
};

class TaskContext {
 public:
  virtual ~TaskContext() = default;
  virtual const TaskInfo& info() const = 0;
  // The input's JSON text as the state machine gave it.
  virtual const std::string& input_text() const = 0;
  // The input parsed (once). A text that is no JSON never reaches a handler.
  virtual const nlohmann::json& input() const = 0;
  // Tells the scheduler that the task is alive; cheap (sent batched, never waits). Call at least every few seconds.
  virtual void Heartbeat(const Progress& progress) = 0;
  // True once the result no longer matters: the execution was stopped, the attempt timed out or was given to another
  // worker, or this worker was told to drain and the handler is restartable. Return soon, with any result.
  virtual bool cancelled() const = 0;
};

// Success carries JSON text (so that what nobody looks inside is never re-parsed), failure an ActivityError.
struct ActivityOutput {
  std::string json_text;
};
using ActivityResult = std::variant<ActivityOutput, ActivityError>;

ActivityResult Succeed(const nlohmann::json& output);
ActivityResult Fail(std::string error, std::string cause);

using Handler = std::function<ActivityResult(TaskContext&)>;

struct HandlerOptions {
  std::string name;
  // A lost worker's task is given to another without using up Retry. Say so only if running twice does no harm.
  bool restartable = false;
};

// What one worker can run. Filled before the worker starts, read-only afterwards.
class Registry {
 public:
  struct Entry {
    HandlerOptions options;
    Handler handler;
  };
  // Registering a name twice is a programming error and CHECKs.
  void Add(HandlerOptions options, Handler handler);
  const Entry* Find(const std::string& name) const;
  const std::map<std::string, Entry>& entries() const { return entries_; }

 private:
  std::map<std::string, Entry> entries_;
};

}  // namespace pawl::worker
