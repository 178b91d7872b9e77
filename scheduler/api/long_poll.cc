#include "scheduler/api/long_poll.h"

#include <utility>

namespace pawl::api {

void LongPoll::SetCancel(gateway::CancelPoll cancel) {
  {
    const std::lock_guard lock(mutex_);
    if (ended_ && !cancelled_) return;
    if (!cancelled_) {
      cancel_ = std::move(cancel);
      return;
    }
  }
  cancel();
}

bool LongPoll::End() {
  const std::lock_guard lock(mutex_);
  cancel_ = nullptr;
  return !std::exchange(ended_, true);
}

bool LongPoll::Cancel() {
  gateway::CancelPoll cancel;
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(ended_, true)) return false;
    cancelled_ = true;
    cancel = std::exchange(cancel_, nullptr);
  }
  if (cancel) cancel();
  return true;
}

void LongPoll::Abandon() { Cancel(); }

void LongPoll::GiveUp() {
  if (Cancel()) give_up_();
}

uint64_t LongPolls::Add(std::shared_ptr<LongPoll> poll) {
  {
    const std::lock_guard lock(mutex_);
    if (!closed_) {
      polls_.emplace(next_id_, std::move(poll));
      return next_id_++;
    }
  }
  poll->GiveUp();
  return 0;
}

void LongPolls::Remove(uint64_t id) {
  const std::lock_guard lock(mutex_);
  polls_.erase(id);
}

void LongPolls::GiveUpAll() {
  std::unordered_map<uint64_t, std::shared_ptr<LongPoll>> polls;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    polls.swap(polls_);
  }
  for (const auto& [id, poll] : polls) poll->GiveUp();
}

}  // namespace pawl::api
