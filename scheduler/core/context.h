// The context object ($$, $states.context) of a frame: STEP_FUNCTIONS.md 2.4. Made only when an expression looks.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "history/state/state.h"
#include "scheduler/asl/interpret/step.h"

namespace pawl::core {

class FrameContext : public asl::LazyValue {
 public:
  // `task_token` makes the token (a signature, so only where somebody reads it); null: no Task in the context.
  // `iteration`: of this Map frame's own items, while it is being started.
  FrameContext(const history::ExecutionState& state, const history::Frame& frame,
               std::function<std::string()> task_token, std::optional<int64_t> iteration = {})
      : state_(state), frame_(frame), task_token_(std::move(task_token)), iteration_(iteration) {}
  const json::Value& Get() const override;

 private:
  const history::ExecutionState& state_;
  const history::Frame& frame_;
  const std::function<std::string()> task_token_;
  std::optional<int64_t> iteration_;
  mutable std::optional<json::Value> value_;
};

class PayloadValue : public asl::LazyValue {
 public:
  explicit PayloadValue(const history::Payload& payload) : payload_(payload) {}
  const json::Value& Get() const override { return payload_.value(); }

 private:
  const history::Payload& payload_;
};

}  // namespace pawl::core
