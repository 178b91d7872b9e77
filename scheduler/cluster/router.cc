#include "scheduler/cluster/router.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "history/log/event_log.h"
#include "shared/base/check.h"

namespace pawl::cluster {

using std::chrono::milliseconds;

namespace {

constexpr int kUnderWayMax = 8;
constexpr size_t kCallsMax = 1'000;
constexpr milliseconds kSweep{50};
constexpr milliseconds kAwaitAtOnce{20'000};
// An owner that gives a partition up in good order has answered before; its answer may still be on the way.
constexpr milliseconds kOnTheWay{200};

base::Slot SlotOfCall(const Call& call) {
  if (const auto* start = std::get_if<StartCall>(&call)) {
    return history::SlotOfName(
        partition::MakeNameKey(start->start.account, start->start.region, start->start.machine, start->start.name));
  }
  if (const auto* task = std::get_if<TaskCall>(&call)) return Router::TaskOf(task->command).entity.slot();
  if (const auto* stop = std::get_if<StopCall>(&call)) return history::SlotOfName(stop->name);
  return std::get<BeatCall>(call).task.entity.slot();
}

// Doing it twice is the same as doing it once, for whoever asked and in the log.
bool IsIdempotent(const Call& call) {
  const auto* task = std::get_if<TaskCall>(&call);
  return std::holds_alternative<BeatCall>(call) ||
         (task != nullptr && !std::holds_alternative<core::CompleteTask>(task->command));
}

bool IsPassing(const absl::Status& status) { return absl::IsUnavailable(status) || absl::IsResourceExhausted(status); }

}  // namespace

struct Router::Errand {
  Call call;
  std::shared_ptr<const asl::Program> program;  // of a start, where it is at hand
  base::Slot slot;
  base::MonotonicTime deadline;
  Done done;
  bool name_was_made_up = false;
  bool may_be_done = false;  // an earlier try's outcome is unknown
};

struct Router::Wait {
  history::NameKey name;
  bool end = false;  // or any change
  base::MonotonicTime deadline;
  Peers::Done<Awaited> done;
};

// What was sent to another node and is not answered: calls that travel together, or one wait.
struct Router::Trip {
  std::string node;
  std::vector<std::shared_ptr<Errand>> errands;  // null: abandoned
  std::shared_ptr<Wait> wait;                    // likewise
  std::optional<base::MonotonicTime> doubted;    // since then the node does not own what some of it is about
};

const core::TaskRef& Router::TaskOf(const core::Command& command) {
  if (const auto* complete = std::get_if<core::CompleteTask>(&command)) return complete->task;
  if (const auto* release = std::get_if<core::ReleaseTask>(&command)) return release->task;
  if (const auto* checkpoint = std::get_if<core::CheckpointTask>(&command)) return checkpoint->task;
  const auto* missed = std::get_if<core::HeartbeatMissed>(&command);
  PAWL_CHECK(missed != nullptr, "only commands about a task are routed by their task");
  return missed->task;
}

// ---- what callers here ask

void Router::Start(partition::StartRequest request, bool wants_end, std::function<void(absl::StatusOr<Begun>)> reply) {
  StartCall call{std::move(request.start), request.name_is_given, wants_end};
  base::Slot slot = SlotOfCall(call);
  Begin(std::move(call), std::move(request.program), slot, [reply = std::move(reply)](Answer answer) {
    if (answer.status.ok()) return reply(Begun{answer.started, answer.ended});
    reply(std::move(answer.status));
  });
}

void Router::Submit(core::Command command, Reply reply) {
  base::Slot slot = TaskOf(command).entity.slot();
  Begin(TaskCall{std::move(command)}, nullptr, slot,
        [reply = std::move(reply)](Answer answer) { reply(std::move(answer.status)); });
}

void Router::Stop(const history::NameKey& name, core::StopExecution stop, Reply reply) {
  Begin(StopCall{name, std::move(stop)}, nullptr, history::SlotOfName(name),
        [reply = std::move(reply)](Answer answer) { reply(std::move(answer.status)); });
}

void Router::Beat(const core::TaskRef& task, Reply reply) {
  Begin(BeatCall{task}, nullptr, task.entity.slot(),
        [reply = std::move(reply)](Answer answer) { reply(std::move(answer.status)); });
}

void Router::Begin(Call call, std::shared_ptr<const asl::Program> program, base::Slot slot, Done done) {
  if (parts_.directory.IsAlone() && parts_.engine.Owns(slot)) return Do(std::move(call), std::move(program), done);
  auto errand = std::make_shared<Errand>();
  const auto* start = std::get_if<StartCall>(&call);
  errand->name_was_made_up = start != nullptr && !start->name_is_given;
  errand->call = std::move(call);
  errand->program = std::move(program);
  errand->slot = slot;
  errand->deadline = parts_.clock.MonotonicNow() + parts_.patience;
  errand->done = std::move(done);
  Go(errand);
}

void Router::Go(const std::shared_ptr<Errand>& errand) {
  if (parts_.engine.Owns(errand->slot)) {
    return Do(errand->call, errand->program, [this, errand](Answer answer) { OnAnswer(errand, std::move(answer)); });
  }
  std::optional<Member> owner = parts_.directory.OwnerOf(parts_.engine.PartitionOf(errand->slot));
  if (!owner) return Later(errand, partition::NotServed("no node serves the partition just now; ask again"));
  Outbox& outbox = outboxes_[owner->node];
  outbox.to = *owner;
  outbox.waiting.push_back(errand);
  if (std::exchange(outbox.flush_posted, true)) return;
  // What else is asked in this turn goes along.
  parts_.executor.Post([this, alive = alive_, node = owner->node] {
    if (!*alive) return;
    outboxes_[node].flush_posted = false;
    Flush(node);
  });
}

void Router::Flush(const std::string& node) {
  Outbox& outbox = outboxes_[node];
  if (outbox.waiting.empty()) return;
  if (outbox.under_way >= kUnderWayMax) {
    ArmSweep();
    return;
  }
  std::vector<std::shared_ptr<Errand>> errands = std::move(outbox.waiting);
  outbox.waiting.clear();
  if (errands.size() > kCallsMax) {
    outbox.waiting.assign(errands.begin() + kCallsMax, errands.end());
    errands.resize(kCallsMax);
  }
  std::vector<Call> calls;
  calls.reserve(errands.size());
  for (const auto& errand : errands) calls.push_back(errand->call);
  ++outbox.under_way;
  const auto at =
      trips_.insert(trips_.end(), std::make_shared<Trip>(Trip{node, std::move(errands), nullptr, std::nullopt}));
  parts_.peers.Carry(outbox.to, std::move(calls),
                     [this, alive = alive_, node, at](absl::StatusOr<std::vector<Answer>> answers) {
                       if (!*alive) return;
                       --outboxes_[node].under_way;
                       const std::shared_ptr<Trip> trip = *at;
                       trips_.erase(at);
                       OnCarried(*trip, std::move(answers));
                       Flush(node);
                     });
  Flush(node);
}

void Router::OnCarried(const Trip& trip, absl::StatusOr<std::vector<Answer>> answers) {
  const std::vector<std::shared_ptr<Errand>>& errands = trip.errands;
  for (size_t i = 0; i < errands.size(); ++i) {
    if (errands[i] == nullptr) continue;
    if (answers.ok() && i < answers->size()) {
      OnAnswer(errands[i], std::move((*answers)[i]));
    } else if (partition::IsNotServed(answers.status())) {
      Later(errands[i], answers.status());
    } else {
      OnUnknown(errands[i], absl::UnavailableError("the other node did not answer; whether it was done is unknown"));
    }
  }
  // Polls whose results were acknowledged by this.
  parts_.engine.dispatcher().Flush();
}

void Router::OnAnswer(const std::shared_ptr<Errand>& errand, Answer answer) {
  if (partition::IsNotServed(answer.status)) return Later(errand, answer.status);
  if (errand->name_was_made_up && errand->may_be_done && absl::IsAlreadyExists(answer.status)) {
    // Nobody else made that name up: it was started by an earlier try, and has ended since.
    answer = {absl::OkStatus(), {base::EntityId(), parts_.clock.WallNow()}};
  }
  errand->done(std::move(answer));
}

void Router::OnUnknown(const std::shared_ptr<Errand>& errand, const absl::Status& why) {
  errand->may_be_done = true;
  if (errand->name_was_made_up) {
    // From now on the name is looked up, so it is started once.
    std::get<StartCall>(errand->call).name_is_given = true;
  } else if (!IsIdempotent(errand->call)) {
    return errand->done({why, {}});
  }
  Later(errand, why);
}

void Router::Later(const std::shared_ptr<Errand>& errand, const absl::Status& why) {
  if (parts_.clock.MonotonicNow() >= errand->deadline) {
    return errand->done({absl::UnavailableError(why.message()), {}});
  }
  later_.push_back(errand);
  parts_.look_again();
  ArmSweep();
}

void Router::ArmSweep() {
  if (sweep_ != 0) return;
  sweep_ = parts_.executor.PostAt(parts_.clock.MonotonicNow() + kSweep, [this, alive = alive_] {
    if (!*alive) return;
    sweep_ = 0;
    Sweep();
  });
}

// Tries again what waits for an owner, and what waits for a node that does not answer while its partitions move.
void Router::Sweep() {
  auto errands = std::exchange(later_, {});
  base::MonotonicTime now = parts_.clock.MonotonicNow();
  for (auto& [node, outbox] : outboxes_) {
    if (outbox.under_way < kUnderWayMax) continue;
    for (const auto& errand : std::exchange(outbox.waiting, {})) errands.push_back(errand);
  }
  for (const auto& errand : errands) {
    if (now >= errand->deadline) {
      errand->done({absl::UnavailableError("no node serves the partition just now; ask again"), {}});
    } else {
      Go(errand);
    }
  }
  for (const auto& wait : std::exchange(later_waits_, {})) AwaitAgain(wait);
  parts_.engine.dispatcher().Flush();
}

void Router::OnChanged() {
  Doubt();
  if (later_.empty() && later_waits_.empty()) return;
  parts_.executor.Post([this, alive = alive_] {
    if (*alive) Sweep();
  });
}

// ---- what a node does not answer that has lost its partitions

bool Router::IsOwnedBy(const std::string& node, base::Slot slot) const {
  const std::optional<Member> owner = parts_.directory.OwnerOf(parts_.engine.PartitionOf(slot));
  return owner && owner->node == node;
}

bool Router::IsAstray(const Trip& trip) const {
  if (trip.wait != nullptr) return !IsOwnedBy(trip.node, history::SlotOfName(trip.wait->name));
  return std::any_of(trip.errands.begin(), trip.errands.end(), [&](const std::shared_ptr<Errand>& errand) {
    return errand != nullptr && !IsOwnedBy(trip.node, errand->slot);
  });
}

void Router::Doubt() {
  const base::MonotonicTime now = parts_.clock.MonotonicNow();
  bool any = false;
  for (const auto& trip : trips_) {
    if (!IsAstray(*trip)) continue;
    if (!trip->doubted) trip->doubted = now;
    any = true;
  }
  if (!any || std::exchange(is_doubting_, true)) return;
  parts_.executor.PostAt(now + kOnTheWay, [this, alive = alive_] {
    if (!*alive) return;
    is_doubting_ = false;
    Abandon();
    Doubt();
  });
}

void Router::Abandon() {
  const base::MonotonicTime doubted_before = parts_.clock.MonotonicNow() - kOnTheWay;
  std::vector<std::shared_ptr<Errand>> errands;
  std::vector<std::shared_ptr<Wait>> waits;
  for (const auto& trip : trips_) {
    if (!IsAstray(*trip)) trip->doubted.reset();
    if (!trip->doubted || *trip->doubted > doubted_before) continue;
    for (std::shared_ptr<Errand>& errand : trip->errands) {
      if (errand != nullptr && !IsOwnedBy(trip->node, errand->slot)) errands.push_back(std::exchange(errand, nullptr));
    }
    if (trip->wait != nullptr) waits.push_back(std::exchange(trip->wait, nullptr));
  }
  for (const auto& errand : errands) {
    OnUnknown(errand, absl::UnavailableError("the partition has another owner; whether it was done is unknown"));
  }
  for (const auto& wait : waits) AwaitLater(wait);
  if (!errands.empty()) parts_.engine.dispatcher().Flush();
}

// ---- on this node

void Router::Do(Call call, std::shared_ptr<const asl::Program> program, Done done) {
  partition::Engine& engine = parts_.engine;
  auto answer = [done](absl::Status status) { done({std::move(status), {}}); };
  if (auto* start = std::get_if<StartCall>(&call)) {
    DoStart(std::move(*start), std::move(program), std::move(done));
  } else if (auto* task = std::get_if<TaskCall>(&call)) {
    const auto* complete = std::get_if<core::CompleteTask>(&task->command);
    bool ends_hold =
        (complete != nullptr && complete->from_holder) || std::holds_alternative<core::ReleaseTask>(task->command);
    core::TaskRef ref = TaskOf(task->command);
    engine.Submit(ref.entity, std::move(task->command), [&engine, ref, ends_hold, answer](const absl::Status& status) {
      if (ends_hold && !IsPassing(status)) engine.sessions().Drop(ref, false);
      answer(status);
    });
  } else if (auto* stop = std::get_if<StopCall>(&call)) {
    base::Slot slot = history::SlotOfName(stop->name);
    if (!engine.Serves(slot)) return answer(partition::NotServed("the partition is being taken over; ask again"));
    std::optional<base::EntityId> entity = engine.FindOpen(stop->name);
    if (!entity) return answer(absl::NotFoundError("no such execution is open"));
    engine.Submit(*entity, std::move(stop->stop), answer);
  } else {
    const core::TaskRef& ref = std::get<BeatCall>(call).task;
    if (!engine.Serves(ref.entity.slot())) {
      return answer(partition::NotServed("the partition is being taken over; ask again"));
    }
    if (!engine.HasTask(ref)) return answer(absl::NotFoundError("the task is over"));
    engine.sessions().Beat(ref, parts_.clock.MonotonicNow());
    PassBeatOn(ref);
    answer(absl::OkStatus());
  }
}

// Where another node watches over the task, that node counts its heartbeats. Lost ones are made up for by the next.
void Router::PassBeatOn(const core::TaskRef& task) {
  const std::string watcher = parts_.engine.sessions().WatcherOf(task);
  if (watcher.empty()) return;
  for (const Member& member : parts_.directory.Others()) {
    if (WatcherName(member.node) != watcher) continue;
    parts_.peers.Carry(member, {BeatCall{task}}, [](const absl::StatusOr<std::vector<Answer>>&) {});
  }
}

void Router::DoStart(StartCall call, std::shared_ptr<const asl::Program> program, Done done) {
  if (program == nullptr) {
    std::string digest = call.start.definition_digest;
    parts_.load_program(digest, [this, alive = alive_, call = std::move(call), done](auto loaded) {
      if (!*alive) return;
      if (!loaded.ok()) return done({loaded.status(), {}});
      DoStart(call, *loaded, done);
    });
    return;
  }
  partition::StartRequest request{std::move(call.start), std::move(program), call.name_is_given};
  parts_.engine.Start(std::move(request), [done = std::move(done)](absl::StatusOr<partition::Started> started) {
    if (started.ok()) return done({absl::OkStatus(), *started});
    done({started.status(), {}});
  });
}

void Router::OnCarry(std::vector<Call> calls, std::function<void(std::vector<Answer>)> done) {
  struct Gather {
    std::vector<Answer> answers;
    size_t left = 0;
    std::function<void(std::vector<Answer>)> done;
  };
  auto gather = std::make_shared<Gather>();
  gather->answers.resize(calls.size());
  gather->left = calls.size() + 1;
  gather->done = std::move(done);
  const bool wants_ends = std::any_of(calls.begin(), calls.end(), [](const Call& call) {
    const auto* start = std::get_if<StartCall>(&call);
    return start != nullptr && start->wants_end;
  });
  auto one_done = [this, gather, wants_ends] {
    if (--gather->left > 0) return;
    if (!wants_ends) return gather->done(std::move(gather->answers));
    // An end that came with the start is let out after it, in the same turn.
    parts_.executor.Post([gather] { gather->done(std::move(gather->answers)); });
  };
  for (size_t i = 0; i < calls.size(); ++i) {
    const auto* start = std::get_if<StartCall>(&calls[i]);
    auto answer = [this, gather, one_done, i, wants_end = start != nullptr && start->wants_end](Answer given) {
      gather->answers[i] = std::move(given);
      // One that has only begun is not waited for here, and holds nothing.
      const std::weak_ptr<Gather> until_answered = gather;
      if (wants_end && gather->answers[i].status.ok()) {
        parts_.engine.WhenEnded(gather->answers[i].started.entity,
                                [until_answered, i](const absl::StatusOr<partition::Outcome>& outcome) {
                                  const auto open = until_answered.lock();
                                  if (open == nullptr || !outcome.ok() || i >= open->answers.size()) return;
                                  open->answers[i].ended = outcome->status;
                                });
      }
      one_done();
    };
    const auto* beat = std::get_if<BeatCall>(&calls[i]);
    if (parts_.engine.Owns(SlotOfCall(calls[i]))) {
      Do(std::move(calls[i]), nullptr, answer);
    } else if (beat != nullptr && parts_.engine.sessions().IsHeldHere(beat->task)) {
      // Its owner passes on what somebody else was told.
      parts_.engine.sessions().Beat(beat->task, parts_.clock.MonotonicNow());
      answer({absl::OkStatus(), {}});
    } else {
      answer({partition::NotServed("this node does not own the partition"), {}});
    }
  }
  one_done();
}

// ---- waiting

void Router::AwaitEnd(const history::NameKey& name, milliseconds wait, Peers::Done<Awaited> done) {
  AwaitAgain(std::make_shared<Wait>(Wait{name, true, parts_.clock.MonotonicNow() + wait, std::move(done)}));
}

void Router::AwaitChange(const history::NameKey& name, milliseconds wait, Peers::Done<Awaited> done) {
  AwaitAgain(std::make_shared<Wait>(Wait{name, false, parts_.clock.MonotonicNow() + wait, std::move(done)}));
}

void Router::AwaitAgain(const std::shared_ptr<Wait>& wait) {
  auto left = std::chrono::ceil<milliseconds>(wait->deadline - parts_.clock.MonotonicNow());
  if (left.count() <= 0) return wait->done(Awaited{true, {}});
  auto answered = [this, alive = alive_, wait](const absl::StatusOr<Awaited>& awaited) {
    if (!*alive) return;
    if (!awaited.ok()) {
      AwaitLater(wait);
    } else if (!awaited->is_open || awaited->outcome || !wait->end) {
      wait->done(*awaited);
    } else {
      AwaitAgain(wait);
    }
  };
  base::Slot slot = history::SlotOfName(wait->name);
  if (parts_.engine.Owns(slot)) return AwaitHere(wait->name, wait->end, left, answered);
  std::optional<Member> owner = parts_.directory.OwnerOf(parts_.engine.PartitionOf(slot));
  if (!owner) return answered(partition::NotServed("no node serves the partition just now"));
  left = std::min(left, kAwaitAtOnce);
  const auto at = trips_.insert(trips_.end(), std::make_shared<Trip>(Trip{owner->node, {}, wait, std::nullopt}));
  auto heard = [this, alive = alive_, at, answered](const absl::StatusOr<Awaited>& awaited) {
    if (!*alive) return;
    const std::shared_ptr<Trip> trip = *at;
    trips_.erase(at);
    if (trip->wait != nullptr) answered(awaited);
  };
  if (wait->end) {
    parts_.ends.Ask(*owner, wait->name, left, heard);
  } else {
    parts_.peers.AwaitChange(*owner, wait->name, left, heard);
  }
}

// It moves, or its owner is gone.
void Router::AwaitLater(const std::shared_ptr<Wait>& wait) {
  later_waits_.push_back(wait);
  parts_.look_again();
  ArmSweep();
}

void Router::OnAwaitEnd(const history::NameKey& name, milliseconds wait, Peers::Done<Awaited> done) {
  AwaitHere(name, true, wait, std::move(done));
}

void Router::OnAwaitChange(const history::NameKey& name, milliseconds wait, Peers::Done<Awaited> done) {
  AwaitHere(name, false, wait, std::move(done));
}

void Router::AwaitHere(const history::NameKey& name, bool end, milliseconds wait, Peers::Done<Awaited> done) {
  partition::Engine& engine = parts_.engine;
  if (!engine.Serves(history::SlotOfName(name))) return done(partition::NotServed("the partition is not served here"));
  std::optional<base::EntityId> entity = engine.FindOpen(name);
  struct State {
    bool answered = false;
    base::Executor::TimerHandle timer = 0;
  };
  auto state = std::make_shared<State>();
  auto answer = [this, state, done](const absl::StatusOr<Awaited>& awaited) {
    if (std::exchange(state->answered, true)) return;
    if (state->timer != 0) parts_.executor.Cancel(state->timer);
    done(awaited);
  };
  bool waits = false;
  if (entity && end) {
    waits = engine.WhenEnded(*entity, [answer](const absl::StatusOr<partition::Outcome>& outcome) {
      if (!outcome.ok()) return answer(outcome.status());
      answer(Awaited{true, *outcome});
    });
  } else if (entity) {
    waits = engine.WhenChanged(*entity, [answer] { answer(Awaited{true, {}}); });
  }
  if (!waits) return answer(Awaited{false, {}});
  state->timer = parts_.executor.PostAt(parts_.clock.MonotonicNow() + wait, [state, answer] {
    state->timer = 0;
    answer(Awaited{true, {}});
  });
}

}  // namespace pawl::cluster
