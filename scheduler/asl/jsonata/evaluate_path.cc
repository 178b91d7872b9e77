// Location paths: steps, filters, and the tuple streams behind @, # and %.

#include <cmath>
#include <functional>

#include "scheduler/asl/jsonata/evaluator.h"
#include "scheduler/asl/jsonata/serialize.h"

namespace pawl::asl::jsonata {
namespace {

Value Singleton(const Value& value) {
  Ref<ArrayNode> sequence = ArrayNode::NewSequence();
  sequence->Push(value);
  return Value::Of(std::move(sequence));
}

Value LookupAt(const Value& input, std::string_view key, int depth) {
  if (!input.is_array()) return input.is_object() ? input.Member(key) : Value();
  if (depth > kValueDepthMax) throw Failure("D1011");
  Ref<ArrayNode> found = ArrayNode::NewSequence();
  size_t count = input.size();
  for (size_t i = 0; i < count; ++i) {
    Value item = LookupAt(input.At(i), key, depth + 1);
    if (item.is_undefined()) continue;
    if (item.is_array()) {
      found->PushAll(item);
    } else {
      found->Push(std::move(item));
    }
  }
  return Value::Of(std::move(found));
}

// The index a number in a predicate means, counted from the end where negative; or -1.
double IndexOf(double number, size_t size) {
  double index = std::floor(number);
  return index < 0 ? static_cast<double>(size) + index : index;
}

bool IsNumeric(const Value& value) {
  if (!value.is_number() || std::isnan(value.number())) return false;
  if (std::isinf(value.number())) throw Failure("D1001").Json("null");
  return true;
}

bool IsArrayOfNumbers(const Value& value) {
  if (!value.is_array()) return false;
  const ArrayNode* node = value.array_node();
  if (node != nullptr && node->range) return true;
  size_t count = value.size();
  for (size_t i = 0; i < count; ++i) {
    if (!IsNumeric(value.At(i))) return false;
  }
  return true;
}

}  // namespace

Value Evaluator::Lookup(const Value& input, std::string_view key) { return LookupAt(input, key, 0); }

Value Evaluator::ToValue(const Items& items) {
  switch (items.kind) {
    case Items::Kind::kNone:
      return Value::Of(ArrayNode::NewSequence());
    case Items::Kind::kOne:
      return Singleton(items.value);
    case Items::Kind::kArray:
      return items.value;
  }
  return Value();
}

Value Evaluator::EvalPath(const Ast* path, const Value& input, Frame* frame) {
  const std::vector<Ast*>& steps = path->children;
  Items items;
  // A path that begins with a variable is absolute: it does not iterate over the context.
  bool iterate = input.is_array() && steps[0]->type != AstType::kVariable;
  items.kind = iterate ? Items::Kind::kArray : Items::Kind::kOne;
  items.value = input;
  for (size_t i = 0; i < steps.size(); ++i) {
    const Ast* step = steps[i];
    if (i == 0 && step->cons_array) {  // an explicit array is evaluated once, not per context item
      items.value = Eval(step, ToValue(items), frame);
      if (!items.value.is_array() && steps.size() == 1) return items.value;
      items.kind = items.value.is_array() ? Items::Kind::kArray : Items::Kind::kNone;
      if (step->tuple && steps.size() > 1) return EvalTuplePath(path, 1, items, frame);
    } else {
      if (step->tuple) return EvalTuplePath(path, i, items, frame);
      items = EvalStep(step, items, frame, i + 1 == steps.size());
    }
    if (items.kind == Items::Kind::kNone || (items.kind == Items::Kind::kArray && items.value.size() == 0)) break;
  }
  if (path->keep_singleton_array) {
    ArrayNode* array = items.kind == Items::Kind::kArray ? items.value.array_node() : nullptr;
    if (items.kind != Items::Kind::kArray) {
      items.value = ToValue(items);
    } else if (array != nullptr && array->cons && !array->sequence) {
      items.value = Singleton(items.value);
    }
    items.kind = Items::Kind::kArray;
    if (ArrayNode* kept = items.value.array_node()) kept->keep_singleton = true;
  }
  if (path->has_group) return EvalGroup(path->group, ToValue(items), frame);
  switch (items.kind) {
    case Items::Kind::kNone:
      return Value();
    case Items::Kind::kOne:
      return path->keep_array ? Normalize(path, ToValue(items)) : std::move(items.value);
    case Items::Kind::kArray:
      return Normalize(path, std::move(items.value));
  }
  return Value();
}

// Maps the step over the items and flattens what it yields by one level.
Evaluator::Items Evaluator::EvalStep(const Ast* step, const Items& input, Frame* frame, bool last) {
  if (step->type == AstType::kSort) {
    Value sorted = EvalSort(step, ToValue(input), frame);
    if (step->has_stages) sorted = EvalStages(step, std::move(sorted), frame);
    return {Items::Kind::kArray, std::move(sorted)};
  }
  bool plain_name = step->type == AstType::kName && !step->has_predicate && !step->has_group && !step->keep_array;
  size_t results = 0;
  Items first;
  Ref<ArrayNode> out;
  auto flatten = [&out](const Items& items) {
    if (items.kind == Items::Kind::kNone) return;
    if (items.kind == Items::Kind::kOne || items.value.is_cons()) {
      out->Push(items.value);
    } else {
      out->PushAll(items.value);
    }
  };
  size_t count = input.kind == Items::Kind::kArray ? input.value.size() : 1;
  for (size_t i = 0; i < count; ++i) {
    Value item = input.kind == Items::Kind::kArray ? input.value.At(i) : input.value;
    Value value;
    if (plain_name) {
      if (--steps_left_ < 0) OutOfSteps();
      value = Lookup(item, step->text);
      if (value.is_sequence()) value = Normalize(step, std::move(value));
    } else {
      value = Eval(step, item, frame);
    }
    Items result;
    if (step->has_stages) {
      for (size_t s = 0; s < step->stages.size(); ++s) {
        result = EvalFilter(step->stages[s].expression, s == 0 ? value : ToValue(result), frame);
      }
    } else if (value.is_undefined()) {
      continue;
    } else {
      result.kind = value.is_array() ? Items::Kind::kArray : Items::Kind::kOne;
      result.value = std::move(value);
    }
    if (++results == 1) {
      first = std::move(result);
      continue;
    }
    if (results == 2) {
      out = ArrayNode::NewSequence();
      flatten(first);
    }
    flatten(result);
  }
  if (results > 1) return {Items::Kind::kArray, Value::Of(std::move(out))};
  if (first.kind != Items::Kind::kArray) return first;
  if (first.value.is_cons() && !(last && !first.value.is_sequence()))
    return {Items::Kind::kOne, std::move(first.value)};
  if (!last && first.value.size() == 0) return {};
  if (!last || !first.value.is_sequence()) return first;  // only iterated over, or handed on as it is
  out = ArrayNode::NewSequence();
  flatten(first);
  return {Items::Kind::kArray, Value::Of(std::move(out))};
}

Evaluator::Items Evaluator::EvalFilter(const Ast* predicate, const Value& input, Frame* frame) {
  bool tuples = input.is_tuple_stream();
  bool is_array = input.is_array();
  size_t count = is_array ? input.size() : 1;
  Items result;
  Ref<ArrayNode> out;
  auto add = [&](Value item) {
    if (!tuples && result.kind == Items::Kind::kNone) {
      result.kind = Items::Kind::kOne;
      result.value = std::move(item);
      return;
    }
    if (!out) {
      out = ArrayNode::NewSequence();
      out->tuple_stream = tuples;
      if (result.kind == Items::Kind::kOne) out->Push(std::move(result.value));
      result.kind = Items::Kind::kArray;
    }
    out->Push(std::move(item));
  };
  if (predicate->type == AstType::kNumber) {
    double index = IndexOf(predicate->number, count);
    if (index >= 0 && index < static_cast<double>(count)) {
      Value item = is_array ? input.At(static_cast<size_t>(index)) : input;
      if (item.is_array()) return {Items::Kind::kArray, std::move(item)};
      if (!item.is_undefined()) add(std::move(item));
    }
  } else {
    for (size_t i = 0; i < count; ++i) {
      Value item = is_array ? input.At(i) : input;
      Value verdict;
      if (tuples) {
        Ref<Frame> row = FrameOfTuple(frame, item);
        verdict = Eval(predicate, *item.tuple()->bindings.Find(kContextSymbol), row.get());
      } else {
        verdict = Eval(predicate, item, frame);
      }
      if (IsNumeric(verdict)) {
        if (IndexOf(verdict.number(), count) == static_cast<double>(i)) add(std::move(item));
      } else if (IsArrayOfNumbers(verdict)) {
        size_t indices = verdict.size();
        Charge(indices);
        for (size_t n = 0; n < indices; ++n) {
          if (IndexOf(verdict.At(n).number(), count) == static_cast<double>(i)) add(item);
        }
      } else if (Truthy(verdict)) {
        add(std::move(item));
      }
    }
  }
  if (tuples && !out) {
    out = ArrayNode::NewSequence();
    out->tuple_stream = true;
  }
  if (out) return {Items::Kind::kArray, Value::Of(std::move(out))};
  return result;
}

Ref<Frame> Evaluator::FrameOfTuple(Frame* frame, const Value& tuple) {
  Ref<Frame> made = Frame::New(frame);
  if (tuple.tag() != Tag::kTuple) return made;
  const Bindings& bindings = tuple.tuple()->bindings;
  made->bindings.Reserve(bindings.size);
  for (const Binding& binding : bindings.view()) made->bindings.Set(binding.symbol, binding.value);
  return made;
}

Value Evaluator::EvalTuplePath(const Ast* path, size_t first_step, const Items& input, Frame* frame) {
  Value tuples;
  for (size_t i = first_step; i < path->children.size(); ++i) {
    tuples = EvalTupleStep(path->children[i], input, tuples, frame);
  }
  Value result = tuples;
  if (!path->tuple) {  // otherwise the stream carries ancestry information for the path around this one
    Ref<ArrayNode> items = ArrayNode::NewSequence();
    size_t count = tuples.size();
    items->Reserve(count);
    for (size_t i = 0; i < count; ++i) items->Push(*tuples.At(i).tuple()->bindings.Find(kContextSymbol));
    result = Value::Of(std::move(items));
  }
  if (path->keep_singleton_array) result.array_node()->keep_singleton = true;
  if (path->has_group) return EvalGroup(path->group, tuples, frame);
  return Normalize(path, std::move(result));
}

namespace {

Value NewTuple(const Value& item) {
  Ref<TupleNode> tuple = MakeNode<TupleNode>();
  tuple->bindings.Set(kContextSymbol, item);
  return Value::OfNode(Tag::kTuple, std::move(tuple));
}

}  // namespace

Value Evaluator::EvalTupleStep(const Ast* step, const Items& input, const Value& tuples, Frame* frame) {
  bool have_tuples = !tuples.is_undefined();
  if (step->type == AstType::kSort) {
    Value result;
    if (have_tuples) {
      result = EvalSort(step, tuples, frame);
    } else {
      Value sorted = EvalSort(step, ToValue(input), frame);
      Ref<ArrayNode> numbered = ArrayNode::NewSequence();
      numbered->tuple_stream = true;
      size_t count = sorted.size();
      for (size_t i = 0; i < count; ++i) {
        Value tuple = NewTuple(sorted.At(i));
        if (step->has_index) tuple.tuple()->bindings.Set(step->index, Value::Number(static_cast<double>(i)));
        numbered->Push(std::move(tuple));
      }
      result = Value::Of(std::move(numbered));
    }
    return step->has_stages ? EvalStages(step, std::move(result), frame) : result;
  }
  Ref<ArrayNode> out = ArrayNode::NewSequence();
  out->tuple_stream = true;
  size_t count = have_tuples ? tuples.size() : input.kind == Items::Kind::kArray ? input.value.size() : 1;
  if (!have_tuples && input.kind == Items::Kind::kNone) count = 0;
  for (size_t i = 0; i < count; ++i) {
    Value row =
        have_tuples ? tuples.At(i) : NewTuple(input.kind == Items::Kind::kArray ? input.value.At(i) : input.value);
    Ref<Frame> row_frame = FrameOfTuple(frame, row);
    const Value& context = *row.tuple()->bindings.Find(kContextSymbol);
    Value result = Eval(step, context, row_frame.get());
    if (result.is_undefined()) continue;
    bool stream = result.is_tuple_stream();
    size_t results = result.is_array() ? result.size() : 1;
    Charge(results);  // a join of two lists makes a tuple per pair
    for (size_t b = 0; b < results; ++b) {
      Ref<TupleNode> tuple = MakeNode<TupleNode>();
      Bindings& bindings = tuple->bindings;
      bindings.Reserve(row.tuple()->bindings.size + 2);
      for (const Binding& binding : row.tuple()->bindings.view()) bindings.Set(binding.symbol, binding.value);
      Value item = result.is_array() ? result.At(b) : result;
      if (stream) {
        for (const Binding& binding : item.tuple()->bindings.view()) bindings.Set(binding.symbol, binding.value);
      } else {
        bindings.Set(step->has_focus ? step->focus : kContextSymbol, std::move(item));
        if (step->has_index) bindings.Set(step->index, Value::Number(static_cast<double>(b)));
        if (step->ancestor != nullptr) bindings.Set(step->ancestor->label, context);
      }
      out->Push(Value::OfNode(Tag::kTuple, std::move(tuple)));
    }
  }
  Value result = Value::Of(std::move(out));
  return step->has_stages ? EvalStages(step, std::move(result), frame) : result;
}

Value Evaluator::EvalStages(const Ast* step, Value input, Frame* frame) {
  for (const Stage& stage : step->stages) {
    if (!stage.is_index) {
      input = ToValue(EvalFilter(stage.expression, input, frame));
      continue;
    }
    size_t count = input.size();
    for (size_t i = 0; i < count; ++i) {
      Value row = input.At(i);
      if (row.tag() == Tag::kTuple) row.tuple()->bindings.Set(stage.index, Value::Number(static_cast<double>(i)));
    }
  }
  return input;
}

Value Evaluator::EvalWildcard(const Value& context) {
  const ArrayNode* outer = context.array_node();
  Value input = outer != nullptr && outer->outer_wrapper && outer->size > 0 ? outer->At(0) : context;
  Ref<ArrayNode> results = ArrayNode::NewSequence();
  // Appending an array, unlike a single value, makes the result a plain array.
  std::function<void(const Value&, int)> flatten = [&](const Value& value, int depth) {
    if (depth > kValueDepthMax) throw Failure("D1011");
    if (!value.is_array()) {
      results->Push(value);
      return;
    }
    size_t count = value.size();
    for (size_t i = 0; i < count; ++i) flatten(value.At(i), depth + 1);
  };
  auto add = [&](const Value& value) {
    if (value.is_array()) results->sequence = false;
    flatten(value, 0);
  };
  if (input.is_array()) {
    size_t count = input.size();
    for (size_t i = 0; i < count; ++i) add(input.At(i));
  } else if (input.is_object()) {
    for (const ObjectEntry& entry : Members(input, js_order())) add(entry.value);
  }
  return Value::Of(std::move(results));
}

Value Evaluator::EvalDescendants(const Value& input) {
  if (input.is_undefined()) return Value();
  Ref<ArrayNode> results = ArrayNode::NewSequence();
  CollectDescendants(input, *results, 0);
  if (results->size == 1) return results->At(0);
  return Value::Of(std::move(results));
}

void Evaluator::CollectDescendants(const Value& input, ArrayNode& results, int depth) {
  if (depth > kValueDepthMax) throw Failure("D1011");
  Charge(1);
  if (input.is_array()) {
    size_t count = input.size();
    for (size_t i = 0; i < count; ++i) CollectDescendants(input.At(i), results, depth + 1);
    return;
  }
  results.Push(input);
  if (!input.is_object()) return;
  for (const ObjectEntry& entry : Members(input, js_order())) CollectDescendants(entry.value, results, depth + 1);
}

}  // namespace pawl::asl::jsonata
