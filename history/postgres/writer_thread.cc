#include "history/postgres/writer_thread.h"

#include <pthread.h>

namespace pawl::history {

WriterThread::WriterThread(std::string conninfo, AppendSessionOptions options)
    : session_(std::move(conninfo), options, interrupted_), thread_([this] { Loop(); }) {}

WriterThread::~WriterThread() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  interrupted_.store(true);
  wake_.notify_one();
  thread_.join();
}

void WriterThread::Post(std::function<void(AppendSession&)> work) {
  {
    std::lock_guard lock(mutex_);
    work_.push_back(std::move(work));
  }
  wake_.notify_one();
}

void WriterThread::Post(const std::function<void(AppendSession&)>& ahead, std::function<void(AppendSession&)> work) {
  std::unique_lock lock(mutex_);
  if (!busy_ && work_.empty() && !stopping_) {
    busy_ = true;
    lock.unlock();
    ahead(session_);
    lock.lock();
    busy_ = false;
    // What was posted meanwhile comes after.
    work_.push_front(std::move(work));
  } else {
    work_.push_back(std::move(work));
  }
  lock.unlock();
  wake_.notify_one();
}

void WriterThread::Loop() {
  pthread_setname_np(pthread_self(), "writer");  // for `top -H` and the benchmarks
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return !busy_ && (stopping_ || !work_.empty()); });
    if (stopping_) return;
    std::function<void(AppendSession&)> work = std::move(work_.front());
    work_.pop_front();
    busy_ = true;
    lock.unlock();
    work(session_);
    work = nullptr;
    lock.lock();
    busy_ = false;
  }
}

}  // namespace pawl::history
