#include "scheduler/cluster/membership.h"

#include <algorithm>

#include "scheduler/cluster/spread.h"

namespace pawl::cluster {
namespace {

constexpr std::chrono::milliseconds kBetweenLooks{20};
// While partitions move to or from this node: another may have been quicker.
constexpr std::chrono::milliseconds kUntilSettled{100};

}  // namespace

Membership::Membership(Member self, std::chrono::milliseconds lease, Parts parts)
    : self_(std::move(self)), lease_(lease), parts_(std::move(parts)) {
  parts_.store.Ride([this, alive = alive_] { return *alive ? OnRenewal() : std::nullopt; });
}

void Membership::Run(const std::string& address) {
  self_.address = address;
  Announce();
}

void Membership::LookAgain() {
  again_ |= asking_;
  if (!asking_ || rides_) LookAt(asked_at_ + kBetweenLooks);
}

void Membership::LookAt(base::MonotonicTime due) {
  if (timer_ != 0) {
    if (timer_due_ <= due) return;
    parts_.executor.Cancel(timer_);
  }
  timer_due_ = due;
  timer_ = parts_.executor.PostAt(due, [this, alive = alive_] {
    if (!*alive) return;
    timer_ = 0;
    Announce();
  });
}

Announcement Membership::Begin(bool rides) {
  asking_ = true;
  again_ = false;
  rides_ = rides;
  asked_at_ = parts_.clock.MonotonicNow();
  Member self = self_;
  // Somebody else may be able to write; where nobody else is, leaving would help no one.
  self.leaving |= live_ > 1 && !parts_.healthy();
  // Known as alive for less than its leases last, and for more than two announcements: no other node has to look
  // earlier than it would anyway. A node that dies is known as dead no later than its last lease runs out.
  return {self, lease_ * 9 / 10, [this, alive = alive_, number = ++asked_](const absl::StatusOr<View>& view) {
            if (*alive) OnView(number, view);
          }};
}

void Membership::Announce() {
  if (asking_ && !rides_) return;
  const base::MonotonicTime soonest = asked_at_ + kBetweenLooks;
  if (asking_ && parts_.clock.MonotonicNow() < soonest) return LookAt(soonest);
  if (timer_ != 0) parts_.executor.Cancel(std::exchange(timer_, 0));
  parts_.store.Announce(Begin(false));
}

// The first announcement goes by itself: before it the others know nothing of this node. When the next one is due by
// itself stays as it was until this one is answered.
std::optional<Announcement> Membership::OnRenewal() {
  if (asking_ || live_ == 0) return std::nullopt;
  return Begin(true);
}

void Membership::OnView(uint64_t number, const absl::StatusOr<View>& view) {
  if (number != asked_) return;
  asking_ = false;
  if (!view.ok()) return OnNoView(view.status());
  if (timer_ != 0) parts_.executor.Cancel(std::exchange(timer_, 0));
  failed_ = false;
  parts_.directory.Update(*view);
  size_t live = view->members.size();
  // Others have to make room, or to know whom to forward to.
  if (live_ == 0) Flush();
  if (live != std::exchange(live_, live)) {
    parts_.log("the cluster has " + std::to_string(live) + (live == 1 ? " member" : " members"));
  }
  // The next renewal comes before the half of a lease.
  base::MonotonicTime next = asked_at_ + (parts_.held() > 0 ? lease_ / 2 : lease_ * 3 / 7);
  std::set<base::PartitionId> wanted = WantedBy(self_.node, *view, parts_.owned(), parts_.giving_up());
  if (wanted != parts_.owned()) next = asked_at_ + kUntilSettled;
  parts_.want(std::move(wanted));
  if (left_ && parts_.held() == 0) std::exchange(left_, nullptr)();
  if (view->next_expiry) {
    next = std::min(next, parts_.clock.MonotonicNow() + *view->next_expiry + std::chrono::milliseconds(5));
  }
  parts_.changed();
  if (std::exchange(again_, false)) next = asked_at_;
  LookAt(std::max(next, asked_at_ + kBetweenLooks));
}

// Where a renewal failed, the announcement may still get through by itself: the database may be one that can be read
// and written, but not by the session that appends, and then the others have to hear of it.
void Membership::OnNoView(const absl::Status& status) {
  base::MonotonicTime next = asked_at_ + lease_ / 5;
  if (rides_) {
    next = asked_at_;
  } else if (!std::exchange(failed_, true)) {
    parts_.log("the members of the cluster cannot be read: " + std::string(status.message()));
  }
  if (std::exchange(again_, false)) next = asked_at_;
  LookAt(std::max(next, asked_at_ + kBetweenLooks));
}

void Membership::Leave(std::function<void()> done) {
  self_.leaving = true;
  left_ = std::move(done);
  news_.from = self_;
  // The view that answers takes us out of the spread, and so everything is given up.
  again_ = asking_;
  Announce();
}

void Membership::OnServing(base::PartitionId partition, base::Epoch epoch) {
  parts_.directory.Owns(partition, epoch, self_.node);
  news_.serving.emplace_back(partition, epoch);
  Flush();
}

void Membership::OnReleased(const std::vector<base::PartitionId>& partitions) {
  for (base::PartitionId partition : partitions) parts_.directory.Released(partition, self_.node);
  news_.released.insert(news_.released.end(), partitions.begin(), partitions.end());
  Flush();
  if (left_ && parts_.held() == 0) std::exchange(left_, nullptr)();
}

// One notice for what happens at once.
void Membership::Flush() {
  if (std::exchange(flush_posted_, true)) return;
  parts_.executor.Post([this, alive = alive_] {
    if (!*alive) return;
    flush_posted_ = false;
    Notice news = std::exchange(news_, {});
    news.from = self_;
    parts_.tell(news);
    parts_.changed();
  });
}

void Membership::OnNotice(const Notice& notice) {
  for (const auto& [partition, epoch] : notice.serving) parts_.directory.Owns(partition, epoch, notice.from.node);
  for (base::PartitionId partition : notice.released) parts_.directory.Released(partition, notice.from.node);
  if (notice.from.leaving) parts_.directory.Left(notice.from.node);
  bool is_known = false;
  for (const Member& member : parts_.directory.Others()) is_known |= member.node == notice.from.node;
  if (!notice.released.empty() || notice.from.leaving || !is_known) LookAgain();
  parts_.changed();
}

}  // namespace pawl::cluster
