#include "scheduler/cluster/relay.h"

#include <algorithm>
#include <iterator>
#include <optional>

#include "scheduler/core/binding.h"

namespace pawl::cluster {

using core::TaskRef;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds kTick{250};
constexpr uint64_t kTicksOfWatch = 4;
constexpr milliseconds kAfterNothing{200};
constexpr int kSlotsMax = 200;  // of one lend

// Counts need not be told again for every task.
bool IsAlike(int told, int now) { return told == now || (told > 8 && now > told / 2 && now < told * 2); }

}  // namespace

void Relay::Run(const Member& self) {
  self_ = self;
  parts_.engine.dispatcher().Watch(
      [this](const std::string& queue) {
        unserved_.insert(queue);
        if (parts_.directory.IsAlone() || std::exchange(tell_posted_, true)) return;
        parts_.executor.Post([this, alive = alive_] {
          if (!*alive) return;
          tell_posted_ = false;
          TellWants();
        });
      },
      [this] { MatchSoon(); });
  Tick();
}

void Relay::Tick() {
  parts_.executor.PostAt(parts_.clock.MonotonicNow() + kTick, [this, alive = alive_] {
    if (*alive) Tick();
  });
  std::set<std::string> live;
  for (const Member& member : parts_.directory.Others()) live.insert(member.node);
  for (auto entry = peers_.begin(); entry != peers_.end();) {
    Peer& peer = entry->second;
    bool is_gone = !live.contains(entry->first);
    if (is_gone) {
      // What it was lent it may still hold, and come back.
      std::erase_if(peer.lent, [&](const auto& lent) {
        return parts_.engine.Serves(lent.first.entity.slot()) && !parts_.engine.HasTask(lent.first);
      });
    }
    entry = is_gone && peer.lent.empty() && peer.lends_under_way.empty() ? peers_.erase(entry) : std::next(entry);
  }
  if (live.empty()) return;
  MatchSoon();
  if (++turn_ % kTicksOfWatch != 0) return;
  // Said again, in case it got lost.
  for (auto& [node, peer] : peers_) peer.told.clear();
  TellWants();
  SendWatches();
}

void Relay::OnNotice(const Notice& notice) {
  if (notice.wants_number == 0) return;
  Peer& peer = peers_[notice.from.node];
  if (notice.wants_number <= peer.wants_number) return;
  peer.wants_number = notice.wants_number;
  for (auto& [queue, wanted] : peer.wanted) wanted.count = 0;
  for (const Want& want : notice.wants) {
    Wanted& wanted = peer.wanted[want.queue];
    wanted.count = want.count;
    wanted.not_before = {};
  }
  std::erase_if(peer.wanted, [](const auto& wanted) { return wanted.second.count == 0 && !wanted.second.lending; });
  MatchSoon();
}

// ---- as owner

// Everybody is told everything that waits, when something new waits, or much more or nothing any longer.
void Relay::TellWants() {
  std::map<std::string, int> wants;
  for (auto queue = unserved_.begin(); queue != unserved_.end();) {
    size_t count = parts_.engine.dispatcher().WaitingIn(*queue);
    if (count > 0) wants[*queue] = static_cast<int>(std::min<size_t>(count, 1'000'000));
    queue = count > 0 ? std::next(queue) : unserved_.erase(queue);
  }
  for (const Member& member : parts_.directory.Others()) {
    Peer& peer = peers_[member.node];
    bool is_known = wants.size() == peer.told.size() &&
                    std::equal(wants.begin(), wants.end(), peer.told.begin(), [](const auto& now, const auto& told) {
                      return now.first == told.first && IsAlike(told.second, now.second);
                    });
    if (is_known || peer.telling) continue;
    Notice notice{.from = self_, .serving = {}, .released = {}, .wants_number = ++wants_number_, .wants = {}};
    for (const auto& [queue, count] : wants) notice.wants.push_back({queue, count});
    peer.told = wants;
    peer.telling = true;
    parts_.peers.Tell(member, notice, [this, alive = alive_, node = member.node](const absl::Status& status) {
      if (!*alive) return;
      auto found = peers_.find(node);
      if (found == peers_.end()) return;
      found->second.telling = false;
      if (status.ok()) TellWants();  // what came meanwhile; a lost one is said again by the tick
    });
  }
}

void Relay::OnLend(LendRequest request, std::function<void(LendResponse)> done) {
  Peer& peer = peers_[request.from.node];
  // One that took so long that its sender has given it up.
  if (request.number <= peer.settled) return done({});
  struct Gather {
    LendResponse response;
    size_t left = 0;
  };
  auto gather = std::make_shared<Gather>();
  auto shared = std::make_shared<LendRequest>(std::move(request));
  gather->left = shared->permits.size() + 1;
  dispatch::Dispatcher& dispatcher = parts_.engine.dispatcher();
  auto one_done = [this, alive = alive_, gather, shared, done] {
    if (--gather->left > 0 || !*alive) return;
    Give(shared->from.node, shared->number, *shared, std::move(gather->response), done);
  };
  std::vector<dispatch::Dispatcher::PollId> polls;
  for (size_t i = 0; i < shared->permits.size(); ++i) {
    const Permit& permit = shared->permits[i];
    dispatch::Poll poll{.worker = permit.worker,
                        .session = permit.session,
                        .handlers = {},
                        .activity_arn = {},
                        .slots = permit.slots,
                        .is_lent = true,
                        .respond = {}};
    if (permit.session.empty()) {
      poll.activity_arn = shared->queue;
    } else {
      poll.handlers.push_back({std::string(core::HandlerOfQueue(shared->queue)), permit.restartable});
    }
    poll.respond = [gather, one_done, i](std::vector<core::TaskDetails> tasks) {
      for (core::TaskDetails& details : tasks) gather->response.hand_outs.push_back({i, std::move(details)});
      one_done();
    };
    polls.push_back(dispatcher.AddPoll(std::move(poll)));
  }
  // What waits goes, and nothing is waited for.
  for (auto poll : polls) dispatcher.Hurry(poll);
  one_done();
  dispatcher.Flush();
}

void Relay::Give(const std::string& node, uint64_t number, const LendRequest& request, LendResponse response,
                 const std::function<void(LendResponse)>& done) {
  Peer& peer = peers_[node];
  base::MonotonicTime now = parts_.clock.MonotonicNow();
  for (const LentTask& lent : response.hand_outs) {
    const TaskRef& task = lent.details.task;
    if (request.permits[lent.permit].session.empty()) continue;
    parts_.engine.sessions().Entrust(WatcherName(node), task, now);
    peer.lent[task] = number;
  }
  parts_.engine.SessionsChanged();
  response.still_waiting = static_cast<int>(parts_.engine.dispatcher().WaitingIn(request.queue));
  // That is what it knows from now on.
  peer.told[request.queue] = response.still_waiting;
  if (response.still_waiting == 0) peer.told.erase(request.queue);
  done(std::move(response));
}

void Relay::OnWatch(const WatchRequest& request, std::function<void(WatchResponse)> done) {
  partition::Engine& engine = parts_.engine;
  const std::string watcher = WatcherName(request.from.node);
  base::MonotonicTime now = parts_.clock.MonotonicNow();
  Peer& peer = peers_[request.from.node];
  peer.settled = std::max(peer.settled, request.settled);
  WatchResponse response;
  for (const WatchedTask& watched : request.tasks) {
    const TaskRef& task = watched.task;
    peer.lent.erase(task);
    if (!engine.Serves(task.entity.slot())) {
      response.not_served.push_back(task);
    } else if (!engine.HasTask(task)) {
      response.over.push_back(task);
    } else if (!engine.sessions().Entrust(watcher, task, now)) {
      response.taken.push_back(task);
    }
  }
  // Handed out by a lend that is over, and not among what is watched: no worker ever had it.
  std::vector<TaskRef> lost;
  for (const auto& [task, number] : peer.lent) {
    if (number <= request.settled) lost.push_back(task);
  }
  engine.sessions().TakeCancelled(watcher);  // the answer says it
  std::sort(lost.begin(), lost.end());
  for (const TaskRef& task : lost) {
    peer.lent.erase(task);
    if (!engine.Serves(task.entity.slot())) continue;
    engine.sessions().Drop(task, false);
    parts_.router.Submit(core::ReleaseTask{task, false}, [](const absl::Status&) {});
  }
  engine.SessionsChanged();
  done(std::move(response));
}

// ---- as lender

void Relay::MatchSoon() {
  if (match_posted_ || parts_.directory.IsAlone()) return;
  match_posted_ = true;
  parts_.executor.Post([this, alive = alive_] {
    if (!*alive) return;
    match_posted_ = false;
    Match();
  });
}

// Round the nodes that want something, beginning with another one each time.
void Relay::Match() {
  std::vector<Member> others = parts_.directory.Others();
  if (others.empty()) return;
  base::MonotonicTime now = parts_.clock.MonotonicNow();
  std::rotate(others.begin(), others.begin() + static_cast<ptrdiff_t>(turn_ % others.size()), others.end());
  for (const Member& member : others) {
    auto peer = peers_.find(member.node);
    if (peer == peers_.end()) continue;
    for (auto& [queue, wanted] : peer->second.wanted) {
      if (wanted.count > 0 && !wanted.lending && wanted.not_before <= now) Lend(member, queue, wanted);
    }
  }
}

void Relay::Lend(const Member& to, const std::string& queue, Wanted& wanted) {
  Claims claims;
  while (static_cast<int>(claims.size()) < std::min(wanted.count, kSlotsMax)) {
    std::optional<core::Claim> claim = parts_.engine.dispatcher().ClaimToLend(queue);
    if (!claim) break;
    claims.push_back(*std::move(claim));
  }
  if (claims.empty()) return;
  // Slots of one poll stand together.
  std::stable_sort(claims.begin(), claims.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  LendRequest request{self_, queue, {}, ++lends_};
  uint64_t last = 0;
  for (const core::Claim& claim : claims) {
    if (claim.id == last) {
      ++request.permits.back().slots;
    } else {
      request.permits.push_back({claim.worker, claim.session, claim.restartable, 1});
      last = claim.id;
    }
  }
  wanted.lending = true;
  peers_[to.node].lends_under_way.insert(lends_);
  parts_.peers.Lend(to, std::move(request),
                    [this, alive = alive_, node = to.node, queue, number = lends_,
                     claims = std::move(claims)](absl::StatusOr<LendResponse> response) {
                      if (*alive) OnLent(node, queue, number, claims, std::move(response));
                    });
}

void Relay::OnLent(const std::string& node, const std::string& queue, uint64_t number, Claims claims,
                   absl::StatusOr<LendResponse> response) {
  dispatch::Dispatcher& dispatcher = parts_.engine.dispatcher();
  dispatch::Sessions& sessions = parts_.engine.sessions();
  base::MonotonicTime now = parts_.clock.MonotonicNow();
  // Claims by permit, as they were counted.
  std::vector<Claims> of_permit;
  for (core::Claim& claim : claims) {
    if (of_permit.empty() || of_permit.back().front().id != claim.id) of_permit.emplace_back();
    of_permit.back().push_back(std::move(claim));
  }
  size_t used = 0;
  if (response.ok()) {
    for (LentTask& lent : response->hand_outs) {
      if (lent.permit >= of_permit.size() || of_permit[lent.permit].empty()) continue;
      core::Claim claim = std::move(of_permit[lent.permit].back());
      of_permit[lent.permit].pop_back();
      std::optional<milliseconds> heartbeat;
      if (lent.details.heartbeat_seconds) heartbeat = std::chrono::seconds(*lent.details.heartbeat_seconds);
      if (!claim.session.empty()) {
        sessions.Hold(claim.session, lent.details.task, now, heartbeat);
        borrowed_.insert(lent.details.task);
      }
      dispatcher.HandOut({claim.id, claim.session, std::move(lent.details)});
      ++used;
    }
  }
  if (auto peer = peers_.find(node); peer != peers_.end()) {
    peer->second.lends_under_way.erase(number);
    Wanted& wanted = peer->second.wanted[queue];
    wanted.lending = false;
    if (response.ok()) wanted.count = response->still_waiting;
    if (used == 0) wanted.not_before = now + kAfterNothing;
  }
  for (const Claims& unused : of_permit) {
    for (const core::Claim& claim : unused) dispatcher.ReturnClaim(claim.id);
  }
  parts_.engine.SessionsChanged();
  dispatcher.Flush();
  MatchSoon();
}

void Relay::SendWatches() {
  partition::Engine& engine = parts_.engine;
  // Whose they are may be known wrongly here, so all are told; each answers for what it serves.
  std::vector<WatchedTask> watched;
  std::unordered_set<TaskRef> borrowed;
  engine.sessions().ForEachHeld([&](const std::string& session, const TaskRef& task) {
    bool is_borrowed = borrowed_.contains(task);
    if (is_borrowed) borrowed.insert(task);
    if (is_borrowed || !engine.Owns(task.entity.slot())) watched.push_back({task, session});
  });
  borrowed_ = std::move(borrowed);
  for (const Member& member : parts_.directory.Others()) {
    Peer& peer = peers_[member.node];
    WatchRequest request{self_, watched, lends_};
    if (!peer.lends_under_way.empty()) request.settled = *peer.lends_under_way.begin() - 1;
    if (peer.watching) continue;
    if (request.tasks.empty() && !peer.watched && request.settled == peer.settled_told) continue;
    peer.watching = true;
    peer.watched = !request.tasks.empty();
    parts_.peers.Watch(
        member, request,
        [this, alive = alive_, node = member.node, settled = request.settled](absl::StatusOr<WatchResponse> response) {
          if (!*alive) return;
          auto found = peers_.find(node);
          if (found != peers_.end()) {
            found->second.watching = false;
            if (response.ok()) found->second.settled_told = settled;
          }
          if (!response.ok()) return;
          dispatch::Sessions& sessions = parts_.engine.sessions();
          for (const TaskRef& task : response->over) sessions.Drop(task, true);
          for (const TaskRef& task : response->taken) sessions.Drop(task, false);
        });
  }
}

}  // namespace pawl::cluster
