#include <string>

#include "history/state/apply.h"

namespace pawl::history {
namespace {

// Compares field by field and remembers the name of the first that differs.
class Comparison {
 public:
  explicit Comparison(std::string* why) : why_(why) {}

  template <typename T>
  bool Same(const char* name, const T& a, const T& b) {
    if (a == b) return true;
    return Differs(name);
  }
  bool Differs(const std::string& name) {
    if (why_ != nullptr && why_->empty()) *why_ = context_ + name;
    return false;
  }
  void Enter(std::string context) { context_ = std::move(context); }

  bool SameTask(const TaskScheduled& a, const TaskScheduled& b) {
    return Same("task.family", a.family, b.family) && Same("task.resource", a.resource, b.resource) &&
           Same("task.resource_type", a.resource_type, b.resource_type) && Same("task.action", a.action, b.action) &&
           Same("task.region", a.region, b.region) && Same("task.queue", a.queue, b.queue) &&
           Same("task.input", a.input, b.input) && Same("task.timeout", a.timeout_seconds, b.timeout_seconds) &&
           Same("task.heartbeat", a.heartbeat_seconds, b.heartbeat_seconds) &&
           Same("task.credentials", a.credentials, b.credentials) && Same("task.attempt", a.attempt, b.attempt) &&
           Same("task.wait_for_token", a.wait_for_token, b.wait_for_token);
  }

  bool operator()(const NotWaiting&, const NotWaiting&) { return true; }
  bool operator()(const WaitingForTask& a, const WaitingForTask& b) {
    return Same("scheduled_event", a.scheduled_event, b.scheduled_event) && SameTask(a.task, b.task) &&
           Same("scheduled_at", a.scheduled_at, b.scheduled_at) && Same("attempt", a.attempt, b.attempt) &&
           Same("started", a.started, b.started) && Same("worker", a.worker, b.worker) &&
           Same("session", a.session, b.session) && Same("restartable", a.restartable, b.restartable) &&
           Same("start_shown", a.start_shown, b.start_shown) && Same("submitted", a.submitted, b.submitted) &&
           Same("checkpoint", a.checkpoint, b.checkpoint);
  }
  bool operator()(const WaitingForTimer& a, const WaitingForTimer& b) { return Same("until", a.until, b.until); }
  bool operator()(const WaitingForBranches& a, const WaitingForBranches& b) {
    return Same("open", a.open, b.open) && Same("results", a.results, b.results);
  }
  bool operator()(const WaitingForIterations& a, const WaitingForIterations& b) {
    return Same("map.length", a.map.length, b.map.length) && Same("map.items", a.map.items, b.map.items) &&
           Same("map.max_concurrency", a.map.max_concurrency, b.map.max_concurrency) &&
           Same("next_index", a.next_index, b.next_index) && Same("running", a.running, b.running) &&
           Same("succeeded", a.succeeded, b.succeeded) && Same("failed", a.failed, b.failed) &&
           Same("results", a.results, b.results);
  }
  bool operator()(const Backoff& a, const Backoff& b) { return Same("due", a.due, b.due); }
  template <typename A, typename B>
  bool operator()(const A&, const B&) {
    return Differs("waiting (another kind)");
  }

  bool SameFrame(const Frame& a, const Frame& b) {
    Enter("frame " + std::to_string(a.id.value()) + " (" + a.state + "): ");
    if (!(Same("parent", a.parent, b.parent) && Same("index", a.index, b.index) &&
          Same("is_iteration", a.is_iteration, b.is_iteration) && Same("last_event", a.last_event, b.last_event) &&
          Same("state", a.state, b.state) && Same("kind", a.kind, b.kind) &&
          Same("entered_event", a.entered_event, b.entered_event) && Same("entered_at", a.entered_at, b.entered_at) &&
          Same("input", a.input, b.input) && Same("retries", a.retries, b.retries) &&
          Same("retry_count", a.retry_count, b.retry_count) && Same("attempts", a.task_attempts, b.task_attempts) &&
          Same("checkpoint", a.checkpoint, b.checkpoint) &&
          Same("variable count", a.variables.size(), b.variables.size()))) {
      return false;
    }
    for (size_t i = 0; i < a.variables.size(); ++i) {
      if (!Same("variable name", a.variables[i].name, b.variables[i].name)) return false;
      if (!Same("variable", a.variables[i].value, b.variables[i].value)) return false;
    }
    return std::visit(*this, a.waiting, b.waiting);
  }

  bool SameState(const ExecutionState& a, const ExecutionState& b) {
    if (!(Same("id", a.id, b.id) && Same("input", a.start.input, b.start.input) &&
          Same("machine", a.start.machine, b.start.machine) && Same("name", a.start.name, b.start.name) &&
          Same("account", a.start.account, b.start.account) && Same("region", a.start.region, b.start.region) &&
          Same("definition", a.start.definition_digest, b.start.definition_digest) &&
          Same("role", a.start.role_arn, b.start.role_arn) && Same("started_at", a.started_at, b.started_at) &&
          Same("stopped_at", a.stopped_at, b.stopped_at) && Same("status", a.status, b.status) &&
          Same("last_event", a.last_event, b.last_event) && Same("last_at", a.last_at, b.last_at) &&
          Same("revision", a.revision, b.revision) && Same("last_frame", a.last_frame, b.last_frame) &&
          Same("output", a.output, b.output) && Same("error", a.error, b.error) && Same("cause", a.cause, b.cause) &&
          Same("names", a.names, b.names) && Same("frame count", a.frames.size(), b.frames.size()))) {
      return false;
    }
    for (auto left = a.frames.begin(), right = b.frames.begin(); left != a.frames.end(); ++left, ++right) {
      if (!Same("frame id", left->first, right->first) || !SameFrame(left->second, right->second)) return false;
    }
    return true;
  }

 private:
  std::string* why_;
  std::string context_;
};

}  // namespace

bool Equal(const ExecutionState& a, const ExecutionState& b, std::string* why) {
  if (why != nullptr) why->clear();
  return Comparison(why).SameState(a, b);
}

}  // namespace pawl::history
