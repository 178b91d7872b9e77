// Array functions (https://docs.jsonata.org/array-functions).

#include <algorithm>
#include <cmath>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "scheduler/asl/jsonata/equality.h"
#include "scheduler/asl/jsonata/error.h"
#include "scheduler/asl/jsonata/evaluator.h"
#include "scheduler/asl/jsonata/functions.h"
#include "scheduler/asl/jsonata/text.h"

namespace pawl::asl::jsonata {
namespace {

Value Append(NativeCall& call) { return call.evaluator.Append(call[0], call[1]); }

Value Exists(NativeCall& call) { return Value::Bool(!call[0].is_undefined()); }

Value Reverse(NativeCall& call) {
  if (call[0].is_undefined() || call[0].size() <= 1) return call[0];
  Ref<ArrayNode> result = ArrayNode::New();
  size_t count = call[0].size();
  result->Reserve(count);
  call.evaluator.Charge(count / 16);
  for (size_t i = count; i-- > 0;) result->Push(call[0].At(i));
  return Value::Of(std::move(result));
}

Value Shuffle(NativeCall& call) {
  if (call[0].is_undefined() || call[0].size() <= 1) return call[0];
  Ref<ArrayNode> result = ArrayNode::New();
  size_t count = call[0].size();
  result->Reserve(count);
  call.evaluator.Charge(count / 16);
  for (size_t i = 0; i < count; ++i) {  // Fisher and Yates, inside out
    auto j = static_cast<size_t>(call.evaluator.random().NextDouble() * static_cast<double>(i + 1));
    result->Push(call[0].At(i));
    if (i != j) std::swap(result->items[i], result->items[j]);
  }
  return Value::Of(std::move(result));
}

Value Distinct(NativeCall& call) {
  const Value& array = call[0];
  if (!array.is_array() || array.size() <= 1) return array;
  Ref<ArrayNode> result = ArrayNode::New();
  result->sequence = array.is_sequence();
  absl::flat_hash_set<double> numbers;
  absl::flat_hash_set<std::string_view> texts;             // of values that `array` keeps alive
  absl::flat_hash_map<size_t, std::vector<Value>> others;  // arrays, objects and constants by their hash
  size_t count = array.size();
  call.evaluator.Charge(count);
  for (size_t i = 0; i < count; ++i) {
    Value item = array.At(i);
    bool fresh = true;
    if (item.is_number() && !std::isnan(item.number())) {
      fresh = numbers.insert(item.number() == 0 ? 0.0 : item.number()).second;
    } else if (item.is_string()) {
      fresh = texts.insert(item.text()).second;
    } else {
      call.evaluator.Charge(4);
      std::vector<Value>& alike = others[DeepHash(item)];
      for (const Value& other : alike) fresh = fresh && !DeepEqual(call.evaluator, item, other);
      if (fresh) alike.push_back(item);
    }
    if (fresh) result->Push(std::move(item));
  }
  return Value::Of(std::move(result));
}

Value Zip(NativeCall& call) {
  Ref<ArrayNode> result = ArrayNode::New();
  size_t length = call.arguments.empty() ? 0 : SIZE_MAX;
  for (const Value& argument : call.arguments) {
    length = std::min(length, argument.is_array() ? argument.size() : size_t{0});
  }
  for (size_t i = 0; i < length; ++i) {
    Ref<ArrayNode> tuple = ArrayNode::New();
    for (const Value& argument : call.arguments) tuple->Push(argument.At(i));
    call.evaluator.Charge(1);
    result->Push(Value::Of(std::move(tuple)));
  }
  return Value::Of(std::move(result));
}

// JavaScript's truth of a comparator's answer.
bool IsTruthyInJavaScript(const Value& value) {
  if (value.is_undefined() || value.is_null()) return false;
  if (value.is_bool()) return value.boolean();
  if (value.is_number()) return value.number() != 0 && !std::isnan(value.number());
  if (value.is_string()) return !value.text().empty();
  return true;
}

bool AllOf(const Value& array, bool (Value::*is)() const) {
  size_t count = array.size();
  for (size_t i = 0; i < count; ++i) {
    if (!(array.At(i).*is)()) return false;
  }
  return true;
}

Value Sort(NativeCall& call) {
  const Value& array = call[0];
  if (array.is_undefined() || array.size() <= 1) return array;
  call.evaluator.Charge(array.size());
  if (call[1].is_undefined()) {
    if (AllOf(array, &Value::is_number)) {
      return call.evaluator.Sort(array, [](const Value& a, const Value& b) { return a.number() > b.number(); });
    }
    if (!AllOf(array, &Value::is_string)) throw Failure("D3070").Index(1);
    return call.evaluator.Sort(array,
                               [](const Value& a, const Value& b) { return CompareText(a.text(), b.text()) > 0; });
  }
  return call.evaluator.Sort(array, [&](const Value& a, const Value& b) {
    return IsTruthyInJavaScript(call.evaluator.Apply(call[1], {a, b}, Value::Null(), call.frame));
  });
}

constexpr NativeSpec kFunctions[] = {
    {"append", "<xx:a>", 2, Append},  {"exists", "<x:b>", 1, Exists},     {"reverse", "<a:a>", 1, Reverse},
    {"shuffle", "<a:a>", 1, Shuffle}, {"distinct", "<x:x>", 1, Distinct}, {"zip", "<a+>", 0, Zip},
    {"sort", "<af?:a>", 2, Sort},
};

}  // namespace

// Arrays are joined, other values count as arrays of one; undefined adds nothing.
Value Evaluator::Append(const Value& first, const Value& second) {
  if (first.is_undefined()) return second;
  if (second.is_undefined()) return first;
  Ref<ArrayNode> result = ArrayNode::New();
  for (const Value* part : {&first, &second}) {
    if (part->is_array()) {
      Charge(part->size() / 8);
      result->PushAll(*part);
    } else {
      result->Push(*part);
    }
  }
  return Value::Of(std::move(result));
}

std::span<const NativeSpec> ArrayFunctions() { return kFunctions; }

}  // namespace pawl::asl::jsonata
