#include "scheduler/dispatch/permits.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <tuple>

namespace pawl::dispatch {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kHeardOf{3'000};

// What it says that it needs is what it holds from now on; false where the ask is late.
bool Register(const PermitAsk& ask, milliseconds now, PermitRow& row) {
  if (std::tie(ask.epoch, ask.number) <= std::tie(row.epoch, row.number)) return false;
  row.epoch = ask.epoch;
  row.number = ask.number;
  row.held = ask.used;
  row.asked_at = now;
  if (row.wanted == 0 || ask.wanted == 0) row.wanted_since = now;
  row.wanted = ask.wanted;
  return true;
}

}  // namespace

bool AllocatePermits(int64_t limit, milliseconds now, const std::vector<PermitAsk>& asks, PermitRows& rows,
                     std::vector<PermitAnswer>& answers) {
  std::set<base::PartitionId> asking;
  for (const PermitAsk& ask : asks) {
    if (Register(ask, now, rows[ask.partition])) asking.insert(ask.partition);
  }
  int64_t free = limit;
  std::vector<std::pair<base::PartitionId, PermitRow*>> waiting;
  for (auto& [partition, row] : rows) {
    free -= row.held;
    if (row.wanted > 0 && now - row.asked_at <= kHeardOf) waiting.emplace_back(partition, &row);
  }
  std::stable_sort(waiting.begin(), waiting.end(),
                   [](const auto& a, const auto& b) { return a.second->wanted_since < b.second->wanted_since; });
  auto left = static_cast<int64_t>(waiting.size());
  // The limit was lowered: nobody begins anything with what comes free.
  bool is_contended = free < 0;
  for (auto& [partition, row] : waiting) {
    const int64_t share = std::clamp<int64_t>(free / left--, std::min<int64_t>(free, 1), row->wanted);
    const bool is_asking = asking.contains(partition);
    if (!is_asking) is_contended = true;
    if (share <= 0) continue;
    free -= share;
    if (!is_asking) continue;  // kept for it
    row->held += share;
    row->wanted -= share;
    row->wanted_since = now;
  }
  for (const PermitAsk& ask : asks) {
    const bool is_served = asking.contains(ask.partition);
    answers.push_back({!is_served, is_served ? rows[ask.partition].held : 0});
  }
  return is_contended;
}

int64_t TakeTokens(double rate, milliseconds now, const TokenAsk& ask, TokenBucket& bucket) {
  const double most = std::max(1.0, rate);
  const double passed = static_cast<double>(std::max<int64_t>(0, (now - bucket.filled_at).count())) / 1000;
  bucket.level = std::min(most, bucket.level + passed * rate + ask.returned);
  bucket.filled_at = std::max(bucket.filled_at, now);
  const auto given = std::min(ask.wanted, static_cast<int64_t>(std::floor(bucket.level)));
  bucket.level -= static_cast<double>(given);
  return given;
}

}  // namespace pawl::dispatch
