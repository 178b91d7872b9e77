// The one internal interface that all front ends (AWS HTTP, gRPC, console) call. It knows state machines, executions,
// tasks and activities in the project's own terms; names of wire protocols stay in scheduler/api.
//
// Thread rule: every call may be made from any thread and returns at once; `done` runs later, once, on an engine or
// database thread, and must not block. Nothing is answered before it is durable.
// Errors: absl::Status with a canonical code, a sentence for humans, and a Reason (scheduler/gateway/reason.h).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "scheduler/asl/test_state/request.h"
#include "shared/base/clock.h"

namespace pawl::gateway {

template <typename T>
using Done = std::function<void(absl::StatusOr<T>)>;
struct Nothing {};

// Whose names these are. Account and region are part of every ARN; nothing else is shared between accounts.
struct Caller {
  std::string account = "000000000000";
  std::string region = "us-east-1";
};

// ---- state machines (catalog)

struct Tag {
  std::string key;
  std::string value;
};

struct StateMachine {
  std::string arn;
  std::string name;
  std::string definition;
  std::string role_arn;
  std::string type = "STANDARD";  // or EXPRESS
  std::string status = "ACTIVE";  // or DELETING
  base::WallTime created;
  base::WallTime updated;
  std::string revision_id;   // empty until the first update
  std::string logging_json;  // loggingConfiguration as given, JSON text; empty: AWS's default
  std::string tracing_json;
  std::string encryption_json;
  std::vector<Tag> tags;
  std::string version_arn;  // of the version that a call published; empty: none
  std::string description;  // of a version
  // State name -> variables that it reads. Filled by the Describes only.
  std::map<std::string, std::vector<std::string>> variable_references;
};

struct Publishing {
  std::string description;
};

struct StateMachineVersion {
  std::string arn;
  base::WallTime created;
};

struct CreateStateMachineRequest {
  std::string name;
  std::string definition;
  std::string role_arn;
  std::string type = "STANDARD";
  std::string logging_json;
  std::string tracing_json;
  std::string encryption_json;
  std::vector<Tag> tags;
  std::optional<Publishing> publish;  // as its first version
};

struct UpdateStateMachineRequest {
  std::string arn;
  std::optional<std::string> definition;
  std::optional<std::string> role_arn;
  std::optional<std::string> logging_json;
  std::optional<std::string> tracing_json;
  std::optional<std::string> encryption_json;
  std::optional<Publishing> publish;  // what results, as a version
};

struct PublishVersionRequest {
  std::string arn;
  std::optional<std::string> revision_id;  // must be the machine's; "INITIAL" before its first update
  std::string description;
};

// What a definition was found to have (scheduler/asl/validate). Locations as AWS writes them.
struct DefinitionDiagnostic {
  bool is_error = true;
  std::string code;
  std::string message;
  std::string location;  // empty: none
};

struct Page {
  int limit = 100;    // 1 .. 1000
  std::string token;  // empty: from the beginning
};

template <typename T>
struct PageOf {
  std::vector<T> items;
  std::string next_token;  // empty: no more
};

// ---- executions

struct StartExecutionRequest {
  std::string state_machine_arn;
  std::string name;  // empty: made up
  std::string input = "{}";
  std::string trace_header;
  // Of its tasks among those that wait in the same queue: higher ones are handed out first. -100 .. 100.
  int32_t priority = 0;
  // Where given and the answer's end_is_watched is true: called once, with the status at the execution's end, or with
  // an error where the end cannot be told any more and has to be read. May run before the answer, on any thread.
  std::function<void(const std::string& arn, absl::StatusOr<std::string> status)> when_ended;
};

struct StartedExecution {
  std::string arn;
  base::WallTime started;
  bool end_is_watched = false;
};

// A place where a running execution stands, and what it waits for there.
struct ExecutionWait {
  std::string state;
  base::WallTime since;
  // "task" (a worker), "token" (whoever holds the task's token), "timer", "retry", "branches", "iterations"
  const char* kind = "";
  std::optional<base::WallTime> until;  // the timer's or retry's time; a task's timeout
  std::string progress;                 // of branches and iterations: "3 of 10" have ended
  // Of tasks: who serves it, whether a worker has it, and how many polls wait for such tasks at the asked node.
  std::string handler;
  int64_t attempt = 1;  // of tasks and retries
  bool is_started = false;
  std::string worker;
  int64_t pollers = 0;
};

struct Execution {
  std::string arn;
  std::string state_machine_arn;
  std::string name;
  std::string status;  // RUNNING, SUCCEEDED, FAILED, TIMED_OUT, ABORTED
  base::WallTime started;
  std::optional<base::WallTime> stopped;
  std::optional<std::string> input;
  std::optional<std::string> output;
  std::optional<std::string> error;
  std::optional<std::string> cause;
  std::string trace_header;
  std::vector<ExecutionWait> waits;  // of Describe
};

struct ListExecutionsRequest {
  std::string state_machine_arn;
  std::string status;  // empty: all
  Page page;
};

struct HistoryRequest {
  std::string execution_arn;
  bool reverse = false;
  bool include_data = true;
  Page page;
  // Used instead of the page's token where positive: events with a greater id only, ascending.
  int64_t after_event_id = 0;
};

// Events in the shape of GetExecutionHistory, each as JSON text; timestamps as epoch seconds with milliseconds.
struct HistoryPage {
  std::vector<std::string> events;
  std::string next_token;
  bool ended = false;  // the execution has ended and these are its last events
};

struct StopExecutionRequest {
  std::string execution_arn;
  std::optional<std::string> error;
  std::optional<std::string> cause;
};

// ---- activities and tasks

struct Activity {
  std::string arn;
  std::string name;
  base::WallTime created;
  std::string encryption_json;
  std::vector<Tag> tags;
};

// GetActivityTask's answer; an empty token means that the wait was over.
struct ActivityTask {
  std::string token;
  std::string input;
};

struct TaskOutcome {
  std::string token;
  std::optional<std::string> output;  // success: JSON text
  std::optional<std::string> error;   // failure
  std::optional<std::string> cause;
  bool returned = false;  // handed back unfinished
};

// ---- gRPC workers

struct WorkerHandler {
  std::string name;
  bool restartable = false;
};

struct WorkerTask {
  std::string token;
  std::string handler;
  std::string resource;
  std::string input;
  std::string execution_arn;
  std::string state_name;
  int64_t attempt = 1;
  int64_t timeout_seconds = 0;  // 0: none
  int64_t heartbeat_seconds = 0;
  std::string checkpoint;
};

struct WorkerPollRequest {
  std::string session_id;
  std::string worker_name;
  std::vector<WorkerHandler> handlers;
  int tasks_max = 0;
  std::chrono::milliseconds wait{0};
  std::vector<TaskOutcome> results;
  std::vector<std::string> held_tokens;
  bool held_tokens_complete = false;  // as in worker.proto: tasks of the session not named here never arrived
  bool is_own = false;                // the service's own worker: it is not counted, and not refused
};

enum class ResultCode { kRecorded, kStale, kInvalid, kRetry };
struct ResultAck {
  ResultCode code = ResultCode::kRecorded;
  std::string message;
};

struct WorkerPollResponse {
  std::vector<WorkerTask> tasks;
  std::vector<ResultAck> acks;  // one per result, in order
  std::vector<std::string> cancelled_tokens;
};

struct TaskHeartbeat {
  std::string token;
  double progress = 0;
  std::string message;
  std::string checkpoint;
};

// ---- the cluster, as the asked node knows it

struct ClusterNode {
  std::string node;
  std::string address;
  bool leaving = false;
  bool is_this = false;
};
struct ClusterPartition {
  int partition = 0;
  int64_t epoch = 0;
  std::string node;  // empty: nobody
};
struct ClusterInfo {
  std::vector<ClusterNode> nodes;
  std::vector<ClusterPartition> partitions;
};

// Cancels a long-poll whose caller has gone: nothing is handed to it afterwards. May be called at any time.
using CancelPoll = std::function<void()>;

class Gateway {
 public:
  virtual ~Gateway() = default;

  virtual void CreateStateMachine(const Caller&, CreateStateMachineRequest, Done<StateMachine>) = 0;
  virtual void UpdateStateMachine(const Caller&, UpdateStateMachineRequest, Done<StateMachine>) = 0;
  virtual void DescribeStateMachine(const Caller&, std::string arn, Done<StateMachine>) = 0;
  virtual void DescribeStateMachineForExecution(const Caller&, std::string execution_arn, Done<StateMachine>) = 0;
  virtual void DeleteStateMachine(const Caller&, std::string arn, Done<Nothing>) = 0;
  virtual void ListStateMachines(const Caller&, Page, Done<PageOf<StateMachine>>) = 0;
  // Versions keep what a machine was. Publishing a revision again gives the version that it has already.
  virtual void PublishVersion(PublishVersionRequest, Done<StateMachineVersion>) = 0;
  // The newest first.
  virtual void ListVersions(std::string machine_arn, Page, Done<PageOf<StateMachineVersion>>) = 0;
  virtual void DeleteVersion(std::string version_arn, Done<Nothing>) = 0;
  // Of a state machine or an activity; ResourceNotFound for anything else that has an ARN.
  virtual void ListTags(std::string arn, Done<std::vector<Tag>>) = 0;
  virtual void ChangeTags(std::string arn, std::vector<Tag> set, std::vector<std::string> removed, Done<Nothing>) = 0;
  // Everything that is wrong or doubtful, in the order of the text. `type`: STANDARD or EXPRESS.
  virtual void ValidateDefinition(std::string definition, std::string type,
                                  Done<std::vector<DefinitionDiagnostic>>) = 0;
  // `request` gets account and region of the caller. A Task without a mock is done by whoever serves its queue.
  virtual void TestState(const Caller&, asl::TestStateRequest request, Done<asl::TestStateAnswer>) = 0;

  virtual void StartExecution(const Caller&, StartExecutionRequest, Done<StartedExecution>) = 0;
  // Outcomes in the order of the requests; all requests name the same state machine.
  virtual void StartExecutions(const Caller&, std::vector<StartExecutionRequest>,
                               std::function<void(std::vector<absl::StatusOr<StartedExecution>>)> done) = 0;
  virtual void DescribeExecution(const Caller&, std::string arn, Done<Execution>) = 0;
  // Like Describe, answered when the execution has ended or `wait` is over.
  virtual void AwaitExecution(const Caller&, std::string arn, std::chrono::milliseconds wait, Done<Execution>) = 0;
  virtual void ListExecutions(const Caller&, ListExecutionsRequest, Done<PageOf<Execution>>) = 0;
  virtual void GetHistory(const Caller&, HistoryRequest, Done<HistoryPage>) = 0;
  // Answers as soon as there are events after `after_event_id`, or the execution has ended, or `wait` is over.
  virtual void AwaitHistory(const Caller&, HistoryRequest, std::chrono::milliseconds wait, Done<HistoryPage>) = 0;
  virtual void StopExecution(const Caller&, StopExecutionRequest, Done<base::WallTime>) = 0;

  virtual void CreateActivity(const Caller&, std::string name, std::vector<Tag>, std::string encryption_json,
                              Done<Activity>) = 0;
  virtual void DescribeActivity(const Caller&, std::string arn, Done<Activity>) = 0;
  virtual void ListActivities(const Caller&, Page, Done<PageOf<Activity>>) = 0;
  virtual void DeleteActivity(const Caller&, std::string arn, Done<Nothing>) = 0;

  virtual CancelPoll GetActivityTask(const Caller&, std::string activity_arn, std::string worker_name,
                                     std::chrono::milliseconds wait, Done<ActivityTask>) = 0;
  // SendTaskSuccess and SendTaskFailure.
  virtual void CompleteTask(const Caller&, TaskOutcome, Done<Nothing>) = 0;
  virtual void HeartbeatTask(const Caller&, std::string token, Done<Nothing>) = 0;

  virtual CancelPoll PollWorker(WorkerPollRequest, Done<WorkerPollResponse> done) = 0;
  // Answers with the tokens whose result no longer matters.
  virtual void HeartbeatWorker(std::string session_id, std::vector<TaskHeartbeat>, Done<std::vector<std::string>>) = 0;
  virtual void EndWorkerSession(std::string session_id, std::function<void()> done) = 0;

  virtual void DescribeCluster(std::function<void(ClusterInfo)> done) { done({}); }
};

}  // namespace pawl::gateway
