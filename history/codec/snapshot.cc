#include <set>
#include <variant>

#include "absl/status/status.h"
#include "google/protobuf/arena.h"
#include "history/codec/body_form.h"
#include "history/codec/codec.h"

namespace pawl::history {
namespace {

class SnapshotWriter {
 public:
  SnapshotWriter(const ExecutionState& state, v1::Snapshot* out) : state_(state), out_(out), names_(state.names) {}

  void Write() {
    const ExecutionState& state = state_;
    payloads_.SetNextEvent(state.last_event.value() + 1);
    next_event_ = state.last_event.value() + 1;
    out_->set_entity(state.id.bytes().data(), state.id.bytes().size());
    WriteBody(state.start, payloads_, out_->mutable_start());
    out_->set_started_at(Milliseconds(state.started_at));
    if (state.stopped_at) out_->set_stopped_at(Milliseconds(*state.stopped_at));
    out_->set_status(static_cast<uint32_t>(state.status));
    out_->set_last_event(static_cast<uint64_t>(state.last_event.value()));
    out_->set_last_at(Milliseconds(state.last_at));
    out_->set_revision(static_cast<uint64_t>(state.revision));
    out_->set_last_frame(static_cast<uint64_t>(state.last_frame.value()));
    for (const std::string& name : state.names) out_->add_names(name);
    for (const auto& [id, frame] : state.frames) WriteFrame(frame, out_->add_frames());
    if (state.output) payloads_.Write(*state.output, out_->mutable_output());
    if (state.error) out_->set_error(*state.error);
    if (state.cause) out_->set_cause(*state.cause);
    for (const std::string& name : names_.passing()) out_->add_passing_names(name);
  }

  void operator()(const NotWaiting&) {}
  void operator()(const WaitingForTask& from) {
    v1::WaitingForTask* to = frame_->mutable_task();
    to->set_scheduled_event(static_cast<uint64_t>(from.scheduled_event.value()));
    WriteBody(from.task, payloads_, names_, to->mutable_task());
    to->set_scheduled_at(Milliseconds(from.scheduled_at));
    to->set_attempt(from.attempt);
    to->set_started(from.started);
    to->set_worker(from.worker);
    to->set_session(from.session);
    to->set_restartable(from.restartable);
    to->set_start_shown(from.start_shown);
    to->set_submitted(from.submitted);
    to->set_checkpoint(from.checkpoint);
  }
  void operator()(const WaitingForTimer& from) { frame_->set_timer_until(Milliseconds(from.until)); }
  void operator()(const WaitingForBranches& from) {
    v1::WaitingForBranches* to = frame_->mutable_branches();
    to->set_open(static_cast<uint32_t>(from.open));
    for (const std::optional<Payload>& result : from.results) {
      v1::WaitingForBranches::Result* stored = to->add_results();
      if (result) payloads_.Write(*result, stored->mutable_payload());
    }
  }
  void operator()(const WaitingForIterations& from) {
    v1::WaitingForIterations* to = frame_->mutable_iterations();
    WriteBody(from.map, payloads_, to->mutable_map());
    to->set_next_index(static_cast<uint64_t>(from.next_index));
    to->set_running(from.running);
    to->set_succeeded(static_cast<uint64_t>(from.succeeded));
    to->set_failed(static_cast<uint64_t>(from.failed));
    // Iterations that have not begun have no result.
    for (int64_t i = 0; i < from.next_index; ++i) {
      payloads_.Write(from.results[static_cast<size_t>(i)], to->add_results());
    }
  }
  void operator()(const Backoff& from) { frame_->set_backoff_due(Milliseconds(from.due)); }

 private:
  void WriteFrame(const Frame& from, v1::Frame* to) {
    frame_ = to;
    to->set_id(static_cast<uint64_t>(from.id.value()));
    to->set_parent(static_cast<uint64_t>(from.parent.value()));
    to->set_index(static_cast<uint64_t>(from.index));
    to->set_is_iteration(from.is_iteration);
    to->set_last_event(static_cast<uint64_t>(from.last_event.value()));
    to->set_state(from.state);
    to->set_kind(static_cast<uint32_t>(from.kind));
    to->set_entered_event(static_cast<uint64_t>(from.entered_event.value()));
    to->set_entered_at(Milliseconds(from.entered_at));
    payloads_.Write(from.input, to->mutable_input());
    for (const Assigned& variable : from.variables) {
      v1::Assigned* assigned = to->add_variables();
      assigned->set_name(variable.name);
      payloads_.Write(variable.value, assigned->mutable_value());
    }
    for (int32_t count : from.retries) to->add_retries(count);
    to->set_retry_count(from.retry_count);
    to->set_task_attempts(from.task_attempts);
    to->set_checkpoint(from.checkpoint);
    std::visit(*this, from.waiting);
  }

  // Writes what a reference stands for, before anything that refers to it, once.
  void Keep(const Payload& reference) {
    if (!kept_.emplace(reference.ref_event().value(), reference.ref_field()).second) return;
    v1::Payload target;
    payloads_.Write(reference.base(), &target);
    v1::Brought* brought = out_->add_brought();
    brought->set_ref(static_cast<uint64_t>(next_event_ - reference.ref_event().value()));
    brought->set_field(static_cast<uint32_t>(reference.ref_field()));
    *brought->mutable_payload() = std::move(target);
  }

  const ExecutionState& state_;
  v1::Snapshot* out_;
  NameWriter names_;
  PayloadWriter payloads_{[this](const Payload& reference) { Keep(reference); }};
  std::set<std::pair<int64_t, PayloadField>> kept_;
  v1::Frame* frame_ = nullptr;
  int64_t next_event_ = 1;
};

base::EventId Id(uint64_t id) { return base::EventId(static_cast<int64_t>(id)); }

class SnapshotReader {
 public:
  SnapshotReader(BroughtPayloads& brought, std::vector<std::string>& names)
      : payloads_(brought), dictionary_(names), names_(names) {}

  // False where the bytes parse but are no state.
  bool Read(const v1::Snapshot& from, ExecutionState& to) {
    dictionary_.assign(from.names().begin(), from.names().end());
    to.names = dictionary_;
    for (const std::string& name : from.passing_names()) names_.AddPassing(name);
    auto next_event = static_cast<int64_t>(from.last_event()) + 1;
    payloads_.SetNextEvent(next_event);
    for (const v1::Brought& brought : from.brought()) {
      payloads_.Bring(next_event - static_cast<int64_t>(brought.ref()), static_cast<PayloadField>(brought.field()),
                      payloads_.Read(brought.payload()));
    }
    std::array<uint8_t, 16> id{};
    if (from.entity().size() != id.size()) return false;
    std::copy(from.entity().begin(), from.entity().end(), id.begin());
    to.id = base::EntityId(id);
    ReadBody(from.start(), payloads_, to.start);
    to.started_at = AtMilliseconds(from.started_at());
    if (from.has_stopped_at()) to.stopped_at = AtMilliseconds(from.stopped_at());
    to.status = static_cast<ExecutionStatus>(from.status());
    to.last_event = Id(from.last_event());
    to.last_at = AtMilliseconds(from.last_at());
    to.revision = static_cast<int64_t>(from.revision());
    to.last_frame = base::FrameId(static_cast<int64_t>(from.last_frame()));
    bool ok = from.status() <= static_cast<uint32_t>(ExecutionStatus::kAborted);
    for (const v1::Frame& frame : from.frames()) ok &= ReadFrame(frame, to);
    if (from.has_output()) to.output = payloads_.Read(from.output());
    if (from.has_error()) to.error = from.error();
    if (from.has_cause()) to.cause = from.cause();
    return ok && payloads_.ok() && names_.ok();
  }

 private:
  bool ReadFrame(const v1::Frame& from, ExecutionState& state) {
    Frame to;
    to.id = base::FrameId(static_cast<int64_t>(from.id()));
    to.parent = base::FrameId(static_cast<int64_t>(from.parent()));
    to.index = static_cast<int64_t>(from.index());
    to.is_iteration = from.is_iteration();
    to.last_event = Id(from.last_event());
    to.state = from.state();
    to.entered_event = Id(from.entered_event());
    to.entered_at = AtMilliseconds(from.entered_at());
    to.input = payloads_.Read(from.input());
    for (const v1::Assigned& variable : from.variables()) {
      to.variables.push_back({variable.name(), payloads_.Read(variable.value())});
    }
    to.retries.assign(from.retries().begin(), from.retries().end());
    to.retry_count = from.retry_count();
    to.task_attempts = from.task_attempts();
    to.checkpoint = from.checkpoint();
    bool ok = ReadKind(from.kind(), to.kind) && ReadWaiting(from, to.waiting);
    state.frames.emplace_hint(state.frames.end(), to.id, std::move(to));
    return ok;
  }

  bool ReadWaiting(const v1::Frame& from, Waiting& to) {
    switch (from.waiting_case()) {
      case v1::Frame::kTask:
        return ReadTask(from.task(), to.emplace<WaitingForTask>());
      case v1::Frame::kTimerUntil:
        to = WaitingForTimer{AtMilliseconds(from.timer_until())};
        return true;
      case v1::Frame::kBranches: {
        auto& branches = to.emplace<WaitingForBranches>();
        branches.open = static_cast<int32_t>(from.branches().open());
        for (const auto& result : from.branches().results()) {
          std::optional<Payload>& payload = branches.results.emplace_back();
          if (result.has_payload()) payload = payloads_.Read(result.payload());
        }
        return true;
      }
      case v1::Frame::kIterations:
        return ReadIterations(from.iterations(), to.emplace<WaitingForIterations>());
      case v1::Frame::kBackoffDue:
        to = Backoff{AtMilliseconds(from.backoff_due())};
        return true;
      case v1::Frame::WAITING_NOT_SET:
        to = NotWaiting{};
        return true;
    }
    return false;
  }

  bool ReadTask(const v1::WaitingForTask& from, WaitingForTask& to) {
    to.scheduled_event = Id(from.scheduled_event());
    to.scheduled_at = AtMilliseconds(from.scheduled_at());
    to.attempt = from.attempt();
    to.started = from.started();
    to.worker = from.worker();
    to.session = from.session();
    to.restartable = from.restartable();
    to.start_shown = from.start_shown();
    to.submitted = from.submitted();
    to.checkpoint = from.checkpoint();
    return ReadBody(from.task(), payloads_, names_, to.task);
  }

  bool ReadIterations(const v1::WaitingForIterations& from, WaitingForIterations& to) {
    ReadBody(from.map(), payloads_, to.map);
    to.next_index = static_cast<int64_t>(from.next_index());
    to.running = from.running();
    to.succeeded = static_cast<int64_t>(from.succeeded());
    to.failed = static_cast<int64_t>(from.failed());
    // Without the upper bound damaged bytes would ask for any amount of memory.
    if (from.results_size() > to.map.length || to.map.length > (int64_t{1} << 26)) return false;
    to.results.resize(static_cast<size_t>(to.map.length));
    for (int i = 0; i < from.results_size(); ++i) to.results[static_cast<size_t>(i)] = payloads_.Read(from.results(i));
    return true;
  }

  PayloadReader payloads_;
  std::vector<std::string>& dictionary_;
  NameReader names_;
};

}  // namespace

std::string EncodeSnapshot(const ExecutionState& state) {
  google::protobuf::Arena arena;
  auto* snapshot = google::protobuf::Arena::CreateMessage<v1::Snapshot>(&arena);
  SnapshotWriter(state, snapshot).Write();
  return snapshot->SerializeAsString();
}

absl::StatusOr<ExecutionState> Decoder::DecodeSnapshot(std::string_view bytes) {
  v1::Snapshot stored;
  if (!stored.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return absl::DataLossError("stored snapshot: expected a state, but " + std::to_string(bytes.size()) +
                               " bytes do not parse as one");
  }
  payloads_.clear();
  names_.clear();
  ExecutionState state;
  if (!SnapshotReader(payloads_, names_).Read(stored, state)) {
    return absl::DataLossError("stored snapshot of revision " + std::to_string(stored.revision()) +
                               ": has a value that this release does not know, or a reference to nothing");
  }
  return state;
}

}  // namespace pawl::history
