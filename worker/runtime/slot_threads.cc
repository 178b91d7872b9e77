#include "worker/runtime/slot_threads.h"

#include <utility>

namespace pawl::worker {

void SlotThreads::Call(std::chrono::microseconds patience) {
  if (stopped_) return;
  const Deadline look_at = std::chrono::steady_clock::now() + patience;
  if (calling_) {
    if (look_at >= look_at_) return;
    look_at_ = look_at;
    if (patient_ != nullptr) patient_->wake.notify_one();
    return;
  }
  const bool may_grow = threads_.size() < static_cast<size_t>(max_);
  if (idle_.empty() && !may_grow) return;
  calling_ = true;
  look_at_ = look_at;
  if (idle_.empty()) {
    threads_.emplace_back([this] { Run(); });
  } else {
    Idle* next = idle_.back();
    idle_.pop_back();
    next->called = true;
    next->wake.notify_one();
  }
}

void SlotThreads::Run() {
  std::unique_lock lock(mutex_);
  Idle self;
  while (!stopped_) {
    patient_ = &self;
    while (!stopped_ && std::chrono::steady_clock::now() < look_at_) self.wake.wait_until(lock, Deadline(look_at_));
    patient_ = nullptr;
    calling_ = false;
    while (!stopped_ && work_.is_there()) work_.do_one(lock);
    if (stopped_) return;
    self.called = false;
    idle_.push_back(&self);
    self.wake.wait(lock, [&] { return stopped_ || self.called; });
  }
}

void SlotThreads::Stop() {
  stopped_ = true;
  for (Idle* idle : idle_) idle->wake.notify_one();
  idle_.clear();
  if (patient_ != nullptr) patient_->wake.notify_one();
}

void SlotThreads::Join(bool leave) {
  for (std::thread& thread : std::exchange(threads_, {})) {
    if (leave) {
      thread.detach();
    } else {
      thread.join();
    }
  }
}

}  // namespace pawl::worker
