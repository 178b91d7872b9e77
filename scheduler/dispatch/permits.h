// Permits: how a limit on the tasks of a queue holds over all partitions and nodes (decisions/0016).
//
// A partition holds a number of permits of a key, a row in the key's home database; its owner lets no more of the
// partition's tasks run than that. The rows add up to the limit at most, so the limit holds whoever crashes: how many
// tasks run follows from the partition's log, and a row is but the bound that its owner keeps below. Rows are fenced
// like the log, by the partition's epoch, and by the owner's count of its requests.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "shared/base/ids.h"

namespace pawl::dispatch {

// Of the tasks of some handlers together.
struct Limit {
  std::vector<std::string> handlers;
  std::optional<int64_t> concurrency;  // at least 1: attempts begun and without a result
  std::optional<double> rate;          // above 0: attempts begun a second
  friend bool operator==(const Limit&, const Limit&) = default;
};
using Limits = std::map<std::string, Limit>;  // by key; a handler is under one key at most

// What a partition's owner needs at least, for tasks that run or are about to, and what it would like beside. What it
// held beyond `used` is given back.
struct PermitAsk {
  std::string key;
  base::PartitionId partition;
  base::Epoch epoch;
  int64_t number = 0;  // rises with each request of the owner
  int64_t used = 0;
  int64_t wanted = 0;
};
struct PermitAnswer {
  bool is_refused = false;  // a later owner, or a later request, has come before it
  int64_t held = 0;         // at least `used`
};

// Tokens of a rate: each lets one attempt begin. Those that were not needed come back.
struct TokenAsk {
  std::string key;
  int64_t wanted = 0;
  double returned = 0;
};

struct PermitRequest {
  std::vector<PermitAsk> permits;
  std::vector<TokenAsk> tokens;
};
struct PermitResponse {
  std::vector<PermitAnswer> permits;  // as asked
  std::vector<int64_t> tokens;        // as asked
  // Others wait for permits of the key, or there are too many: whoever has one gives it back when its task ends.
  std::map<std::string, bool> contended;
};

class PermitStore {
 public:
  virtual ~PermitStore() = default;
  // Atomic per key. Where the outcome is not known the request may take effect later, or not at all. `done` runs on the
  // engine's thread.
  virtual void Exchange(PermitRequest request, std::function<void(absl::StatusOr<PermitResponse>)> done) = 0;
};

// ---- what stores share

struct PermitRow {
  base::Epoch epoch;
  int64_t number = 0;
  int64_t held = 0;
  int64_t wanted = 0;
  std::chrono::milliseconds asked_at{0};      // of the store's clock
  std::chrono::milliseconds wanted_since{0};  // where it wants something
};
using PermitRows = std::map<base::PartitionId, PermitRow>;

// Serves the asks, all of one key, on all its rows. Whoever has waited longest is next, and those that wait share what
// is free; one that was not heard of for three seconds is passed over. True: others than those that asked wait, or more
// is held than the limit allows.
bool AllocatePermits(int64_t limit, std::chrono::milliseconds now, const std::vector<PermitAsk>& asks, PermitRows& rows,
                     std::vector<PermitAnswer>& answers);

// A token bucket that holds what comes in a second, and one at least.
struct TokenBucket {
  double level = 0;
  std::chrono::milliseconds filled_at{0};
};
// What of `ask` the bucket gives.
int64_t TakeTokens(double rate, std::chrono::milliseconds now, const TokenAsk& ask, TokenBucket& bucket);

}  // namespace pawl::dispatch
