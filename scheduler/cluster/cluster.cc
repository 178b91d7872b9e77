#include "scheduler/cluster/cluster.h"

#include <utility>

namespace pawl::cluster {

Cluster::Cluster(Member self, std::chrono::milliseconds lease, Parts parts)
    : parts_(std::move(parts)),
      directory_(self.node),
      membership_(self, lease,
                  Membership::Parts{.executor = parts_.executor,
                                    .clock = parts_.clock,
                                    .store = parts_.store,
                                    .directory = directory_,
                                    .owned = [this] { return parts_.engine.Owned(); },
                                    .giving_up = [this] { return parts_.engine.GivingUp(); },
                                    .held = [this] { return parts_.engine.stats().partitions_owned; },
                                    .want = [this](auto wanted) { parts_.engine.SetWanted(std::move(wanted)); },
                                    .healthy = [this, lease] { return IsHealthy(lease); },
                                    .tell = [this](const Notice& notice) { TellAll(notice); },
                                    .changed =
                                        [this] {
                                          ends_.OnChanged();
                                          router_.OnChanged();
                                        },
                                    .log = parts_.log}),
      ends_(EndWatch::Parts{.executor = parts_.executor,
                            .clock = parts_.clock,
                            .directory = directory_,
                            .peers = parts_.peers,
                            .await_here = [this](const auto& name, auto wait,
                                                 auto done) { router_.OnAwaitEnd(name, wait, std::move(done)); }}),
      router_(Router::Parts{.executor = parts_.executor,
                            .clock = parts_.clock,
                            .engine = parts_.engine,
                            .directory = directory_,
                            .peers = parts_.peers,
                            .ends = ends_,
                            .load_program = parts_.load_program,
                            .look_again = [this] { membership_.LookAgain(); }}),
      relay_(Relay::Parts{.executor = parts_.executor,
                          .clock = parts_.clock,
                          .engine = parts_.engine,
                          .directory = directory_,
                          .peers = parts_.peers,
                          .router = router_}),
      self_(self) {}

void Cluster::Run(const std::string& address) {
  self_.address = address;
  ends_.Run(self_);
  membership_.Run(address);
  relay_.Run(self_);
}

void Cluster::Leave(std::function<void()> done) { membership_.Leave(std::move(done)); }

// A hiccup of the database is no reason to move everything.
bool Cluster::IsHealthy(std::chrono::milliseconds lease) {
  base::MonotonicTime now = parts_.clock.MonotonicNow();
  if (parts_.engine.CanAppend()) {
    trouble_since_.reset();
  } else if (!trouble_since_) {
    trouble_since_ = now;
  }
  return !trouble_since_ || now - *trouble_since_ < lease;
}

void Cluster::TellAll(const Notice& notice) {
  for (const Member& member : directory_.Others()) parts_.peers.Tell(member, notice, [](const absl::Status&) {});
}

void Cluster::OnNotice(const Notice& notice) {
  // What says only what waits is no news of partitions.
  if (notice.wants_number == 0) membership_.OnNotice(notice);
  relay_.OnNotice(notice);
}

void Cluster::OnCarry(std::vector<Call> calls, std::function<void(std::vector<Answer>)> done) {
  router_.OnCarry(std::move(calls), std::move(done));
}

void Cluster::OnAwaitEnd(const history::NameKey& name, std::chrono::milliseconds wait, Peers::Done<Awaited> done) {
  router_.OnAwaitEnd(name, wait, std::move(done));
}

void Cluster::OnAwaitEnds(const AwaitEndsRequest& request, std::function<void(std::vector<EndAnswer>)> done) {
  ends_.OnAwaitEnds(request, std::move(done));
}

void Cluster::OnEnds(const std::vector<EndAnswer>& ends) { ends_.OnEnds(ends); }

void Cluster::OnAwaitChange(const history::NameKey& name, std::chrono::milliseconds wait, Peers::Done<Awaited> done) {
  router_.OnAwaitChange(name, wait, std::move(done));
}

void Cluster::OnLend(LendRequest request, std::function<void(LendResponse)> done) {
  relay_.OnLend(std::move(request), std::move(done));
}

void Cluster::OnWatch(const WatchRequest& request, std::function<void(WatchResponse)> done) {
  relay_.OnWatch(request, std::move(done));
}

}  // namespace pawl::cluster
