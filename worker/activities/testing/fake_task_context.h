// For tests of handlers: a task with a given input, which records heartbeats and can be cancelled.
#pragma once

#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "nlohmann/json.hpp"
#include "worker/sdk/activity.h"

namespace pawl::activities {

class FakeTaskContext : public worker::TaskContext {
 public:
  explicit FakeTaskContext(nlohmann::json input) : input_(std::move(input)), text_(input_.dump()) {}

  worker::TaskInfo& mutable_info() { return info_; }
  const worker::TaskInfo& info() const override { return info_; }
  const std::string& input_text() const override { return text_; }
  const nlohmann::json& input() const override { return input_; }
  bool cancelled() const override { return cancelled_; }
  void Cancel() { cancelled_ = true; }

  void Heartbeat(const worker::Progress& progress) override {
    std::lock_guard lock(mutex_);
    beats_.push_back(progress);
    if (!progress.checkpoint.empty()) checkpoint_ = progress.checkpoint;
    if (on_heartbeat) on_heartbeat(progress);
  }
  std::vector<worker::Progress> beats() const {
    std::lock_guard lock(mutex_);
    return beats_;
  }
  // The last reference given: what the scheduler would hand to the next attempt.
  std::string checkpoint() const {
    std::lock_guard lock(mutex_);
    return checkpoint_;
  }

  std::function<void(const worker::Progress&)> on_heartbeat;

 private:
  nlohmann::json input_;
  std::string text_;
  worker::TaskInfo info_;
  std::atomic<bool> cancelled_{false};
  mutable std::mutex mutex_;
  std::vector<worker::Progress> beats_;
  std::string checkpoint_;
};

// Runs a handler of `registry` with `input`; the output's JSON, or {"Error": ..., "Cause": ...}.
inline nlohmann::json RunHandler(const worker::Registry& registry, const std::string& name, worker::TaskContext& task) {
  const worker::Registry::Entry* entry = registry.Find(name);
  if (entry == nullptr) return {{"Error", "NoSuchHandler"}, {"Cause", name}};
  worker::ActivityResult result = entry->handler(task);
  if (const auto* error = std::get_if<worker::ActivityError>(&result)) {
    return {{"Error", error->error}, {"Cause", error->cause}};
  }
  return nlohmann::json::parse(std::get<worker::ActivityOutput>(result).json_text);
}

inline nlohmann::json RunHandler(const worker::Registry& registry, const std::string& name,
                                 const nlohmann::json& input) {
  FakeTaskContext task(input);
  return RunHandler(registry, name, task);
}

// A directory of the test's own, removed at its end.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "pawl-test-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const std::filesystem::path& path() const { return path_; }
  std::string operator/(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

}  // namespace pawl::activities
