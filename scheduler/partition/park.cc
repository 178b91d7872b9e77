// Parking: an execution that only waits, for far timers or for whoever has a token, leaves memory, and is folded from
// the log when it must be looked at or when something comes for it. What stays is a few hundred bytes: its entry, its
// name, one timer.
//
// Why nothing is lost: it is let go only when the last decision that memory has of it is durable, so the log holds all
// of it; and from then until it has been read again no decision is made on it, for its commands are kept with it, in
// their order. Whatever drops the partition meanwhile dismisses them.
//
// The log is told of it in the batch of the decision after which it only waits, so that whoever takes the partition
// over need not read it; and in the batch of the next one that it is not parked any more, so no one leaves alone what
// must be looked at earlier. Where memory parks what the log does not know as parked, a take-over reads it, which is no
// harm.
//
// Many may be due at the same moment, or be asked for by thousands of tokens. To end one costs PostgreSQL 50 us, as
// much as several steps of others, so those that share a batch with hundreds of them wait. Hence they come back a slice
// at a time: the next one is read while a batch is at the log, and only once the one before was there to be decided. A
// slice is as large as the rest of the batch, but not too small or large. Those that a command waits for come before
// those that are only due.
#include <algorithm>
#include <utility>

#include "history/codec/codec.h"
#include "history/state/apply.h"
#include "scheduler/partition/engine.h"
#include "scheduler/partition/parts.h"

namespace pawl::partition {

namespace {

// Executions in one reading, however large the batches are.
constexpr size_t kReadAtOnceMax = 200;
// One with more frames is parked only when nothing has come for it for a while: to read it back for each of thousands
// of tokens costs the square of their number.
constexpr size_t kFramesToParkAtOnce = 16;
constexpr std::chrono::seconds kStay{10};
// Until a failed reading that nobody waits for is tried again.
constexpr std::chrono::seconds kReadAgain{1};
// Step Functions' longest wait for a task.
constexpr std::chrono::seconds kTaskWaitMax{99'999'999};

// Where the task's holder is whoever has its token, nothing in memory watches over it.
const history::WaitingForTask* AwaitedToken(const history::Frame& frame) {
  const auto* task = std::get_if<history::WaitingForTask>(&frame.waiting);
  const bool is_with_token_holder = task != nullptr && task->task.wait_for_token && task->submitted && task->started;
  return is_with_token_holder && !task->task.heartbeat_seconds ? task : nullptr;
}

// Does anything else than wait: for a timer, for whoever has a token, or for other frames.
bool IsBusy(const history::Frame& frame) {
  return !std::holds_alternative<history::WaitingForTimer>(frame.waiting) &&
         !std::holds_alternative<history::WaitingForBranches>(frame.waiting) &&
         !std::holds_alternative<history::WaitingForIterations>(frame.waiting) && AwaitedToken(frame) == nullptr;
}

}  // namespace

std::optional<base::WallTime> Engine::IdleUntil(Entity& entity) const {
  if (entity.program == nullptr) return std::nullopt;
  const history::ExecutionState& state = entity.state();
  if (!state.is_running()) return std::nullopt;
  // Of many frames the one that was busy a moment ago most often still is; they are not walked with each decision.
  const history::Frame* busy = state.Find(entity.busy_frame);
  if (busy != nullptr && IsBusy(*busy)) return std::nullopt;
  std::optional<base::WallTime> wake_at;
  auto look_at = [&wake_at](base::WallTime due) { wake_at = std::min(wake_at.value_or(due), due); };
  for (const auto& [id, frame] : state.frames) {
    if (const auto* timer = std::get_if<history::WaitingForTimer>(&frame.waiting)) {
      look_at(timer->until);
    } else if (const auto* task = AwaitedToken(frame)) {
      const std::optional<int64_t>& timeout = task->task.timeout_seconds;
      look_at(task->scheduled_at + (timeout ? std::chrono::seconds(*timeout) : kTaskWaitMax));
    } else if (IsBusy(frame)) {
      entity.busy_frame = id;
      return std::nullopt;
    }
  }
  if (!wake_at) return std::nullopt;
  if (state.start.timeout_seconds) look_at(state.started_at + std::chrono::seconds(*state.start.timeout_seconds));
  if (*wake_at < parts_.clock.WallNow() + settings_.park_after) return std::nullopt;
  return wake_at;
}

void Engine::RecordParking(Entity& entity, history::PartitionBatch& rows) {
  const history::ExecutionState& state = entity.state();
  entity.bytes_since_snapshot += static_cast<uint32_t>(rows.decisions.back().bytes.size());
  const std::optional<base::WallTime> wake_at = IdleUntil(entity);
  if (!wake_at) {
    // Of one that has ended the log keeps nothing open.
    if (std::exchange(entity.wake_at_log, std::nullopt) && state.is_running()) {
      rows.parked.push_back({.entity = state.id, .wake_at = std::nullopt});
    }
    return;
  }
  auto name = names_.find(entity.name_key);
  if (name == names_.end() || name->second.entity != state.id) return;
  if (entity.wake_at_log != wake_at) {
    rows.parked.push_back({.entity = state.id,
                           .wake_at = wake_at,
                           .name_key = entity.name_key,
                           .input_digest = name->second.input_digest,
                           .started_at = state.started_at});
    entity.wake_at_log = wake_at;
  }
  // A large state has to be read back whole anyway: a snapshot is due when folding the decisions since the last one
  // costs as much. So all its snapshots together take about as many bytes as its decisions, however many those are.
  if (state.revision - entity.snapshot_revision >= settings_.snapshot_decisions_min &&
      entity.bytes_since_snapshot >= entity.snapshot_bytes) {
    rows.snapshots.push_back({state.id, state.revision, history::EncodeSnapshot(state)});
    entity.snapshot_revision = state.revision;
    entity.snapshot_bytes = static_cast<uint32_t>(rows.snapshots.back().bytes.size());
    entity.bytes_since_snapshot = 0;
  }
}

void Engine::ParkIfIdle(Entity& entity) {
  const std::optional<base::WallTime> wake_at = IdleUntil(entity);
  if (!wake_at) return;
  if (entity.state().frames.size() <= kFramesToParkAtOnce) return Park(entity, *wake_at);
  const base::MonotonicTime from = parts_.clock.MonotonicNow() + kStay;
  if (std::exchange(entity.park_from, from)) return;
  to_park_.emplace_back(from, entity.state().id);
  ArmWakeUp();
}

void Engine::ParkDue(base::MonotonicTime now) {
  while (!to_park_.empty() && to_park_.front().first <= now) {
    const base::EntityId id = to_park_.front().second;
    to_park_.pop_front();
    auto found = entities_.find(id);
    if (found == entities_.end() || found->second->is_parked()) continue;
    Entity& entity = *found->second;
    const base::MonotonicTime from = std::exchange(entity.park_from, std::nullopt).value_or(now);
    const std::optional<base::WallTime> wake_at = IdleUntil(entity);
    if (!wake_at) continue;  // its next decision looks again
    const bool is_durable = Peek(id) != nullptr;
    if (is_durable && from <= now) {
      Park(entity, *wake_at);
    } else {
      entity.park_from = from;
      to_park_.emplace_back(std::max(from, now + kStay / 10), id);
    }
  }
}

void Engine::Park(Entity& entity, base::WallTime wake_at) {
  const base::EntityId id = entity.state().id;
  Forget(id, entity);
  entity.wake_at = wake_at;
  entity.live.reset();
  entity.program.reset();
  entity.tasks.clear();
  ++parked_;
  Arm({id, base::FrameId(), core::TimerKind::kExecution}, wake_at);
}

void Engine::AddParked(const history::ExecutionParked& parked, base::PartitionId partition) {
  auto entity = std::make_unique<Entity>();
  entity->live.reset();
  entity->partition = partition;
  entity->name_key = parked.name_key;
  entity->wake_at = *parked.wake_at;
  entity->wake_at_log = parked.wake_at;
  names_[parked.name_key] = {parked.entity, parked.input_digest, parked.started_at, false, nullptr};
  entities_[parked.entity] = std::move(entity);
  ++parked_;
  Arm({parked.entity, base::FrameId(), core::TimerKind::kExecution}, *parked.wake_at);
}

absl::StatusOr<std::unique_ptr<history::ExecutionState>> Engine::Fold(const history::StoredEntity& stored) {
  history::Decoder decoder;
  auto state = std::make_unique<history::ExecutionState>();
  if (stored.snapshot) {
    auto decoded = decoder.DecodeSnapshot(stored.snapshot->bytes);
    if (!decoded.ok()) return decoded.status();
    *state = *std::move(decoded);
  }
  state->id = stored.entity;
  for (const history::DecisionRow& row : stored.decisions) {
    auto events = decoder.DecodeDecision(row.bytes);
    if (!events.ok()) return events.status();
    for (const history::Event& event : *events) history::Apply(*state, event);
    state->revision = row.revision;
  }
  return state;
}

void Engine::Unpark(base::EntityId id, Entity& entity, bool has_command) {
  if (entity.reading == nullptr) {
    entity.reading = std::make_shared<Reading>(Reading{id, entity.partition, partitions_.at(entity.partition)->epoch});
  } else if (entity.reading->has_command || !has_command) {
    return;
  }
  entity.reading->has_command = has_command;
  (has_command ? to_read_ : to_wake_).push_back(entity.reading);
  ReadParked();
}

void Engine::ReadNextParked(size_t decisions) {
  const size_t others = decisions - std::min(decisions, std::exchange(read_last_, 0));
  to_read_at_once_ = std::clamp(others, settings_.unpark_at_once, std::max(settings_.unpark_at_once, kReadAtOnceMax));
  has_undecided_reading_ = false;
  ReadParked();
}

Engine::Entity* Engine::ReadFor(const Reading& reading) {
  auto found = entities_.find(reading.entity);
  if (found == entities_.end() || found->second->reading.get() != &reading) return nullptr;
  return ClaimedUnder(reading.partition, reading.epoch) == nullptr ? nullptr : found->second.get();
}

void Engine::ReadParked() {
  if (is_reading_ || has_undecided_reading_) return;
  auto readings = std::make_shared<std::vector<std::shared_ptr<Reading>>>();
  std::vector<base::EntityId> entities;
  while (entities.size() < std::max(to_read_at_once_, settings_.unpark_at_once)) {
    auto& line = to_read_.empty() ? to_wake_ : to_read_;
    if (line.empty()) break;
    std::shared_ptr<Reading> reading = std::move(line.front());
    line.pop_front();
    if (reading->has_begun || ReadFor(*reading) == nullptr) continue;
    reading->has_begun = true;
    entities.push_back(reading->entity);
    readings->push_back(std::move(reading));
  }
  if (entities.empty()) return;
  is_reading_ = true;
  parts_.log.ReadOpen(std::move(entities), [this, readings, generation = generation_](auto open) {
    if (generation != generation_) return;
    is_reading_ = false;
    has_undecided_reading_ = true;
    read_last_ = readings->size();
    std::unordered_map<base::EntityId, history::StoredEntity> by_id;
    if (open.ok()) {
      for (history::StoredEntity& stored : *open) by_id[stored.entity] = std::move(stored);
    }
    for (const std::shared_ptr<Reading>& reading : *readings) {
      auto found = by_id.find(reading->entity);
      if (!open.ok()) {
        FinishReading(reading, open.status());
      } else if (found == by_id.end()) {
        FinishReading(reading, absl::DataLossError("the log does not have it as open"));
      } else {
        FinishReading(reading, std::move(found->second));
      }
    }
    // Also where none came back: it goes on with the next ones.
    ScheduleTurn();
  });
}

void Engine::FinishReading(const std::shared_ptr<Reading>& reading, absl::StatusOr<history::StoredEntity> stored) {
  Entity* entity = ReadFor(*reading);
  if (entity == nullptr) return;
  auto fail = [this, reading](Entity& failed, const absl::Status& status) {
    parts_.observer.LogLine("the parked execution " + reading->entity.ToString() +
                            " cannot be read back just now: " + std::string(status.message()));
    failed.reading.reset();
    Arm({reading->entity, base::FrameId(), core::TimerKind::kExecution},
        std::max(failed.wake_at, parts_.clock.WallNow() + kReadAgain));
    for (Mail& mail : std::exchange(failed.mail, {})) {
      mail.reply(NotServed("the execution cannot be read just now; ask again"));
    }
  };
  if (!stored.ok()) return fail(*entity, stored.status());
  auto state = Fold(*stored);
  if (!state.ok()) return fail(*entity, state.status());
  auto folded = std::make_shared<std::unique_ptr<history::ExecutionState>>(*std::move(state));
  const int64_t snapshot_revision = stored->snapshot ? stored->snapshot->revision : 0;
  const size_t snapshot_bytes = stored->snapshot ? stored->snapshot->bytes.size() : 0;
  size_t bytes_since = 0;
  for (const history::DecisionRow& row : stored->decisions) bytes_since += row.bytes.size();
  std::string digest = (*folded)->start.definition_digest;
  parts_.load_program(std::move(digest), [=, this](auto program) {
    Entity* read = ReadFor(*reading);
    if (read == nullptr) return;
    if (!program.ok()) return fail(*read, program.status());
    read->program = *std::move(program);
    read->live = std::move(*folded);
    read->snapshot_revision = snapshot_revision;
    read->snapshot_bytes = static_cast<uint32_t>(snapshot_bytes);
    read->bytes_since_snapshot = static_cast<uint32_t>(bytes_since);
    read->reading.reset();
    --parked_;
    timers_.Remove({reading->entity, base::FrameId(), core::TimerKind::kExecution});
    // Its own timers stand again; those that are due fire now.
    for (core::Effect& effect : core::Resume(read->state())) Perform(reading->entity, std::move(effect));
    for (Mail& mail : std::exchange(read->mail, {})) {
      if (stopping_) {
        mail.reply(NotServed("this node is shutting down; ask again"));
      } else {
        PutIn(std::move(mail));
      }
    }
    ScheduleTurn();
  });
}

void Engine::Dismiss(Entity& entity, const absl::Status& why) {
  for (Mail& mail : entity.mail) mail.reply(why);
  for (auto& waiter : entity.end_waiters) waiter(why);
  for (auto& waiter : entity.change_waiters) waiter();
}

}  // namespace pawl::partition
