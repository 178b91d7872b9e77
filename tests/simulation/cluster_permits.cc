#include "tests/simulation/cluster_permits.h"

#include <utility>

#include "tests/simulation/cluster_node.h"

namespace pawl::simulation {

using dispatch::PermitAsk;
using dispatch::PermitRequest;
using dispatch::PermitResponse;
using dispatch::TokenAsk;
using history::CallFate;
using std::chrono::milliseconds;

namespace {

// "2: uses 1, wants 3, holds 2"
std::string Describe(const PermitAsk& ask, const dispatch::PermitAnswer& answer) {
  return std::to_string(ask.partition.value()) + ": uses " + std::to_string(ask.used) + ", wants " +
         std::to_string(ask.wanted) + (answer.is_refused ? ", too late" : ", holds " + std::to_string(answer.held));
}

PermitResponse Act(PermitTable& table, const PermitRequest& request, milliseconds now) {
  PermitResponse response;
  // All that is asked of a key is one look at its rows, as in the real table.
  std::map<std::string, std::vector<size_t>> places;
  for (size_t i = 0; i < request.permits.size(); ++i) places[request.permits[i].key].push_back(i);
  response.permits.resize(request.permits.size());
  for (const auto& [key, of_key] : places) {
    auto limit = table.limits.find(key);
    if (limit == table.limits.end() || !limit->second.concurrency) {
      for (size_t place : of_key) response.permits[place].is_refused = true;
      continue;
    }
    std::vector<PermitAsk> asks;
    for (size_t place : of_key) asks.push_back(request.permits[place]);
    std::vector<dispatch::PermitAnswer> answers;
    response.contended[key] =
        dispatch::AllocatePermits(*limit->second.concurrency, now, asks, table.rows[key], answers);
    for (size_t i = 0; i < of_key.size(); ++i) response.permits[of_key[i]] = answers[i];
  }
  for (const TokenAsk& ask : request.tokens) {
    auto limit = table.limits.find(ask.key);
    const bool has_rate = limit != table.limits.end() && limit->second.rate.has_value();
    response.tokens.push_back(has_rate ? dispatch::TakeTokens(*limit->second.rate, now, ask, table.buckets[ask.key])
                                       : 0);
  }
  return response;
}

}  // namespace

void ClusterPermits::Exchange(PermitRequest request, std::function<void(absl::StatusOr<PermitResponse>)> done) {
  const CallFate fate = faults_.Next(history::CallKind::kAppend);
  auto tell = [done = std::move(done), &network = network_, node = node_](absl::StatusOr<PermitResponse> response,
                                                                          std::chrono::microseconds delay) {
    network.world().After(delay, [&network, node, done, response = std::move(response)] {
      network.Deliver(node, [done, response](ClusterNode&) { done(response); });
    });
  };
  const bool is_lost = fate.outcome != CallFate::Outcome::kAnswered;
  const bool is_told_first = fate.outcome == CallFate::Outcome::kLostMeanwhile;
  if (is_told_first) tell(absl::UnavailableError("the answer is lost"), fate.answer_delay);
  network_.world().After(fate.delay, [node = node_, &world = network_.world(), &table = table_,
                                      request = std::move(request), tell, fate, is_lost, is_told_first] {
    absl::StatusOr<PermitResponse> response = absl::UnavailableError("the answer is lost");
    if (fate.outcome != CallFate::Outcome::kLostBefore) {
      PermitResponse acted =
          Act(table, request, std::chrono::duration_cast<milliseconds>(world.now().time_since_epoch()));
      for (size_t i = 0; i < request.permits.size(); ++i) {
        world.Tell(node,
                   "permits of " + request.permits[i].key + " for " + Describe(request.permits[i], acted.permits[i]));
      }
      if (!is_lost) response = std::move(acted);
    }
    if (!is_told_first) tell(std::move(response), fate.answer_delay);
  });
}

}  // namespace pawl::simulation
