// What a node takes upon itself at once: every request is counted from before it is put into any queue until it is
// answered, so that the counts bound all queues behind it, whatever they are. What is over a bound is refused at once,
// in the caller's thread, with Reason::kThrottled: nothing was done, and asking again a second later is right.
//
// Who is refused first:
//  - starts of the state machine that has the most under way. A machine may have as much under way as is still free
//    (the dynamic threshold of shared-buffer switches): one that floods gets half of the bound, and the others find
//    room however long it floods.
//  - reads and changes of definitions, when the bound is reached.
//  - reports of work that is done (results, heartbeats) last: they may take as much again as everything else.
// Polls and watchers (calls that wait for an execution's end or history) cost little but last long: they have bounds
// of their own, in number.
//
// Thread rule: any thread.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "absl/status/statusor.h"

namespace pawl::gateway {

enum class RequestKind { kStart, kManage, kRead, kReport, kPoll, kWatch };
inline constexpr size_t kRequestKinds = 6;
// "start", "manage", "read", "report", "poll", "watch"
const char* RequestKindName(RequestKind kind);

struct AdmissionLimits {
  size_t requests_max = 200'000;          // under way; bulk starts count by item
  size_t request_bytes_max = 256u << 20;  // of their texts, with an allowance for what is kept beside them
  size_t polls_max = 50'000;              // waiting for tasks
  size_t watches_max = 200'000;           // waiting for executions to end or to go on
};

class Admission {
 public:
  // `on_shed` hears of every refusal: of what kind, and of how many requests. Any thread; must be cheap.
  using OnShed = std::function<void(RequestKind kind, size_t count)>;
  explicit Admission(AdmissionLimits limits, OnShed on_shed = {});

  // Gives back what it counts when it goes, or before by Return.
  class Ticket {
   public:
    Ticket(Admission& admission, RequestKind kind, std::string_view key, size_t bytes)
        : admission_(&admission), kind_(kind), key_(key), bytes_(bytes) {}
    ~Ticket() { Return(); }
    Ticket(const Ticket&) = delete;
    Ticket& operator=(const Ticket&) = delete;
    void Return();

   private:
    Admission* admission_;
    RequestKind kind_;
    std::string key_;
    size_t bytes_;
    std::atomic<bool> is_returned_ = false;
  };
  using SharedTicket = std::shared_ptr<Ticket>;

  // What Admit answers for what is over its bound.
  absl::Status Refusal(RequestKind kind) const;

  // `key`: of a start the state machine.
  absl::StatusOr<SharedTicket> Admit(RequestKind kind, size_t bytes, std::string_view key = {});
  // Starts of one machine: a ticket for each of the first few for which there is room.
  std::vector<SharedTicket> AdmitStarts(const std::vector<size_t>& bytes, std::string_view key);

  struct Load {
    std::array<size_t, kRequestKinds> requests{};
    size_t bytes = 0;
  };
  Load load() const;

 private:
  struct Amount {
    size_t count = 0;
    size_t bytes = 0;
  };
  bool TryTake(RequestKind kind, size_t bytes, std::string_view key);  // mutex_ held
  void Return(RequestKind kind, size_t bytes, const std::string& key);

  const AdmissionLimits limits_;
  const OnShed on_shed_;
  mutable std::mutex mutex_;
  std::array<Amount, kRequestKinds> under_way_{};          // under mutex_
  std::unordered_map<std::string, Amount> starts_by_key_;  // under mutex_
};

}  // namespace pawl::gateway
