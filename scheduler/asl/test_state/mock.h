// A mock held against the state that it is for, in AWS's words (recorded: state_mock_validation,
// field_validation_mode). Internal to scheduler/asl/test_state.
#pragma once

#include <optional>
#include <variant>

#include "scheduler/asl/program.h"
#include "scheduler/asl/test_state/request.h"
#include "shared/json/value.h"

namespace pawl::asl {

// Whether the state may be tested with that mock, or without one.
std::optional<TestStateRefusal> CheckMockable(const State& state, const TestStateRequest& request);

// The mocked result's value; nothing where the mock has none.
std::variant<std::optional<json::Value>, TestStateRefusal> ReadMockedResult(const State& state,
                                                                            const TestStateMock& mock);

}  // namespace pawl::asl
