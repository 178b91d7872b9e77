#include "scheduler/api/grpc/cluster/convert.h"

#include <algorithm>
#include <utility>

namespace pawl::api::rpc {
namespace {

template <size_t N>
std::optional<std::array<uint8_t, N>> Bytes(const std::string& text) {
  if (text.size() != N) return std::nullopt;
  std::array<uint8_t, N> bytes;
  std::copy(text.begin(), text.end(), bytes.begin());
  return bytes;
}

template <typename Array>
std::string Text(const Array& bytes) {
  return std::string(bytes.begin(), bytes.end());
}

void SetFailure(const std::optional<std::string>& error, const std::optional<std::string>& cause, wire::Failure& to) {
  if (error) to.set_error(*error);
  if (cause) to.set_cause(*cause);
}

std::optional<std::string> ErrorOf(const wire::Failure& from) {
  return from.has_error() ? std::optional(from.error()) : std::nullopt;
}
std::optional<std::string> CauseOf(const wire::Failure& from) {
  return from.has_cause() ? std::optional(from.cause()) : std::nullopt;
}

base::WallTime At(int64_t ms) { return base::WallTime(std::chrono::milliseconds(ms)); }

void SetCommand(const core::Command& command, wire::Call& to) {
  if (const auto* complete = std::get_if<core::CompleteTask>(&command)) {
    wire::Call::Complete& out = *to.mutable_complete();
    ToWire(complete->task, *out.mutable_task());
    out.set_from_holder(complete->from_holder);
    if (const auto* success = std::get_if<core::TaskSuccess>(&complete->outcome)) {
      out.set_output(success->output);
    } else {
      const auto& failure = std::get<core::TaskFailure>(complete->outcome);
      SetFailure(failure.error, failure.cause, *out.mutable_failure());
    }
  } else if (const auto* release = std::get_if<core::ReleaseTask>(&command)) {
    ToWire(release->task, *to.mutable_release()->mutable_task());
    to.mutable_release()->set_lost(release->lost);
  } else if (const auto* checkpoint = std::get_if<core::CheckpointTask>(&command)) {
    ToWire(checkpoint->task, *to.mutable_checkpoint()->mutable_task());
    to.mutable_checkpoint()->set_reference(checkpoint->reference);
  } else if (const auto* missed = std::get_if<core::HeartbeatMissed>(&command)) {
    ToWire(missed->task, *to.mutable_heartbeat_missed());
  }
}

template <typename Command>
cluster::Call OfTask(Command command) {
  auto call = cluster::Call(std::in_place_type<cluster::TaskCall>);
  std::get<cluster::TaskCall>(call).command = std::move(command);
  return call;
}

cluster::StartCall StartFromWire(const wire::Start& from) {
  cluster::StartCall call;
  history::ExecutionStarted& start = call.start;
  start.input = history::Payload::FromText(from.input());
  start.role_arn = from.role_arn();
  start.account = from.account();
  start.region = from.region();
  start.machine = from.machine();
  start.name = from.name();
  start.definition_digest = from.definition_digest();
  if (from.has_timeout_seconds()) start.timeout_seconds = from.timeout_seconds();
  start.trace_header = from.trace_header();
  start.priority = from.priority();
  call.name_is_given = from.name_is_given();
  call.wants_end = from.wants_end();
  return call;
}

}  // namespace

void ToWire(const cluster::Member& from, wire::Member& to) {
  to.set_node(from.node);
  to.set_address(from.address);
  to.set_leaving(from.leaving);
}
cluster::Member FromWire(const wire::Member& from) { return {from.node(), from.address(), from.leaving()}; }

void ToWire(const core::TaskRef& from, wire::Task& to) {
  to.set_entity(Text(from.entity.bytes()));
  to.set_frame(from.frame.value());
  to.set_scheduled_event(from.scheduled_event.value());
  to.set_attempt(from.attempt);
}
core::TaskRef FromWire(const wire::Task& from) {
  auto entity = Bytes<16>(from.entity());
  return {entity ? base::EntityId(*entity) : base::EntityId(), base::FrameId(from.frame()),
          base::EventId(from.scheduled_event()), from.attempt()};
}

void ToWire(const cluster::Notice& from, wire::Notice& to) {
  ToWire(from.from, *to.mutable_from());
  for (const auto& [partition, epoch] : from.serving) {
    wire::Notice::Serving& serving = *to.add_serving();
    serving.set_partition(partition.value());
    serving.set_epoch(epoch.value());
  }
  for (base::PartitionId partition : from.released) to.add_released(partition.value());
  to.set_wants_number(from.wants_number);
  for (const cluster::Want& want : from.wants) {
    wire::Notice::Want& added = *to.add_wants();
    added.set_queue(want.queue);
    added.set_count(want.count);
  }
  for (const core::TaskRef& task : from.over) ToWire(task, *to.add_over());
}
cluster::Notice FromWire(const wire::Notice& from) {
  cluster::Notice to;
  to.from = FromWire(from.from());
  for (const auto& serving : from.serving()) {
    to.serving.emplace_back(base::PartitionId(serving.partition()), base::Epoch(serving.epoch()));
  }
  for (int32_t partition : from.released()) to.released.emplace_back(partition);
  to.wants_number = from.wants_number();
  for (const auto& want : from.wants()) to.wants.push_back({want.queue(), want.count()});
  for (const wire::Task& task : from.over()) to.over.push_back(FromWire(task));
  return to;
}

void ToWire(const cluster::Call& from, wire::Call& to) {
  if (const auto* call = std::get_if<cluster::StartCall>(&from)) {
    wire::Start& start = *to.mutable_start();
    start.set_input(call->start.input.text());
    start.set_role_arn(call->start.role_arn);
    start.set_account(call->start.account);
    start.set_region(call->start.region);
    start.set_machine(call->start.machine);
    start.set_name(call->start.name);
    start.set_name_is_given(call->name_is_given);
    start.set_definition_digest(call->start.definition_digest);
    if (call->start.timeout_seconds) start.set_timeout_seconds(*call->start.timeout_seconds);
    start.set_trace_header(call->start.trace_header);
    start.set_priority(call->start.priority);
    start.set_wants_end(call->wants_end);
  } else if (const auto* task = std::get_if<cluster::TaskCall>(&from)) {
    SetCommand(task->command, to);
  } else if (const auto* stop = std::get_if<cluster::StopCall>(&from)) {
    to.mutable_stop()->set_name_key(NameKeyToWire(stop->name));
    SetFailure(stop->stop.error, stop->stop.cause, *to.mutable_stop()->mutable_failure());
  } else if (const auto* beat = std::get_if<cluster::BeatCall>(&from)) {
    ToWire(beat->task, *to.mutable_beat());
  }
}

std::optional<cluster::Call> FromWire(const wire::Call& from) {
  switch (from.call_case()) {
    case wire::Call::kStart:
      return StartFromWire(from.start());
    case wire::Call::kComplete: {
      const wire::Call::Complete& in = from.complete();
      core::CompleteTask command{
          .task = FromWire(in.task()), .outcome = core::TaskFailure{}, .from_holder = in.from_holder()};
      if (in.has_output()) {
        command.outcome = core::TaskSuccess{in.output()};
      } else {
        command.outcome = core::TaskFailure{ErrorOf(in.failure()), CauseOf(in.failure())};
      }
      return OfTask(std::move(command));
    }
    case wire::Call::kRelease:
      return OfTask(core::ReleaseTask{FromWire(from.release().task()), from.release().lost()});
    case wire::Call::kCheckpoint:
      return OfTask(core::CheckpointTask{FromWire(from.checkpoint().task()), from.checkpoint().reference()});
    case wire::Call::kHeartbeatMissed:
      return OfTask(core::HeartbeatMissed{FromWire(from.heartbeat_missed())});
    case wire::Call::kStop: {
      auto name = NameKeyFromWire(from.stop().name_key());
      if (!name) return std::nullopt;
      return cluster::StopCall{*name, {ErrorOf(from.stop().failure()), CauseOf(from.stop().failure())}};
    }
    case wire::Call::kBeat:
      return cluster::BeatCall{FromWire(from.beat())};
    case wire::Call::CALL_NOT_SET:
      break;
  }
  return std::nullopt;
}

void ToWire(const cluster::Answer& from, wire::CarryResponse::Answer& to) {
  to.set_code(static_cast<int>(from.status.code()));
  to.set_message(std::string(from.status.message()));
  to.set_not_served(partition::IsNotServed(from.status));
  if (from.ended) to.set_ended(static_cast<int>(*from.ended));
  if (from.started.entity.is_none()) return;
  to.set_entity(Text(from.started.entity.bytes()));
  to.set_started_at_ms(from.started.at.time_since_epoch().count());
}
cluster::Answer FromWire(const wire::CarryResponse::Answer& from) {
  cluster::Answer to;
  to.status = from.not_served() ? partition::NotServed(from.message())
                                : absl::Status(static_cast<absl::StatusCode>(from.code()), from.message());
  if (auto entity = Bytes<16>(from.entity())) to.started = {base::EntityId(*entity), At(from.started_at_ms())};
  if (from.has_ended()) to.ended = static_cast<history::ExecutionStatus>(from.ended());
  return to;
}

void ToWire(const cluster::Awaited& from, wire::AwaitEndResponse& to) {
  to.set_is_open(from.is_open);
  if (!from.outcome) return;
  const partition::Outcome& outcome = *from.outcome;
  to.set_ended(true);
  to.set_status(static_cast<int>(outcome.status));
  to.set_started_at_ms(outcome.started_at.time_since_epoch().count());
  to.set_stopped_at_ms(outcome.stopped_at.time_since_epoch().count());
  if (outcome.output) to.set_output(*outcome.output);
  if (outcome.error) to.set_error(*outcome.error);
  if (outcome.cause) to.set_cause(*outcome.cause);
}
cluster::Awaited FromWire(const wire::AwaitEndResponse& from) {
  cluster::Awaited to{from.is_open(), {}};
  if (!from.ended()) return to;
  to.outcome = partition::Outcome{static_cast<history::ExecutionStatus>(from.status()),
                                  At(from.started_at_ms()),
                                  At(from.stopped_at_ms()),
                                  from.has_output() ? std::optional(from.output()) : std::nullopt,
                                  from.has_error() ? std::optional(from.error()) : std::nullopt,
                                  from.has_cause() ? std::optional(from.cause()) : std::nullopt};
  return to;
}

void ToWire(const cluster::AwaitEndsRequest& from, wire::AwaitEndsRequest& to) {
  ToWire(from.from, *to.mutable_from());
  for (const cluster::EndAsk& ask : from.asks) {
    wire::AwaitEndsRequest::Ask& added = *to.add_asks();
    added.set_number(ask.number);
    added.set_name_key(NameKeyToWire(ask.name));
    added.set_wait_ms(static_cast<int>(ask.wait.count()));
  }
}
cluster::AwaitEndsRequest FromWire(const wire::AwaitEndsRequest& from) {
  cluster::AwaitEndsRequest to{FromWire(from.from()), {}};
  for (const auto& ask : from.asks()) {
    to.asks.push_back({ask.number(), NameKeyFromWire(ask.name_key()).value_or(history::NameKey{}),
                       std::chrono::milliseconds(std::clamp(ask.wait_ms(), 0, 60'000))});
  }
  return to;
}

void ToWire(const cluster::EndAnswer& from, wire::Ends::Answer& to) {
  to.set_number(from.number);
  wire::AwaitEndResponse& end = *to.mutable_end();
  end.set_not_served(!from.awaited.ok());
  if (from.awaited.ok()) ToWire(*from.awaited, end);
}
std::vector<cluster::EndAnswer> FromWire(const wire::Ends& from) {
  std::vector<cluster::EndAnswer> to;
  for (const auto& answer : from.answers()) {
    if (answer.end().not_served()) {
      to.push_back({answer.number(), partition::NotServed("the partition has moved")});
    } else {
      to.push_back({answer.number(), FromWire(answer.end())});
    }
  }
  return to;
}

void ToWire(const cluster::LendRequest& from, wire::LendRequest& to) {
  ToWire(from.from, *to.mutable_from());
  to.set_queue(from.queue);
  to.set_number(from.number);
  for (const cluster::Permit& permit : from.permits) {
    wire::LendRequest::Permit& added = *to.add_permits();
    added.set_worker(permit.worker);
    added.set_session(permit.session);
    added.set_restartable(permit.restartable);
    added.set_slots(permit.slots);
  }
}
cluster::LendRequest FromWire(const wire::LendRequest& from) {
  cluster::LendRequest to{FromWire(from.from()), from.queue(), {}, from.number()};
  for (const auto& permit : from.permits()) {
    to.permits.push_back({permit.worker(), permit.session(), permit.restartable(), permit.slots()});
  }
  return to;
}

void ToWire(const cluster::LendResponse& from, wire::LendResponse& to) {
  for (const cluster::LentTask& lent : from.hand_outs) {
    const core::TaskDetails& details = lent.details;
    wire::LendResponse::HandOut& added = *to.add_hand_outs();
    added.set_permit(static_cast<int>(lent.permit));
    ToWire(details.task, *added.mutable_task());
    added.set_token(details.token);
    added.set_queue(details.queue);
    added.set_resource(details.resource);
    added.set_input(details.input);
    added.set_execution_arn(details.execution_arn);
    added.set_state_name(details.state_name);
    if (details.timeout_seconds) added.set_timeout_seconds(*details.timeout_seconds);
    if (details.heartbeat_seconds) added.set_heartbeat_seconds(*details.heartbeat_seconds);
    added.set_checkpoint(details.checkpoint);
  }
  to.set_still_waiting(from.still_waiting);
}
cluster::LendResponse FromWire(const wire::LendResponse& from) {
  cluster::LendResponse to;
  for (const auto& given : from.hand_outs()) {
    core::TaskDetails details{.task = FromWire(given.task()),
                              .token = given.token(),
                              .queue = given.queue(),
                              .resource = given.resource(),
                              .input = given.input(),
                              .execution_arn = given.execution_arn(),
                              .state_name = given.state_name(),
                              .checkpoint = given.checkpoint()};
    if (given.has_timeout_seconds()) details.timeout_seconds = given.timeout_seconds();
    if (given.has_heartbeat_seconds()) details.heartbeat_seconds = given.heartbeat_seconds();
    to.hand_outs.push_back({static_cast<size_t>(given.permit()), std::move(details)});
  }
  to.still_waiting = from.still_waiting();
  return to;
}

void ToWire(const cluster::WatchRequest& from, wire::WatchRequest& to) {
  ToWire(from.from, *to.mutable_from());
  to.set_settled(from.settled);
  for (const cluster::WatchedTask& watched : from.tasks) {
    wire::WatchRequest::Watched& added = *to.add_tasks();
    ToWire(watched.task, *added.mutable_task());
    added.set_session(watched.session);
  }
}
cluster::WatchRequest FromWire(const wire::WatchRequest& from) {
  cluster::WatchRequest to{FromWire(from.from()), {}, from.settled()};
  for (const auto& watched : from.tasks()) to.tasks.push_back({FromWire(watched.task()), watched.session()});
  return to;
}

void ToWire(const cluster::WatchResponse& from, wire::WatchResponse& to) {
  for (const core::TaskRef& task : from.not_served) ToWire(task, *to.add_not_served());
  for (const core::TaskRef& task : from.over) ToWire(task, *to.add_over());
  for (const core::TaskRef& task : from.taken) ToWire(task, *to.add_taken());
}
cluster::WatchResponse FromWire(const wire::WatchResponse& from) {
  cluster::WatchResponse to;
  for (const wire::Task& task : from.not_served()) to.not_served.push_back(FromWire(task));
  for (const wire::Task& task : from.over()) to.over.push_back(FromWire(task));
  for (const wire::Task& task : from.taken()) to.taken.push_back(FromWire(task));
  return to;
}

std::optional<history::NameKey> NameKeyFromWire(const std::string& bytes) { return Bytes<16>(bytes); }
std::string NameKeyToWire(const history::NameKey& key) { return Text(key); }

}  // namespace pawl::api::rpc
