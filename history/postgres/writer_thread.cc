#include "history/postgres/writer_thread.h"

#include <pthread.h>

#include <utility>

namespace pawl::history {
namespace {

// A commit takes less, on a disk that is not busy.
constexpr std::chrono::microseconds kAnswerSoon{1000};

}  // namespace

WriterThread::WriterThread(std::string conninfo, AppendSessionOptions options)
    : session_(std::move(conninfo), options, interrupted_), answer_(kAnswerSoon), thread_([this] { Loop(); }) {}

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

void WriterThread::Post(const std::function<bool(AppendSession&)>& ahead, std::function<void(AppendSession&)> work) {
  std::unique_lock lock(mutex_);
  if (busy_ || !work_.empty() || stopping_) {
    work_.push_back(std::move(work));
  } else {
    busy_ = true;
    lock.unlock();
    bool is_done = false;
    if (ahead(session_)) {
      is_sent_ahead_ = true;
      answer_.Begin();
      is_done = IsAnsweredSoon();
      if (is_done) Run(work);
    }
    lock.lock();
    busy_ = false;
    // What was posted meanwhile comes after.
    if (!is_done) work_.push_front(std::move(work));
    if (work_.empty()) return;
  }
  lock.unlock();
  wake_.notify_one();
}

bool WriterThread::IsAnsweredSoon() {
  while (wait::ShortWait::IsThreadQuiet() && answer_.Looks()) {
    if (session_.HasAnswer()) return true;
  }
  return false;
}

void WriterThread::Run(std::function<void(AppendSession&)>& work) {
  work(session_);
  work = nullptr;
  if (std::exchange(is_sent_ahead_, false)) answer_.End();
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
    Run(work);
    lock.lock();
    busy_ = false;
  }
}

}  // namespace pawl::history
