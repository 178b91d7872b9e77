// Object functions (https://docs.jsonata.org/object-functions), $type, $clone, $eval, $error and $assert.

#include "scheduler/asl/jsonata/error.h"
#include "scheduler/asl/jsonata/evaluator.h"
#include "scheduler/asl/jsonata/functions.h"
#include "scheduler/asl/jsonata/nodes.h"
#include "scheduler/asl/jsonata/serialize.h"

namespace pawl::asl::jsonata {
namespace {

void CollectKeys(Evaluator& evaluator, const Value& value, ObjectNode& keys, int depth) {
  if (depth > kValueDepthMax) throw Failure("D1011");
  evaluator.Charge(1);
  if (value.is_array()) {
    size_t count = value.size();
    for (size_t i = 0; i < count; ++i) CollectKeys(evaluator, value.At(i), keys, depth + 1);
  } else if (value.is_object()) {
    for (const ObjectEntry& entry : Members(value, evaluator.js_order())) keys.Set(entry.key, Value::Null());
  }
}

Value Keys(NativeCall& call) {
  Ref<ObjectNode> keys = ObjectNode::New();
  CollectKeys(call.evaluator, call[0], *keys, 0);
  Ref<ArrayNode> result = ArrayNode::NewSequence();
  for (const ObjectEntry& entry : Members(Value::Of(std::move(keys)), call.evaluator.js_order())) {
    result->Push(entry.key);
  }
  return Value::Of(std::move(result));
}

Value LookupFunction(NativeCall& call) {
  return call[1].is_string() ? call.evaluator.Lookup(call[0], call[1].text()) : Value();
}

// The objects' members as objects of one member; anything else as it is.
Value SpreadOf(Evaluator& evaluator, const Value& value, int depth) {
  if (depth > kValueDepthMax) throw Failure("D1011");
  evaluator.Charge(1);
  if (value.is_array()) {
    Ref<ArrayNode> result = ArrayNode::NewSequence();
    size_t count = value.size();
    for (size_t i = 0; i < count; ++i) {
      Value part = SpreadOf(evaluator, value.At(i), depth + 1);
      if (part.is_undefined()) continue;
      result->sequence = false;  // joined arrays are no sequence
      if (part.is_array()) {
        result->PushAll(part);
      } else {
        result->Push(std::move(part));
      }
    }
    return Value::Of(std::move(result));
  }
  if (!value.is_object()) return value;
  Ref<ArrayNode> result = ArrayNode::NewSequence();
  for (const ObjectEntry& entry : Members(value, evaluator.js_order())) {
    Ref<ObjectNode> single = ObjectNode::New();
    single->Set(entry.key, entry.value);
    result->Push(Value::Of(std::move(single)));
  }
  return Value::Of(std::move(result));
}

Value Spread(NativeCall& call) { return SpreadOf(call.evaluator, call[0], 0); }

Value Merge(NativeCall& call) {
  if (call[0].is_undefined()) return Value();
  Ref<ObjectNode> result = ObjectNode::New();
  size_t count = call[0].size();
  for (size_t i = 0; i < count; ++i) {
    Value object = call[0].At(i);
    if (!object.is_object()) continue;
    call.evaluator.Charge(1 + object.member_count() / 8);
    for (const ObjectEntry& entry : Members(object, call.evaluator.js_order())) result->Set(entry.key, entry.value);
  }
  return Value::Of(std::move(result));
}

Value Type(NativeCall& call) {
  const Value& value = call[0];
  if (value.is_undefined()) return Value();
  if (value.is_null()) return Value::String("null");
  if (value.is_number()) return Value::String("number");
  if (value.is_string()) return Value::String("string");
  if (value.is_bool()) return Value::String("boolean");
  if (value.is_array()) return Value::String("array");
  return Value::String(value.is_function() ? "function" : "object");
}

Value CloneFunction(NativeCall& call) { return call[0].is_undefined() ? Value() : call.evaluator.Clone(call[0]); }

Value ErrorFunction(NativeCall& call) {
  Failure failure("D3137");
  bool own = call[0].is_string() && !call[0].text().empty();
  failure.message = own ? std::string(call[0].text()) : "$error() function evaluated";
  throw failure;
}

Value Assert(NativeCall& call) {
  if (call[0].is_bool() && call[0].boolean()) return Value();
  Failure failure("D3141");
  bool own = call[1].is_string() && !call[1].text().empty();
  failure.message = own ? std::string(call[1].text()) : "$assert() statement failed";
  throw failure;
}

Value EvalFunction(NativeCall& call) {
  if (call[0].is_undefined()) return Value();
  Value input = call[1].is_undefined() ? call.input : Evaluator::WrapArray(call[1]);
  return call.evaluator.EvalText(call[0].text(), input, call.frame);
}

constexpr NativeSpec kFunctions[] = {
    {"keys", "<x-:a<s>>", 1, Keys},
    {"lookup", "<x-s:x>", 2, LookupFunction},
    {"spread", "<x-:a<o>>", 1, Spread},
    {"merge", "<a<o>:o>", 1, Merge},
    {"type", "<x:s>", 1, Type},
    {"clone", "<(oa)-:o>", 1, CloneFunction},
    {"error", "<s?:x>", 1, ErrorFunction},
    {"assert", "<bs?:x>", 2, Assert},
    {"eval", "<sx?:x>", 2, EvalFunction, NativeSpec::Where::kNotInStepFunctions},
};

}  // namespace

std::span<const NativeSpec> ObjectFunctions() { return kFunctions; }

}  // namespace pawl::asl::jsonata
