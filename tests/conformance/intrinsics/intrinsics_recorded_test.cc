// Takes the recorded executions of conformance/cases/intrinsic_functions (beside the checkout, in ../shared) that have
// one Pass state with one invocation, evaluates the invocation alone and compares with the recorded output. Without the
// files the test skips, on CI (environment CI=true) it fails.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "gtest/gtest.h"
#include "scheduler/asl/intrinsics/intrinsics.h"
#include "shared/json/value.h"

namespace pawl::asl::intrinsics {
namespace {

using json::Member;
using json::Value;

const Value* FindAt(const Value* value, std::initializer_list<std::string_view> keys) {
  for (const std::string_view key : keys) value = value == nullptr ? nullptr : value->Find(key);
  return value;
}

// The context object with the placeholders that stand in the recordings.
Value ContextOf(const Value& input) {
  const Value name = Value::String("<ArnPart_0idx>");
  const Value id = Value::String("arn:<partition>:states:<region>:<account>:stateMachine:<ArnPart_0idx>");
  return Value::Object({{"Execution", Value::Object({{"Name", Value::String("<ExecArnPart_0idx>")}, {"Input", input}})},
                        {"StateMachine", Value::Object({{"Id", id}, {"Name", name}})}});
}

absl::StatusOr<Value> Run(const Intrinsic& intrinsic, const Value& input) {
  base::SeededRandom random(1);
  const Intrinsic::CompiledPathResolver resolve = [&](const Intrinsic::PathArgument& argument) {
    const bool context = argument.reference.source == jsonpath::Reference::Source::kContext;
    return argument.path.Evaluate(context ? ContextOf(input) : input);
  };
  return intrinsic.Evaluate(resolve, random);
}

// Compares each execution in `events`, which run from an ExecutionStarted to an ExecutionSucceeded. Counts them.
int CheckEvents(const Intrinsic& intrinsic, const Value& events) {
  int count = 0;
  Value input;
  for (const Value& event : events.items()) {
    if (const Value* started = FindAt(&event, {"executionStartedEventDetails", "input"})) input = *started;
    const Value* output = FindAt(&event, {"executionSucceededEventDetails", "output", "FunctionResult"});
    if (output == nullptr) continue;
    const bool random =
        output->is_string() && (output->as_string().starts_with("<*") || output->as_string().starts_with("<generated"));
    const absl::StatusOr<Value> result = Run(intrinsic, input);
    EXPECT_TRUE(result.ok()) << intrinsic.text() << " on " << json::Serialize(input) << ": " << result.status();
    if (result.ok() && !random) {
      EXPECT_TRUE(*result == *output) << intrinsic.text() << " on " << json::Serialize(input) << " gave "
                                      << json::Serialize(*result) << ", not " << json::Serialize(*output);
    }
    ++count;
  }
  return count;
}

TEST(IntrinsicsRecorded, GiveWhatAwsGave) {
  const std::filesystem::path folder = PAWL_INTRINSIC_CASES;
  if (!std::filesystem::is_directory(folder)) {
    const char* ci = std::getenv("CI");
    ASSERT_STRNE(ci == nullptr ? "" : ci, "true") << "no recorded cases at " << folder;
    GTEST_SKIP() << "no recorded cases at " << folder;
  }
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::stringstream text;
    text << std::ifstream(entry.path()).rdbuf();
    const absl::StatusOr<Value> record = json::Parse(text.str());
    ASSERT_TRUE(record.ok()) << entry.path() << record.status();
    const Value definition = *json::Parse(record->Find("definitions")->items()[0].as_string());
    const Value* invocation = FindAt(&definition, {"States", "State_0", "Parameters", "FunctionResult.$"});
    if (invocation == nullptr) continue;
    const absl::StatusOr<Intrinsic> intrinsic = Intrinsic::Compile(invocation->as_string());
    ASSERT_TRUE(intrinsic.ok()) << intrinsic.status();
    for (const Value& expected : record->Find("expected")->items()) {
      if (const Value* events = FindAt(&expected, {"value", "events"})) count += CheckEvents(*intrinsic, *events);
    }
  }
  EXPECT_GT(count, 50);
}

}  // namespace
}  // namespace pawl::asl::intrinsics
