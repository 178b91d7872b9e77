#include "worker/runtime/nodes_transport.h"

#include <algorithm>
#include <random>
#include <utility>

namespace pawl::worker {
namespace {

bool IsGone(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) || absl::IsCancelled(status);
}

std::vector<std::string> Split(const std::string& targets) {
  std::vector<std::string> parts;
  for (size_t begin = 0; begin <= targets.size();) {
    size_t end = std::min(targets.find(',', begin), targets.size());
    if (end > begin) parts.push_back(targets.substr(begin, end - begin));
    begin = end + 1;
  }
  if (parts.empty()) parts.push_back(targets);
  return parts;
}

}  // namespace

NodesTransport::NodesTransport(std::vector<std::string> seeds, uint64_t seed, MakeTransport make,
                               std::chrono::milliseconds look_every)
    : seeds_(std::move(seeds)), seed_(seed), make_(std::move(make)), look_every_(look_every) {
  address_ = *std::max_element(seeds_.begin(), seeds_.end(),
                               [this](const auto& a, const auto& b) { return Rank(a) < Rank(b); });
  current_ = make_(address_);
  looker_ = std::thread([this] { Look(); });
}

NodesTransport::~NodesTransport() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  looker_.join();
}

// Every worker ranks the nodes in an order of its own and takes the first that is there: so workers spread evenly, and
// only those turn to another node whose own goes or that a new one suits better.
uint64_t NodesTransport::Rank(const std::string& address) const {
  uint64_t hash = seed_ ^ 1469598103934665603u;
  for (char c : address) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
  hash = (hash ^ hash >> 32) * 0x9e3779b97f4a7c15;
  return hash ^ hash >> 29;
}

absl::StatusOr<v1::PollResponse> NodesTransport::Poll(const v1::PollRequest& request) {
  std::shared_ptr<Transport> node;
  {
    std::lock_guard lock(mutex_);
    if (draining_ && request.tasks_max() > 0) return absl::CancelledError("polling has ended");
    if (std::exchange(turned_, false)) return absl::UnavailableError("turning to the scheduler at " + address_);
    node = current_;
  }
  absl::StatusOr<v1::PollResponse> response = node->Poll(request);
  if (response.ok() || !IsGone(response.status())) return response;
  {
    std::lock_guard lock(mutex_);
    if (draining_ && absl::IsCancelled(response.status())) return response;
  }
  TurnFrom(node);
  return absl::UnavailableError(response.status().message());
}

absl::StatusOr<v1::HeartbeatResponse> NodesTransport::Heartbeat(const v1::HeartbeatRequest& request) {
  std::shared_ptr<Transport> node;
  {
    std::lock_guard lock(mutex_);
    node = current_;
  }
  absl::StatusOr<v1::HeartbeatResponse> response = node->Heartbeat(request);
  if (!response.ok() && IsGone(response.status())) TurnFrom(node);
  return response;
}

absl::Status NodesTransport::EndSession(const v1::EndSessionRequest& request) {
  std::shared_ptr<Transport> node;
  {
    std::lock_guard lock(mutex_);
    node = current_;
  }
  return node->EndSession(request);
}

void NodesTransport::CancelPolls() {
  std::shared_ptr<Transport> node;
  {
    std::lock_guard lock(mutex_);
    draining_ = true;
    node = current_;
  }
  node->CancelPolls();
}

absl::StatusOr<std::vector<std::string>> NodesTransport::Nodes() {
  std::lock_guard lock(mutex_);
  return known_;
}

std::string NodesTransport::current() const {
  std::lock_guard lock(mutex_);
  return address_;
}

void NodesTransport::TurnFrom(const std::shared_ptr<Transport>& failed) {
  std::string best;
  {
    std::lock_guard lock(mutex_);
    if (failed != current_) return;  // somebody turned already
    std::vector<std::string> candidates = known_;
    candidates.insert(candidates.end(), seeds_.begin(), seeds_.end());
    std::erase(candidates, address_);
    if (candidates.empty()) return;
    std::sort(candidates.begin(), candidates.end());
    candidates.erase(std::unique(candidates.begin(), candidates.end()), candidates.end());
    // Not always the same: it may be gone too.
    best = candidates[std::random_device()() % candidates.size()];
  }
  TurnTo(best, make_(best));
}

void NodesTransport::TurnTo(const std::string& address, std::unique_ptr<Transport> transport) {
  std::shared_ptr<Transport> old;
  {
    std::lock_guard lock(mutex_);
    old = std::exchange(current_, std::move(transport));
    address_ = address;
    turned_ = true;
    if (draining_) current_->CancelPolls();
  }
  // Polls under way there end; what they report they report elsewhere.
  old->CancelPolls();
}

void NodesTransport::Look() {
  // Where the members' addresses mean nothing to this worker it stays with the ones it was given, and asks less often.
  constexpr int kWhereUnreachable = 20;
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    std::shared_ptr<Transport> node = current_;
    lock.unlock();
    std::chrono::milliseconds wait = look_every_;
    absl::StatusOr<std::vector<std::string>> nodes = node->Nodes();
    if (!nodes.ok() && IsGone(nodes.status())) TurnFrom(node);
    if (nodes.ok() && nodes->size() > 1) {
      std::string best = *std::max_element(nodes->begin(), nodes->end(),
                                           [this](const auto& a, const auto& b) { return Rank(a) < Rank(b); });
      bool turns;
      {
        std::lock_guard guard(mutex_);
        turns = current_ == node && best != address_ && !draining_;
      }
      std::unique_ptr<Transport> transport = turns ? make_(best) : nullptr;
      const bool is_reachable = !turns || transport->Nodes().ok();
      if (turns && is_reachable) TurnTo(best, std::move(transport));
      if (!is_reachable) wait *= kWhereUnreachable;
      std::lock_guard guard(mutex_);
      known_ = is_reachable ? *nodes : std::vector<std::string>();
    }
    lock.lock();
    wake_.wait_for(lock, wait, [this] { return stopping_; });
  }
}

std::unique_ptr<Transport> MakeGrpcTransport(const std::string& targets) {
  std::vector<std::string> seeds = Split(targets);
  // Behind one address there may be a load balancer, which finds another node by itself.
  if (seeds.size() == 1) return MakeNodeTransport(seeds.front());
  std::random_device device;
  return std::make_unique<NodesTransport>(std::move(seeds), static_cast<uint64_t>(device()) << 32 | device(),
                                          MakeNodeTransport);
}

}  // namespace pawl::worker
