#include "scheduler/asl/interpret/wait.h"

#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "scheduler/asl/interpret/flow.h"

namespace pawl::asl {

using json::Value;

namespace {

// Recorded: a timestamp 24,855 days ahead is waited for, one 24,856 days ahead is "too long" (base.wait).
constexpr int64_t kDelaySecondsMax = std::numeric_limits<int32_t>::max();
constexpr char kTooLong[] = "Wait state delay is too long.";

Fallible<StartWait> For(const Evaluator& evaluator, const NumberField& field, int64_t seconds) {
  if (seconds > kDelaySecondsMax) {
    if (field.expression) return evaluator.QueryEvaluation(kTooLong, field.field);
    return evaluator.Runtime(kTooLong);
  }
  StartWait wait;
  wait.seconds = seconds;
  return wait;
}

// `is_expression`: the time is what an expression gave, whose failures are States.QueryEvaluationError.
Fallible<StartWait> Until(const Evaluator& evaluator, const Instant& instant, bool is_expression = false) {
  const base::WallTime until = ToWallTime(instant);
  if (until - evaluator.scope().now > std::chrono::seconds(kDelaySecondsMax)) {
    if (is_expression) return evaluator.QueryEvaluation(kTooLong, "Timestamp");
    return evaluator.Runtime(kTooLong);
  }
  StartWait wait;
  wait.until = until;
  return wait;
}

// Wordings recorded by base.wait.
Fallible<StartWait> BySecondsPath(const Evaluator& evaluator, const NumberField& field, const Data& input) {
  const PathRef& path = *field.path;
  absl::StatusOr<Value> found = evaluator.Find(path, input);
  if (!found.ok() || found->is_null()) {
    return evaluator.Runtime(absl::StrCat("The SecondsPath parameter does not reference an input value: ", path.text));
  }
  const std::optional<int64_t> seconds = found->as_int64();
  if (!seconds) {
    return evaluator.Runtime(
        absl::StrCat("The SecondsPath parameter cannot be parsed as a long value: ", path.text, " == ", Plain(*found)));
  }
  if (*seconds < 0) {
    return evaluator.Runtime(
        absl::StrCat("The SecondsPath parameter references a negative value: ", path.text, " == ", *seconds));
  }
  return For(evaluator, field, *seconds);
}

Fallible<StartWait> BySeconds(const Evaluator& evaluator, const NumberField& field, const Data& input) {
  if (field.path) return BySecondsPath(evaluator, field, input);
  PAWL_ASSIGN_OR_FAIL(std::optional<double> seconds, ReadNumber(evaluator, field, input, /*whole=*/true));
  if (*seconds < 0) {
    // SecondsPath's wording, without its path.
    return evaluator.QueryEvaluation(
        absl::StrCat("The Seconds field references a negative value: ", static_cast<int64_t>(*seconds)), field.field);
  }
  return For(evaluator, field, static_cast<int64_t>(*seconds));
}

Fallible<StartWait> ByTimestampPath(const Evaluator& evaluator, const PathRef& path, const Data& input) {
  absl::StatusOr<Value> found = evaluator.Find(path, input);
  if (!found.ok() || found->is_null()) {
    return evaluator.Runtime(
        absl::StrCat("The TimestampPath parameter does not reference an input value: ", path.text));
  }
  const std::optional<Instant> instant = found->is_string() ? ParseTimestamp(found->as_string()) : std::nullopt;
  if (!instant) {
    return evaluator.Runtime(absl::StrCat(
        "The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format string: ",
        path.text, " == ", Plain(*found)));
  }
  return Until(evaluator, *instant);
}

Fallible<StartWait> ByTimestampExpression(const Evaluator& evaluator, const TextField& field) {
  PAWL_ASSIGN_OR_FAIL(Value value, evaluator.Evaluate(*field.expression, field.field));
  if (!value.is_string()) return evaluator.UnexpectedType(*field.expression, field.field, "string", value);
  const std::optional<Instant> instant = ParseTimestamp(value.as_string());
  if (!instant) {
    // Recorded: wait_timestamp_jsonata.
    return evaluator.QueryEvaluation(
        absl::StrCat("The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: ",
                     value.as_string()),
        field.field);
  }
  return Until(evaluator, *instant, /*is_expression=*/true);
}

}  // namespace

Fallible<StartWait> EnterWait(const Evaluator& evaluator) {
  PAWL_ASSIGN_OR_FAIL(Data input, EffectiveInput(evaluator));
  const auto& wait = std::get<WaitDetail>(evaluator.detail().by_type);
  if (wait.seconds.is_present()) return BySeconds(evaluator, wait.seconds, input);
  if (wait.until) return Until(evaluator, *wait.until);
  if (wait.timestamp.expression) return ByTimestampExpression(evaluator, wait.timestamp);
  return ByTimestampPath(evaluator, std::get<PathRef>(*wait.timestamp.query), input);
}

}  // namespace pawl::asl
