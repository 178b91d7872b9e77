// A task on its slot: the TaskContext that its handler sees. Internal to worker/runtime.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <string>

#include "nlohmann/json.hpp"
#include "proto/worker/v1/worker.pb.h"
#include "worker/sdk/activity.h"

namespace pawl::worker {

class RunningTask : public TaskContext {
 public:
  RunningTask(v1::Task task, std::function<void()> on_checkpoint)
      : input_text_(std::move(*task.mutable_input())), on_checkpoint_(std::move(on_checkpoint)) {
    info_.handler = std::move(*task.mutable_handler());
    info_.resource = std::move(*task.mutable_resource());
    info_.execution_arn = std::move(*task.mutable_execution_arn());
    info_.state_name = std::move(*task.mutable_state_name());
    info_.attempt = task.attempt();
    info_.task_token = std::move(*task.mutable_task_token());
    info_.checkpoint = std::move(*task.mutable_checkpoint());
    if (task.timeout_seconds() > 0) info_.timeout_seconds = task.timeout_seconds();
    if (task.heartbeat_seconds() > 0) info_.heartbeat_seconds = task.heartbeat_seconds();
  }

  const TaskInfo& info() const override { return info_; }
  const std::string& input_text() const override { return input_text_; }
  const nlohmann::json& input() const override {
    std::call_once(parsed_, [this] { input_ = nlohmann::json::parse(input_text_); });
    return input_;
  }
  void Heartbeat(const Progress& progress) override {
    bool checkpoint_changed = false;
    {
      std::lock_guard lock(mutex_);
      checkpoint_changed = !progress.checkpoint.empty() && progress.checkpoint != progress_.checkpoint;
      std::string checkpoint = progress.checkpoint.empty() ? progress_.checkpoint : progress.checkpoint;
      progress_ = progress;
      progress_.checkpoint = std::move(checkpoint);
    }
    if (checkpoint_changed) on_checkpoint_();
  }
  bool cancelled() const override { return cancelled_.load(std::memory_order_relaxed); }

  void Cancel() { cancelled_ = true; }
  // What the next heartbeat should say.
  Progress progress() const {
    std::lock_guard lock(mutex_);
    return progress_;
  }

 private:
  TaskInfo info_;
  std::string input_text_;
  std::function<void()> on_checkpoint_;
  mutable std::once_flag parsed_;
  mutable nlohmann::json input_;
  std::atomic<bool> cancelled_ = false;
  mutable std::mutex mutex_;
  Progress progress_;  // guarded by mutex_
};

}  // namespace pawl::worker
