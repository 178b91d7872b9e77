#include "history/postgres/writer_thread.h"

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

void WriterThread::Loop() {
  while (true) {
    std::function<void(AppendSession&)> work;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || !work_.empty(); });
      if (stopping_) return;
      work = std::move(work_.front());
      work_.pop_front();
    }
    work(session_);
  }
}

}  // namespace pawl::history
