// Object constructors and group-by, order-by, and transforms.

#include <cmath>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "scheduler/asl/jsonata/evaluator.h"
#include "scheduler/asl/jsonata/serialize.h"
#include "scheduler/asl/jsonata/text.h"

namespace pawl::asl::jsonata {
namespace {

struct GroupEntry {
  Value key;
  size_t pair;
  Value data;               // of one item
  Ref<ArrayNode> appended;  // of several
};

void AddToGroup(GroupEntry& entry, const Value& item, bool tuples) {
  auto append = [&](const Value& value) {
    if (value.is_undefined()) return;
    if (value.is_array() && !tuples) {
      entry.appended->PushAll(value);
    } else {
      entry.appended->Push(value);
    }
  };
  if (!entry.appended) {
    entry.appended = ArrayNode::New();
    append(entry.data);
  }
  append(item);
}

// Sorts the numbers 0..count-1; `greater(a, b)`: whether item a must stand behind item b. The order of comparisons is
// that of a top-down merge sort, so that inconsistent comparators give the results they give elsewhere.
std::vector<size_t> MergeSort(size_t begin, size_t end, const std::function<bool(size_t, size_t)>& greater) {
  if (end - begin == 1) return {begin};
  size_t middle = begin + (end - begin) / 2;
  std::vector<size_t> left = MergeSort(begin, middle, greater);
  std::vector<size_t> right = MergeSort(middle, end, greater);
  std::vector<size_t> merged;
  merged.reserve(end - begin);
  size_t l = 0;
  size_t r = 0;
  while (l < left.size() && r < right.size()) {
    merged.push_back(greater(left[l], right[r]) ? right[r++] : left[l++]);
  }
  merged.insert(merged.end(), left.begin() + static_cast<ptrdiff_t>(l), left.end());
  merged.insert(merged.end(), right.begin() + static_cast<ptrdiff_t>(r), right.end());
  return merged;
}

Value Permute(const Value& array, const std::vector<size_t>& order) {
  Ref<ArrayNode> sorted = ArrayNode::New();
  sorted->Reserve(order.size());
  for (size_t index : order) sorted->Push(array.At(index));
  return Value::Of(std::move(sorted));
}

}  // namespace

// https://docs.jsonata.org/sorting-grouping: the items are grouped by the key expressions' values, then each group's
// value expression is evaluated with the group's items as context.
Value Evaluator::EvalPairs(const Pairs& pairs, size_t position, const Value& input, Frame* frame) {
  bool reduce = input.is_tuple_stream();
  size_t count = input.is_array() ? input.size() : 1;
  bool literal = count == 0 && !reduce;  // no items: the object is still made once
  if (literal) count = 1;
  std::vector<GroupEntry> groups;
  absl::flat_hash_map<std::string_view, size_t> numbers;
  for (size_t i = 0; i < count; ++i) {
    Value item = literal ? Value() : input.is_array() ? input.At(i) : input;
    Ref<Frame> row = reduce ? FrameOfTuple(frame, item) : Ref<Frame>::Share(frame);
    for (size_t p = 0; p < pairs.size(); ++p) {
      Value key = Eval(pairs[p].first, reduce ? *item.tuple()->bindings.Find(kContextSymbol) : item, row.get());
      if (key.is_undefined()) continue;
      if (!key.is_string()) {
        Failure failure("T1003", position);
        failure.value = DescribeValue(key);
        throw failure;
      }
      std::string_view text = key.text();
      if (text == "_jsonata_lambda" || text == "_jsonata_function") throw Failure("D1013", position).Text(text);
      size_t found = groups.size();
      if (groups.size() < 8) {
        for (size_t g = 0; g < groups.size() && found == groups.size(); ++g) {
          if (groups[g].key.text() == text) found = g;
        }
      } else {
        if (numbers.empty()) {
          for (size_t g = 0; g < groups.size(); ++g) numbers.emplace(groups[g].key.text(), g);
        }
        auto known = numbers.find(text);
        if (known != numbers.end()) found = known->second;
      }
      if (found < groups.size()) {
        if (groups[found].pair != p) throw Failure("D1009", position).Text(text);
        AddToGroup(groups[found], item, reduce);
      } else {
        Heap::Current().Require((groups.size() + 1) * (sizeof(GroupEntry) + 32));
        groups.push_back({std::move(key), p, item, {}});
        if (!numbers.empty()) numbers.emplace(groups.back().key.text(), found);
      }
    }
  }
  Ref<ObjectNode> object = ObjectNode::New();
  for (GroupEntry& entry : groups) {
    Value context = entry.appended ? Value::Of(std::move(entry.appended)) : std::move(entry.data);
    Ref<Frame> row = Ref<Frame>::Share(frame);
    if (reduce) {
      Value tuple = ReduceTuples(context);
      row = FrameOfTuple(frame, tuple);
      context = *tuple.tuple()->bindings.Find(kContextSymbol);
    }
    Value value = Eval(pairs[entry.pair].second, context, row.get());
    if (!value.is_undefined()) object->Set(entry.key, std::move(value));
  }
  return Value::Of(std::move(object));
}

// One tuple whose variables hold the values of all the tuples, in order.
Value Evaluator::ReduceTuples(const Value& tuples) {
  if (!tuples.is_array()) return tuples;
  Ref<TupleNode> reduced = MakeNode<TupleNode>();
  Bindings& bindings = reduced->bindings;
  std::vector<bool> merged;  // the variable holds an array of our own
  size_t count = tuples.size();
  for (size_t i = 0; i < count; ++i) {
    Value tuple = tuples.At(i);
    for (const Binding& binding : tuple.tuple()->bindings.view()) {
      uint32_t at = 0;
      while (at < bindings.size && bindings.items[at].symbol != binding.symbol) ++at;
      if (at == bindings.size) {
        bindings.Set(binding.symbol, binding.value);
        merged.push_back(false);
        continue;
      }
      Value& held = bindings.items[at].value;
      if (binding.value.is_undefined()) continue;
      if (held.is_undefined()) {
        held = binding.value;
        continue;
      }
      if (!merged[at]) {
        Ref<ArrayNode> array = ArrayNode::New();
        if (held.is_array()) {
          array->PushAll(held);
        } else {
          array->Push(held);
        }
        held = Value::Of(std::move(array));
        merged[at] = true;
      }
      if (binding.value.is_array()) {
        held.array_node()->PushAll(binding.value);
      } else {
        held.array_node()->Push(binding.value);
      }
    }
  }
  return Value::OfNode(Tag::kTuple, std::move(reduced));
}

Value Evaluator::Sort(const Value& array, const std::function<bool(const Value&, const Value&)>& greater) {
  if (array.size() <= 1) return array;
  return Permute(array,
                 MergeSort(0, array.size(), [&](size_t a, size_t b) { return greater(array.At(a), array.At(b)); }));
}

// Each term is evaluated at most once per item, when a comparison first needs it.
Value Evaluator::EvalSort(const Ast* sort, const Value& input, Frame* frame) {
  size_t count = input.size();
  if (count <= 1) return input;
  bool tuples = input.is_tuple_stream();
  size_t terms = sort->terms.size();
  Heap::Current().Require(count * terms * (sizeof(Value) + 1) + count * 64);
  std::vector<Value> keys(count * terms);
  std::vector<bool> known(count * terms);
  auto key_of = [&](size_t item, size_t term) -> const Value& {
    size_t at = item * terms + term;
    if (!known[at]) {
      Value value = input.At(item);
      if (tuples) {
        Ref<Frame> row = FrameOfTuple(frame, value);
        keys[at] = Eval(sort->terms[term].expression, *value.tuple()->bindings.Find(kContextSymbol), row.get());
      } else {
        keys[at] = Eval(sort->terms[term].expression, value, frame);
      }
      known[at] = true;
    }
    return keys[at];
  };
  auto sortable = [](const Value& value) { return value.is_string() || value.is_number(); };
  auto greater = [&](size_t a, size_t b) {
    for (size_t term = 0; term < terms; ++term) {
      const Value& x = key_of(a, term);
      const Value& y = key_of(b, term);
      if (x.is_undefined() && y.is_undefined()) continue;
      if (x.is_undefined()) return true;  // undefined comes last
      if (y.is_undefined()) return false;
      if (!sortable(x) || !sortable(y)) {
        Failure failure("T2008", sort->position);
        failure.value = DescribeValue(sortable(x) ? y : x);
        throw failure;
      }
      if (x.is_string() != y.is_string()) {
        Failure failure("T2007", sort->position);
        failure.value = DescribeValue(x);
        failure.value2 = DescribeValue(y);
        throw failure;
      }
      int order = 0;
      if (x.is_string()) {
        order = CompareText(x.text(), y.text());
      } else if (x.number() != y.number()) {
        order = x.number() < y.number() ? -1 : 1;
      }
      if (order != 0) return (order > 0) != sort->terms[term].descending;
    }
    return false;
  };
  return Permute(input, MergeSort(0, count, greater));
}

// A copy whose arrays and objects are new, with numbers as JSON text would carry them.
Value Evaluator::Clone(const Value& value, int depth) {
  if (depth > kValueDepthMax) throw Failure("D1011");
  Charge(1);
  if (value.is_number()) {
    double number = value.number();
    if (std::isnan(number)) return Value::Null();
    if (std::isinf(number)) throw Failure("D1001").Json("null");
    bool whole = number == std::trunc(number) && dialect().version != Version::k2_0_6;
    return Value::Number(whole ? number : RoundToPrecision15(number));
  }
  if (value.is_function()) return Value::String("");
  if (value.is_array()) {
    Ref<ArrayNode> copy = ArrayNode::New();
    size_t count = value.size();
    copy->Reserve(count);
    for (size_t i = 0; i < count; ++i) {
      Value item = value.At(i);
      copy->Push(item.is_undefined() ? Value::Null() : Clone(item, depth + 1));
    }
    return Value::Of(std::move(copy));
  }
  if (value.is_object()) {
    Ref<ObjectNode> copy = ObjectNode::New();
    for (const ObjectEntry& entry : Members(value, js_order())) {
      if (!entry.value.is_undefined()) copy->Set(entry.key, Clone(entry.value, depth + 1));
    }
    return Value::Of(std::move(copy));
  }
  return value;
}

// https://docs.jsonata.org/other-operators: `|pattern|update,delete|` works on a clone of its argument.
Value Evaluator::Transform(const TransformNode& transform, const Value& object) {
  if (object.is_undefined()) return Value();
  const Ast* node = transform.definition;
  Frame* frame = transform.frame.get();
  Value cloner = Variable(*symbols_.Find("clone"), frame);
  if (!cloner.is_function()) throw Failure("T2013", node->position);
  Value result = Apply(cloner, {object}, Value::Null(), frame);
  Value matches = Eval(node->lhs, result, frame);
  if (matches.is_undefined()) return result;
  size_t count = matches.is_array() ? matches.size() : 1;
  for (size_t i = 0; i < count; ++i) {
    Value match = matches.is_array() ? matches.At(i) : matches;
    Value update = Eval(node->rhs, match, frame);
    if (!update.is_undefined()) {
      if (!update.is_object()) {
        Failure failure("T2011", node->rhs->position);
        failure.value = DescribeValue(update);
        throw failure;
      }
      if (ObjectNode* target = match.object_node()) {
        for (const ObjectEntry& entry : Members(update, js_order())) target->Set(entry.key, entry.value);
      }
    }
    if (node->third == nullptr) continue;
    Value deletions = Eval(node->third, match, frame);
    if (deletions.is_undefined()) continue;
    size_t names = deletions.is_array() ? deletions.size() : 1;
    for (size_t n = 0; n < names; ++n) {
      Value name = deletions.is_array() ? deletions.At(n) : deletions;
      if (name.is_string()) continue;
      Failure failure("T2012", node->third->position);
      failure.value = DescribeValue(deletions);
      throw failure;
    }
    for (size_t n = 0; n < names; ++n) {
      Value name = deletions.is_array() ? deletions.At(n) : deletions;
      if (ObjectNode* target = match.object_node()) target->Erase(name.text());
    }
  }
  return result;
}

}  // namespace pawl::asl::jsonata
