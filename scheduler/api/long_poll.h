// Long polls under way, so that a shutdown can answer them all at once. Internal to scheduler/api.
//
// Thread rule: any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "scheduler/gateway/gateway.h"

namespace pawl::api {

// One poll: ends once, either answered by the Gateway or given up, and then the Gateway hears of it.
class LongPoll {
 public:
  // `give_up` answers the client without a task; not run where the poll was answered or the client has gone.
  explicit LongPoll(std::function<void()> give_up) : give_up_(std::move(give_up)) {}

  // What tells the Gateway; it may arrive after the end.
  void SetCancel(gateway::CancelPoll cancel);
  // True for the first end: the caller then owns the answer.
  bool End();
  // The client has gone.
  void Abandon();
  // The server goes down: answers empty.
  void GiveUp();

 private:
  bool Cancel();

  std::function<void()> give_up_;
  std::mutex mutex_;
  bool ended_ = false;      // under mutex_
  bool cancelled_ = false;  // under mutex_
  gateway::CancelPoll cancel_;
};

class LongPolls {
 public:
  uint64_t Add(std::shared_ptr<LongPoll> poll);
  void Remove(uint64_t id);
  // Gives up all, and those that are added later.
  void GiveUpAll();

 private:
  std::mutex mutex_;
  bool closed_ = false;
  uint64_t next_id_ = 1;
  std::unordered_map<uint64_t, std::shared_ptr<LongPoll>> polls_;
};

}  // namespace pawl::api
