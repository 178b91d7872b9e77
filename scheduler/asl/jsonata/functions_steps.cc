// The functions that Step Functions adds to JSONata
// (https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html): $partition, $range, $hash, $random
// with a seed, $uuid and $parse.

#include <cmath>

#include "scheduler/asl/intrinsics/intrinsics.h"
#include "scheduler/asl/jsonata/error.h"
#include "scheduler/asl/jsonata/evaluator.h"
#include "scheduler/asl/jsonata/functions.h"
#include "scheduler/asl/jsonata/serialize.h"
#include "scheduler/asl/jsonata/text.h"

namespace pawl::asl::jsonata {
namespace {

// The functions that Step Functions adds (STEP_FUNCTIONS.md 2.5; AWS documentation, "JSONata functions provided by Step
// Functions"). How AWS words their refusals is not recorded, so these are told as $error tells them, by D3137.
[[noreturn]] void Refuse(std::string why) {
  Failure failure("D3137");
  failure.message = std::move(why);
  throw failure;
}

// The argument rounded to a whole number.
double WholeNumber(const Value& value, int index) {
  if (!value.is_number() || !std::isfinite(value.number())) {
    Failure failure("T0410");
    failure.value = DescribeValue(value);
    throw failure.Index(index);
  }
  return std::round(value.number());
}

Value Partition(NativeCall& call) {
  if (call[0].is_undefined()) return Value();
  double size = WholeNumber(call[1], 2);
  // As States.ArrayPartition.
  if (size < 1) Refuse("The second argument of the partition function must be a positive number");
  Ref<ArrayNode> result = ArrayNode::New();
  size_t count = call[0].size();
  call.evaluator.Charge(count);
  for (size_t begin = 0; begin < count;) {
    auto chunk_size = static_cast<size_t>(std::min(size, static_cast<double>(count - begin)));
    Ref<ArrayNode> chunk = ArrayNode::New();
    chunk->Reserve(chunk_size);
    for (size_t i = begin; i < begin + chunk_size; ++i) chunk->Push(call[0].At(i));
    result->Push(Value::Of(std::move(chunk)));
    begin += chunk_size;
  }
  return Value::Of(std::move(result));
}

Value Range(NativeCall& call) {
  constexpr double kSizeMax = 1e7;  // as the range operator, D2014
  double first = WholeNumber(call[0], 1);
  double last = WholeNumber(call[1], 2);
  double step = WholeNumber(call[2], 3);
  // As States.ArrayRange.
  if (step == 0) Refuse("The third argument of the range function must not be zero");
  double size = std::floor((last - first) / step) + 1;
  if (size > kSizeMax) throw Failure("D2014").Json(NumberToString(size));
  Ref<ArrayNode> result = ArrayNode::New();
  if (size < 1) return Value::Of(std::move(result));
  // Recorded on AWS: $range(1, 9, 9) is 1 (intrinsic_functions.array_jsonata.array_range).
  if (size == 1) return Value::Number(first);
  if (step == 1) return Value::Of(ArrayNode::NewRange(first, static_cast<size_t>(size)));
  call.evaluator.Charge(static_cast<size_t>(size) / 16);
  result->Reserve(static_cast<size_t>(size));
  for (double i = 0; i < size; ++i) result->Push(Value::Number(first + i * step));
  return Value::Of(std::move(result));
}

Value Hash(NativeCall& call) {
  if (call[0].is_undefined()) return Value();
  std::string data = call.evaluator.StringOf(call[0]);
  if (!call[1].is_string()) throw Failure("T0410").Index(2);
  absl::StatusOr<std::string> hash = intrinsics::HashHex(data, call[1].text());
  if (!hash.ok()) Refuse(std::string(hash.status().message()));
  return Value::String(*hash);
}

Value RandomNumber(NativeCall& call) {
  if (!call[0].is_number()) return Value::Number(call.evaluator.random().NextDouble());
  double seed = std::trunc(call[0].number());
  if (!(std::fabs(seed) < 9.2e18)) throw Failure("T0410").Index(1);
  return Value::Number(intrinsics::JavaRandom(static_cast<int64_t>(seed)).NextDouble());
}

Value Uuid(NativeCall& call) { return Value::String(base::RandomUuid(call.evaluator.random())); }

Value ParseJson(NativeCall& call) {
  if (call[0].is_undefined()) return Value();
  return call.evaluator.ParseJson(call[0].text());
}

constexpr NativeSpec kFunctions[] = {
    {"partition", "<an:a>", 2, Partition, NativeSpec::Where::kOnlyInStepFunctions},
    {"range", "<nnn:a>", 3, Range, NativeSpec::Where::kOnlyInStepFunctions},
    {"hash", "<xs:s>", 2, Hash, NativeSpec::Where::kOnlyInStepFunctions},
    {"random", "<n?:n>", 1, RandomNumber, NativeSpec::Where::kOnlyInStepFunctions},
    {"uuid", "<:s>", 0, Uuid, NativeSpec::Where::kOnlyInStepFunctions},
    {"parse", "<s-:x>", 1, ParseJson, NativeSpec::Where::kOnlyInStepFunctions},
};

}  // namespace

// The parsed value lives as long as the evaluation, and its text counts three times against the memory limit.
Value Evaluator::ParseJson(std::string_view text) {
  Charge(text.size() / 16);
  (void)Heap::Current().Allocate(text.size() * 3);
  absl::StatusOr<json::Value> parsed = json::Parse(text);
  if (!parsed.ok()) Refuse("Unable to parse the string as JSON: " + std::string(parsed.status().message()));
  parsed_.push_back(*std::move(parsed));
  return Value::Input(parsed_.back());
}

std::span<const NativeSpec> StepFunctionsFunctions() { return kFunctions; }

}  // namespace pawl::asl::jsonata
