// What goes wrong between a MemoryLog and its store, as the simulator wishes it. Asked once for every call, in the
// order of the calls, so a plan that draws from a seeded Random repeats itself.
#pragma once

#include <chrono>

namespace pawl::history {

enum class CallKind { kAppend, kClaim, kRenew, kRelease, kOwners, kRecover, kFindByName, kReadDecisions, kList };

struct CallFate {
  enum class Outcome {
    kAnswered,
    // The connection is lost and the store never acts.
    kLostBefore,
    // The store acts, then the connection is lost: the caller does not hear of it.
    kLostAfter,
    // The caller hears of the loss `answer_delay` after the call, while the store still works on it; the store acts
    // `delay` after the call, if the fence still lets it.
    kLostMeanwhile,
  };
  Outcome outcome = Outcome::kAnswered;
  std::chrono::microseconds delay{0};         // from the call until the store acts
  std::chrono::microseconds answer_delay{0};  // from there until the answer
};

// A loss answers Append with kUnknown, Release as if it had worked, all others with UNAVAILABLE. A lost Append, Claim
// or Renew also costs the session its hold on all partitions, as a lost database connection costs its locks.
class FaultPlan {
 public:
  virtual ~FaultPlan() = default;
  virtual CallFate Next(CallKind kind) = 0;
};

}  // namespace pawl::history
