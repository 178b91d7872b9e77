#include "scheduler/cluster/end_watch.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace pawl::cluster {

using std::chrono::milliseconds;

namespace {

constexpr int kUnderWayMax = 4;
constexpr size_t kGroupMax = 1'000;
constexpr size_t kGroupBytesMax = 4u << 20;
constexpr int kAttempts = 3;
constexpr milliseconds kBetweenAttempts{250};
// What the owner says when a wait is over comes that much later at most.
constexpr milliseconds kSlack{2'000};
constexpr milliseconds kSweep{500};

size_t BytesOf(const EndAnswer& end) {
  if (!end.awaited.ok() || !end.awaited->outcome) return 0;
  const partition::Outcome& outcome = *end.awaited->outcome;
  auto size = [](const std::optional<std::string>& text) { return text ? text->size() : 0; };
  return size(outcome.output) + size(outcome.error) + size(outcome.cause);
}

}  // namespace

// ---- as asker

void EndWatch::Ask(const Member& owner, const history::NameKey& name, milliseconds wait, Peers::Done<Awaited> done) {
  const EndAsk ask{++numbers_, name, wait};
  asked_[ask.number] = {owner.node, ask, parts_.clock.MonotonicNow() + wait + kSlack, std::move(done)};
  ArmSweep();
  Owner& at = owners_[owner.node];
  at.at = owner;
  at.waiting.push_back(ask);
  if (std::exchange(at.flush_posted, true)) return;
  parts_.executor.Post([this, alive = alive_, node = owner.node] {
    if (!*alive) return;
    owners_[node].flush_posted = false;
    Flush(node);
  });
}

void EndWatch::Flush(const std::string& node) {
  Owner& owner = owners_[node];
  while (!owner.waiting.empty()) {
    if (owner.is_old) {
      const std::vector<EndAsk> asks = std::exchange(owner.waiting, {});
      return AskOneByOne(owner.at, asks);
    }
    if (owner.under_way >= kUnderWayMax) return;
    const auto end = owner.waiting.begin() + static_cast<ptrdiff_t>(std::min(owner.waiting.size(), kGroupMax));
    std::vector<EndAsk> asks(owner.waiting.begin(), end);
    owner.waiting.erase(owner.waiting.begin(), end);
    ++owner.under_way;
    parts_.peers.AwaitEnds(owner.at, AwaitEndsRequest{self_, asks},
                           [this, alive = alive_, node, asks](absl::StatusOr<std::vector<EndAnswer>> answers) {
                             if (!*alive) return;
                             --owners_[node].under_way;
                             OnAsked(node, asks, std::move(answers));
                             Flush(node);
                           });
  }
}

void EndWatch::OnAsked(const std::string& node, const std::vector<EndAsk>& asks,
                       absl::StatusOr<std::vector<EndAnswer>> answers) {
  if (answers.ok()) return OnEnds(*answers);
  if (absl::IsUnimplemented(answers.status())) {
    Owner& owner = owners_[node];
    owner.is_old = true;
    return AskOneByOne(owner.at, asks);
  }
  for (const EndAsk& ask : asks) Take(ask.number, partition::NotServed("the other node did not answer"));
}

void EndWatch::AskOneByOne(const Member& owner, const std::vector<EndAsk>& asks) {
  for (const EndAsk& ask : asks) {
    parts_.peers.AwaitEnd(owner, ask.name, ask.wait,
                          [this, alive = alive_, number = ask.number](const absl::StatusOr<Awaited>& awaited) {
                            if (*alive) Take(number, awaited);
                          });
  }
}

void EndWatch::Take(uint64_t number, const absl::StatusOr<Awaited>& awaited) {
  auto found = asked_.find(number);
  if (found == asked_.end()) return;
  const Peers::Done<Awaited> done = std::move(found->second.done);
  asked_.erase(found);
  done(awaited);
}

void EndWatch::OnEnds(const std::vector<EndAnswer>& ends) {
  for (const EndAnswer& end : ends) Take(end.number, end.awaited);
}

// Whoever is not in the cluster any more will tell nothing.
void EndWatch::OnChanged() {
  std::set<std::string> live;
  for (const Member& member : parts_.directory.Others()) live.insert(member.node);
  if (live == live_) return;
  live_ = std::move(live);
  std::erase_if(owners_, [this](const auto& owner) {
    return !live_.contains(owner.first) && owner.second.under_way == 0 && !owner.second.flush_posted;
  });
  std::erase_if(askers_, [this](const auto& asker) {
    return !live_.contains(asker.first) && asker.second.under_way == 0 && !asker.second.flush_posted;
  });
  std::vector<uint64_t> given_up;
  for (const auto& [number, asked] : asked_) {
    if (!live_.contains(asked.node)) given_up.push_back(number);
  }
  // In the order in which they were asked.
  std::sort(given_up.begin(), given_up.end());
  for (uint64_t number : given_up) Take(number, partition::NotServed("the other node has gone"));
}

void EndWatch::ArmSweep() {
  if (sweep_ != 0) return;
  sweep_ = parts_.executor.PostAt(parts_.clock.MonotonicNow() + kSweep, [this, alive = alive_] {
    if (!*alive) return;
    sweep_ = 0;
    Sweep();
  });
}

void EndWatch::Sweep() {
  const base::MonotonicTime now = parts_.clock.MonotonicNow();
  std::vector<uint64_t> given_up;
  for (const auto& [number, asked] : asked_) {
    if (asked.give_up_at <= now) given_up.push_back(number);
  }
  std::sort(given_up.begin(), given_up.end());
  for (uint64_t number : given_up) Take(number, partition::NotServed("the other node did not tell of the end"));
  if (!asked_.empty()) ArmSweep();
}

// ---- as owner

void EndWatch::OnAwaitEnds(const AwaitEndsRequest& request, std::function<void(std::vector<EndAnswer>)> done) {
  // What is known before this returns goes with the answer, the rest is told later.
  auto at_once = std::make_shared<std::vector<EndAnswer>>();
  auto is_answered = std::make_shared<bool>(false);
  for (const EndAsk& ask : request.asks) {
    parts_.await_here(ask.name, ask.wait,
                      [this, alive = alive_, from = request.from, number = ask.number, at_once,
                       is_answered](const absl::StatusOr<Awaited>& awaited) {
                        if (!*is_answered) return at_once->push_back({number, awaited});
                        if (!*alive) return;
                        Asker& asker = askers_[from.node];
                        asker.at = from;
                        asker.ends.push_back({number, awaited});
                        TellSoon(from.node);
                      });
  }
  *is_answered = true;
  done(std::move(*at_once));
}

// What else ends in this turn goes along.
void EndWatch::TellSoon(const std::string& node) {
  if (std::exchange(askers_[node].flush_posted, true)) return;
  parts_.executor.Post([this, alive = alive_, node] {
    if (!*alive) return;
    askers_[node].flush_posted = false;
    Tell(node);
  });
}

void EndWatch::Tell(const std::string& node) {
  Asker& asker = askers_[node];
  while (!asker.ends.empty() && asker.under_way < kUnderWayMax) {
    std::vector<EndAnswer> group;
    size_t bytes = 0;
    while (!asker.ends.empty() && group.size() < kGroupMax && bytes < kGroupBytesMax) {
      bytes += BytesOf(asker.ends.front());
      group.push_back(std::move(asker.ends.front()));
      asker.ends.pop_front();
    }
    ++asker.under_way;
    Send(node, std::move(group), 1);
  }
}

// Told again where it may not have got there: twice is the same as once. In the end the asker finds out by itself.
void EndWatch::Send(const std::string& node, std::vector<EndAnswer> ends, int attempt) {
  auto shared = std::make_shared<const std::vector<EndAnswer>>(std::move(ends));
  parts_.peers.TellEnds(askers_[node].at, *shared,
                        [this, alive = alive_, node, shared, attempt](const absl::Status& status) {
                          if (!*alive) return;
                          if (status.ok() || attempt == kAttempts) {
                            --askers_[node].under_way;
                            return Tell(node);
                          }
                          parts_.executor.PostAt(parts_.clock.MonotonicNow() + kBetweenAttempts, [=, this] {
                            if (*alive) Send(node, *shared, attempt + 1);
                          });
                        });
}

}  // namespace pawl::cluster
