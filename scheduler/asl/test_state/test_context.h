// The context object of TestState: made up as AWS makes it up, or given by the caller and checked as AWS checks it
// (recorded: state_context_object). Internal to scheduler/asl/test_state.
#pragma once

#include <optional>
#include <string>

#include "scheduler/asl/program.h"
#include "shared/base/clock.h"
#include "shared/json/value.h"

namespace pawl::asl {

struct TestIdentity {
  std::string account;
  std::string region;
  std::string machine;
  std::string execution;
};

json::Value MakeTestContext(const State& state, const TestIdentity& identity, const json::Value& input,
                            const std::optional<std::string>& role_arn, base::WallTime now);

// What is wrong with `context` as a context object for `state`; empty where nothing is.
std::string ExplainInvalidContext(const json::Value& context, const State& state);

}  // namespace pawl::asl
