#include "worker/runtime/worker.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <random>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "nlohmann/json.hpp"
#include "shared/base/random.h"
#include "worker/runtime/running_task.h"
#include "worker/runtime/slot_threads.h"

namespace pawl::worker {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

using std::chrono::microseconds;

// A handler that took less than this of late is quick: its thread does next what another would have to be woken for.
constexpr microseconds kQuick{50};
// How long others leave to the thread of a quick handler what there is to run or to report.
constexpr microseconds kQuickPatience{200};
// How long they leave it to a thread with any handler to ask for more: work that runs often ends within a moment, and
// one call that reports and asks is cheaper than two. A quick one nearly always does, and the thread that would ask
// beside it has to be woken each time.
constexpr microseconds kAskPatience{1'000};
constexpr microseconds kAskBesideQuickPatience{10'000};
// Results go out before queued tasks are run once there are so many, or the first has waited so long.
constexpr size_t kResultsMax = 500;
constexpr milliseconds kResultWait{1};
// Polls under way: one that waits for tasks, one that reports. What finishes meanwhile gathers into the next.
constexpr int kPollsMax = 2;
// How often a poll lists what the worker holds, where it need not.
constexpr std::chrono::seconds kListPeriod{1};

}  // namespace

// Every thread does whatever is next: runs a task, reports results, or waits in a long-poll for free slots. So a task
// that came with a poll is run, and its result reported, by the thread that polled, without waking another; and a
// result never waits behind a long-poll, because there may be a second poll that reports.
class Worker::Core {
 public:
  Core(Registry registry, WorkerOptions options, std::unique_ptr<Transport> transport)
      : registry_(std::move(registry)),
        options_(std::move(options)),
        transport_(std::move(transport)),
        threads_(mutex_, options_.slots + kPollsMax,
                 {.is_there = [this] { return MayRun() || MayPoll(); },
                  .do_one = [this](std::unique_lock<std::mutex>& lock) { DoNext(lock); }}) {
    std::random_device device;
    base::SeededRandom random(static_cast<uint64_t>(device()) << 32 | device());
    session_ = base::RandomUuid(random);
    free_slots_ = options_.slots;
  }

  void Start() {
    {
      std::lock_guard lock(mutex_);
      threads_.Call(microseconds(0));
    }
    heart_ = std::thread([this] { RunHeartbeats(); });
  }

  void Drain() {
    {
      std::unique_lock lock(mutex_);
      if (std::exchange(draining_, true)) return;
    }
    transport_->CancelPolls();
    {
      std::unique_lock lock(mutex_);
      // A poll under way may bring one more task.
      idle_.wait_for(lock, options_.drain,
                     [this] { return running_.empty() && queue_.empty() && results_.empty() && reporting_ == 0; });
      // What is left: restartable work goes back, the rest is told to stop and given a last moment.
      GiveBackQueued();
      for (RunningTask* task : running_) task->Cancel();
      threads_.Call(microseconds(0));
      idle_.wait_for(lock, std::chrono::seconds(2), [this] { return running_.empty() && results_.empty(); });
      for (const RunningTask* task : running_) {
        v1::TaskResult result;
        result.set_task_token(task->info().task_token);
        result.set_returned(true);
        results_.push_back(std::move(result));
        given_back_.push_back(task->info().task_token);
      }
      threads_.Call(microseconds(0));
      idle_.wait_for(lock, std::chrono::seconds(2), [this] { return results_.empty() && reporting_ == 0; });
      stopped_ = true;
      threads_.Stop();
    }
    back_.notify_all();
    heart_wake_.notify_all();
    heart_.join();
    v1::EndSessionRequest end;
    end.set_session_id(session_);
    (void)transport_->EndSession(end);
    {
      // A handler that does not heed cancelled() must not hold the process.
      std::lock_guard lock(mutex_);
      abandoned_ = !running_.empty();
    }
    threads_.Join(abandoned_);
  }

  bool abandoned() const { return abandoned_; }

  WorkerStats stats() const {
    std::lock_guard lock(mutex_);
    return {options_.slots, static_cast<int>(running_.size()), connected_, connected_ ? "" : trouble_};
  }

 private:
  // ---- slots

  bool MayRun() const { return !queue_.empty() && running_.size() < static_cast<size_t>(options_.slots); }
  bool MayPoll() const { return reporting_ < kPollsMax && !backing_off_ && (!results_.empty() || MayAsk()); }
  // While tasks can be run, results gather, up to a limit.
  bool ReportsFirst() const {
    return !results_.empty() && MayPoll() &&
           (results_.size() >= kResultsMax || steady_clock::now() - result_since_ > kResultWait);
  }

  void DoNext(std::unique_lock<std::mutex>& lock) {
    if (MayRun() && !ReportsFirst()) {
      RunNext(lock);
    } else {
      PollNext(lock);
    }
  }

  void RunNext(std::unique_lock<std::mutex>& lock) {
    RunningTask task(std::move(queue_.front()), [this] {
      std::lock_guard guard(mutex_);
      checkpoint_news_ = true;
      heart_wake_.notify_all();
    });
    queue_.pop_front();
    running_.push_back(&task);
    if (MayRun() || (!results_.empty() && MayPoll())) {
      threads_.Call(IsQuick(task.info().handler) ? kQuickPatience : microseconds(0));
    } else if (MayPoll()) {
      threads_.Call(IsQuick(task.info().handler) ? kAskBesideQuickPatience : kAskPatience);
    }
    lock.unlock();
    auto began = steady_clock::now();
    v1::TaskResult result = RunOne(task);
    auto took = std::chrono::duration_cast<microseconds>(steady_clock::now() - began);
    if (options_.on_task) options_.on_task(task.info().handler, took, result.has_output());
    lock.lock();
    // A moving mean over about eight calls.
    microseconds& mean = took_[task.info().handler];
    mean += (took - mean) / 8;
    running_.erase(std::find(running_.begin(), running_.end(), &task));
    ++free_slots_;
    if (std::find(given_back_.begin(), given_back_.end(), result.task_token()) == given_back_.end()) {
      if (results_.empty()) result_since_ = steady_clock::now();
      results_.push_back(std::move(result));
    }
    if (draining_) idle_.notify_all();
  }

  bool IsQuick(const std::string& handler) const {
    auto found = took_.find(handler);
    return found != took_.end() && found->second < kQuick;
  }

  v1::TaskResult RunOne(RunningTask& task) {
    v1::TaskResult result;
    result.set_task_token(task.info().task_token);
    ActivityResult outcome =
        Fail("Pawl.UnknownHandler", "this worker has no handler named '" + task.info().handler + "'");
    const Registry::Entry* entry = registry_.Find(task.info().handler);
    if (entry != nullptr) {
      try {
        outcome = entry->handler(task);
      } catch (const std::exception& error) {
        outcome = Fail("Pawl.HandlerException",
                       "the handler '" + task.info().handler + "' threw an exception: " + error.what());
      } catch (...) {
        outcome = Fail("Pawl.HandlerException", "the handler '" + task.info().handler + "' threw something unknown");
      }
    }
    if (auto* output = std::get_if<ActivityOutput>(&outcome)) {
      result.set_output(std::move(output->json_text));
    } else {
      auto& error = std::get<ActivityError>(outcome);
      result.mutable_error()->set_error(std::move(error.error));
      result.mutable_error()->set_cause(std::move(error.cause));
    }
    return result;
  }

  // ---- polling

  void PollNext(std::unique_lock<std::mutex>& lock) {
    v1::PollRequest request;
    request.set_session_id(session_);
    request.set_worker_name(options_.name);
    // Until one was answered, a poll is to say at once whether the scheduler takes it: /readyz waits for that.
    request.set_wait_ms(connected_ ? 20'000 : 0);
    for (v1::TaskResult& result : results_) *request.add_results() = std::move(result);
    results_.clear();
    int slots = 0;
    bool long_poll = false;
    if (MayAsk()) {
      slots = std::exchange(free_slots_, 0);
      long_poll = request.results().empty();
      asking_ += long_poll ? 1 : 0;
      for (const auto& [name, entry] : registry_.entries()) {
        v1::Handler* handler = request.add_handlers();
        handler->set_name(name);
        handler->set_restartable(entry.options.restartable);
      }
    }
    request.set_tasks_max(slots);
    ListHeld(request, long_poll);
    ++reporting_;
    if (MayRun() || MayPoll()) threads_.Call(microseconds(0));
    lock.unlock();
    absl::StatusOr<v1::PollResponse> response = transport_->Poll(request);
    lock.lock();
    --reporting_;
    asking_ -= long_poll ? 1 : 0;
    if (response.ok()) {
      Take(request, *std::move(response), slots);
    } else {
      unsure_ = true;
      free_slots_ += slots;
      for (v1::TaskResult& result : *request.mutable_results()) results_.push_back(std::move(result));
      if (!draining_ || !absl::IsCancelled(response.status())) WaitForScheduler(lock, response.status());
    }
    if (draining_) idle_.notify_all();
  }

  // The first poll, and the first after one that failed, says that its list is complete: so that a hand-out that was
  // lost on the way is known. Others need none; now and then one tells a scheduler that is new to the session.
  void ListHeld(v1::PollRequest& request, bool long_poll) {
    const bool is_complete = unsure_ && reporting_ == 0;
    const auto now = steady_clock::now();
    if (!is_complete && (!long_poll || now - listed_at_ < kListPeriod)) return;
    request.set_held_tokens_complete(is_complete);
    for (const RunningTask* task : running_) request.add_held_tokens(task->info().task_token);
    for (const v1::Task& task : queue_) request.add_held_tokens(task.task_token());
    // Results that wait for their report are held too, while this poll is on its way.
    for (const v1::TaskResult& result : results_) request.add_held_tokens(result.task_token());
    unsure_ = unsure_ && !is_complete;
    listed_at_ = now;
  }

  // While unsure, the next poll that asks is the one that says what is held.
  bool MayAsk() const { return !draining_ && free_slots_ > 0 && asking_ == 0 && (!unsure_ || reporting_ == 0); }

  void Take(v1::PollRequest& request, v1::PollResponse response, int slots) {
    if (!std::exchange(connected_, true) && options_.log) options_.log("connected to the scheduler");
    failures_ = 0;
    for (int i = 0; i < response.acks_size() && i < request.results_size(); ++i) {
      const v1::ResultAck& ack = response.acks(i);
      if (ack.code() == v1::ResultAck::RETRY) {
        results_.push_back(std::move(*request.mutable_results(i)));
      } else if (ack.code() == v1::ResultAck::INVALID && options_.log) {
        options_.log("a result was refused: " + ack.message());
      }
    }
    free_slots_ += slots - response.tasks_size();
    for (v1::Task& task : *response.mutable_tasks()) queue_.push_back(std::move(task));
    CancelTasks(response.cancelled_tokens());
  }

  template <typename Tokens>
  void CancelTasks(const Tokens& tokens) {
    for (const std::string& token : tokens) {
      for (RunningTask* task : running_) {
        if (task->info().task_token == token) task->Cancel();
      }
      auto queued =
          std::find_if(queue_.begin(), queue_.end(), [&](const v1::Task& t) { return t.task_token() == token; });
      if (queued != queue_.end()) {
        queue_.erase(queued);
        ++free_slots_;
        threads_.Call(microseconds(0));
      }
    }
  }

  void GiveBackQueued() {
    for (v1::Task& task : queue_) {
      v1::TaskResult result;
      result.set_task_token(task.task_token());
      result.set_returned(true);
      results_.push_back(std::move(result));
    }
    queue_.clear();
  }

  // With growing patience and some jitter, so that a fleet does not come back in step. One line, not a flood.
  void WaitForScheduler(std::unique_lock<std::mutex>& lock, const absl::Status& status) {
    trouble_ = "the scheduler cannot be reached: " + std::string(status.message());
    if (backing_off_) return;  // another thread waits
    if (std::exchange(connected_, false) || failures_ == 0) {
      if (options_.log) options_.log("the scheduler cannot be reached, trying again: " + std::string(status.message()));
    }
    failures_ = std::min(failures_ + 1, 4);
    auto jitter = std::hash<std::thread::id>()(std::this_thread::get_id()) % 50;
    backing_off_ = true;
    back_.wait_for(lock, milliseconds((25 << failures_) + jitter), [this] { return stopped_; });
    backing_off_ = false;
  }

  // ---- heartbeats

  void RunHeartbeats() {
    std::unique_lock lock(mutex_);
    while (!stopped_) {
      milliseconds wait(2'000);
      for (const RunningTask* task : running_) {
        if (task->info().heartbeat_seconds) {
          wait = std::min(wait, milliseconds(*task->info().heartbeat_seconds * 1000 / 3));
        }
      }
      heart_wake_.wait_for(lock, std::max(wait, milliseconds(100)), [this] { return stopped_ || checkpoint_news_; });
      if (stopped_) return;
      checkpoint_news_ = false;
      if (running_.empty()) continue;
      v1::HeartbeatRequest request;
      request.set_session_id(session_);
      for (const RunningTask* task : running_) {
        Progress progress = task->progress();
        v1::TaskHeartbeat* beat = request.add_tasks();
        beat->set_task_token(task->info().task_token);
        beat->set_progress(progress.fraction);
        beat->set_message(progress.message);
        beat->set_checkpoint(progress.checkpoint);
      }
      lock.unlock();
      absl::StatusOr<v1::HeartbeatResponse> response = transport_->Heartbeat(request);
      lock.lock();
      if (response.ok()) CancelTasks(response->cancelled_tokens());
    }
  }

  const Registry registry_;
  const WorkerOptions options_;
  const std::unique_ptr<Transport> transport_;
  std::string session_;

  mutable std::mutex mutex_;  // guards all below
  std::condition_variable heart_wake_, idle_, back_;
  std::deque<v1::Task> queue_;                          // taken, not begun
  std::vector<RunningTask*> running_;                   // each on its thread's stack
  std::unordered_map<std::string, microseconds> took_;  // by handler
  std::deque<v1::TaskResult> results_;                  // not reported
  steady_clock::time_point result_since_;               // of the first of them
  std::vector<std::string> given_back_;
  int free_slots_ = 0;
  int asking_ = 0;     // long-polls under way
  int reporting_ = 0;  // polls under way
  int failures_ = 0;
  bool unsure_ = true;  // a hand-out may have got lost on the way
  steady_clock::time_point listed_at_;
  bool backing_off_ = false;  // the scheduler did not answer; no poll for a moment
  bool connected_ = false;
  std::string trouble_ = "no poll was answered yet";
  bool checkpoint_news_ = false;
  bool draining_ = false;
  bool stopped_ = false;
  std::atomic<bool> abandoned_ = false;

  SlotThreads threads_;
  std::thread heart_;
};

Worker::Worker(Registry registry, WorkerOptions options, std::unique_ptr<Transport> transport)
    : core_(std::make_unique<Core>(std::move(registry), std::move(options), std::move(transport))) {}

Worker::~Worker() {
  core_->Drain();
  // Detached slots still refer to the core.
  if (core_->abandoned()) (void)core_.release();
}

void Worker::Start() { core_->Start(); }
void Worker::Drain() { core_->Drain(); }
WorkerStats Worker::stats() const { return core_->stats(); }

}  // namespace pawl::worker
