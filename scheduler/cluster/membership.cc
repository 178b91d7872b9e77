#include "scheduler/cluster/membership.h"

#include <algorithm>

#include "scheduler/cluster/spread.h"

namespace pawl::cluster {
namespace {

constexpr std::chrono::milliseconds kBetweenLooks{20};
// While partitions move to or from this node: another may have been quicker.
constexpr std::chrono::milliseconds kUntilSettled{100};

}  // namespace

void Membership::Run(const std::string& address) {
  self_.address = address;
  Announce();
}

void Membership::LookAgain() {
  if (asking_) {
    again_ = true;
    return;
  }
  LookAt(asked_at_ + kBetweenLooks);
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

void Membership::Announce() {
  if (asking_) return;
  if (timer_ != 0) parts_.executor.Cancel(std::exchange(timer_, 0));
  asking_ = true;
  asked_at_ = parts_.clock.MonotonicNow();
  Member self = self_;
  // Somebody else may be able to write; where nobody else is, leaving would help no one.
  self.leaving |= live_ > 1 && !parts_.healthy();
  // Known as alive for less than its leases last, and for more than two announcements: no other node has to look
  // earlier than it would anyway. A node that dies is known as dead no later than its last lease runs out.
  parts_.store.Announce(self, lease_ * 9 / 10, [this, alive = alive_](const absl::StatusOr<View>& view) {
    if (*alive) OnView(view);
  });
}

void Membership::OnView(const absl::StatusOr<View>& view) {
  asking_ = false;
  base::MonotonicTime next = asked_at_ + lease_ * 3 / 7;
  if (view.ok()) {
    failed_ = false;
    parts_.directory.Update(*view);
    size_t live = view->members.size();
    // Others have to make room, or to know whom to forward to.
    if (live_ == 0) Flush();
    if (live != std::exchange(live_, live)) {
      parts_.log("the cluster has " + std::to_string(live) + (live == 1 ? " member" : " members"));
    }
    std::set<base::PartitionId> wanted = WantedBy(self_.node, *view, parts_.owned(), parts_.giving_up());
    if (wanted != parts_.owned()) next = asked_at_ + kUntilSettled;
    parts_.want(std::move(wanted));
    if (left_ && parts_.held() == 0) std::exchange(left_, nullptr)();
    if (view->next_expiry) {
      next = std::min(next, parts_.clock.MonotonicNow() + *view->next_expiry + std::chrono::milliseconds(5));
    }
    parts_.changed();
  } else {
    next = asked_at_ + lease_ / 5;
    if (!std::exchange(failed_, true))
      parts_.log("the members of the cluster cannot be read: " + std::string(view.status().message()));
  }
  if (std::exchange(again_, false)) next = asked_at_;
  LookAt(std::max(next, asked_at_ + kBetweenLooks));
}

void Membership::Leave(std::function<void()> done) {
  self_.leaving = true;
  left_ = std::move(done);
  news_.from = self_;
  // The view that answers takes us out of the spread, and so everything is given up.
  if (timer_ != 0) parts_.executor.Cancel(std::exchange(timer_, 0));
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
