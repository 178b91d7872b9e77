#include "scheduler/partition/engine.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "absl/strings/cord.h"
#include "history/codec/codec.h"
#include "scheduler/partition/parts.h"
#include "shared/base/check.h"

namespace pawl::partition {

using base::EntityId;
using base::PartitionId;

namespace {

// An idle log is given so many decisions at most: about what is decided in the time of a commit.
constexpr size_t kIdleLogDecisions = 128;

constexpr char kNotServedUrl[] = "pawl.partition.NotServed";

// What the engine owes itself. There are never more of these than tasks, timers and frames, and nobody would send one
// again, so a full mailbox does not refuse them.
bool IsOwed(const core::Command& command) {
  return std::holds_alternative<core::StartTask>(command) || std::holds_alternative<core::ReleaseTask>(command) ||
         std::holds_alternative<core::HeartbeatMissed>(command) || std::holds_alternative<core::FireTimer>(command) ||
         std::holds_alternative<core::Continue>(command);
}

// Something that has been done already; refusing it costs more than taking it.
bool IsReport(const core::Command& command) {
  return std::holds_alternative<core::CompleteTask>(command) || std::holds_alternative<core::CheckpointTask>(command);
}

// Of the texts that a command carries, and what it takes beside them.
size_t BytesOf(const core::Command& command) {
  constexpr size_t kBeside = 500;
  size_t bytes = kBeside;
  if (const auto* start = std::get_if<core::StartExecution>(&command)) {
    bytes += start->start.input.text().size();
  } else if (const auto* complete = std::get_if<core::CompleteTask>(&command)) {
    const auto* success = std::get_if<core::TaskSuccess>(&complete->outcome);
    if (success != nullptr) bytes += success->output.size();
  }
  return bytes;
}

// The hand-out that the command is about.
std::optional<core::TaskRef> HandOutOf(const core::Command& command) {
  if (const auto* complete = std::get_if<core::CompleteTask>(&command)) return complete->task;
  if (const auto* release = std::get_if<core::ReleaseTask>(&command)) return release->task;
  return std::nullopt;
}

}  // namespace

absl::Status NotServed(const std::string& why) {
  absl::Status status = absl::UnavailableError(why);
  status.SetPayload(kNotServedUrl, absl::Cord());
  return status;
}

bool IsNotServed(const absl::Status& status) { return !status.ok() && status.GetPayload(kNotServedUrl).has_value(); }

Engine::Engine(Settings settings, Parts parts)
    : settings_(std::move(settings)),
      parts_(parts),
      dispatcher_([this](core::StartTask start) {
        uint64_t claim = start.claim;
        EntityId entity = start.task.entity;
        Submit(entity, std::move(start), [this, claim](const absl::Status& status) {
          if (!status.ok()) dispatcher_.ReturnClaim(claim);
        });
      }),
      limiter_({.executor = parts_.executor,
                .clock = parts_.clock,
                .dispatcher = dispatcher_,
                .store = parts_.permits,
                .partition_of = [this](EntityId entity) { return PartitionOf(entity.slot()); }}),
      sessions_(settings_.sessions) {
  for (int32_t i = 0; settings_.wants_all && i < settings_.partitions; ++i) wanted_.insert(PartitionId(i));
}

Engine::~Engine() = default;

absl::Status Engine::Health() const {
  if (!trouble_.empty()) return absl::UnavailableError(trouble_);
  size_t serving = 0;
  for (const auto& [id, partition] : partitions_) serving += partition->serving ? 1 : 0;
  if (serving < wanted_.size()) {
    return absl::UnavailableError("serving " + std::to_string(serving) + " of " + std::to_string(wanted_.size()) +
                                  " partitions so far");
  }
  return absl::OkStatus();
}

Engine::Stats Engine::stats() const {
  return {entities_.size(), parked_, partitions_.size(), timers_.size(), mailbox_.size(), mailbox_bytes_};
}

const history::ExecutionState* Engine::Peek(EntityId entity) const {
  auto mentions = [&](const Batch* batch) {
    return batch != nullptr && std::any_of(batch->releases.begin(), batch->releases.end(),
                                           [&](const Release& release) { return release.entity == entity; });
  };
  auto found = entities_.find(entity);
  if (found == entities_.end() || found->second->is_parked() || mentions(at_log_) || mentions(deciding_.get()))
    return nullptr;
  return &found->second->state();
}

Engine::Partition* Engine::PartitionOf(EntityId entity) {
  auto found = partitions_.find(history::PartitionOfSlot(entity.slot(), settings_.partitions));
  return found == partitions_.end() ? nullptr : found->second.get();
}

void Engine::Submit(EntityId entity, core::Command command, std::function<void(absl::Status)> reply) {
  Enqueue(Mail{.entity = entity, .command = std::move(command), .reply = std::move(reply)});
}

void Engine::Enqueue(Mail mail) {
  if (stopping_) {
    mail.reply(NotServed("this node is shutting down; ask again"));
    return;
  }
  const size_t share = IsReport(mail.command) ? 2 : 1;
  const bool is_full =
      mailbox_.size() >= settings_.mailbox_max * share || mailbox_bytes_ >= settings_.mailbox_bytes_max * share;
  if (is_full && !IsOwed(mail.command)) {
    parts_.observer.MailShed();
    mail.reply(absl::ResourceExhaustedError("too many requests are waiting on this node; ask again later"));
    return;
  }
  mail.bytes = BytesOf(mail.command);
  if (const auto* start = std::get_if<core::StartExecution>(&mail.command)) {
    mail.flow = FlowOf(start->start);
  } else if (auto found = entities_.find(mail.entity); found != entities_.end()) {
    mail.flow = FlowOf(*found->second);
  }
  PutIn(std::move(mail));
  ScheduleTurn();
}

void Engine::PutIn(Mail mail) {
  mailbox_bytes_ += mail.bytes;
  const dispatch::FlowId flow = mail.flow;
  mailbox_.Push(flow, dispatcher_.flows().WeightOf(flow), std::move(mail));
}

dispatch::FlowId Engine::FlowOf(const history::ExecutionStarted& start) {
  return dispatcher_.flows().IdOf("machine:" + start.account + ":" + start.region + ":" + start.machine);
}

dispatch::FlowId Engine::FlowOf(Entity& entity) {
  if (entity.flow == dispatch::Flows::kNone && !entity.is_parked()) entity.flow = FlowOf(entity.state().start);
  return entity.flow;
}

void Engine::ScheduleTurn() {
  if (turn_scheduled_) return;
  turn_scheduled_ = true;
  parts_.executor.Post([this] {
    turn_scheduled_ = false;
    Turn();
  });
}

// The loop. Why it is right:
//  1. A decision changes memory at once, so commands that follow see it; but its replies and effects are parked in the
//     batch, so nobody outside can see it before it is durable.
//  2. At most one batch is at the log. The batch being decided builds on it in memory, and is appended only after the
//     other's commit is known; if that fails, DropEverything voids both (generation_ tells them apart).
//  3. There is no linger: an idle log gets what is there, and not too much of it at once, so that the log works while
//     the rest is decided. While it works, whatever arrives gathers into the next batch, which is what makes batches
//     grow with load. It is given that batch before the effects of the one before are let out, for that takes time too.
void Engine::Turn() {
  if (!deciding_) {
    deciding_ = std::make_unique<Batch>();
    deciding_->generation = generation_;
  }
  const size_t decisions_max = std::min(settings_.batch_decisions_max, appending_ ? SIZE_MAX : kIdleLogDecisions);
  while (!mailbox_.empty() && deciding_->decisions < decisions_max && deciding_->bytes < settings_.batch_bytes_max) {
    Mail mail = mailbox_.Pop();
    mailbox_bytes_ -= mail.bytes;
    DecideOne(std::move(mail));
    if (!deciding_) return;  // everything was dropped
  }
  if (appending_) return;
  if (deciding_->decisions == 0) {
    ReleaseIdle();
    ReadNextParked(0);
    dispatcher_.Flush();
    if (is_leaving_) ReleaseLeaving();
    if (stopping_ && mailbox_.empty() && stopped_) std::exchange(stopped_, nullptr)();
    return;
  }
  AppendDecided();
  if (!mailbox_.empty()) ScheduleTurn();
}

void Engine::AppendDecided() {
  std::vector<history::PartitionBatch> rows;
  rows.reserve(deciding_->rows.size());
  // What is left of them says which partitions, under which epochs, the batch is of.
  for (auto& [id, batch] : deciding_->rows) rows.push_back(std::move(batch));
  appending_ = true;
  const size_t decisions = deciding_->decisions;
  // Held by the closure until the log answers.
  auto batch = std::make_shared<std::unique_ptr<Batch>>(std::exchange(deciding_, nullptr));
  at_log_ = batch->get();
  base::MonotonicTime began = parts_.clock.MonotonicNow();
  parts_.log.Append(std::move(rows), [this, batch, began](history::AppendResult result) {
    OnAppended(std::move(*batch), began, std::move(result));
  });
  ReadNextParked(decisions);
}

void Engine::DecideOne(Mail mail) {
  Partition* partition = PartitionOf(mail.entity);
  if (partition == nullptr || partition->leaving) {
    mail.reply(NotServed("this node does not serve that execution's partition; ask again"));
    return;
  }
  if (!partition->serving) {
    partition->waiting.push_back(std::move(mail));
    return;
  }
  const auto* start = std::get_if<core::StartExecution>(&mail.command);
  if (mail.epoch.value() != 0 && mail.epoch != partition->epoch) {
    mail.reply(NotServed("the partition has moved; ask again"));
    return;
  }
  std::unique_ptr<Entity> fresh;
  Entity* entity = nullptr;
  if (start != nullptr) {
    fresh = std::make_unique<Entity>();
    fresh->state().id = mail.entity;
    fresh->program = mail.program;
    fresh->partition = partition->id;
    fresh->name_key = mail.name_key;
    fresh->flow = mail.flow;
    entity = fresh.get();
  } else {
    auto found = entities_.find(mail.entity);
    if (found == entities_.end()) {
      AnswerWithout(std::move(mail), *partition,
                    absl::NotFoundError("expected an open execution, but it has ended or never was"));
      return;
    }
    entity = found->second.get();
    if (entity->is_parked()) {
      // Kept until it has been read.
      entity->mail.push_back(std::move(mail));
      return Unpark(found->first, *entity, true);
    }
  }

  history::ExecutionState& state = entity->state();
  base::SeededRandom random(std::hash<EntityId>()(mail.entity) ^ (static_cast<uint64_t>(state.revision + 1) << 20));
  size_t names_before = state.names.size();
  core::Ambient ambient{.now = parts_.clock.WallNow(),
                        .random = random,
                        .program = *entity->program,
                        .limits = settings_.limits,
                        .binding = settings_.binding,
                        .claim = [this](const std::string& queue) { return ClaimFor(queue); },
                        .token = parts_.token};
  core::Decision decision = core::Decide(state, mail.command, ambient);
  if (!decision.refusal.ok()) {
    AnswerWithout(std::move(mail), *partition, std::move(decision.refusal));
    return;
  }
  const bool is_start_task = std::holds_alternative<core::StartTask>(mail.command);
  if (decision.events.empty()) {
    // Nothing to record: but what is told must not overtake what is not durable yet.
    deciding_->releases.push_back(
        {mail.entity, partition->id, std::move(decision.effects), std::move(mail.reply), is_start_task});
    return;
  }

  history::PartitionBatch& rows = deciding_->rows[partition->id];
  if (rows.decisions.empty()) {
    rows.partition = partition->id;
    rows.epoch = partition->epoch;
    rows.first_sequence = partition->next_sequence;
  }
  if (start != nullptr) {
    rows.opened.push_back({.entity = mail.entity,
                           .name_key = mail.name_key,
                           .input_digest = mail.input_digest,
                           .account = start->start.account,
                           .region = start->start.region,
                           .machine = start->start.machine,
                           .name = start->start.name,
                           .started_at = state.started_at});
    entities_.emplace(mail.entity, std::move(fresh));
  }
  if (!state.is_running()) {
    rows.closed.push_back({mail.entity, static_cast<int16_t>(state.status), *state.stopped_at});
  }
  base::EventId first;
  for (const history::Event& event : decision.events) {
    if (event.is_public()) {
      first = event.id;
      break;
    }
  }
  if (first.value() == 0) first = state.last_event.next();
  std::string bytes = history::EncodeDecision(decision.events, names_before, state.names);
  deciding_->bytes += bytes.size() + 100;
  ++deciding_->decisions;
  rows.decisions.push_back({mail.entity, state.revision, first, std::move(bytes)});
  partition->next_sequence = partition->next_sequence.next();
  RecordParking(*entity, rows);
  Observe(*entity, decision.events);
  deciding_->releases.push_back({mail.entity, partition->id, std::move(decision.effects), std::move(mail.reply),
                                 is_start_task, HandOutOf(mail.command), state.revision});
}

void Engine::AnswerWithout(Mail mail, const Partition& partition, absl::Status refusal) {
  if (!HasLease(partition)) {
    refusal = NotServed("this node's lease of the partition has run out; ask again");
  }
  deciding_->releases.push_back({mail.entity,
                                 partition.id,
                                 {},
                                 [reply = std::move(mail.reply), refusal = std::move(refusal)](
                                     const absl::Status& status) { reply(status.ok() ? refusal : status); },
                                 std::holds_alternative<core::StartTask>(mail.command)});
}

// Clocks run fast or slow: the last tenth of a lease is not relied on.
bool Engine::HasLease(const Partition& partition) const {
  return parts_.clock.MonotonicNow() + settings_.lease / 10 < partition.lease_until;
}

void Engine::ReleaseIdle() {
  // What is let out may lead to more, which waits for the next turn.
  auto releases = std::exchange(deciding_->releases, {});
  for (Release& release : releases) ReleaseOne(release);
}

void Engine::OnAppended(std::unique_ptr<Batch> batch, base::MonotonicTime began, history::AppendResult result) {
  appending_ = false;
  if (batch->generation != generation_) {
    at_log_ = nullptr;
    // Memory was thrown away meanwhile; the callers do not know either.
    Abandon(*batch, "the outcome is unknown; ask again", true);
    ScheduleTurn();
    return;
  }
  if (result.code == history::AppendCode::kUnknown) {
    at_log_ = nullptr;
    DropEverything(result.error);
    Abandon(*batch, "the outcome is unknown; ask again", true);
    ScheduleTurn();
    return;
  }
  // A partition that was dropped meanwhile and claimed anew is not the one that was refused.
  std::vector<PartitionId> lost;
  for (PartitionId refused : result.refused) {
    if (ClaimedUnder(refused, batch->rows.at(refused).epoch) != nullptr) lost.push_back(refused);
  }
  // The database failed a moment ago and now knows nothing of the batch: the session ended, and what it held with it.
  const bool session_ended = !lost.empty() && !trouble_.empty() && result.refused.size() == batch->rows.size();
  if (session_ended) {
    lost.clear();
    for (const auto& [id, partition] : partitions_) lost.push_back(id);
  }
  GiveUp(lost, session_ended ? "this node's session with the database has ended"
                             : "another node has claimed it, or this node's session with the database has ended");
  std::vector<PartitionId> doubtful;
  for (PartitionId unknown : result.unknown) {
    if (ClaimedUnder(unknown, batch->rows.at(unknown).epoch) != nullptr) doubtful.push_back(unknown);
  }
  GiveUp(doubtful, "whether their last commit took place is not known: " + result.error);
  at_log_ = nullptr;
  lost.insert(lost.end(), doubtful.begin(), doubtful.end());
  // Whatever took these may have taken more: a session that ended takes all. To be told now is cheaper than one by one.
  if (!lost.empty()) RenewSoon();
  parts_.observer.BatchCommitted(batch->decisions, parts_.clock.MonotonicNow() - began);
  // The log goes on with what was decided meanwhile; that is let out only after this batch, whose effects follow.
  if (deciding_ && deciding_->decisions > 0) AppendDecided();
  for (Release& release : batch->releases) {
    bool is_refused =
        std::find(result.refused.begin(), result.refused.end(), release.partition) != result.refused.end();
    bool is_unknown =
        std::find(result.unknown.begin(), result.unknown.end(), release.partition) != result.unknown.end();
    if (is_unknown) {
      AbandonOne(release, "the outcome is unknown; ask again", true);
    } else if (is_refused) {
      AbandonOne(release, "another node has taken the partition over; ask again", false);
    } else {
      ReleaseOne(release);
    }
  }
  dispatcher_.Flush();
  if (is_leaving_) ReleaseLeaving();
  // At once, not by ScheduleTurn: what this batch's effects led to may go to a log that is idle.
  Turn();
}

void Engine::AbandonOne(Release& release, const std::string& why, bool is_unknown) {
  for (core::Effect& effect : release.effects) {
    auto* hand_out = std::get_if<core::HandOutTask>(&effect);
    if (hand_out != nullptr && !release.reply_returns_claim) dispatcher_.ReturnClaim(hand_out->claim);
  }
  release.reply(is_unknown ? absl::UnavailableError(why) : NotServed(why));
}

void Engine::Abandon(Batch& batch, const std::string& why, bool is_unknown) {
  for (Release& release : batch.releases) AbandonOne(release, why, is_unknown);
  dispatcher_.Flush();
}

void Engine::ReleaseOne(Release& release) {
  release.reply(absl::OkStatus());
  if (auto found = entities_.find(release.entity); found != entities_.end()) {
    auto waiters = std::exchange(found->second->change_waiters, {});
    for (auto& waiter : waiters) waiter();
  }
  if (release.answered) limiter_.End(*release.answered);
  for (core::Effect& effect : release.effects) Perform(release.entity, std::move(effect));
  if (release.revision == 0) return;
  auto found = entities_.find(release.entity);
  if (found == entities_.end() || found->second->is_parked()) return;
  // Nothing newer is decided, so memory is where the log is.
  if (found->second->state().revision == release.revision) ParkIfIdle(*found->second);
}

}  // namespace pawl::partition
