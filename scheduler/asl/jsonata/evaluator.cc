#include "scheduler/asl/jsonata/evaluator.h"

#include <cmath>

#include "scheduler/asl/jsonata/serialize.h"
#include "shared/base/check.h"

namespace pawl::asl::jsonata {

Evaluator::Evaluator(const Program& program, const Environment& environment)
    : program_(program),
      environment_(environment),
      symbols_(program.symbols),
      literal_count_(program.literal_count),
      native_called_(Catalogue::Of(program.dialect.step_functions).size()),
      literals_(program.literal_count),
      steps_left_(environment.limits.steps_max) {}

Value Evaluator::WrapArray(const Value& input) {
  if (!input.is_array() || input.is_sequence()) return input;
  Ref<ArrayNode> wrapper = ArrayNode::NewSequence();
  wrapper->outer_wrapper = true;
  wrapper->Push(input);
  return Value::Of(std::move(wrapper));
}

Value Evaluator::Run(const Value& input) {
  global_ = Frame::New(nullptr);
  for (const auto& [name, value] : environment_.bindings) {
    const Symbol* symbol = symbols_.Find(name);
    if (symbol == nullptr && program_.uses_eval) symbols_.Intern(name), symbol = symbols_.Find(name);
    if (symbol != nullptr) global_->bindings.Set(*symbol, Value::Input(value));
  }
  global_->bindings.Set(symbols_.Intern("$"), input);
  return Eval(program_.root, WrapArray(input), global_.get());
}

base::Random& Evaluator::random() {
  PAWL_CHECK(environment_.random != nullptr, "an expression that may call $random or $uuid gets a Random");
  return *environment_.random;
}

void Evaluator::OutOfSteps() const {
  Failure failure("D1012");
  failure.message = "The limit of evaluation steps was exceeded. Check for infinite loop";
  throw failure;
}

std::string Evaluator::StringOf(const Value& value, bool pretty) const {
  StringifyOptions options;
  options.pretty = pretty;
  options.round_whole_numbers = dialect().version == Version::k2_0_6;
  options.js_order = js_order();
  return Stringify(value, options);
}

Value Evaluator::Variable(Symbol symbol, Frame* frame) {
  size_t work = 0;
  for (; frame != nullptr; frame = frame->parent.get()) {
    if (const Value* value = frame->bindings.Find(symbol)) return *value;
    work += 1 + frame->bindings.size;
    if (work > 64) {  // long chains of scopes cost time
      Charge(1);
      work = 0;
    }
  }
  const Native* native = Catalogue::Of(dialect().step_functions).Find(symbol);
  return native == nullptr ? Value() : Value::OfNative(native);
}

namespace {

bool TruthyAt(const Value& value, int depth) {
  if (depth > kValueDepthMax) throw Failure("D1011");
  switch (value.tag()) {
    case Tag::kBool:
      return value.boolean();
    case Tag::kNumber:
      if (std::isinf(value.number())) throw Failure("D1001").Json("null");
      return value.number() != 0 && !std::isnan(value.number());
    case Tag::kJsonString:
    case Tag::kString:
      return !value.text().empty();
    case Tag::kJsonArray:
    case Tag::kArray: {
      bool any = false;
      size_t count = value.size();
      for (size_t i = 0; i < count; ++i) any = TruthyAt(value.At(i), depth + 1) || any;
      return any;
    }
    case Tag::kJsonObject:
    case Tag::kObject:
      return value.member_count() > 0;
    case Tag::kTuple:
      return true;
    default:
      return false;
  }
}

}  // namespace

bool Evaluator::Truthy(const Value& value) { return TruthyAt(value, 0); }

Value Evaluator::Eval(const Ast* node, const Value& input, Frame* frame) {
  Level level(*this);
  if (--steps_left_ < 0) OutOfSteps();
  Value result;
  switch (node->type) {
    case AstType::kPath:
      return EvalPath(node, input, frame);
    case AstType::kBinary:
      result = EvalBinary(node, input, frame);
      break;
    case AstType::kUnary:
      result = EvalUnary(node, input, frame);
      break;
    case AstType::kName:
      result = Lookup(input, node->text);
      break;
    case AstType::kString: {
      Value& literal = literals_[node->literal];
      if (literal.is_undefined()) literal = Value::String(node->text);
      result = literal;
      break;
    }
    case AstType::kNumber:
      result = Value::Number(node->number);
      break;
    case AstType::kValue:
      result = node->text == "null" ? Value::Null() : Value::Bool(node->text == "true");
      break;
    case AstType::kWildcard:
      result = EvalWildcard(input);
      break;
    case AstType::kDescendant:
      result = EvalDescendants(input);
      break;
    case AstType::kParent:
      result = Variable(node->slot->label, frame);
      break;
    case AstType::kCondition:
      if (Truthy(Eval(node->lhs, input, frame))) {
        result = Eval(node->rhs, input, frame);
      } else if (node->third != nullptr) {
        result = Eval(node->third, input, frame);
      }
      break;
    case AstType::kCoalesce:
      result = EvalCoalesce(node, input, frame);
      break;
    case AstType::kBlock:
      result = EvalBlock(node, input, frame);
      break;
    case AstType::kBind:
      result = Eval(node->rhs, input, frame);
      frame->bindings.Set(node->symbol, result);
      break;
    case AstType::kRegex:
      result = Value::OfRegex(node->regex.get());
      break;
    case AstType::kFunction:
      result = EvalCall(node, input, frame, nullptr);
      break;
    case AstType::kVariable:
      if (!node->text.empty()) {
        result = Variable(node->symbol, frame);
      } else {
        const ArrayNode* array = input.array_node();
        result = array != nullptr && array->outer_wrapper ? array->At(0) : input;
      }
      break;
    case AstType::kLambda:
      result = EvalLambda(node, input, frame);
      break;
    case AstType::kPartial:
      result = EvalPartial(node, input, frame);
      break;
    case AstType::kApply:
      result = EvalApply(node, input, frame);
      break;
    case AstType::kTransform: {
      Ref<TransformNode> transform = MakeNode<TransformNode>(node);
      transform->frame = Ref<Frame>::Share(frame);
      result = Value::OfNode(Tag::kFunction, std::move(transform));
      break;
    }
    case AstType::kEnd:
    case AstType::kOperator:
    case AstType::kSort:
      break;
  }
  if (node->has_predicate || node->has_group) return Finish(node, std::move(result), frame);
  return result.is_sequence() ? Normalize(node, std::move(result)) : result;
}

Value Evaluator::Finish(const Ast* node, Value result, Frame* frame) {
  for (const Stage& stage : node->predicate) result = ToValue(EvalFilter(stage.expression, result, frame));
  if (node->has_group) result = EvalGroup(node->group, result, frame);
  return Normalize(node, std::move(result));
}

// A sequence of one item is that item, of none is undefined; unless `[]` asked to keep it.
Value Evaluator::Normalize(const Ast* node, Value result) {
  ArrayNode* array = result.array_node();
  if (array == nullptr || !array->sequence || array->tuple_stream) return result;
  if (node->keep_array) array->keep_singleton = true;
  if (array->size == 0) return Value();
  if (array->size == 1 && !array->keep_singleton) return array->At(0);
  return result;
}

Value Evaluator::EvalBlock(const Ast* node, const Value& input, Frame* frame) {
  Ref<Frame> own;
  if (node->needs_frame) {
    own = Frame::New(frame);
    frame = own.get();
  }
  Value result;
  for (const Ast* part : node->children) result = Eval(part, input, frame);
  return result;
}

Value Evaluator::EvalCoalesce(const Ast* node, const Value& input, Frame* frame) {
  Value left = Eval(node->lhs, input, frame);
  bool use_left = node->op == Op::kDefault ? Truthy(left) : !left.is_undefined();
  return use_left ? left : Eval(node->rhs, input, frame);
}

}  // namespace pawl::asl::jsonata
