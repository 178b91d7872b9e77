// Weights of state machines and queues (scheduler/dispatch/flows.h), in the table pawl.weights: set by `pawl admin`,
// and taken over by every scheduler within a few seconds.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "shared/base/clock.h"
#include "shared/base/executor.h"
#include "shared/pg/pool.h"

namespace pawl::catalog {

using Weights = std::map<std::string, uint32_t>;  // by flow

inline constexpr uint32_t kWeightMax = 100;

// Blocking, for tools. Weight 1 is what a flow has anyway, so it removes the row.
absl::StatusOr<Weights> ReadWeights(const std::string& conninfo);
absl::Status WriteWeight(const std::string& conninfo, const std::string& flow, uint32_t weight);

// Reads all weights every `every` and calls back, on the executor, with those that differ from the last. What cannot be
// read stays as it was.
class WeightWatch {
 public:
  // All outlive the watch. Made and destroyed on the executor's thread, or after that has ended.
  WeightWatch(pg::Pool& pool, base::Executor& executor, const base::Clock& clock, std::chrono::milliseconds every,
              std::function<void(const Weights&)> changed);
  ~WeightWatch() { *alive_ = false; }
  // On the executor's thread.
  void Run();

 private:
  pg::Pool& pool_;
  base::Executor& executor_;
  const base::Clock& clock_;
  const std::chrono::milliseconds every_;
  const std::function<void(const Weights&)> changed_;
  Weights last_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace pawl::catalog
