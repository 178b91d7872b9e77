// Functions: calls, lambdas, partial application, chaining, tail calls.

#include <cmath>

#include "scheduler/asl/jsonata/evaluator.h"
#include "scheduler/asl/jsonata/serialize.h"
#include "scheduler/asl/jsonata/text.h"

namespace pawl::asl::jsonata {
namespace {

// The name by which errors call the function that an expression denotes; nothing where it has none.
std::optional<std::string> NameOf(const Ast* procedure) {
  switch (procedure->type) {
    case AstType::kPath:
      return NameOf(procedure->children[0]);
    case AstType::kVariable:
    case AstType::kString:
    case AstType::kValue:
    case AstType::kName:
      return procedure->text;
    case AstType::kNumber:
      return NumberToString(procedure->number);
    case AstType::kWildcard:
      return "*";
    case AstType::kDescendant:
      return "**";
    case AstType::kUnary:
      return procedure->op == Op::kArray ? "[" : procedure->op == Op::kObject ? "{" : "-";
    case AstType::kBind:
      return ":=";
    case AstType::kApply:
      return "~>";
    case AstType::kFunction:
    case AstType::kPartial:
      return "(";
    default:
      return std::nullopt;
  }
}

bool IsLimit(const Failure& failure) {
  return failure.code == "D1011" || failure.code == "D1012" || failure.code == "D1013";
}

const Signature& TransformSignature() {
  static const Signature signature("<(oa):o>");
  return signature;
}

}  // namespace

Value Evaluator::EvalLambda(const Ast* node, const Value& input, Frame* frame) {
  Ref<LambdaNode> lambda = MakeNode<LambdaNode>(node);
  lambda->frame = Ref<Frame>::Share(frame);
  lambda->input = input;
  lambda->tail_call = node->thunk;
  return Value::OfNode(Tag::kFunction, std::move(lambda));
}

Value Evaluator::EvalApply(const Ast* node, const Value& input, Frame* frame) {
  Value left = Eval(node->lhs, input, frame);
  if (node->rhs->type == AstType::kFunction) return EvalCall(node->rhs, input, frame, &left);
  Value function = Eval(node->rhs, input, frame);
  if (!function.is_function()) {
    Failure failure("T2006", node->position);
    failure.value = DescribeValue(function);
    throw failure;
  }
  if (left.is_function()) {
    return Value::OfNode(Tag::kFunction, MakeNode<ChainNode>(std::move(left), std::move(function)));
  }
  return Apply(function, {std::move(left)}, Value::Null(), frame);
}

CalledAt* Evaluator::CalledSlot(const Value& function) {
  if (function.tag() == Tag::kNative) return &native_called_[function.native()->number];
  if (function.tag() == Tag::kFunction && function.node()->kind != NodeKind::kMatchNext) {
    return &static_cast<FunctionNode*>(function.node())->called;
  }
  return nullptr;
}

Value Evaluator::EvalCall(const Ast* node, const Value& input, Frame* frame, const Value* context) {
  Value function = Eval(node->procedure, input, frame);
  if (function.is_undefined() && IsKnownName(node->procedure, frame)) {  // the leading $ was forgotten
    throw Failure("T1005", node->position).Token(node->procedure->children[0]->text);
  }
  Arguments arguments;
  if (context != nullptr) arguments.push_back(*context);
  for (const Ast* argument : node->children) arguments.push_back(Eval(argument, input, frame));
  if (CalledAt* called = CalledSlot(function)) *called = {node->procedure, node->position};
  try {
    return Apply(function, std::move(arguments), input, frame);
  } catch (Failure& failure) {
    if (failure.position == 0) failure.position = node->position;
    if (!failure.token || failure.token->empty()) failure.token = NameOf(node->procedure);
    throw;
  }
}

bool Evaluator::IsKnownName(const Ast* procedure, Frame* frame) {
  if (procedure->type != AstType::kPath) return false;
  const Symbol* symbol = symbols_.Find(procedure->children[0]->text);
  if (symbol == nullptr) return false;
  Value value = Variable(*symbol, frame);
  switch (value.tag()) {  // JavaScript's truth
    case Tag::kUndefined:
    case Tag::kNull:
      return false;
    case Tag::kBool:
      return value.boolean();
    case Tag::kNumber:
      return value.number() != 0 && !std::isnan(value.number());
    case Tag::kJsonString:
    case Tag::kString:
      return !value.text().empty();
    default:
      return true;
  }
}

Value Evaluator::Apply(const Value& function, Arguments arguments, const Value& input, Frame* frame) {
  Value result = ApplyOnce(function, arguments, input, frame);
  for (;;) {
    LambdaNode* lambda = AsLambda(result);
    if (lambda == nullptr || !lambda->tail_call) return result;
    const Ast* call = lambda->definition->body;
    Value next = Eval(call->procedure, lambda->input, lambda->frame.get());
    if (CalledAt* called = CalledSlot(next)) {
      called->position = call->procedure->position;
      if (call->procedure->type == AstType::kVariable) called->procedure = call->procedure;
    }
    Arguments next_arguments;
    for (const Ast* argument : call->children) {
      next_arguments.push_back(Eval(argument, lambda->input, lambda->frame.get()));
    }
    result = ApplyOnce(next, next_arguments, input, frame);
  }
}

Value Evaluator::ApplyOnce(const Value& function, Arguments& arguments, const Value& input, Frame* frame) {
  try {
    switch (function.tag()) {
      case Tag::kNative: {
        const Native* native = function.native();
        native->signature.Validate(arguments, input);
        NativeCall call{*this, std::move(arguments), input, frame};
        return native->spec.run(call);
      }
      case Tag::kRegex: {
        if (arguments.empty() || arguments[0].is_undefined()) return Value();
        Value text = arguments[0].is_string() ? arguments[0] : Value::String(StringOf(arguments[0]));
        double from = arguments.size() > 1 && arguments[1].is_number() ? arguments[1].number() : 0;
        size_t units = from > 0 && from < 1e15 ? static_cast<size_t>(from) : 0;
        if (units > 0 && units > Utf16Length(text.text())) return Value();
        return MatchResult(*function.regex(), text, ByteOffsetOfUtf16(text.text(), units));
      }
      case Tag::kFunction:
        return ApplyFunctionNode(function, arguments, input, frame);
      default:
        throw Failure("T1006");
    }
  } catch (Failure& failure) {
    if (const CalledAt* called = CalledSlot(function)) {
      if (!failure.token && called->procedure != nullptr) failure.token = NameOf(called->procedure);
      if (called->position != 0) failure.position = called->position;
    }
    throw;
  }
}

Value Evaluator::ApplyFunctionNode(const Value& function, Arguments& arguments, const Value& input, Frame* frame) {
  auto argument = [&](size_t index) { return index < arguments.size() ? arguments[index] : Value(); };
  switch (function.node()->kind) {
    case NodeKind::kLambda: {
      auto* lambda = static_cast<LambdaNode*>(function.node());
      const Ast* definition = lambda->definition;
      Ref<Frame> own = Frame::New(lambda->frame.get());
      if (lambda->partial) {
        for (size_t i = 0; i < lambda->parameter_count; ++i) {
          own->bindings.Set(lambda->parameters[i]->symbol, argument(i));
        }
      } else {
        if (definition->signature) definition->signature->Validate(arguments, input);
        own->bindings.Reserve(static_cast<uint32_t>(definition->children.size()));
        for (size_t i = 0; i < definition->children.size(); ++i) {
          own->bindings.Set(definition->children[i]->symbol, argument(i));
        }
      }
      Value keep_alive = function;  // its variable may be bound anew while it runs
      Value context = lambda->input;
      return Eval(definition->body, context, own.get());
    }
    case NodeKind::kPartialNative: {
      auto* partial = static_cast<PartialNativeNode*>(function.node());
      Arguments all;
      size_t next = 0;
      for (size_t i = 0; i < partial->count; ++i) {
        all.push_back(partial->open[i] ? argument(next++) : partial->arguments[i]);
      }
      partial->native->signature.Validate(all, input);
      NativeCall call{*this, std::move(all), input, frame};
      return partial->native->spec.run(call);
    }
    case NodeKind::kMatchNext: {
      auto* next = static_cast<MatchNextNode*>(function.node());
      if (next->from >= next->text.text().size()) return Value();
      std::optional<Regex::Match> match = next->regex->Find(next->text.text(), next->from);
      if (match && match->whole.begin == match->whole.end) {
        throw Failure("D1004", next->regex->position).Text(next->regex->source());
      }
      return MatchResult(*next->regex, next->text, next->from);
    }
    case NodeKind::kTransform: {
      TransformSignature().Validate(arguments, input);
      Value keep_alive = function;
      return Transform(*static_cast<TransformNode*>(function.node()), argument(0));
    }
    case NodeKind::kChain: {
      auto* chain = static_cast<ChainNode*>(function.node());
      Level level(*this);
      Value second = chain->second;
      Value between = Apply(chain->first, {argument(0)}, Value::Null(), frame);
      // The chain is the expression $g($f($x)), so what is handed on has been through an evaluation: a sequence of one
      // is its item, an empty one is undefined.
      if (ArrayNode* array = between.array_node(); array != nullptr && array->sequence && !array->tuple_stream) {
        if (array->size == 0) {
          between = Value();
        } else if (array->size == 1 && !array->keep_singleton) {
          between = Value(array->At(0));
        }
      }
      return Apply(second, {std::move(between)}, Value::Null(), frame);
    }
    default:
      throw Failure("T1006");
  }
}

Value Evaluator::EvalPartial(const Ast* node, const Value& input, Frame* frame) {
  auto is_open = [](const Ast* argument) {
    return argument->op == Op::kPlaceholder && argument->type == AstType::kOperator;
  };
  Arguments arguments;
  for (const Ast* argument : node->children) {
    arguments.push_back(is_open(argument) ? Value() : Eval(argument, input, frame));
  }
  Value function = Eval(node->procedure, input, frame);
  if (function.is_undefined() && IsKnownName(node->procedure, frame)) {
    throw Failure("T1007", node->position).Token(node->procedure->children[0]->text);
  }
  if (LambdaNode* lambda = AsLambda(function)) return PartialLambda(*lambda, node, arguments);
  if (function.tag() == Tag::kNative) {
    Ref<PartialNativeNode> partial = MakeNode<PartialNativeNode>(function.native());
    size_t count = arguments.size();
    partial->arguments = static_cast<Value*>(Heap::Current().Allocate(count * sizeof(Value)));
    for (size_t i = 0; i < count; ++i) new (&partial->arguments[i]) Value(std::move(arguments[i]));
    partial->count = count;
    partial->open = static_cast<bool*>(Heap::Current().Allocate(count));
    for (size_t i = 0; i < count; ++i) {
      partial->open[i] = is_open(node->children[i]);
      if (partial->open[i]) ++partial->open_count;
    }
    return Value::OfNode(Tag::kFunction, std::move(partial));
  }
  if (function.is_function()) {
    // Other functions take one value that matters; with it open the partial is the function itself.
    if (is_open(node->children[0])) return function;
    Failure failure("T1008", node->position);
    failure.token = NameOf(node->procedure);
    throw failure;
  }
  Failure failure("T1008", node->position);
  failure.token = NameOf(node->procedure);
  throw failure;
}

Value Evaluator::PartialLambda(const LambdaNode& lambda, const Ast* node, const Arguments& arguments) {
  Ref<LambdaNode> partial = MakeNode<LambdaNode>(lambda.definition);
  partial->frame = Frame::New(lambda.frame.get());
  partial->input = lambda.input;
  partial->partial = true;
  size_t count = lambda.partial ? lambda.parameter_count : lambda.definition->children.size();
  auto parameter = [&](size_t i) { return lambda.partial ? lambda.parameters[i] : lambda.definition->children[i]; };
  auto open = [&](size_t i) {
    return i < node->children.size() && node->children[i]->type == AstType::kOperator &&
           node->children[i]->op == Op::kPlaceholder;
  };
  size_t open_count = 0;
  for (size_t i = 0; i < count; ++i) open_count += open(i) ? 1 : 0;
  if (open_count > 0) {
    partial->parameters = static_cast<const Ast**>(Heap::Current().Allocate(open_count * sizeof(const Ast*)));
  }
  for (size_t i = 0; i < count; ++i) {
    if (open(i)) {
      partial->parameters[partial->parameter_count++] = parameter(i);
    } else {
      partial->frame->bindings.Set(parameter(i)->symbol, i < arguments.size() ? arguments[i] : Value());
    }
  }
  return Value::OfNode(Tag::kFunction, std::move(partial));
}

// The object that a regular expression called as a function returns, or undefined.
Value Evaluator::MatchResult(const Regex& regex, const Value& text, size_t from) {
  std::string_view subject = text.text();
  Charge(1 + (regex.reads_ahead() ? (subject.size() - from) / 32 : 0));
  std::optional<Regex::Match> match = regex.Find(subject, from);
  if (!match) return Value();
  const auto& [begin, end] = match->whole;
  Ref<ObjectNode> result = ObjectNode::New();
  size_t start = Utf16Length(subject.substr(0, begin));
  result->Set("match", Value::String(subject.substr(begin, end - begin)));
  result->Set("start", Value::Number(static_cast<double>(start)));
  result->Set("end", Value::Number(static_cast<double>(start + Utf16Length(subject.substr(begin, end - begin)))));
  Ref<ArrayNode> groups = ArrayNode::New();
  for (const std::optional<Regex::Span>& group : match->groups) {
    groups->Push(group ? Value::String(subject.substr(group->begin, group->end - group->begin)) : Value());
  }
  result->Set("groups", Value::Of(std::move(groups)));
  Ref<MatchNextNode> next = MakeNode<MatchNextNode>(&regex);
  next->text = text;
  next->from = end;
  result->Set("next", Value::OfNode(Tag::kFunction, std::move(next)));
  return Value::Of(std::move(result));
}

Value Evaluator::EvalText(std::string_view text, const Value& input, Frame* frame) {
  std::unique_ptr<Program>& program = evaluated_[std::string(text)];
  if (program == nullptr) {
    Charge(2000 + 100 * text.size());
    try {
      program = CompileProgram(text, dialect(), &symbols_, literal_count_);
    } catch (Failure& failure) {
      evaluated_.erase(std::string(text));
      throw Failure("D3120").Text(ToError(failure).message);
    }
    literal_count_ = program->literal_count;
    literals_.resize(literal_count_);
  }
  try {
    return Eval(program->root, input, frame);
  } catch (Failure& failure) {
    if (IsLimit(failure)) throw;
    throw Failure("D3121").Text(ToError(failure).message);
  }
}

}  // namespace pawl::asl::jsonata
