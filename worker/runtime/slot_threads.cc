#include "worker/runtime/slot_threads.h"

namespace pawl::worker {
namespace {

// How long quick work may take to be done by those who are at it.
constexpr std::chrono::microseconds kQuickPatience{200};

}  // namespace

void SlotThreads::Call(bool quick) {
  if (calling_ || stopped_) return;
  if (!idle_.empty()) {
    Idle* next = idle_.back();
    idle_.pop_back();
    next->called = true;
    next->quick = quick;
    calling_ = true;
    next->wake.notify_one();
  } else if (threads_.size() < static_cast<size_t>(max_)) {
    calling_ = true;
    threads_.emplace_back([this, quick] { Run(quick); });
  }
}

void SlotThreads::Run(bool quick) {
  std::unique_lock lock(mutex_);
  Idle self;
  self.quick = quick;
  while (!stopped_) {
    if (self.quick) self.wake.wait_for(lock, kQuickPatience, [this] { return stopped_; });
    calling_ = false;
    while (!stopped_ && work_.is_there()) work_.do_one(lock);
    if (!stopped_) WaitForCall(lock, self);
  }
}

void SlotThreads::WaitForCall(std::unique_lock<std::mutex>& lock, Idle& self) {
  self.called = false;
  idle_.push_back(&self);
  self.wake.wait(lock, [&] { return stopped_ || self.called; });
}

void SlotThreads::Stop() {
  stopped_ = true;
  for (Idle* idle : idle_) idle->wake.notify_one();
  idle_.clear();
}

void SlotThreads::Join(bool leave) {
  for (std::thread& thread : threads_) {
    if (leave) {
      thread.detach();
    } else {
      thread.join();
    }
  }
  threads_.clear();
}

}  // namespace pawl::worker
