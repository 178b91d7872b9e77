#include "scheduler/api/testing/fake_gateway.h"

#include <algorithm>
#include <utility>

#include "scheduler/gateway/arn.h"
#include "scheduler/gateway/reason.h"

namespace pawl::api::testing {

using namespace gateway;  // NOLINT: this file is about nothing else

namespace {

constexpr base::WallTime kNow{std::chrono::milliseconds(1'700'000'000'123)};

template <typename T>
absl::StatusOr<T> Find(const std::map<std::string, T>& items, const std::string& key, Reason reason,
                       const std::string& what) {
  const auto found = items.find(key);
  if (found == items.end()) return Refuse(reason, what + " Does Not Exist: '" + key + "'");
  return found->second;
}

// Pages through a map by key; the token is the last key given.
template <typename T>
PageOf<T> TakePage(const std::map<std::string, T>& items, const Page& page) {
  PageOf<T> result;
  auto it = page.token.empty() ? items.begin() : items.upper_bound(page.token);
  for (; it != items.end() && static_cast<int>(result.items.size()) < page.limit; ++it) {
    result.items.push_back(it->second);
    result.next_token = it->first;
  }
  if (it == items.end()) result.next_token.clear();
  return result;
}

}  // namespace

void FakeGateway::Note(const Caller& caller) { last_caller_ = caller.account + "/" + caller.region; }

void FakeGateway::Changed(bool expired) {
  Ready ready;
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(waiters_, [expired](const Waiter& waiter) { return waiter.try_answer(expired); });
    ready.swap(ready_);
  }
  for (const auto& answer : ready) answer();
}

CancelPoll FakeGateway::Wait(std::function<bool(bool expired)> try_answer) {
  int id;
  {
    const std::lock_guard lock(mutex_);
    id = next_id_++;
    waiters_.push_back({id, std::move(try_answer)});
  }
  Changed();
  return [this, id] {
    std::vector<Waiter> dropped;
    const std::lock_guard lock(mutex_);
    for (auto it = waiters_.begin(); it != waiters_.end(); ++it) {
      if (it->id != id) continue;
      ++cancelled_polls_;
      dropped.push_back(std::move(*it));
      waiters_.erase(it);
      break;
    }
  };
}

void FakeGateway::ExpireWaits() { Changed(/*expired=*/true); }

int FakeGateway::waiting() const {
  const std::lock_guard lock(mutex_);
  return static_cast<int>(waiters_.size());
}
int FakeGateway::cancelled_polls() const {
  const std::lock_guard lock(mutex_);
  return cancelled_polls_;
}
std::string FakeGateway::last_caller() const {
  const std::lock_guard lock(mutex_);
  return last_caller_;
}
std::string FakeGateway::last_trace_header() const {
  const std::lock_guard lock(mutex_);
  return last_trace_header_;
}
std::vector<TaskOutcome> FakeGateway::outcomes() const {
  const std::lock_guard lock(mutex_);
  return outcomes_;
}
std::vector<std::string> FakeGateway::ended_sessions() const {
  const std::lock_guard lock(mutex_);
  return ended_sessions_;
}

void FakeGateway::Finish(const std::string& arn, const std::string& output) {
  {
    const std::lock_guard lock(mutex_);
    Execution& execution = executions_[arn];
    execution.status = "SUCCEEDED";
    execution.output = output;
    execution.stopped = kNow;
  }
  Changed();
}

void FakeGateway::AppendEvent(const std::string& arn, const std::string& event) {
  {
    const std::lock_guard lock(mutex_);
    events_[arn].push_back(event);
  }
  Changed();
}

void FakeGateway::OfferActivityTask(const std::string& arn, const ActivityTask& task) {
  {
    const std::lock_guard lock(mutex_);
    activity_tasks_[arn].push_back(task);
  }
  Changed();
}

void FakeGateway::OfferWorkerTask(const WorkerTask& task) {
  {
    const std::lock_guard lock(mutex_);
    worker_tasks_.push_back(task);
  }
  Changed();
}

// ---- state machines

void FakeGateway::CreateStateMachine(const Caller& caller, CreateStateMachineRequest request, Done<StateMachine> done) {
  absl::StatusOr<StateMachine> result = refusal.ok() ? absl::InternalError("") : refusal;
  if (refusal.ok()) {
    const std::lock_guard lock(mutex_);
    Note(caller);
    const std::string arn = MakeStateMachineArn(caller, request.name);
    const auto found = machines_.find(arn);
    if (found != machines_.end() && found->second.definition != request.definition) {
      result = Refuse(Reason::kStateMachineAlreadyExists, "State Machine Already Exists: '" + arn + "'");
    } else {
      StateMachine machine;
      machine.arn = arn;
      machine.name = request.name;
      machine.definition = request.definition;
      machine.role_arn = request.role_arn;
      machine.type = request.type;
      machine.created = machine.updated = kNow;
      machine.logging_json = request.logging_json;
      machine.tracing_json = request.tracing_json;
      machine.encryption_json = request.encryption_json;
      machine.tags = request.tags;
      result = machines_.emplace(arn, machine).first->second;
    }
  }
  done(std::move(result));
}

void FakeGateway::UpdateStateMachine(const Caller& caller, UpdateStateMachineRequest request, Done<StateMachine> done) {
  absl::StatusOr<StateMachine> result = absl::InternalError("");
  {
    const std::lock_guard lock(mutex_);
    Note(caller);
    result = Find(machines_, request.arn, Reason::kStateMachineDoesNotExist, "State Machine");
    if (result.ok()) {
      if (request.definition) result->definition = *request.definition;
      if (request.role_arn) result->role_arn = *request.role_arn;
      if (request.logging_json) result->logging_json = *request.logging_json;
      if (request.tracing_json) result->tracing_json = *request.tracing_json;
      result->revision_id = "revision-" + std::to_string(next_id_++);
      machines_[request.arn] = *result;
    }
  }
  done(std::move(result));
}

void FakeGateway::DescribeStateMachine(const Caller& caller, std::string arn, Done<StateMachine> done) {
  absl::StatusOr<StateMachine> result = refusal.ok() ? absl::InternalError("") : refusal;
  if (refusal.ok()) {
    const std::lock_guard lock(mutex_);
    Note(caller);
    result = Find(machines_, arn, Reason::kStateMachineDoesNotExist, "State Machine");
  }
  done(std::move(result));
}

void FakeGateway::DescribeStateMachineForExecution(const Caller& caller, std::string arn, Done<StateMachine> done) {
  absl::StatusOr<StateMachine> result = absl::InternalError("");
  {
    const std::lock_guard lock(mutex_);
    Note(caller);
    const auto execution = Find(executions_, arn, Reason::kExecutionDoesNotExist, "Execution");
    result = execution.ok() ? Find(machines_, execution->state_machine_arn, Reason::kStateMachineDoesNotExist, "")
                            : execution.status();
  }
  done(std::move(result));
}

void FakeGateway::DeleteStateMachine(const Caller& caller, std::string arn, Done<Nothing> done) {
  {
    const std::lock_guard lock(mutex_);
    Note(caller);
    machines_.erase(arn);
  }
  done(Nothing{});
}

void FakeGateway::ListStateMachines(const Caller& caller, Page page, Done<PageOf<StateMachine>> done) {
  PageOf<StateMachine> result;
  {
    const std::lock_guard lock(mutex_);
    Note(caller);
    result = TakePage(machines_, page);
  }
  done(std::move(result));
}

// ---- executions

absl::StatusOr<StartedExecution> FakeGateway::Start(const StartExecutionRequest& request) {
  if (!refusal.ok()) return refusal;
  const auto machine = Find(machines_, request.state_machine_arn, Reason::kStateMachineDoesNotExist, "State Machine");
  if (!machine.ok()) return machine.status();
  const auto parts = ParseStateMachineArn(machine->arn);
  Execution execution;
  execution.name = request.name.empty() ? "execution-" + std::to_string(next_id_++) : request.name;
  execution.arn = MakeExecutionArn(parts->region, parts->account, machine->name, execution.name);
  const auto found = executions_.find(execution.arn);
  if (found != executions_.end()) {
    if (found->second.input == request.input) return StartedExecution{execution.arn, kNow};
    return Refuse(Reason::kExecutionAlreadyExists, "Execution Already Exists: '" + execution.arn + "'");
  }
  execution.state_machine_arn = machine->arn;
  execution.status = ends_at_once ? "SUCCEEDED" : "RUNNING";
  execution.started = kNow;
  execution.input = request.input;
  execution.trace_header = last_trace_header_ = request.trace_header;
  if (ends_at_once) {
    execution.output = request.input;
    execution.stopped = kNow;
  }
  executions_[execution.arn] = execution;
  execution_order_.push_back(execution.arn);
  return StartedExecution{execution.arn, kNow};
}

void FakeGateway::PublishVersion(PublishVersionRequest request, Done<StateMachineVersion> done) {
  if (!refusal.ok()) return done(refusal);
  StateMachineVersion version{request.arn + ":1", kNow};
  {
    const std::lock_guard lock(mutex_);
    versions_[version.arn] = version;
  }
  done(version);
}

void FakeGateway::ListVersions(std::string, Page page, Done<PageOf<StateMachineVersion>> done) {
  std::unique_lock lock(mutex_);
  auto found = TakePage(versions_, page);
  lock.unlock();
  done(std::move(found));
}

void FakeGateway::DeleteVersion(std::string version_arn, Done<Nothing> done) {
  {
    const std::lock_guard lock(mutex_);
    versions_.erase(version_arn);
  }
  done(Nothing{});
}

void FakeGateway::ListTags(std::string arn, Done<std::vector<Tag>> done) {
  std::unique_lock lock(mutex_);
  absl::StatusOr<StateMachine> found = Find(machines_, arn, Reason::kResourceNotFound, "Resource");
  lock.unlock();
  if (!found.ok()) return done(found.status());
  done(found->tags);
}

void FakeGateway::ChangeTags(std::string arn, std::vector<Tag> set, std::vector<std::string> removed,
                             Done<Nothing> done) {
  std::unique_lock lock(mutex_);
  absl::StatusOr<StateMachine> found = Find(machines_, arn, Reason::kResourceNotFound, "Resource");
  if (found.ok()) {
    std::vector<Tag>& tags = machines_[arn].tags;
    for (const std::string& key : removed) std::erase_if(tags, [&](const Tag& tag) { return tag.key == key; });
    for (Tag& tag : set) tags.push_back(std::move(tag));
  }
  lock.unlock();
  if (!found.ok()) return done(found.status());
  done(Nothing{});
}

void FakeGateway::ValidateDefinition(std::string, std::string, Done<std::vector<DefinitionDiagnostic>> done) {
  if (!refusal.ok()) return done(refusal);
  done(diagnostics);
}

void FakeGateway::TestState(const Caller&, asl::TestStateRequest request, Done<asl::TestStateAnswer> done) {
  if (!refusal.ok()) return done(refusal);
  tested = std::move(request);
  done(test_state_answer);
}

void FakeGateway::StartExecution(const Caller& caller, StartExecutionRequest request, Done<StartedExecution> done) {
  absl::StatusOr<StartedExecution> result = absl::InternalError("");
  {
    const std::lock_guard lock(mutex_);
    Note(caller);
    result = Start(request);
  }
  done(std::move(result));
}

void FakeGateway::StartExecutions(const Caller& caller, std::vector<StartExecutionRequest> requests,
                                  std::function<void(std::vector<absl::StatusOr<StartedExecution>>)> done) {
  std::vector<absl::StatusOr<StartedExecution>> results;
  {
    const std::lock_guard lock(mutex_);
    Note(caller);
    for (const StartExecutionRequest& request : requests) results.push_back(Start(request));
  }
  done(std::move(results));
}

void FakeGateway::DescribeExecution(const Caller& caller, std::string arn, Done<Execution> done) {
  absl::StatusOr<Execution> result = absl::InternalError("");
  {
    const std::lock_guard lock(mutex_);
    Note(caller);
    result = Find(executions_, arn, Reason::kExecutionDoesNotExist, "Execution");
  }
  done(std::move(result));
}

void FakeGateway::AwaitExecution(const Caller&, std::string arn, std::chrono::milliseconds, Done<Execution> done) {
  Wait([this, arn, done](bool expired) {
    auto result = Find(executions_, arn, Reason::kExecutionDoesNotExist, "Execution");
    if (result.ok() && result->status == "RUNNING" && !expired) return false;
    ready_.push_back([done, result] { done(result); });
    return true;
  });
}

void FakeGateway::ListExecutions(const Caller& caller, ListExecutionsRequest request, Done<PageOf<Execution>> done) {
  absl::StatusOr<PageOf<Execution>> result = PageOf<Execution>{};
  {
    const std::lock_guard lock(mutex_);
    Note(caller);
    if (!machines_.contains(request.state_machine_arn)) {
      result = Refuse(Reason::kStateMachineDoesNotExist,
                      "State Machine Does Not Exist: '" + request.state_machine_arn + "'");
    } else {
      size_t left = request.page.token.empty() ? execution_order_.size() : std::stoul(request.page.token);
      while (left > 0 && static_cast<int>(result->items.size()) < request.page.limit) {
        const Execution& execution = executions_[execution_order_[--left]];
        if (!request.status.empty() && execution.status != request.status) continue;
        if (execution.state_machine_arn == request.state_machine_arn) result->items.push_back(execution);
      }
      if (left > 0) result->next_token = std::to_string(left);
    }
  }
  done(std::move(result));
}

absl::StatusOr<HistoryPage> FakeGateway::History(const HistoryRequest& request) const {
  const auto execution = Find(executions_, request.execution_arn, Reason::kExecutionDoesNotExist, "Execution");
  if (!execution.ok()) return execution.status();
  HistoryPage page;
  const auto found = events_.find(request.execution_arn);
  std::vector<std::string> events = found == events_.end() ? std::vector<std::string>() : found->second;
  if (request.reverse) std::reverse(events.begin(), events.end());
  const size_t from = request.after_event_id > 0   ? static_cast<size_t>(request.after_event_id)
                      : request.page.token.empty() ? 0
                                                   : std::stoul(request.page.token);
  const size_t to = std::min(events.size(), from + static_cast<size_t>(request.page.limit));
  for (size_t i = from; i < to; ++i) page.events.push_back(events[i]);
  if (to < events.size()) page.next_token = std::to_string(to);
  page.ended = execution->status != "RUNNING" && to == events.size();
  return page;
}

void FakeGateway::GetHistory(const Caller& caller, HistoryRequest request, Done<HistoryPage> done) {
  absl::StatusOr<HistoryPage> result = absl::InternalError("");
  {
    const std::lock_guard lock(mutex_);
    Note(caller);
    result = History(request);
  }
  done(std::move(result));
}

void FakeGateway::AwaitHistory(const Caller&, HistoryRequest request, std::chrono::milliseconds,
                               Done<HistoryPage> done) {
  Wait([this, request, done](bool expired) {
    auto result = History(request);
    if (result.ok() && result->events.empty() && !result->ended && !expired) return false;
    ready_.push_back([done, result] { done(result); });
    return true;
  });
}

void FakeGateway::StopExecution(const Caller& caller, StopExecutionRequest request, Done<base::WallTime> done) {
  absl::StatusOr<base::WallTime> result = kNow;
  {
    const std::lock_guard lock(mutex_);
    Note(caller);
    const auto found = executions_.find(request.execution_arn);
    if (found == executions_.end()) {
      result = Refuse(Reason::kExecutionDoesNotExist, "Execution Does Not Exist: '" + request.execution_arn + "'");
    } else {
      found->second.status = "ABORTED";
      found->second.error = request.error;
      found->second.cause = request.cause;
      found->second.stopped = kNow;
    }
  }
  done(std::move(result));
  Changed();
}

// ---- activities and tasks

void FakeGateway::CreateActivity(const Caller& caller, std::string name, std::vector<Tag> tags, std::string encryption,
                                 Done<Activity> done) {
  Activity activity;
  {
    const std::lock_guard lock(mutex_);
    Note(caller);
    activity = Activity{MakeActivityArn(caller, name), name, kNow, std::move(encryption), std::move(tags)};
    activities_.emplace(activity.arn, activity);
  }
  done(activity);
}

void FakeGateway::DescribeActivity(const Caller& caller, std::string arn, Done<Activity> done) {
  absl::StatusOr<Activity> result = absl::InternalError("");
  {
    const std::lock_guard lock(mutex_);
    Note(caller);
    result = Find(activities_, arn, Reason::kActivityDoesNotExist, "Activity");
  }
  done(std::move(result));
}

void FakeGateway::ListActivities(const Caller& caller, Page page, Done<PageOf<Activity>> done) {
  PageOf<Activity> result;
  {
    const std::lock_guard lock(mutex_);
    Note(caller);
    result = TakePage(activities_, page);
  }
  done(std::move(result));
}

void FakeGateway::DeleteActivity(const Caller& caller, std::string arn, Done<Nothing> done) {
  {
    const std::lock_guard lock(mutex_);
    Note(caller);
    activities_.erase(arn);
  }
  done(Nothing{});
}

CancelPoll FakeGateway::GetActivityTask(const Caller& caller, std::string arn, std::string, std::chrono::milliseconds,
                                        Done<ActivityTask> done) {
  {
    const std::lock_guard lock(mutex_);
    Note(caller);
    if (const auto found = Find(activities_, arn, Reason::kActivityDoesNotExist, "Activity"); !found.ok()) {
      ready_.push_back([done, status = found.status()] { done(status); });
      arn.clear();
    }
  }
  if (arn.empty()) {
    Changed();
    return [] {};
  }
  return Wait([this, arn, done](bool expired) {
    std::deque<ActivityTask>& tasks = activity_tasks_[arn];
    if (tasks.empty() && !expired) return false;
    ActivityTask task;
    if (!tasks.empty()) {
      task = tasks.front();
      tasks.pop_front();
    }
    ready_.push_back([done, task] { done(task); });
    return true;
  });
}

void FakeGateway::CompleteTask(const Caller& caller, TaskOutcome outcome, Done<Nothing> done) {
  const bool known = !outcome.token.starts_with("unknown");
  {
    const std::lock_guard lock(mutex_);
    Note(caller);
    if (known) outcomes_.push_back(std::move(outcome));
  }
  done(known ? absl::StatusOr<Nothing>(Nothing{}) : Refuse(Reason::kTaskDoesNotExist, "Task does not exist"));
}

void FakeGateway::HeartbeatTask(const Caller& caller, std::string token, Done<Nothing> done) {
  {
    const std::lock_guard lock(mutex_);
    Note(caller);
  }
  done(token.starts_with("unknown") ? absl::StatusOr<Nothing>(Refuse(Reason::kTaskTimedOut, "Task Timed Out: 'x'"))
                                    : Nothing{});
}

// ---- gRPC workers

CancelPoll FakeGateway::PollWorker(WorkerPollRequest request, Done<WorkerPollResponse> done) {
  WorkerPollResponse response;
  for (TaskOutcome& outcome : request.results) {
    ResultAck ack;
    if (outcome.token.starts_with("stale")) ack = {ResultCode::kStale, "the attempt is over"};
    response.acks.push_back(ack);
  }
  {
    const std::lock_guard lock(mutex_);
    for (TaskOutcome& outcome : request.results) outcomes_.push_back(std::move(outcome));
  }
  const auto tasks_max = static_cast<size_t>(request.tasks_max);
  return Wait([this, response, tasks_max, done](bool expired) {
    if (worker_tasks_.empty() && response.acks.empty() && !expired) return false;
    WorkerPollResponse answer = response;
    while (!worker_tasks_.empty() && answer.tasks.size() < tasks_max) {
      answer.tasks.push_back(std::move(worker_tasks_.front()));
      worker_tasks_.pop_front();
    }
    ready_.push_back([done, answer] { done(answer); });
    return true;
  });
}

void FakeGateway::HeartbeatWorker(std::string, std::vector<TaskHeartbeat> tasks, Done<std::vector<std::string>> done) {
  std::vector<std::string> cancelled;
  for (const TaskHeartbeat& task : tasks) {
    if (task.token.starts_with("cancelled")) cancelled.push_back(task.token);
  }
  done(std::move(cancelled));
}

void FakeGateway::EndWorkerSession(std::string session_id, std::function<void()> done) {
  {
    const std::lock_guard lock(mutex_);
    ended_sessions_.push_back(std::move(session_id));
  }
  done();
}

}  // namespace pawl::api::testing
