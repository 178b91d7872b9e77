// Which partitions this node owns: claiming, recovering, renewing, dropping.
#include <algorithm>
#include <set>
#include <utility>

#include "history/state/apply.h"
#include "scheduler/partition/engine.h"
#include "scheduler/partition/parts.h"

namespace pawl::partition {

using base::PartitionId;

void Engine::Run() {
  NoteWallClock();
  ClaimFree();
  renewal_ = parts_.executor.PostAt(parts_.clock.MonotonicNow() + settings_.lease * 3 / 7, [this] { Renew(); });
}

void Engine::SetWanted(std::set<PartitionId> wanted) {
  wanted_ = std::move(wanted);
  for (auto& [id, partition] : partitions_) {
    if (wanted_.contains(id) || partition->leaving) continue;
    partition->leaving = true;
    is_leaving_ = true;
    for (Mail& mail : std::exchange(partition->waiting, {})) {
      mail.reply(NotServed("the partition is being handed over; ask again"));
    }
  }
  // Where nothing is under way the turn releases them at once.
  if (is_leaving_) ScheduleTurn();
  ClaimFree();
}

std::set<PartitionId> Engine::Owned() const {
  std::set<PartitionId> owned;
  for (const auto& [id, partition] : partitions_) {
    if (!partition->leaving) owned.insert(id);
  }
  return owned;
}

std::set<PartitionId> Engine::GivingUp() const {
  std::set<PartitionId> given_up = releasing_;
  for (const auto& [id, partition] : partitions_) {
    if (partition->leaving) given_up.insert(id);
  }
  return given_up;
}

bool Engine::Owns(base::Slot slot) const {
  auto found = partitions_.find(PartitionOf(slot));
  return found != partitions_.end() && !found->second->leaving && !stopping_;
}

bool Engine::Serves(base::Slot slot) const { return Owns(slot) && partitions_.at(PartitionOf(slot))->serving; }

bool Engine::Batch::Mentions(PartitionId partition) const {
  return rows.contains(partition) || std::any_of(releases.begin(), releases.end(), [&](const Release& release) {
           return release.partition == partition;
         });
}

// A partition leaves when no batch has anything of it any more: commands that come later are refused, so after the
// batch at the log and the one being decided there is none.
void Engine::ReleaseLeaving() {
  std::vector<PartitionId> gone;
  is_leaving_ = false;
  for (const auto& [id, partition] : partitions_) {
    if (!partition->leaving) continue;
    if ((at_log_ != nullptr && at_log_->Mentions(id)) || (deciding_ && deciding_->Mentions(id))) {
      is_leaving_ = true;
    } else {
      gone.push_back(id);
    }
  }
  if (gone.empty()) return;
  parts_.observer.LogLine(std::to_string(gone.size()) + " partitions are handed over");
  for (PartitionId id : gone) {
    DropPartition(id);
    releasing_.insert(id);
  }
  parts_.log.Release(settings_.node, gone, [this, gone] {
    for (PartitionId id : gone) releasing_.erase(id);
    if (parts_.on_released) parts_.on_released(gone);
    ClaimFree();
  });
}

void Engine::ClaimFree() {
  history::ClaimRequest request{.node = settings_.node, .partitions = {}, .lease = settings_.lease};
  for (PartitionId id : wanted_) {
    if (!partitions_.contains(id) && !releasing_.contains(id)) request.partitions.push_back(id);
  }
  // In trouble a claim of nothing tells whether the database can be used again.
  if ((request.partitions.empty() && trouble_.empty()) || stopping_ || claiming_) return;
  claiming_ = true;
  base::MonotonicTime lease_until = parts_.clock.MonotonicNow() + settings_.lease;
  parts_.log.Claim(std::move(request), [this, lease_until, generation = generation_](auto claimed) {
    claiming_ = false;
    if (generation != generation_) {
      ClaimFree();
      return;
    }
    if (!claimed.ok()) {
      NoteTrouble(std::string(claimed.status().message()));
      return;
    }
    TroubleMayBeOver();
    for (const history::Claimed& claim : *claimed) {
      auto partition = std::make_unique<Partition>();
      partition->id = claim.partition;
      partition->epoch = claim.epoch;
      partition->next_sequence = claim.next_sequence;
      partition->lease_until = lease_until;
      partitions_[claim.partition] = std::move(partition);
    }
    for (const history::Claimed& claim : *claimed) Recover(claim.partition, claim.epoch);
  });
}

void Engine::RenewSoon() {
  if (renewal_ == 0 || std::exchange(is_renewal_soon_, true)) return;
  parts_.executor.Cancel(renewal_);
  renewal_ = parts_.executor.PostAt(parts_.clock.MonotonicNow() + std::chrono::milliseconds(50), [this] { Renew(); });
}

void Engine::Renew() {
  renewal_ = 0;
  is_renewal_soon_ = false;
  if (stopping_) return;
  NoteWallClock();
  base::MonotonicTime now = parts_.clock.MonotonicNow();
  renewal_ = parts_.executor.PostAt(now + settings_.lease * 3 / 7, [this] { Renew(); });
  // In trouble it asks even where it holds nothing: a node that cannot append is given nothing to claim, so only this
  // tells that it can again.
  if (partitions_.empty() && trouble_.empty()) {
    ClaimFree();
    return;
  }
  // A partition that is claimed while the renewal is under way may be missing from its answer.
  std::map<PartitionId, base::Epoch> asked;
  for (const auto& [id, partition] : partitions_) asked[id] = partition->epoch;
  base::MonotonicTime lease_until = now + settings_.lease;
  parts_.log.Renew(settings_.node, settings_.lease, [this, asked, lease_until, generation = generation_](auto held) {
    if (generation != generation_ || stopping_) return;
    if (!held.ok()) {  // the fence stands guard
      NoteTrouble(std::string(held.status().message()));
      return;
    }
    TroubleMayBeOver();
    std::set<PartitionId> still(held->begin(), held->end());
    std::vector<PartitionId> lost;
    for (const auto& [id, epoch] : asked) {
      Partition* partition = ClaimedUnder(id, epoch);
      if (partition == nullptr) continue;
      if (still.contains(id)) {
        partition->lease_until = std::max(partition->lease_until, lease_until);
      } else {
        lost.push_back(id);
      }
    }
    GiveUp(lost, "the lease is gone");
    ClaimFree();
  });
}

Engine::Partition* Engine::ClaimedUnder(PartitionId id, base::Epoch epoch) {
  auto found = partitions_.find(id);
  return found == partitions_.end() || found->second->epoch != epoch ? nullptr : found->second.get();
}

// Folds the log of every open execution of the partition that is not parked, then does what is owed. Answers that come
// after the partition was dropped, even if it was claimed again since, are void.
void Engine::Recover(PartitionId id, base::Epoch epoch) {
  parts_.log.Recover(
      id,
      [this, id, epoch](history::StoredEntity stored) {
        Partition* partition = ClaimedUnder(id, epoch);
        if (partition == nullptr) return;
        if (stored.parked) return AddParked(*stored.parked, id);
        auto state = Fold(stored);
        if (!state.ok()) {
          parts_.observer.LogLine("execution " + stored.entity.ToString() +
                                  " cannot be read back and is left alone: " + std::string(state.status().message()));
          return;
        }
        auto entity = std::make_unique<Entity>();
        entity->live = *std::move(state);
        if (stored.snapshot) entity->snapshot_revision = stored.snapshot->revision;
        entity->partition = id;
        const history::ExecutionStarted& start = entity->state().start;
        entity->name_key = MakeNameKey(start.account, start.region, start.machine, start.name);
        names_[entity->name_key] = {stored.entity, MakeInputDigest(start.input.text()), entity->state().started_at,
                                    false, nullptr};
        partition->recovered.push_back(stored.entity);
        entities_[stored.entity] = std::move(entity);
      },
      [this, id, epoch](const absl::Status& status) {
        if (ClaimedUnder(id, epoch) == nullptr) return;
        if (!status.ok()) {
          NoteTrouble(std::string(status.message()));
          DropPartition(id);
          return;
        }
        Recovered(id, epoch);
      });
}

// Definitions first, then the effects that the states still owe, then the commands that came meanwhile.
void Engine::Recovered(PartitionId id, base::Epoch epoch) {
  auto missing = std::make_shared<size_t>(1);
  auto one_done = [this, id, epoch, missing] {
    if (--*missing > 0) return;
    Partition* claimed = ClaimedUnder(id, epoch);
    if (claimed == nullptr) return;
    Partition& partition = *claimed;
    if (partition.leaving) return;
    partition.serving = true;
    if (parts_.on_serving) parts_.on_serving(id, epoch);
    CountTasksOf(partition);
    for (base::EntityId entity : partition.recovered) {
      auto place = entities_.find(entity);
      if (place == entities_.end() || place->second->program == nullptr) continue;
      for (core::Effect& effect : core::Resume(place->second->state())) Perform(entity, std::move(effect));
      ParkIfIdle(*place->second);
    }
    partition.recovered.clear();
    for (Mail& mail : partition.waiting) PutIn(std::move(mail));
    partition.waiting.clear();
    dispatcher_.Flush();
    ScheduleTurn();
  };
  std::map<std::string, std::vector<base::EntityId>> by_digest;
  for (base::EntityId entity : partitions_.at(id)->recovered) {
    by_digest[entities_.at(entity)->state().start.definition_digest].push_back(entity);
  }
  *missing += by_digest.size();
  for (auto& [digest, entities] : by_digest) {
    parts_.load_program(digest, [=, this, digest = digest, entities = std::move(entities)](auto program) {
      if (ClaimedUnder(id, epoch) == nullptr) return;
      if (absl::IsUnavailable(program.status())) {
        // The next claim reads it all again.
        NoteTrouble("definitions could not be read: " + std::string(program.status().message()));
        DropPartition(id);
        return;
      }
      for (base::EntityId entity : entities) {
        auto found = entities_.find(entity);
        if (found == entities_.end()) continue;
        if (program.ok()) {
          found->second->program = *program;
        } else {
          parts_.observer.LogLine("execution " + entity.ToString() + " stands still, its definition " + digest +
                                  " cannot be loaded: " + std::string(program.status().message()));
          entities_.erase(found);
        }
      }
      one_done();
    });
  }
  one_done();
}

void Engine::DropPartition(PartitionId id) {
  auto found = partitions_.find(id);
  if (found == partitions_.end()) return;
  std::unique_ptr<Partition> gone = std::move(found->second);
  partitions_.erase(found);
  limiter_.Drop(id);
  for (auto it = entities_.begin(); it != entities_.end();) {
    if (it->second->partition != id) {
      ++it;
      continue;
    }
    const base::EntityId entity_id = it->first;
    std::unique_ptr<Entity> entity = std::move(it->second);
    it = entities_.erase(it);
    parked_ -= entity->is_parked() ? 1 : 0;
    names_.erase(entity->name_key);
    Forget(entity_id, *entity);
    Dismiss(*entity, NotServed("the partition has moved; ask again"));
  }
  for (Mail& mail : gone->waiting) mail.reply(NotServed("the partition has moved; ask again"));
  if (at_log_ != nullptr) ForgetEnded(*at_log_, id);
  if (deciding_) {
    ForgetEnded(*deciding_, id);
    deciding_->rows.erase(id);
    auto releases = std::move(deciding_->releases);
    deciding_->releases.clear();
    deciding_->decisions = 0;
    for (const auto& [other, rows] : deciding_->rows) deciding_->decisions += rows.decisions.size();
    for (Release& release : releases) {
      if (release.partition == id) {
        AbandonOne(release, "the partition has moved; ask again", false);
      } else {
        deciding_->releases.push_back(std::move(release));
      }
    }
  }
}

// Sessions keep what they hold: whoever handed a task out goes on watching over it, wherever its partition is.
void Engine::Forget(base::EntityId entity_id, const Entity& entity) {
  timers_.Remove({entity_id, base::FrameId(), core::TimerKind::kExecution});
  if (entity.is_parked()) return;
  const history::ExecutionState& state = *entity.live;
  for (const auto& [id, frame] : state.frames) {
    for (core::TimerKind kind : {core::TimerKind::kTask, core::TimerKind::kWait, core::TimerKind::kBackoff}) {
      timers_.Remove({state.id, id, kind});
    }
    if (const auto* waiting = std::get_if<history::WaitingForTask>(&frame.waiting)) {
      const core::TaskRef task{state.id, id, waiting->scheduled_event, waiting->attempt};
      dispatcher_.Revoke(task, waiting->task.queue);
      sessions_.Forget(task);
    }
  }
}

// Decisions that are not let out yet may have ended what has a timer or is offered: memory's frames do not tell of it
// any more, and the effects that would take it away may never be let out.
void Engine::ForgetEnded(const Batch& batch, PartitionId id) {
  for (const Release& release : batch.releases) {
    if (release.partition != id) continue;
    for (const core::Effect& effect : release.effects) {
      if (const auto* cancel = std::get_if<core::CancelTimer>(&effect)) {
        timers_.Remove({release.entity, cancel->frame, cancel->kind});
      } else if (const auto* revoke = std::get_if<core::RevokeTask>(&effect)) {
        dispatcher_.Revoke(revoke->task, revoke->queue);
      }
    }
  }
}

void Engine::DropEverything(const std::string& why) {
  ++generation_;
  NoteTrouble(why);
  auto batch = std::move(deciding_);
  auto partitions = std::move(partitions_);
  auto entities = std::move(entities_);
  auto mail = mailbox_.TakeAll();
  partitions_.clear();
  entities_.clear();
  parked_ = 0;
  mailbox_bytes_ = 0;
  to_read_.clear();
  to_wake_.clear();
  to_park_.clear();
  is_reading_ = has_undecided_reading_ = false;
  names_.clear();
  ended_names_.clear();
  timers_.Clear();
  dispatcher_.ForgetOffers();
  limiter_.DropAll();
  auto retry = NotServed("the database cannot be used just now; ask again");
  if (batch) Abandon(*batch, "the database cannot be used just now; ask again", false);
  for (auto& [id, partition] : partitions) {
    for (Mail& waiting : partition->waiting) waiting.reply(retry);
  }
  for (Mail& waiting : mail) waiting.reply(retry);
  for (auto& [id, entity] : entities) {
    Dismiss(*entity, retry);
  }
  // With growing patience; Renew keeps asking too.
  auto wait = std::chrono::milliseconds(std::min(2000, 50 << std::min(failures_in_a_row_, 5)));
  parts_.executor.PostAt(parts_.clock.MonotonicNow() + wait, [this, generation = generation_] {
    if (generation == generation_) ClaimFree();
  });
}

void Engine::Stop(std::function<void()> done) {
  stopping_ = true;
  TellGivenUp();
  // The next owner offers them again; here no start would be taken any more.
  dispatcher_.ForgetOffers();
  limiter_.DropAll();
  if (renewal_ != 0) parts_.executor.Cancel(renewal_);
  if (wake_up_ != 0) parts_.executor.Cancel(wake_up_);
  renewal_ = wake_up_ = 0;
  stopped_ = [this, done = std::move(done)] {
    std::vector<PartitionId> owned;
    for (const auto& [id, partition] : partitions_) owned.push_back(id);
    parts_.log.Release(settings_.node, std::move(owned), done);
  };
  ScheduleTurn();
}

}  // namespace pawl::partition
