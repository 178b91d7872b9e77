#include <array>
#include <variant>

#include "google/protobuf/arena.h"
#include "history/codec/body_form.h"
#include "history/codec/codec.h"

namespace pawl::history {
namespace {

class EventWriter {
 public:
  explicit EventWriter(const std::vector<std::string>& names) : names_(names) {}

  void Write(const Event& event, v1::Event* out) {
    out_ = out;
    at_ = event.at;
    payloads_.SetNextEvent(event.is_public() ? event.id.value() : next_event_);
    if (event.is_public()) {
      next_event_ = event.id.value() + 1;
      out->set_link(static_cast<uint64_t>(event.id.value() - event.previous.value() - 1));
    } else {
      out->set_internal(true);
      out->set_link(static_cast<uint64_t>(event.previous.value()));
    }
    if (event.frame.value() != frame_) {
      frame_ = event.frame.value();
      out->set_frame(static_cast<uint64_t>(frame_ + 1));
    }
    std::visit(*this, event.body);
  }
  void SetFirstEvent(int64_t id) { next_event_ = id; }
  NameWriter& names() { return names_; }

  void operator()(const ExecutionStarted& e) { WriteBody(e, payloads_, out_->mutable_execution_started()); }
  void operator()(const ExecutionSucceeded& e) { Put(e.output, out_->mutable_execution_succeeded()); }
  void operator()(const ExecutionFailed& e) {
    v1::Failure* to = out_->mutable_execution_failed();
    to->set_error(e.error);
    to->set_cause(e.cause);
  }
  void operator()(const ExecutionAborted& e) { PutFailure(e, out_->mutable_execution_aborted()); }
  void operator()(const ExecutionTimedOut& e) { PutFailure(e, out_->mutable_execution_timed_out()); }

  void operator()(const StateEntered& e) {
    v1::StateEntered* to = out_->mutable_state_entered();
    to->set_name(names_.Write(e.name));
    to->set_kind(static_cast<uint32_t>(e.kind));
    Put(e.input, to->mutable_input());
  }
  void operator()(const StateExited& e) {
    v1::StateExited* to = out_->mutable_state_exited();
    to->set_name(names_.Write(e.name));
    to->set_kind(static_cast<uint32_t>(e.kind));
    Put(e.output, to->mutable_output());
    for (const Assigned& variable : e.assigned) {
      v1::Assigned* assigned = to->add_assigned();
      assigned->set_name(variable.name);
      Put(variable.value, assigned->mutable_value());
    }
  }
  void operator()(const StateAborted& e) { out_->set_state_aborted(static_cast<uint32_t>(e.kind)); }
  void operator()(const EvaluationFailed& e) {
    v1::EvaluationFailed* to = out_->mutable_evaluation_failed();
    to->set_state(names_.Write(e.state));
    to->set_error(e.error);
    to->set_cause(e.cause);
    to->set_location(e.location);
  }

  void operator()(const TaskScheduled& e) { WriteBody(e, payloads_, names_, out_->mutable_task_scheduled()); }
  void operator()(const TaskStarted& e) {
    v1::TaskStarted* to = out_->mutable_task_started();
    PutTask(e, to);
    to->set_worker(names_.Write(e.worker));
    to->set_session(names_.Write(e.session));
    to->set_restartable(e.restartable);
    to->set_retries(static_cast<uint64_t>(e.attempt - 1));
  }
  void operator()(const TaskSubmitted& e) {
    v1::TaskEnded* to = out_->mutable_task_submitted();
    to->set_resource_type(names_.Write(e.resource_type));
    to->set_action(names_.Write(e.action));
    Put(e.output, to->mutable_output());
  }
  void operator()(const TaskSucceeded& e) {
    v1::TaskEnded* to = out_->mutable_task_succeeded();
    PutTask(e, to);
    Put(e.output, to->mutable_output());
  }
  void operator()(const TaskFailed& e) { PutTaskFailure(e, out_->mutable_task_failed()); }
  void operator()(const TaskTimedOut& e) { PutTaskFailure(e, out_->mutable_task_timed_out()); }
  void operator()(const TaskScheduleFailed& e) {
    v1::TaskEnded* to = out_->mutable_task_schedule_failed();
    PutTask(e, to);
    to->set_error(e.error);
    to->set_cause(e.cause);
  }

  void operator()(const ParallelStarted& e) {
    v1::ParallelStarted* to = out_->mutable_parallel_started();
    to->set_branches(static_cast<uint32_t>(e.branches));
    Put(e.input, to->mutable_input());
  }
  void operator()(const ParallelSucceeded&) { out_->mutable_parallel_succeeded(); }
  void operator()(const ParallelFailed&) { out_->mutable_parallel_failed(); }
  void operator()(const MapStarted& e) { WriteBody(e, payloads_, out_->mutable_map_started()); }
  void operator()(const MapSucceeded&) { out_->mutable_map_succeeded(); }
  void operator()(const MapFailed&) { out_->mutable_map_failed(); }
  void operator()(const MapIterationStarted& e) { PutIteration(e, out_->mutable_map_iteration_started()); }
  void operator()(const MapIterationSucceeded& e) {
    v1::MapIteration* to = out_->mutable_map_iteration_succeeded();
    PutIteration(e, to);
    to->set_child(static_cast<uint64_t>(e.child.value()));
    Put(e.output, to->mutable_output());
  }
  void operator()(const MapIterationFailed& e) {
    v1::MapIteration* to = out_->mutable_map_iteration_failed();
    PutIteration(e, to);
    to->set_child(static_cast<uint64_t>(e.child.value()));
  }
  void operator()(const MapIterationAborted& e) { PutIteration(e, out_->mutable_map_iteration_aborted()); }

  void operator()(const WaitStarted& e) { out_->set_wait_started((e.until - at_).count()); }
  void operator()(const RetryScheduled& e) {
    v1::RetryScheduled* to = out_->mutable_retry_scheduled();
    to->set_retrier(static_cast<uint32_t>(e.retrier));
    to->set_delay((e.due - at_).count());
  }
  void operator()(const BranchSucceeded& e) { Put(e.output, out_->mutable_branch_succeeded()); }
  void operator()(const ChildrenRemoved&) { out_->mutable_children_removed(); }
  void operator()(const TaskAttemptLost& e) { out_->set_task_attempt_lost(e.attempt); }
  void operator()(const TaskCheckpointed& e) { out_->set_task_checkpointed(e.reference); }

 private:
  void Put(const Payload& payload, v1::Payload* to) { payloads_.Write(payload, to); }
  template <typename E>
  static void PutFailure(const E& e, v1::Failure* to) {
    if (e.error) to->set_error(*e.error);
    if (e.cause) to->set_cause(*e.cause);
  }
  template <typename E, typename Message>
  void PutTask(const E& e, Message* to) {
    to->set_family(static_cast<uint32_t>(e.family));
    to->set_resource_type(names_.Write(e.resource_type));
    to->set_action(names_.Write(e.action));
  }
  template <typename E>
  void PutTaskFailure(const E& e, v1::TaskEnded* to) {
    PutTask(e, to);
    if (e.error) to->set_error(*e.error);
    if (e.cause) to->set_cause(*e.cause);
  }
  template <typename E>
  void PutIteration(const E& e, v1::MapIteration* to) {
    to->set_name(names_.Write(e.name));
    to->set_index(static_cast<uint64_t>(e.index));
  }

  NameWriter names_;
  PayloadWriter payloads_;
  v1::Event* out_ = nullptr;
  base::WallTime at_;
  int64_t next_event_ = 1;
  int64_t frame_ = 1;
};

// Public ids count up within a decision, so its first id follows from any of them. 0 where there is none.
int64_t FirstEvent(const std::vector<Event>& events) {
  for (const Event& event : events) {
    if (event.is_public()) return event.id.value();
  }
  return 0;
}

bool IsSha256(const std::string& digest) {
  return digest.size() == 64 && digest.find_first_not_of("0123456789abcdef") == std::string::npos;
}

std::string FromHex(const std::string& digits) {
  auto value = [](char digit) { return digit <= '9' ? digit - '0' : digit - 'a' + 10; };
  std::string bytes;
  for (size_t i = 0; i < digits.size(); i += 2) {
    bytes += static_cast<char>(value(digits[i]) << 4 | value(digits[i + 1]));
  }
  return bytes;
}

}  // namespace

void WriteBody(const ExecutionStarted& from, const PayloadWriter& payloads, v1::ExecutionStarted* to) {
  payloads.Write(from.input, to->mutable_input());
  to->set_role_arn(from.role_arn);
  to->set_account(from.account);
  to->set_region(from.region);
  to->set_machine(from.machine);
  to->set_name(from.name);
  if (IsSha256(from.definition_digest)) {
    to->set_definition_sha256(FromHex(from.definition_digest));
  } else {
    to->set_definition_digest(from.definition_digest);
  }
  if (from.timeout_seconds) to->set_timeout_seconds(*from.timeout_seconds);
  to->set_trace_header(from.trace_header);
  to->set_priority(from.priority);
}

void WriteBody(const TaskScheduled& from, const PayloadWriter& payloads, NameWriter& names, v1::TaskScheduled* to) {
  to->set_family(static_cast<uint32_t>(from.family));
  to->set_resource(names.Write(from.resource));
  to->set_resource_type(names.Write(from.resource_type));
  to->set_action(names.Write(from.action));
  to->set_region(names.Write(from.region));
  to->set_queue(names.Write(from.queue));
  payloads.Write(from.input, to->mutable_input());
  if (from.timeout_seconds) to->set_timeout_seconds(*from.timeout_seconds);
  if (from.heartbeat_seconds) to->set_heartbeat_seconds(*from.heartbeat_seconds);
  if (from.credentials) to->set_credentials(*from.credentials);
  to->set_retries(static_cast<uint64_t>(from.attempt - 1));
  to->set_wait_for_token(from.wait_for_token);
}

void WriteBody(const MapStarted& from, const PayloadWriter& payloads, v1::MapStarted* to) {
  to->set_length(static_cast<uint64_t>(from.length));
  payloads.Write(from.items, to->mutable_items());
  to->set_max_concurrency(static_cast<uint64_t>(from.max_concurrency));
  if (from.tolerated_failure_count) to->set_tolerated_failure_count(*from.tolerated_failure_count);
  if (from.tolerated_failure_percentage) to->set_tolerated_failure_percentage(*from.tolerated_failure_percentage);
}

std::string EncodeDecision(const std::vector<Event>& events, size_t names_before,
                           const std::vector<std::string>& names) {
  // Most decisions fit into the block, so that their messages cost no allocation.
  alignas(8) std::array<char, 8192> block;
  google::protobuf::ArenaOptions options;
  options.initial_block = block.data();
  options.initial_block_size = block.size();
  google::protobuf::Arena arena(options);

  auto* decision = google::protobuf::Arena::CreateMessage<v1::Decision>(&arena);
  EventWriter writer(names);
  int64_t first = FirstEvent(events);
  decision->set_first_event(static_cast<uint64_t>(first));
  writer.SetFirstEvent(first);
  base::WallTime last = events.empty() ? base::WallTime() : events.front().at;
  decision->set_at(Milliseconds(last));
  decision->mutable_events()->Reserve(static_cast<int>(events.size()));
  for (const Event& event : events) {
    v1::Event* out = decision->add_events();
    out->set_later(static_cast<uint64_t>((event.at - last).count()));
    last = event.at;
    writer.Write(event, out);
  }
  writer.names().WriteNew(names_before, decision);
  return decision->SerializeAsString();
}

}  // namespace pawl::history
