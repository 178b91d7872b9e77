// HandleFailure: retriers first, then catchers.
#include <algorithm>
#include <cmath>
#include <utility>

#include "scheduler/asl/interpret/evaluator.h"
#include "scheduler/asl/interpret/flow.h"
#include "scheduler/asl/interpret/step.h"

namespace pawl::asl {

using json::Value;

namespace {

// Delays beyond this are cut: the largest IntervalSeconds (STEP_FUNCTIONS.md 2.7), and so the largest first delay.
constexpr double kDelaySecondsMax = 99'999'999;

// STEP_FUNCTIONS.md 2.9.
bool Covers(const std::string& pattern, const std::string& error) {
  if (pattern == error || pattern == "States.ALL") return true;
  if (pattern == "States.TaskFailed") return error != "States.Timeout";
  if (pattern == "States.Timeout") return error == "States.HeartbeatTimeout";
  return false;
}

bool Covers(const std::vector<std::string>& patterns, const std::string& error) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& pattern) { return Covers(pattern, error); });
}

std::chrono::milliseconds DelayOf(const Retrier& retrier, int32_t used, base::Random& random) {
  double seconds = static_cast<double>(retrier.interval_seconds) * std::pow(retrier.backoff_rate, used);
  if (retrier.max_delay_seconds) seconds = std::min(seconds, static_cast<double>(*retrier.max_delay_seconds));
  seconds = std::min(seconds, kDelaySecondsMax);
  if (retrier.full_jitter) seconds *= random.NextDouble();
  return std::chrono::milliseconds(static_cast<int64_t>(seconds * 1000));
}

Fallible<Transition> Catch(Evaluator& evaluator, const Catcher& catcher, const Failure& failure) {
  Value error_output =
      Value::Object({{"Error", Value::String(failure.error)}, {"Cause", Value::String(failure.cause)}});
  Transition transition;
  transition.next = catcher.next;
  Data output = Data::Of(error_output);
  evaluator.Stage("errorOutput", output);
  if (evaluator.is_jsonata()) evaluator.SetErrorOutput(std::move(error_output));
  PAWL_ASSIGN_OR_FAIL(transition.assigned, evaluator.Assign(catcher.assign, output));
  if (catcher.output) {
    PAWL_ASSIGN_OR_FAIL(Value value, evaluator.Fill(*catcher.output, output));
    output = Data::Of(std::move(value));
  } else if (!evaluator.is_jsonata()) {
    PAWL_ASSIGN_OR_FAIL(output, ApplyResultPath(evaluator, catcher.result_path, std::move(output)));
    evaluator.Stage("afterResultPath", output);
  }
  evaluator.Stage("output", output);
  transition.output = std::move(output).ToDerived();
  return transition;
}

}  // namespace

FailureOutcome HandleFailure(const State& state, const Scope& scope, const Failure& failure,
                             std::span<const int32_t> attempts) {
  if (!failure.catchable) return Failed{failure};
  const StateDetail& detail = *state.detail;
  for (size_t i = 0; i < detail.retriers.size(); ++i) {
    const Retrier& retrier = detail.retriers[i];
    const int32_t used = i < attempts.size() ? attempts[i] : 0;
    const bool covers = Covers(retrier.error_equals, failure.error);
    std::optional<std::chrono::milliseconds> delay;
    if (covers && used < retrier.max_attempts) delay = DelayOf(retrier, used, scope.random);
    if (scope.inspector != nullptr) scope.inspector->Retrier(i, covers, used, delay);
    if (delay) return RetryAfter{i, *delay};
    // The first retrier that covers the error decides; when it is used up the others are not asked.
    if (covers) break;
  }
  for (size_t i = 0; i < detail.catchers.size(); ++i) {
    const Catcher& catcher = detail.catchers[i];
    const bool covers = Covers(catcher.error_equals, failure.error);
    if (scope.inspector != nullptr) scope.inspector->Catcher(i, covers);
    if (!covers) continue;
    Evaluator evaluator(state, scope);
    Fallible<Transition> caught = Catch(evaluator, catcher, failure);
    if (!caught.ok()) return Failed{std::move(caught.failure())};
    return Caught{i, std::move(caught.value())};
  }
  return Failed{failure};
}

}  // namespace pawl::asl
