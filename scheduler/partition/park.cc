// Parking: an execution that only waits for far timers leaves memory, and is folded from the log when something touches
// it. What stays is a few hundred bytes: its entry, its name, its timers.
//
// Why nothing is lost: it is let go only when the last decision that memory has of it is durable, so the log holds all
// of it; and from then until it has been read again no decision is made on it, for its commands are kept with it, in
// their order. Whatever drops the partition meanwhile dismisses them.
#include <algorithm>
#include <utility>

#include "history/codec/codec.h"
#include "history/state/apply.h"
#include "scheduler/partition/engine.h"
#include "scheduler/partition/parts.h"

namespace pawl::partition {

namespace {

constexpr int kRowsAtOnce = 1'000;

}  // namespace

struct Engine::Reading {
  base::EntityId entity;
  base::PartitionId partition;
  base::Epoch epoch;
  history::Decoder decoder;
  std::unique_ptr<history::ExecutionState> state = std::make_unique<history::ExecutionState>();
};

void Engine::ParkIfIdle(Entity& entity) {
  const history::ExecutionState& state = entity.state();
  if (!state.is_running() || entity.program == nullptr) return;
  std::optional<base::WallTime> wake_at;
  std::vector<base::FrameId> waits;
  for (const auto& [id, frame] : state.frames) {
    if (const auto* timer = std::get_if<history::WaitingForTimer>(&frame.waiting)) {
      waits.push_back(id);
      wake_at = std::min(wake_at.value_or(timer->until), timer->until);
    } else if (!std::holds_alternative<history::WaitingForBranches>(frame.waiting) &&
               !std::holds_alternative<history::WaitingForIterations>(frame.waiting)) {
      return;
    }
  }
  if (wake_at && state.start.timeout_seconds) {
    wake_at = std::min(*wake_at, state.started_at + std::chrono::seconds(*state.start.timeout_seconds));
  }
  if (!wake_at || *wake_at < parts_.clock.WallNow() + settings_.park_after) return;
  entity.waits = std::move(waits);
  entity.waits.shrink_to_fit();
  entity.wake_at = *wake_at;
  entity.live.reset();
  entity.program.reset();
  entity.tasks.clear();
  ++parked_;
}

void Engine::Unpark(Entity& entity, Mail mail) {
  const base::EntityId id = mail.entity;
  entity.mail.push_back(std::move(mail));
  if (entity.reading != nullptr) return;
  auto reading = std::make_shared<Reading>();
  reading->entity = id;
  reading->partition = entity.partition;
  reading->epoch = partitions_.at(entity.partition)->epoch;
  reading->state->id = id;
  entity.reading = reading;
  ReadParked(std::move(reading));
}

Engine::Entity* Engine::ReadFor(const std::shared_ptr<Reading>& reading) {
  auto found = entities_.find(reading->entity);
  if (found == entities_.end() || found->second->reading != reading) return nullptr;
  return ClaimedUnder(reading->partition, reading->epoch) == nullptr ? nullptr : found->second.get();
}

void Engine::ReadParked(std::shared_ptr<Reading> reading) {
  auto fail = [this](Entity& entity, const absl::Status& status) {
    parts_.observer.LogLine("a parked execution cannot be read back just now: " + std::string(status.message()));
    entity.reading.reset();
    for (Mail& mail : std::exchange(entity.mail, {})) {
      mail.reply(NotServed("the execution cannot be read just now; ask again"));
    }
  };
  const int64_t from = reading->state->revision + 1;
  parts_.log.ReadDecisions(reading->entity, from, kRowsAtOnce, [=, this](auto rows) {
    Entity* entity = ReadFor(reading);
    if (entity == nullptr) return;
    if (!rows.ok()) return fail(*entity, rows.status());
    for (const history::DecisionRow& row : *rows) {
      auto events = reading->decoder.DecodeDecision(row.bytes);
      if (!events.ok()) return fail(*entity, events.status());
      for (const history::Event& event : *events) history::Apply(*reading->state, event);
      reading->state->revision = row.revision;
    }
    if (rows->size() == static_cast<size_t>(kRowsAtOnce)) return ReadParked(reading);
    parts_.load_program(reading->state->start.definition_digest, [=, this](auto program) {
      Entity* read = ReadFor(reading);
      if (read == nullptr) return;
      if (!program.ok()) return fail(*read, program.status());
      read->program = *std::move(program);
      FinishReading(reading);
    });
  });
}

void Engine::FinishReading(const std::shared_ptr<Reading>& reading) {
  Entity& entity = *ReadFor(reading);
  entity.live = std::move(reading->state);
  entity.reading.reset();
  entity.waits.clear();
  --parked_;
  for (Mail& mail : std::exchange(entity.mail, {})) {
    if (stopping_) {
      mail.reply(NotServed("this node is shutting down; ask again"));
    } else {
      PutIn(std::move(mail));
    }
  }
  ScheduleTurn();
}

void Engine::Dismiss(Entity& entity, const absl::Status& why) {
  for (Mail& mail : entity.mail) mail.reply(why);
  for (auto& waiter : entity.end_waiters) waiter(why);
  for (auto& waiter : entity.change_waiters) waiter();
}

}  // namespace pawl::partition
