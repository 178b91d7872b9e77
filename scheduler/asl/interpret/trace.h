// The way of one state's data, written down: for `pawl explain`, `pawl simulate` and TestState. An Inspector to hand to
// Enter, IterationInput, Complete and HandleFailure, one after another for one stay in a state:
//
//   Trace trace;
//   Scope scope{..., .inspector = &trace};
//   Enter(state, scope); ... Complete(state, scope, result);
//   for (const Trace::TracedStage& stage : trace.stages()) Print(stage.name, stage.value);
//
// Not for use from several threads.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scheduler/asl/interpret/step.h"

namespace pawl::asl {

class Trace : public Inspector {
 public:
  struct TracedStage {
    std::string name;
    json::Value value;
  };
  struct TracedRule {
    size_t index = 0;
    bool matched = false;
    std::string why;
  };
  struct TracedRetrier {
    size_t index = 0;
    bool covers = false;
    int32_t used = 0;                                // how often before
    std::optional<std::chrono::milliseconds> delay;  // set: this one retries
  };
  struct TracedCatcher {
    size_t index = 0;
    bool covers = false;
  };

  // In the order in which they were told. A stage that was passed twice (another attempt, another iteration) is there
  // twice.
  const std::vector<TracedStage>& stages() const { return stages_; }
  // Null where the stage was not passed; the last where it was passed more than once.
  const json::Value* Find(std::string_view name) const;
  // Choice rules that were tried; the last one matched unless Default was taken.
  const std::vector<TracedRule>& rules() const { return rules_; }
  const std::vector<TracedRetrier>& retriers() const { return retriers_; }
  const std::vector<TracedCatcher>& catchers() const { return catchers_; }
  void Clear() { *this = Trace(); }

  void Stage(std::string_view name, const json::Value& value) override;
  void Rule(size_t index, bool matched, const std::string& why) override;
  void Retrier(size_t index, bool covers, int32_t used, std::optional<std::chrono::milliseconds> delay) override;
  void Catcher(size_t index, bool covers) override;

 private:
  std::vector<TracedStage> stages_;
  std::vector<TracedRule> rules_;
  std::vector<TracedRetrier> retriers_;
  std::vector<TracedCatcher> catchers_;
};

}  // namespace pawl::asl
