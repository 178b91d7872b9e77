#include "history/codec/body_form.h"

namespace pawl::history {
namespace {

template <typename Stored, typename E>
void ReadFailure(const Stored& from, E& to) {
  if (from.has_error()) to.error = from.error();
  if (from.has_cause()) to.cause = from.cause();
}

template <typename Stored, typename E>
bool ReadTask(const Stored& from, NameReader& names, E& to) {
  to.resource_type = names.Read(from.resource_type());
  to.action = names.Read(from.action());
  return ReadFamily(from.family(), to.family);
}

template <typename E>
bool ReadTaskFailure(const v1::TaskEnded& from, NameReader& names, EventBody& body) {
  E to;
  ReadFailure(from, to);
  bool ok = ReadTask(from, names, to);
  body = std::move(to);
  return ok;
}

template <typename E>
E ReadIteration(const v1::MapIteration& from, NameReader& names) {
  E to;
  to.name = names.Read(from.name());
  to.index = static_cast<int64_t>(from.index());
  return to;
}

template <typename E>
E ReadEnd(const v1::Failure& from) {
  E to;
  ReadFailure(from, to);
  return to;
}

std::string ToHex(const std::string& bytes) {
  std::string digits;
  for (unsigned char byte : bytes) {
    digits += "0123456789abcdef"[byte >> 4];
    digits += "0123456789abcdef"[byte & 15];
  }
  return digits;
}

base::FrameId FrameOf(uint64_t id) { return base::FrameId(static_cast<int64_t>(id)); }

bool ReadTaskStarted(const v1::TaskStarted& from, NameReader& names, TaskStarted& to) {
  bool ok = ReadTask(from, names, to);
  to.worker = names.Read(from.worker());
  to.session = names.Read(from.session());
  to.restartable = from.restartable();
  to.attempt = static_cast<int64_t>(from.retries()) + 1;
  return ok;
}

StateExited ReadExited(const v1::StateExited& from, PayloadReader& payloads, NameReader& names) {
  StateExited to{.name = names.Read(from.name()), .output = payloads.Read(from.output())};
  for (const v1::Assigned& variable : from.assigned()) {
    to.assigned.push_back({variable.name(), payloads.Read(variable.value())});
  }
  return to;
}

}  // namespace

bool ReadKind(uint32_t from, StateKind& to) {
  to = static_cast<StateKind>(from);
  return from <= static_cast<uint32_t>(StateKind::kMap);
}

bool ReadFamily(uint32_t from, TaskFamily& to) {
  to = static_cast<TaskFamily>(from);
  return from <= static_cast<uint32_t>(TaskFamily::kService);
}

void ReadBody(const v1::ExecutionStarted& from, PayloadReader& payloads, ExecutionStarted& to) {
  to.input = payloads.Read(from.input());
  to.role_arn = from.role_arn();
  to.account = from.account();
  to.region = from.region();
  to.machine = from.machine();
  to.name = from.name();
  to.definition_digest = from.definition_sha256().empty() ? from.definition_digest() : ToHex(from.definition_sha256());
  if (from.has_timeout_seconds()) to.timeout_seconds = from.timeout_seconds();
  to.trace_header = from.trace_header();
  to.priority = from.priority();
}

bool ReadBody(const v1::TaskScheduled& from, PayloadReader& payloads, NameReader& names, TaskScheduled& to) {
  to.resource = names.Read(from.resource());
  bool ok = ReadTask(from, names, to);
  to.region = names.Read(from.region());
  to.queue = names.Read(from.queue());
  to.input = payloads.Read(from.input());
  if (from.has_timeout_seconds()) to.timeout_seconds = from.timeout_seconds();
  if (from.has_heartbeat_seconds()) to.heartbeat_seconds = from.heartbeat_seconds();
  if (from.has_credentials()) to.credentials = from.credentials();
  to.attempt = static_cast<int64_t>(from.retries()) + 1;
  to.wait_for_token = from.wait_for_token();
  return ok;
}

void ReadBody(const v1::MapStarted& from, PayloadReader& payloads, MapStarted& to) {
  to.length = static_cast<int64_t>(from.length());
  to.items = payloads.Read(from.items());
  to.max_concurrency = static_cast<int64_t>(from.max_concurrency());
  if (from.has_tolerated_failure_count()) to.tolerated_failure_count = from.tolerated_failure_count();
  if (from.has_tolerated_failure_percentage()) to.tolerated_failure_percentage = from.tolerated_failure_percentage();
}

bool ReadEventBody(const v1::Event& from, base::WallTime at, PayloadReader& payloads, NameReader& names,
                   EventBody& to) {
  using Ms = std::chrono::milliseconds;
  switch (from.body_case()) {
    case v1::Event::kStateEntered: {
      const v1::StateEntered& stored = from.state_entered();
      StateEntered entered{.name = names.Read(stored.name()), .input = payloads.Read(stored.input())};
      bool ok = ReadKind(stored.kind(), entered.kind);
      to = std::move(entered);
      return ok;
    }
    case v1::Event::kStateExited: {
      StateExited exited = ReadExited(from.state_exited(), payloads, names);
      bool ok = ReadKind(from.state_exited().kind(), exited.kind);
      to = std::move(exited);
      return ok;
    }
    case v1::Event::kTaskScheduled:
      return ReadBody(from.task_scheduled(), payloads, names, to.emplace<TaskScheduled>());
    case v1::Event::kTaskStarted:
      return ReadTaskStarted(from.task_started(), names, to.emplace<TaskStarted>());
    case v1::Event::kTaskSucceeded: {
      TaskSucceeded succeeded;
      bool ok = ReadTask(from.task_succeeded(), names, succeeded);
      succeeded.output = payloads.Read(from.task_succeeded().output());
      to = std::move(succeeded);
      return ok;
    }
    case v1::Event::kExecutionStarted:
      ReadBody(from.execution_started(), payloads, to.emplace<ExecutionStarted>());
      return true;
    case v1::Event::kExecutionSucceeded:
      to = ExecutionSucceeded{payloads.Read(from.execution_succeeded())};
      return true;
    case v1::Event::kTaskFailed:
      return ReadTaskFailure<TaskFailed>(from.task_failed(), names, to);
    case v1::Event::kRetryScheduled:
      to = RetryScheduled{static_cast<int32_t>(from.retry_scheduled().retrier()),
                          at + Ms(from.retry_scheduled().delay())};
      return true;
    case v1::Event::kMapIterationStarted:
      to = ReadIteration<MapIterationStarted>(from.map_iteration_started(), names);
      return true;
    case v1::Event::kMapIterationSucceeded: {
      auto iteration = ReadIteration<MapIterationSucceeded>(from.map_iteration_succeeded(), names);
      iteration.child = FrameOf(from.map_iteration_succeeded().child());
      iteration.output = payloads.Read(from.map_iteration_succeeded().output());
      to = std::move(iteration);
      return true;
    }
    case v1::Event::kExecutionFailed:
      to = ReadEnd<ExecutionFailed>(from.execution_failed());
      return true;
    case v1::Event::kExecutionAborted:
      to = ReadEnd<ExecutionAborted>(from.execution_aborted());
      return true;
    case v1::Event::kExecutionTimedOut:
      to = ReadEnd<ExecutionTimedOut>(from.execution_timed_out());
      return true;
    case v1::Event::kStateAborted:
      return ReadKind(from.state_aborted(), to.emplace<StateAborted>().kind);
    case v1::Event::kEvaluationFailed: {
      const v1::EvaluationFailed& stored = from.evaluation_failed();
      to = EvaluationFailed{names.Read(stored.state()), stored.error(), stored.cause(), stored.location()};
      return true;
    }
    case v1::Event::kTaskSubmitted: {
      TaskSubmitted submitted;
      submitted.resource_type = names.Read(from.task_submitted().resource_type());
      submitted.action = names.Read(from.task_submitted().action());
      submitted.output = payloads.Read(from.task_submitted().output());
      to = std::move(submitted);
      return true;
    }
    case v1::Event::kTaskTimedOut:
      return ReadTaskFailure<TaskTimedOut>(from.task_timed_out(), names, to);
    case v1::Event::kTaskScheduleFailed:
      return ReadTaskFailure<TaskScheduleFailed>(from.task_schedule_failed(), names, to);
    case v1::Event::kParallelStarted:
      to = ParallelStarted{static_cast<int32_t>(from.parallel_started().branches()),
                           payloads.Read(from.parallel_started().input())};
      return true;
    case v1::Event::kParallelSucceeded:
      to = ParallelSucceeded{};
      return true;
    case v1::Event::kParallelFailed:
      to = ParallelFailed{};
      return true;
    case v1::Event::kMapStarted:
      ReadBody(from.map_started(), payloads, to.emplace<MapStarted>());
      return true;
    case v1::Event::kMapSucceeded:
      to = MapSucceeded{};
      return true;
    case v1::Event::kMapFailed:
      to = MapFailed{};
      return true;
    case v1::Event::kMapIterationFailed: {
      auto iteration = ReadIteration<MapIterationFailed>(from.map_iteration_failed(), names);
      iteration.child = FrameOf(from.map_iteration_failed().child());
      to = std::move(iteration);
      return true;
    }
    case v1::Event::kMapIterationAborted:
      to = ReadIteration<MapIterationAborted>(from.map_iteration_aborted(), names);
      return true;
    case v1::Event::kWaitStarted:
      to = WaitStarted{at + Ms(from.wait_started())};
      return true;
    case v1::Event::kBranchSucceeded:
      to = BranchSucceeded{payloads.Read(from.branch_succeeded())};
      return true;
    case v1::Event::kChildrenRemoved:
      to = ChildrenRemoved{};
      return true;
    case v1::Event::kTaskAttemptLost:
      to = TaskAttemptLost{from.task_attempt_lost()};
      return true;
    case v1::Event::kTaskCheckpointed:
      to = TaskCheckpointed{from.task_checkpointed()};
      return true;
    case v1::Event::BODY_NOT_SET:
      return false;
  }
  return false;
}

}  // namespace pawl::history
