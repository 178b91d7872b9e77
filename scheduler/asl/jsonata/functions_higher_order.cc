// Functions that take functions (https://docs.jsonata.org/higher-order-functions).

#include "scheduler/asl/jsonata/error.h"
#include "scheduler/asl/jsonata/evaluator.h"
#include "scheduler/asl/jsonata/functions.h"

namespace pawl::asl::jsonata {
namespace {

// Calls `function` with as many of the arguments as it takes, one at least.
class Callback {
 public:
  Callback(NativeCall& call, const Value& function) : call_(call), function_(function), arity_(ArityOf(function)) {}

  Value operator()(const Value& first, const Value& second, const Value& third) const {
    Arguments arguments = {first};
    if (arity_ >= 2) arguments.push_back(second);
    if (arity_ >= 3) arguments.push_back(third);
    return call_.evaluator.Apply(function_, std::move(arguments), Value::Null(), call_.frame);
  }

 private:
  NativeCall& call_;
  const Value& function_;
  size_t arity_;
};

Value Index(size_t i) { return Value::Number(static_cast<double>(i)); }

Value Map(NativeCall& call) {
  if (call[0].is_undefined()) return Value();
  Callback function(call, call[1]);
  Ref<ArrayNode> result = ArrayNode::NewSequence();
  size_t count = call[0].size();
  for (size_t i = 0; i < count; ++i) {
    Value mapped = function(call[0].At(i), Index(i), call[0]);
    if (!mapped.is_undefined()) result->Push(std::move(mapped));
  }
  return Value::Of(std::move(result));
}

Value Filter(NativeCall& call) {
  if (call[0].is_undefined()) return Value();
  Callback function(call, call[1]);
  Ref<ArrayNode> result = ArrayNode::NewSequence();
  size_t count = call[0].size();
  for (size_t i = 0; i < count; ++i) {
    Value item = call[0].At(i);
    if (Evaluator::Truthy(function(item, Index(i), call[0]))) result->Push(std::move(item));
  }
  return Value::Of(std::move(result));
}

Value Single(NativeCall& call) {
  if (call[0].is_undefined()) return Value();
  Callback function(call, call[1]);
  bool found = false;
  Value result;
  size_t count = call[0].size();
  for (size_t i = 0; i < count; ++i) {
    Value item = call[0].At(i);
    if (!call[1].is_undefined() && !Evaluator::Truthy(function(item, Index(i), call[0]))) continue;
    if (found) throw Failure("D3138").Index(static_cast<int>(i));
    found = true;
    result = std::move(item);
  }
  if (!found) throw Failure("D3139");
  return result;
}

Value Reduce(NativeCall& call) {
  const Value& array = call[0];
  if (array.is_undefined()) return Value();
  size_t arity = ArityOf(call[1]);
  if (arity < 2) throw Failure("D3050").Index(1);
  size_t count = array.size();
  size_t i = 0;
  Value result = call[2];
  if (result.is_undefined() && count > 0) result = array.At(i++);
  for (; i < count; ++i) {
    Arguments arguments = {result, array.At(i)};
    if (arity >= 3) arguments.push_back(Index(i));
    if (arity >= 4) arguments.push_back(array);
    result = call.evaluator.Apply(call[1], std::move(arguments), Value::Null(), call.frame);
  }
  return result;
}

Value Each(NativeCall& call) {
  Ref<ArrayNode> result = ArrayNode::NewSequence();
  if (!call[0].is_object()) return Value::Of(std::move(result));
  Callback function(call, call[1]);
  for (const ObjectEntry& entry : Members(call[0], call.evaluator.js_order())) {
    Value mapped = function(entry.value, entry.key, call[0]);
    if (!mapped.is_undefined()) result->Push(std::move(mapped));
  }
  return Value::Of(std::move(result));
}

Value Sift(NativeCall& call) {
  if (!call[0].is_object()) return Value();
  Callback function(call, call[1]);
  Ref<ObjectNode> result = ObjectNode::New();
  for (const ObjectEntry& entry : Members(call[0], call.evaluator.js_order())) {
    if (Evaluator::Truthy(function(entry.value, entry.key, call[0]))) result->Set(entry.key, entry.value);
  }
  return result->size == 0 ? Value() : Value::Of(std::move(result));
}

constexpr NativeSpec kFunctions[] = {
    {"map", "<af>", 2, Map},           {"filter", "<af>", 2, Filter}, {"single", "<af?>", 2, Single},
    {"reduce", "<afj?:j>", 3, Reduce}, {"each", "<o-f:a>", 2, Each},  {"sift", "<o-f?:o>", 2, Sift},
};

}  // namespace

std::span<const NativeSpec> HigherOrderFunctions() { return kFunctions; }

}  // namespace pawl::asl::jsonata
