#include "scheduler/dispatch/limiter.h"

#include <algorithm>
#include <utility>

#include "scheduler/core/binding.h"

namespace pawl::dispatch {

using core::TaskRef;
using std::chrono::milliseconds;

namespace {

// Looked at together, so that one whose partition has no permit does not hold up the others.
constexpr size_t kNextMax = 1'024;
// Between requests that brought nothing, doubling.
constexpr milliseconds kPatienceFirst{20};
constexpr milliseconds kPatienceLast{500};
// Until what a request gave is asked for more: many tasks that end one after another are one request.
constexpr milliseconds kGather{2};
// A permit that nobody here waits for goes back after this.
constexpr milliseconds kSurplus{100};
// A task that no poll has taken meanwhile gives its permit back.
constexpr milliseconds kUntaken{1'000};
// A token by which no task was granted meanwhile goes back.
constexpr milliseconds kUnspent{1'000};
// Tokens whose answer takes longer than this are not used: a process that stood still has them from long ago.
constexpr milliseconds kAnswerMax{3'000};

}  // namespace

Limiter::Key* Limiter::KeyOf(const std::string& queue) const {
  if (key_of_handler_.empty()) return nullptr;
  auto found = key_of_handler_.find(std::string(core::HandlerOfQueue(queue)));
  return found == key_of_handler_.end() ? nullptr : found->second;
}

void Limiter::SetLimits(const Limits& limits) {
  ++generation_;
  keys_.clear();
  key_of_handler_.clear();
  patience_ = milliseconds(0);
  if (parts_.store == nullptr) return;
  for (const auto& [name, limit] : limits) {
    Key& key = keys_[name];
    key.name = name;
    key.limit = limit;
    key.is_contended = limit.concurrency.has_value();  // it may be lower than what runs: the store's answer says it
    for (const std::string& handler : limit.handlers) key_of_handler_.try_emplace(handler, &key);
  }
}

// ---- partitions

void Limiter::Serve(base::PartitionId partition, base::Epoch epoch) {
  for (auto& [name, key] : keys_) {
    if (key.limit.concurrency) key.shares[partition] = {.epoch = epoch};
  }
  AskAfter(milliseconds(0));
}

void Limiter::Running(const TaskRef& task, const std::string& queue) {
  Key* key = KeyOf(queue);
  if (key == nullptr) return;
  key->waiting.erase(task);
  if (!key->limit.concurrency) return;
  const base::PartitionId partition = parts_.partition_of(task.entity);
  auto share = key->shares.find(partition);
  if (share == key->shares.end()) return;
  if (key->granted.try_emplace(task, Granted{{}, partition, {}}).second) ++share->second.granted;
}

void Limiter::Drop(base::PartitionId partition) {
  for (auto& [name, key] : keys_) {
    key.shares.erase(partition);
    std::erase_if(key.granted, [&](const auto& granted) { return granted.second.partition == partition; });
    std::erase_if(key.waiting,
                  [&](const auto& waiting) { return parts_.partition_of(waiting.first.entity) == partition; });
  }
}

void Limiter::DropAll() {
  for (auto& [name, key] : keys_) {
    key.shares.clear();
    key.granted.clear();
    key.waiting.clear();
    key.next.clear();
    key.lines.clear();
  }
}

std::map<TaskRef, std::string> Limiter::InHand() const {
  std::map<TaskRef, std::string> tasks;
  for (const auto& [name, key] : keys_) {
    for (const auto& [task, granted] : key.granted) tasks[task] = key.limit.handlers.front();
  }
  return tasks;
}

// ---- tasks

void Limiter::Offer(const core::OfferTask& offer, Standing standing) {
  Key& key = *KeyOf(offer.queue);
  if (key.granted.contains(offer.task) || key.waiting.contains(offer.task)) return;
  Enqueue(key, offer.task, {offer.queue, standing});
  Grant(key);
  if (!key.waiting.contains(offer.task)) return;
  // While a request brings nothing, another task does not change that.
  if (patience_ == milliseconds(0)) AskAfter(milliseconds(0));
}

void Limiter::Enqueue(Key& key, const TaskRef& task, Waiting waiting) {
  const Standing standing = waiting.standing;
  key.lines[standing.priority].Push(standing.flow, parts_.dispatcher.flows().WeightOf(standing.flow), task);
  key.waiting.emplace(task, std::move(waiting));
}

void Limiter::FillNext(Key& key) {
  std::erase_if(key.next, [&](const TaskRef& task) { return !key.waiting.contains(task); });
  for (auto line = key.lines.begin(); line != key.lines.end() && key.next.size() < kNextMax;) {
    if (line->second.empty()) {
      line = key.lines.erase(line);
      continue;
    }
    const TaskRef task = line->second.Pop();
    if (key.waiting.contains(task)) key.next.push_back(task);
  }
}

void Limiter::Grant(Key& key) {
  FillNext(key);
  GiveBackOldTokens(key);
  std::vector<std::pair<TaskRef, Waiting>> granted;
  for (const TaskRef& task : key.next) {
    if (key.limit.rate && key.tokens == 0) break;
    // One that came back into the line may stand here twice.
    auto found = key.waiting.find(task);
    if (found == key.waiting.end()) continue;
    const base::PartitionId partition = parts_.partition_of(task.entity);
    if (key.limit.concurrency) {
      auto share = key.shares.find(partition);
      if (share == key.shares.end() || share->second.granted >= share->second.held) continue;
      ++share->second.granted;
    }
    if (key.limit.rate) --key.tokens;
    Waiting waiting = std::move(key.waiting.extract(found).mapped());
    key.granted[task] = {waiting, partition, parts_.clock.MonotonicNow(), key.tokens_from};
    granted.emplace_back(task, std::move(waiting));
  }
  if (granted.empty()) return;
  ArmSweep(key, parts_.clock.MonotonicNow() + kUntaken);
  for (auto& [task, waiting] : granted) parts_.dispatcher.Offer({task, waiting.queue}, waiting.standing);
}

void Limiter::End(const TaskRef& task) {
  for (auto& [name, key] : keys_) {
    key.waiting.erase(task);
    auto found = key.granted.find(task);
    if (found == key.granted.end()) continue;
    auto share = key.shares.find(found->second.partition);
    key.granted.erase(found);
    if (share != key.shares.end()) {
      --share->second.granted;
      // Others have waited for longer.
      if (key.is_contended) share->second.held = std::min(share->second.held, share->second.granted);
    }
    if (!key.is_contended) Grant(key);
    if (key.limit.concurrency) {
      patience_ = milliseconds(0);
      AskAfter(key.waiting.empty() && !key.is_contended ? kSurplus : kGather);
    }
  }
}

void Limiter::ArmSweep(Key& key, base::MonotonicTime due) {
  if (std::exchange(key.is_sweeping, true)) return;
  parts_.executor.PostAt(due, [this, alive = alive_, name = key.name, generation = generation_] {
    if (*alive && generation == generation_) Sweep(keys_.at(name));
  });
}

// Tokens that have been out since `from`. While they were, the bucket took in what it would have had no room for.
void Limiter::GiveBack(Key& key, int64_t tokens, base::MonotonicTime from) {
  const double seconds = std::chrono::duration<double>(parts_.clock.MonotonicNow() - from).count();
  key.returning += std::max(0.0, static_cast<double>(tokens) - seconds * *key.limit.rate);
}

void Limiter::GiveBackOldTokens(Key& key) {
  if (key.tokens == 0 || parts_.clock.MonotonicNow() - key.tokens_from <= kUnspent) return;
  GiveBack(key, std::exchange(key.tokens, 0), key.tokens_from);
}

void Limiter::Sweep(Key& key) {
  key.is_sweeping = false;
  const base::MonotonicTime now = parts_.clock.MonotonicNow();
  std::optional<base::MonotonicTime> next;
  std::vector<TaskRef> untaken, begun;
  for (auto& [task, granted] : key.granted) {
    if (granted.task.queue.empty()) continue;
    if (now - granted.at < kUntaken) {
      next = std::min(next.value_or(granted.at + kUntaken), granted.at + kUntaken);
    } else if (parts_.dispatcher.Revoke(task, granted.task.queue)) {
      untaken.push_back(task);
    } else {
      begun.push_back(task);
    }
  }
  for (const TaskRef& task : begun) {
    if (key.limit.concurrency) {
      key.granted.at(task).task = {};
    } else {
      key.granted.erase(task);
    }
  }
  std::sort(untaken.begin(), untaken.end());
  base::MonotonicTime tokens_from = now;
  for (const TaskRef& task : untaken) {
    Granted granted = std::move(key.granted.extract(task).mapped());
    if (auto share = key.shares.find(granted.partition); share != key.shares.end()) --share->second.granted;
    tokens_from = std::min(tokens_from, granted.token_from);
    Enqueue(key, task, std::move(granted.task));
  }
  if (next) ArmSweep(key, *next);
  if (untaken.empty()) return;
  if (key.limit.rate) GiveBack(key, static_cast<int64_t>(untaken.size()), tokens_from);
  // What others wait for goes to them before it is granted here again.
  for (auto& [partition, share] : key.shares) share.held = std::min(share.held, share.granted);
  AskAfter(milliseconds(0));
}

// ---- the store

std::map<base::PartitionId, int64_t> Limiter::WantedBy(Key& key) {
  FillNext(key);
  std::map<base::PartitionId, int64_t> wanted;
  int64_t most = key.limit.concurrency.value_or(0);
  // No permit lies idle for want of a token.
  if (key.limit.rate) most = std::min(most, key.tokens);
  for (const TaskRef& task : key.next) {
    if (most-- <= 0) break;
    ++wanted[parts_.partition_of(task.entity)];
  }
  return wanted;
}

// False where there is nothing to ask.
bool Limiter::Gather(PermitRequest& request) {
  for (auto& [name, key] : keys_) {
    FillNext(key);
    if (key.limit.rate) {
      GiveBackOldTokens(key);
      const auto waiting = static_cast<int64_t>(key.next.size());
      const auto at_once = std::max<int64_t>(2, static_cast<int64_t>(*key.limit.rate / 2));
      const int64_t wanted = key.tokens > 0 ? 0 : std::min(waiting, at_once);
      if (waiting == 0) GiveBack(key, std::exchange(key.tokens, 0), key.tokens_from);
      const double returned = std::exchange(key.returning, 0);
      if (wanted + returned > 0) request.tokens.push_back({name, wanted, returned});
    }
    if (!key.limit.concurrency) continue;
    const std::map<base::PartitionId, int64_t> wanted = WantedBy(key);
    for (auto& [partition, share] : key.shares) {
      auto found = wanted.find(partition);
      const int64_t more = found == wanted.end() ? 0 : found->second;
      if (more == 0 && share.stored == share.granted) continue;
      // From here on no more than `used` are relied on: whether the store hears of it or not, it has at least these.
      share.held = share.granted;
      share.stored.reset();
      request.permits.push_back({name, partition, share.epoch, ++number_, share.granted, more});
    }
  }
  return !request.permits.empty() || !request.tokens.empty();
}

void Limiter::AskAfter(milliseconds delay) {
  if (keys_.empty()) return;
  if (asking_) {
    ask_again_ = true;
    return;
  }
  const base::MonotonicTime due = parts_.clock.MonotonicNow() + delay;
  if (timer_due_ && *timer_due_ <= due) return;
  if (timer_due_) parts_.executor.Cancel(timer_);
  timer_due_ = due;
  timer_ = parts_.executor.PostAt(due, [this, alive = alive_] {
    if (!*alive) return;
    timer_due_.reset();
    Ask();
  });
}

void Limiter::Ask() {
  if (asking_) return;
  PermitRequest request;
  ask_again_ = false;
  if (!Gather(request)) {
    patience_ = milliseconds(0);
    return;
  }
  asking_ = true;
  asked_at_ = parts_.clock.MonotonicNow();
  parts_.store->Exchange(
      request, [this, alive = alive_, request, generation = generation_](absl::StatusOr<PermitResponse> response) {
        if (*alive) OnAnswer(request, response, generation);
      });
}

void Limiter::OnAnswer(const PermitRequest& request, const absl::StatusOr<PermitResponse>& response,
                       uint64_t generation) {
  asking_ = false;
  if (response.ok() && generation == generation_) Take(request, *response);
  bool is_unsettled = !response.ok();
  milliseconds until_token{0};
  for (auto& [name, key] : keys_) {
    const size_t waiting = key.waiting.size();
    Grant(key);
    if (key.waiting.size() < waiting) patience_ = milliseconds(0);  // it brought something
    is_unsettled = is_unsettled || !key.waiting.empty();
    if (key.limit.rate && key.tokens == 0) until_token = milliseconds(static_cast<int64_t>(1'000 / *key.limit.rate));
    for (const auto& [partition, share] : key.shares) is_unsettled = is_unsettled || !share.stored;
  }
  if (generation != generation_ || std::exchange(ask_again_, false)) {
    patience_ = milliseconds(0);
    return AskAfter(kGather);
  }
  patience_ = is_unsettled ? std::clamp(patience_ * 2, kPatienceFirst, kPatienceLast) : milliseconds(0);
  AskAfter(is_unsettled ? std::clamp(until_token, patience_, kPatienceLast) : kSurplus);
}

void Limiter::Take(const PermitRequest& request, const PermitResponse& response) {
  for (const auto& [name, is_contended] : response.contended) {
    if (auto key = keys_.find(name); key != keys_.end()) key->second.is_contended = is_contended;
  }
  for (size_t i = 0; i < request.permits.size() && i < response.permits.size(); ++i) {
    const PermitAsk& ask = request.permits[i];
    auto key = keys_.find(ask.key);
    if (key == keys_.end()) continue;
    auto share = key->second.shares.find(ask.partition);
    if (share == key->second.shares.end() || share->second.epoch != ask.epoch || response.permits[i].is_refused) {
      continue;
    }
    share->second.stored = share->second.held = response.permits[i].held;
    // What has come free since it was asked is not this partition's to use again.
    if (key->second.is_contended) {
      const int64_t given = response.permits[i].held - ask.used;
      share->second.held = std::min(share->second.held, share->second.granted + given);
    }
  }
  const base::MonotonicTime now = parts_.clock.MonotonicNow();
  for (size_t i = 0; i < request.tokens.size() && i < response.tokens.size() && now - asked_at_ < kAnswerMax; ++i) {
    auto key = keys_.find(request.tokens[i].key);
    if (key == keys_.end() || response.tokens[i] == 0) continue;
    key->second.tokens += response.tokens[i];
    // However slow the answer, they serve at once.
    key->second.tokens_from = std::max(asked_at_, now - kUnspent);
  }
}

// ---- numbers

std::vector<Limiter::Stats> Limiter::stats() const {
  std::vector<Stats> stats;
  for (const auto& [name, key] : keys_) {
    Stats one{name, static_cast<int64_t>(key.waiting.size()), static_cast<int64_t>(key.granted.size()), 0};
    for (const auto& [partition, share] : key.shares) one.held += share.held;
    stats.push_back(std::move(one));
  }
  return stats;
}

std::map<std::string, int64_t> Limiter::Backlog() const {
  std::map<std::string, int64_t> backlog;
  for (const auto& [name, key] : keys_) {
    for (const auto& [task, waiting] : key.waiting) ++backlog[std::string(core::HandlerOfQueue(waiting.queue))];
  }
  return backlog;
}

}  // namespace pawl::dispatch
