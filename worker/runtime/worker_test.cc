#include "worker/runtime/worker.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

namespace pawl::worker {
namespace {

// A scheduler in memory: hands out the tasks it was given, keeps what was reported.
class FakeScheduler : public Transport {
 public:
  void Offer(const std::string& token, const std::string& handler, const std::string& input = "{}") {
    std::lock_guard lock(mutex_);
    v1::Task task;
    task.set_task_token(token);
    task.set_handler(handler);
    task.set_input(input);
    task.set_attempt(1);
    offered_.push_back(task);
    wake_.notify_all();
  }
  // Waits, bounded, until the task was answered; "output", or "error: cause", or "returned".
  std::string Answer(const std::string& token) {
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, std::chrono::seconds(20), [&] { return answers_.contains(token); });
    return answers_[token];
  }
  void FailNextPolls(int count) {
    std::lock_guard lock(mutex_);
    failures_ = count;
  }
  bool WaitUntilHanded(const std::string& token) {
    std::unique_lock lock(mutex_);
    return wake_.wait_for(lock, std::chrono::seconds(20), [&] { return handed_.contains(token); });
  }

  absl::StatusOr<v1::PollResponse> Poll(const v1::PollRequest& request) override {
    std::unique_lock lock(mutex_);
    if (!first_wait_ms_) first_wait_ms_ = request.wait_ms();
    wake_.notify_all();
    if (failures_ > 0) {
      --failures_;
      return absl::UnavailableError("planned");
    }
    if (request.held_tokens_complete()) {
      complete_lists_.push_back({request.held_tokens().begin(), request.held_tokens().end()});
      wake_.notify_all();
    }
    v1::PollResponse response;
    for (const v1::TaskResult& result : request.results()) {
      answers_[result.task_token()] = result.has_output()  ? result.output()
                                      : result.has_error() ? result.error().error() + ": " + result.error().cause()
                                                           : "returned";
      response.add_acks()->set_code(v1::ResultAck::RECORDED);
    }
    if (request.results().empty()) {
      wake_.wait_for(lock, std::chrono::milliseconds(200), [&] { return cancelled_ || !offered_.empty(); });
    }
    if (cancelled_ && request.results().empty()) return absl::CancelledError("cancelled");
    while (!offered_.empty() && response.tasks_size() < request.tasks_max()) {
      handed_.insert(offered_.back().task_token());
      *response.add_tasks() = offered_.back();
      offered_.pop_back();
    }
    wake_.notify_all();
    return response;
  }
  absl::StatusOr<v1::HeartbeatResponse> Heartbeat(const v1::HeartbeatRequest& request) override {
    std::lock_guard lock(mutex_);
    for (const v1::TaskHeartbeat& beat : request.tasks()) checkpoints_[beat.task_token()] = beat.checkpoint();
    wake_.notify_all();
    return v1::HeartbeatResponse();
  }
  absl::Status EndSession(const v1::EndSessionRequest&) override {
    std::lock_guard lock(mutex_);
    ended_ = true;
    return absl::OkStatus();
  }
  void CancelPolls() override {
    std::lock_guard lock(mutex_);
    cancelled_ = true;
    wake_.notify_all();
  }
  std::string Checkpoint(const std::string& token) {
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, std::chrono::seconds(20), [&] { return !checkpoints_[token].empty(); });
    return checkpoints_[token];
  }
  // The list of held tasks in the `n`-th poll that said its list was complete.
  std::set<std::string> CompleteList(size_t n) {
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, std::chrono::seconds(20), [&] { return complete_lists_.size() > n; });
    return complete_lists_.at(n);
  }
  int FirstWaitMs() {
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, std::chrono::seconds(20), [&] { return first_wait_ms_.has_value(); });
    return first_wait_ms_.value_or(-1);
  }
  bool ended() {
    std::lock_guard lock(mutex_);
    return ended_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<v1::Task> offered_;
  std::optional<int> first_wait_ms_;
  std::map<std::string, std::string> answers_;
  std::map<std::string, std::string> checkpoints_;
  std::set<std::string> handed_;
  std::vector<std::set<std::string>> complete_lists_;
  int failures_ = 0;
  bool cancelled_ = false;
  bool ended_ = false;
};

struct Fixture {
  explicit Fixture(Registry registry, std::chrono::milliseconds drain = std::chrono::seconds(10), int slots = 2) {
    auto transport = std::make_unique<FakeScheduler>();
    scheduler = transport.get();
    worker = std::make_unique<Worker>(std::move(registry), WorkerOptions{.slots = slots, .drain = drain},
                                      std::move(transport));
    worker->Start();
  }
  FakeScheduler* scheduler;
  std::unique_ptr<Worker> worker;
};

Registry Echo() {
  Registry registry;
  registry.Add({.name = "echo"}, [](TaskContext& task) -> ActivityResult { return ActivityOutput{task.input_text()}; });
  return registry;
}

TEST(Worker, RunsTasksAndReportsTheirResults) {
  Fixture f(Echo());
  for (int i = 0; i < 50; ++i) f.scheduler->Offer("t" + std::to_string(i), "echo", std::to_string(i));
  for (int i = 0; i < 50; ++i) EXPECT_EQ(f.scheduler->Answer("t" + std::to_string(i)), std::to_string(i));
}

TEST(Worker, KeepsResultsUntilTheSchedulerIsBack) {
  Fixture f(Echo());
  f.scheduler->FailNextPolls(6);
  f.scheduler->Offer("t", "echo", "7");
  EXPECT_EQ(f.scheduler->Answer("t"), "7");
}

TEST(Worker, RunsAsManyTasksAtOnceAsItHasSlots) {
  constexpr int kSlots = 8;
  std::mutex mutex;
  std::condition_variable all_there;
  int there = 0;
  Registry registry;
  registry.Add({.name = "meet"}, [&](TaskContext& task) -> ActivityResult {
    if (task.input_text() == "0") return ActivityOutput{"0"};
    std::unique_lock lock(mutex);
    ++there;
    all_there.notify_all();
    bool met = all_there.wait_for(lock, std::chrono::seconds(20), [&] { return there == kSlots; });
    return ActivityOutput{met ? "true" : "false"};
  });
  Fixture f(std::move(registry), std::chrono::seconds(10), kSlots);
  // Known as quick, so that the threads are called with patience.
  for (int i = 0; i < 30; ++i) f.scheduler->Offer("quick" + std::to_string(i), "meet", "0");
  for (int i = 0; i < 30; ++i) EXPECT_EQ(f.scheduler->Answer("quick" + std::to_string(i)), "0");
  for (int i = 0; i < kSlots; ++i) f.scheduler->Offer("t" + std::to_string(i), "meet", "1");
  for (int i = 0; i < kSlots; ++i) EXPECT_EQ(f.scheduler->Answer("t" + std::to_string(i)), "true");
}

TEST(Worker, SaysWhatItHoldsAtFirstAndAfterAPollThatFailed) {
  std::mutex mutex;
  mutex.lock();
  Registry registry;
  registry.Add({.name = "slow"}, [&](TaskContext&) -> ActivityResult {
    std::lock_guard lock(mutex);
    return ActivityOutput{"1"};
  });
  Fixture f(std::move(registry));
  EXPECT_TRUE(f.scheduler->CompleteList(0).empty());
  f.scheduler->Offer("t", "slow");
  EXPECT_TRUE(f.scheduler->WaitUntilHanded("t"));
  f.scheduler->FailNextPolls(1);
  EXPECT_EQ(f.scheduler->CompleteList(1), std::set<std::string>{"t"});
  mutex.unlock();
  EXPECT_EQ(f.scheduler->Answer("t"), "1");
}

TEST(Worker, AnExceptionAndAnUnknownHandlerAreErrors) {
  Registry registry;
  registry.Add({.name = "throws"}, [](TaskContext&) -> ActivityResult { throw std::runtime_error("boom"); });
  Fixture f(std::move(registry));
  f.scheduler->Offer("a", "throws");
  f.scheduler->Offer("b", "nobody");
  EXPECT_EQ(f.scheduler->Answer("a"), "Pawl.HandlerException: the handler 'throws' threw an exception: boom");
  EXPECT_EQ(f.scheduler->Answer("b"), "Pawl.UnknownHandler: this worker has no handler named 'nobody'");
}

TEST(Worker, ACheckpointIsSentAtOnce) {
  Registry registry;
  registry.Add({.name = "train"}, [](TaskContext& task) -> ActivityResult {
    task.Heartbeat({.fraction = 0.1, .message = "round 1", .checkpoint = "s3://b/1"});
    while (!task.cancelled()) std::this_thread::yield();
    return Fail("Cancelled", "");
  });
  Fixture f(std::move(registry), std::chrono::milliseconds(1));
  f.scheduler->Offer("t", "train");
  EXPECT_EQ(f.scheduler->Checkpoint("t"), "s3://b/1");
  f.worker->Drain();
  EXPECT_TRUE(f.scheduler->ended());
}

TEST(Worker, IsConnectedOnceAPollWasAnsweredWhetherThereIsWorkOrNot) {
  Fixture f(Echo());
  EXPECT_EQ(f.scheduler->FirstWaitMs(), 0) << "a long poll without work would not answer for a while";
}

TEST(Worker, DrainingLetsARunningHandlerFinish) {
  std::mutex mutex;
  mutex.lock();
  Registry registry;
  registry.Add({.name = "slow"}, [&](TaskContext&) -> ActivityResult {
    std::lock_guard lock(mutex);
    return ActivityOutput{"1"};
  });
  Fixture f(std::move(registry));
  f.scheduler->Offer("t", "slow");
  ASSERT_TRUE(f.scheduler->WaitUntilHanded("t"));
  std::thread drain([&] { f.worker->Drain(); });
  mutex.unlock();
  drain.join();
  EXPECT_EQ(f.scheduler->Answer("t"), "1");
  EXPECT_TRUE(f.scheduler->ended());
}

}  // namespace
}  // namespace pawl::worker
