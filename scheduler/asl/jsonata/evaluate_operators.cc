// Unary and binary operators.

#include <cmath>

#include "absl/container/inlined_vector.h"
#include "scheduler/asl/jsonata/equality.h"
#include "scheduler/asl/jsonata/evaluator.h"
#include "scheduler/asl/jsonata/serialize.h"
#include "scheduler/asl/jsonata/text.h"

namespace pawl::asl::jsonata {
namespace {

std::string_view SymbolOf(Op op) {
  switch (op) {
    case Op::kAdd:
      return "+";
    case Op::kSubtract:
    case Op::kNegate:
      return "-";
    case Op::kMultiply:
      return "*";
    case Op::kDivide:
      return "/";
    case Op::kRemainder:
      return "%";
    case Op::kEqual:
      return "=";
    case Op::kNotEqual:
      return "!=";
    case Op::kLess:
      return "<";
    case Op::kLessEqual:
      return "<=";
    case Op::kGreater:
      return ">";
    case Op::kGreaterEqual:
      return ">=";
    case Op::kConcat:
      return "&";
    case Op::kAnd:
      return "and";
    case Op::kOr:
      return "or";
    case Op::kIn:
      return "in";
    case Op::kRange:
      return "..";
    default:
      return "";
  }
}

[[noreturn]] void FailOn(std::string_view code, const Value& value) {
  Failure failure(code);
  failure.value = DescribeValue(value);
  throw failure;
}

// Whether an operand is a number; D1001 where it is infinite.
bool IsNumeric(const Value& value) {
  if (!value.is_number() || std::isnan(value.number())) return false;
  if (std::isinf(value.number())) FailOn("D1001", value);
  return true;
}

Value Arithmetic(Op op, const Value& left, const Value& right) {
  if (!left.is_undefined() && !IsNumeric(left)) FailOn("T2001", left);
  if (!right.is_undefined() && !IsNumeric(right)) FailOn("T2002", right);
  if (left.is_undefined() || right.is_undefined()) return Value();
  double a = left.number();
  double b = right.number();
  switch (op) {
    case Op::kAdd:
      return Value::Number(a + b);
    case Op::kSubtract:
      return Value::Number(a - b);
    case Op::kMultiply:
      return Value::Number(a * b);
    case Op::kDivide:
      return Value::Number(a / b);
    default:
      return Value::Number(std::fmod(a, b));
  }
}

Value Compare(Op op, const Value& left, const Value& right) {
  auto comparable = [](const Value& value) { return value.is_undefined() || value.is_string() || value.is_number(); };
  if (!comparable(left) || !comparable(right)) {
    FailOn("T2010", left.is_string() || left.is_number() ? right : left);
  }
  if (left.is_undefined() || right.is_undefined()) return Value();
  if (left.is_string() != right.is_string()) {
    Failure failure("T2009");
    failure.value = DescribeValue(left);
    failure.value2 = DescribeValue(right);
    throw failure;
  }
  if (left.is_number()) {
    double a = left.number();
    double b = right.number();
    switch (op) {
      case Op::kLess:
        return Value::Bool(a < b);
      case Op::kLessEqual:
        return Value::Bool(a <= b);
      case Op::kGreater:
        return Value::Bool(a > b);
      default:
        return Value::Bool(a >= b);
    }
  }
  int order = CompareText(left.text(), right.text());
  switch (op) {
    case Op::kLess:
      return Value::Bool(order < 0);
    case Op::kLessEqual:
      return Value::Bool(order <= 0);
    case Op::kGreater:
      return Value::Bool(order > 0);
    default:
      return Value::Bool(order >= 0);
  }
}

bool IsChainable(const Ast* node) {
  return node->type == AstType::kBinary && !node->has_predicate && !node->has_group && !node->keep_array &&
         node->op != Op::kRange;
}

}  // namespace

// Chains of operators nest to the left without limit, so they are evaluated from the innermost outwards in a loop.
Value Evaluator::EvalBinary(const Ast* node, const Value& input, Frame* frame) {
  absl::InlinedVector<const Ast*, 8> chain = {node};
  while (IsChainable(chain.back()->lhs)) chain.push_back(chain.back()->lhs);
  Charge(chain.size() - 1);
  Value result = Eval(chain.back()->lhs, input, frame);
  for (; !chain.empty(); chain.pop_back()) result = EvalOperator(chain.back(), result, input, frame);
  return result;
}

Value Evaluator::EvalOperator(const Ast* node, const Value& left, const Value& input, Frame* frame) {
  if (node->op == Op::kAnd || node->op == Op::kOr) {
    try {
      if (Truthy(left) == (node->op == Op::kOr)) return Value::Bool(node->op == Op::kOr);
      return Value::Bool(Truthy(Eval(node->rhs, input, frame)));
    } catch (Failure& failure) {
      throw failure.At(node->position).Token(SymbolOf(node->op));
    }
  }
  Value right = Eval(node->rhs, input, frame);
  try {
    switch (node->op) {
      case Op::kAdd:
      case Op::kSubtract:
      case Op::kMultiply:
      case Op::kDivide:
      case Op::kRemainder:
        return Arithmetic(node->op, left, right);
      case Op::kEqual:
      case Op::kNotEqual:
        if (left.is_undefined() || right.is_undefined()) return Value::Bool(false);
        return Value::Bool(DeepEqual(*this, left, right) == (node->op == Op::kEqual));
      case Op::kLess:
      case Op::kLessEqual:
      case Op::kGreater:
      case Op::kGreaterEqual:
        return Compare(node->op, left, right);
      case Op::kConcat: {
        std::string text = left.is_undefined() ? std::string() : StringOf(left);
        std::string rest;
        std::string_view more;
        if (right.is_string()) {
          more = right.text();
        } else if (!right.is_undefined()) {
          rest = StringOf(right);
          more = rest;
        }
        Heap::Current().Require(text.size() + more.size());
        AppendText(more, text);
        Charge(text.size() / 256);
        return Value::String(text);
      }
      case Op::kRange:
        return EvalRange(left, right);
      case Op::kIn: {
        if (left.is_undefined() || right.is_undefined()) return Value::Bool(false);
        if (!right.is_array()) return Value::Bool(Value::Identical(left, right));
        size_t count = right.size();
        for (size_t i = 0; i < count; ++i) {
          if (i % 16 == 15) Charge(1);
          if (Value::Identical(left, right.At(i))) return Value::Bool(true);
        }
        return Value::Bool(false);
      }
      default:
        return Value();
    }
  } catch (Failure& failure) {
    throw failure.At(node->position).Token(SymbolOf(node->op));
  }
}

Value Evaluator::EvalRange(const Value& left, const Value& right) {
  constexpr double kRangeMax = 1e7;  // D2014 of the jsonata package: "at most 1e7 integers"
  auto whole = [](const Value& value) {
    return value.is_number() && std::isfinite(value.number()) && value.number() == std::trunc(value.number());
  };
  if (!left.is_undefined() && !whole(left)) FailOn("T2003", left);
  if (!right.is_undefined() && !whole(right)) FailOn("T2004", right);
  if (left.is_undefined() || right.is_undefined() || left.number() > right.number()) return Value();
  double size = right.number() - left.number() + 1;
  if (size > kRangeMax) throw Failure("D2014").Json(NumberToString(size));
  Ref<ArrayNode> range = ArrayNode::NewRange(left.number(), static_cast<size_t>(size));
  range->sequence = true;
  return Value::Of(std::move(range));
}

Value Evaluator::EvalUnary(const Ast* node, const Value& input, Frame* frame) {
  if (node->op == Op::kArray) return EvalArray(node, input, frame);
  // An object constructor is a group-by on the context.
  if (node->op == Op::kObject) return EvalPairs(node->pairs, node->position, input, frame);
  Value operand = Eval(node->lhs, input, frame);
  if (operand.is_undefined()) return operand;
  if (IsNumeric(operand)) return Value::Number(-operand.number());
  Failure failure("D1002", node->position);
  failure.value = DescribeValue(operand);
  throw failure.Token("-");
}

Value Evaluator::EvalArray(const Ast* node, const Value& input, Frame* frame) {
  Ref<ArrayNode> array = ArrayNode::New();
  for (const Ast* item : node->children) {
    Value value = Eval(item, input, frame);
    if (value.is_undefined()) continue;
    bool nested = item->type == AstType::kUnary && item->op == Op::kArray;
    if (nested || !value.is_array()) {
      array->Push(std::move(value));
    } else if (array->size == 0 && !array->range && value.array_node() != nullptr && value.array_node()->range) {
      // A range that is all the array so far stays a range: [1..10000000] takes no memory.
      array = ArrayNode::NewRange(value.array_node()->range_start, value.size());
    } else {
      array->PushAll(value);
    }
  }
  array->cons = node->cons_array;
  return Value::Of(std::move(array));
}

}  // namespace pawl::asl::jsonata
