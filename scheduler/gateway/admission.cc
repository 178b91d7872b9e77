#include "scheduler/gateway/admission.h"

#include <utility>

#include "scheduler/gateway/reason.h"

namespace pawl::gateway {
namespace {

// What a request keeps beside its texts: closures, names, the entry in a queue.
constexpr size_t kBytesBeside = 1'024;
// Reports find as much again as is there for everything else.
constexpr size_t kReportShare = 2;

size_t IndexOf(RequestKind kind) { return static_cast<size_t>(kind); }

}  // namespace

const char* RequestKindName(RequestKind kind) {
  static constexpr const char* kNames[kRequestKinds] = {"start", "manage", "read", "report", "poll", "watch"};
  return kNames[IndexOf(kind)];
}

Admission::Admission(AdmissionLimits limits, OnShed on_shed) : limits_(limits), on_shed_(std::move(on_shed)) {}

void Admission::Ticket::Return() {
  if (!is_returned_.exchange(true)) admission_->Return(kind_, bytes_, key_);
}

bool Admission::TryTake(RequestKind kind, size_t bytes, std::string_view key) {
  Amount& amount = under_way_[IndexOf(kind)];
  if (kind == RequestKind::kPoll || kind == RequestKind::kWatch) {
    if (amount.count >= (kind == RequestKind::kPoll ? limits_.polls_max : limits_.watches_max)) return false;
    ++amount.count;
    return true;
  }
  bytes += kBytesBeside;
  Amount all;
  for (RequestKind other : {RequestKind::kStart, RequestKind::kManage, RequestKind::kRead, RequestKind::kReport}) {
    all.count += under_way_[IndexOf(other)].count;
    all.bytes += under_way_[IndexOf(other)].bytes;
  }
  const size_t share = kind == RequestKind::kReport ? kReportShare : 1;
  const Amount max{limits_.requests_max * share, limits_.request_bytes_max * share};
  // One that is larger than the bound alone is taken where nothing else is.
  if (all.count >= max.count || (all.bytes > 0 && all.bytes + bytes > max.bytes)) return false;
  if (kind == RequestKind::kStart) {
    Amount& own = starts_by_key_[std::string(key)];
    if (own.count >= max.count - all.count || own.bytes >= max.bytes - std::min(all.bytes, max.bytes)) {
      if (own.count == 0) starts_by_key_.erase(std::string(key));
      return false;
    }
    ++own.count;
    own.bytes += bytes;
  }
  ++amount.count;
  amount.bytes += bytes;
  return true;
}

void Admission::Return(RequestKind kind, size_t bytes, const std::string& key) {
  const std::lock_guard lock(mutex_);
  Amount& amount = under_way_[IndexOf(kind)];
  --amount.count;
  if (kind == RequestKind::kPoll || kind == RequestKind::kWatch) return;
  amount.bytes -= bytes + kBytesBeside;
  if (kind != RequestKind::kStart) return;
  auto own = starts_by_key_.find(key);
  own->second.bytes -= bytes + kBytesBeside;
  if (--own->second.count == 0) starts_by_key_.erase(own);
}

absl::Status Admission::Refusal(RequestKind kind) const {
  switch (kind) {
    case RequestKind::kPoll:
      return Refuse(Reason::kThrottled, "Rate exceeded: " + std::to_string(limits_.polls_max) +
                                            " polls wait for tasks on this node already; ask again later");
    case RequestKind::kWatch:
      return Refuse(Reason::kThrottled, "Rate exceeded: " + std::to_string(limits_.watches_max) +
                                            " calls wait for executions on this node already; ask again later");
    default:
      return Refuse(Reason::kThrottled,
                    "Rate exceeded: this node has as many requests under way as it takes; nothing "
                    "was done, ask again later");
  }
}

absl::StatusOr<Admission::SharedTicket> Admission::Admit(RequestKind kind, size_t bytes, std::string_view key) {
  bool is_taken = false;
  {
    const std::lock_guard lock(mutex_);
    is_taken = TryTake(kind, bytes, key);
  }
  if (is_taken) return std::make_shared<Ticket>(*this, kind, key, bytes);
  if (on_shed_) on_shed_(kind, 1);
  return Refusal(kind);
}

std::vector<Admission::SharedTicket> Admission::AdmitStarts(const std::vector<size_t>& bytes, std::string_view key) {
  size_t taken = 0;
  {
    const std::lock_guard lock(mutex_);
    while (taken < bytes.size() && TryTake(RequestKind::kStart, bytes[taken], key)) ++taken;
  }
  std::vector<SharedTicket> tickets;
  tickets.reserve(taken);
  for (size_t i = 0; i < taken; ++i) {
    tickets.push_back(std::make_shared<Ticket>(*this, RequestKind::kStart, key, bytes[i]));
  }
  if (taken < bytes.size() && on_shed_) on_shed_(RequestKind::kStart, bytes.size() - taken);
  return tickets;
}

Admission::Load Admission::load() const {
  const std::lock_guard lock(mutex_);
  Load load;
  for (size_t i = 0; i < kRequestKinds; ++i) {
    load.requests[i] = under_way_[i].count;
    load.bytes += under_way_[i].bytes;
  }
  return load;
}

}  // namespace pawl::gateway
