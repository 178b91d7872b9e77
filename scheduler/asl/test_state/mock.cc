#include "scheduler/asl/test_state/mock.h"

#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "scheduler/asl/interpret/detail.h"
#include "scheduler/asl/test_state/response_shapes.h"

namespace pawl::asl {
namespace {

using Kind = TestStateRefusal::Kind;

TestStateRefusal Invalid(std::string message) { return {Kind::kValidation, std::move(message)}; }

// Recorded, like the texts below: state_mock_validation; STEP_FUNCTIONS.md 1.4 lists them. Of a Task that needs a mock
// and a mock with neither field AWS's words are not recorded.
constexpr char kNoMapOrParallel[] =
    "TestState API does not support Map or Parallel states. Supported state types include: [Task, Wait, Pass, Succeed, "
    "Fail, Choice]";

// What a Task's own call does not answer: an activity's worker, the end of a job, the holder of a token.
bool NeedsMock(const State& state) {
  return absl::StrContains(state.resource, ":activity:") || absl::StrContains(state.resource, ".sync") ||
         absl::StrContains(state.resource, ".waitForTaskToken");
}

std::optional<TestStateRefusal> CheckUnmocked(const State& state, const TestStateRequest& request) {
  if (state.type == StateType::kMap || state.type == StateType::kParallel) {
    return TestStateRefusal{Kind::kInvalidDefinition, kNoMapOrParallel};
  }
  if (state.type == StateType::kTask && NeedsMock(state)) {
    return TestStateRefusal{Kind::kInvalidDefinition,
                            "TestState API does not support activities nor the '.sync' and '.waitForTaskToken' service "
                            "integration patterns when a mock is not specified"};
  }
  if (request.context) return Invalid("TestState does not support Context when a mock is not specified.");
  if (state.type == StateType::kTask && !request.role_arn) {
    return Invalid("RoleArn must be specified when testing a Task state");
  }
  return std::nullopt;
}

}  // namespace

std::optional<TestStateRefusal> CheckMockable(const State& state, const TestStateRequest& request) {
  // Recorded before everything else, for a Map that lacks its mock too.
  if (!request.mock && request.configuration.map_iteration_failure_count) {
    return Invalid("TestState does not support MapIterationFailureCount when a mock is not specified.");
  }
  if (!request.mock) return CheckUnmocked(state, request);
  if (state.type != StateType::kTask && state.type != StateType::kMap && state.type != StateType::kParallel) {
    return Invalid(
        absl::StrCat("State type '", StateTypeName(state.type), "' is not supported when a mock is specified"));
  }
  if (request.reveal_secrets) return Invalid("TestState does not support RevealSecrets when a mock is specified.");
  if (request.mock->result && request.mock->error_output) {
    return Invalid("A test mock should have only one of the following fields: [result, errorOutput].");
  }
  if (!request.mock->result && !request.mock->error_output) {
    return Invalid("A test mock should have one of the following fields: [result, errorOutput].");
  }
  return std::nullopt;
}

std::variant<std::optional<json::Value>, TestStateRefusal> ReadMockedResult(const State& state,
                                                                            const TestStateMock& mock) {
  if (!mock.result) return std::optional<json::Value>();
  absl::StatusOr<json::Value> result = json::Parse(*mock.result);
  if (!result.ok()) return Invalid("Mocked result must be valid JSON");
  if (state.type == StateType::kParallel) {
    if (!result->is_array()) return Invalid("Mocked result must be an array.");
    if (result->size() != state.branches.size()) {
      return Invalid("Mocked result must contain the same number of items as number of Parallel branches.");
    }
  } else if (state.type == StateType::kMap) {
    // A Map that writes its results elsewhere gives an account of where they are.
    const bool writes = std::get<MapDetail>(state.detail->by_type).writer.has_value();
    if (writes && !result->is_object()) return Invalid("Mocked result must be a JSON object.");
    if (!writes && !result->is_array()) return Invalid("Mocked result must be an array.");
  } else if (mock.validation != TestStateMock::Validation::kNone && !result->is_null()) {
    const bool strict = mock.validation == TestStateMock::Validation::kStrict;
    if (std::string why = ExplainInvalidResponse(state.resource, *result, strict); !why.empty()) {
      return Invalid("Mock result schema validation error: " + why);
    }
  }
  return std::optional<json::Value>(*std::move(result));
}

}  // namespace pawl::asl
