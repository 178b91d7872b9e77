// Evaluates a processed syntax tree. One Evaluator serves one evaluation on one thread.
//
// Failures are thrown (error.h). Every node counts a step and a level of depth against the limits, so that no
// expression can hang, overflow the stack or eat the memory.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "scheduler/asl/jsonata/ast.h"
#include "scheduler/asl/jsonata/error.h"
#include "scheduler/asl/jsonata/functions.h"
#include "scheduler/asl/jsonata/heap.h"
#include "scheduler/asl/jsonata/nodes.h"
#include "scheduler/asl/jsonata/value.h"

namespace pawl::asl::jsonata {

// The symbol under which a tuple keeps its item; no variable has it.
constexpr Symbol kContextSymbol = 0xFFFFFFFF;

class Evaluator {
 public:
  Evaluator(const Program& program, const Environment& environment);

  // `input` undefined where there is none.
  Value Run(const Value& input);

  Value Eval(const Ast* node, const Value& input, Frame* frame);
  // Calls a function; makes tail calls in a loop. `input` is the context for missing arguments.
  Value Apply(const Value& function, Arguments arguments, const Value& input, Frame* frame);

  const Dialect& dialect() const { return program_.dialect; }
  bool js_order() const { return !dialect().step_functions; }
  const Environment& environment() const { return environment_; }
  base::Random& random();
  // Counts work that is not evaluation of nodes; throws D1012 at the limit.
  void Charge(size_t steps) {
    if (static_cast<size_t>(steps_left_) <= steps) OutOfSteps();
    steps_left_ -= static_cast<int64_t>(steps);
  }
  std::string StringOf(const Value& value, bool pretty = false) const;
  // The effective boolean value ($boolean); undefined counts as false. Throws D1001.
  static bool Truthy(const Value& value);

  // Parts that functions share with operators.
  Value Lookup(const Value& input, std::string_view key);
  Value Append(const Value& first, const Value& second);
  // Stable merge sort; `greater(a, b)`: whether they must swap.
  Value Sort(const Value& array, const std::function<bool(const Value&, const Value&)>& greater);
  Value EvalText(std::string_view text, const Value& input, Frame* frame);  // $eval
  Value ParseJson(std::string_view text);                                   // $parse, functions_steps.cc
  Value MatchResult(const Regex& regex, const Value& text, size_t from);
  Value Variable(Symbol symbol, Frame* frame);
  Value Clone(const Value& value, int depth = 0);  // $clone
  static Value WrapArray(const Value& input);

 private:
  // What a path step hands on: nothing, one item of a sequence, or an array.
  struct Items {
    enum class Kind { kNone, kOne, kArray } kind = Kind::kNone;
    Value value;
  };
  // One level of nested evaluation; throws D1011 at the limit.
  struct Level {
    Evaluator& evaluator;
    explicit Level(Evaluator& owner) : evaluator(owner) {
      if (++evaluator.depth_ > evaluator.environment_.limits.depth_max) {
        --evaluator.depth_;
        throw Failure("D1011");
      }
    }
    ~Level() { --evaluator.depth_; }
  };

  [[noreturn]] void OutOfSteps() const;
  Value Finish(const Ast* node, Value result, Frame* frame);
  static Value Normalize(const Ast* node, Value result);

  Value EvalPath(const Ast* path, const Value& input, Frame* frame);
  Items EvalStep(const Ast* step, const Items& input, Frame* frame, bool last);
  Value EvalTuplePath(const Ast* path, size_t first_step, const Items& input, Frame* frame);
  Value EvalTupleStep(const Ast* step, const Items& input, const Value& tuples, Frame* frame);
  Value EvalStages(const Ast* step, Value input, Frame* frame);
  Items EvalFilter(const Ast* predicate, const Value& input, Frame* frame);
  static Value ToValue(const Items& items);
  Ref<Frame> FrameOfTuple(Frame* frame, const Value& tuple);
  Value EvalSort(const Ast* sort, const Value& input, Frame* frame);
  Value EvalGroup(const Group& group, const Value& input, Frame* frame) {
    return EvalPairs(group.pairs, group.position, input, frame);
  }
  Value EvalPairs(const Pairs& pairs, size_t position, const Value& input, Frame* frame);
  Value ReduceTuples(const Value& tuples);

  Value EvalBinary(const Ast* node, const Value& input, Frame* frame);
  Value EvalOperator(const Ast* node, const Value& left, const Value& input, Frame* frame);
  Value EvalRange(const Value& left, const Value& right);
  Value EvalUnary(const Ast* node, const Value& input, Frame* frame);
  Value EvalArray(const Ast* node, const Value& input, Frame* frame);
  Value EvalWildcard(const Value& input);
  Value EvalDescendants(const Value& input);
  void CollectDescendants(const Value& input, ArrayNode& results, int depth);
  Value EvalBlock(const Ast* node, const Value& input, Frame* frame);
  Value EvalCoalesce(const Ast* node, const Value& input, Frame* frame);
  Value EvalApply(const Ast* node, const Value& input, Frame* frame);
  Value EvalCall(const Ast* node, const Value& input, Frame* frame, const Value* context);
  bool IsKnownName(const Ast* procedure, Frame* frame);
  Value EvalPartial(const Ast* node, const Value& input, Frame* frame);
  Value PartialLambda(const LambdaNode& lambda, const Ast* node, const Arguments& arguments);
  Value EvalLambda(const Ast* node, const Value& input, Frame* frame);
  Value Transform(const TransformNode& transform, const Value& object);

  CalledAt* CalledSlot(const Value& function);
  Value ApplyOnce(const Value& function, Arguments& arguments, const Value& input, Frame* frame);
  Value ApplyFunctionNode(const Value& function, Arguments& arguments, const Value& input, Frame* frame);

  const Program& program_;
  const Environment& environment_;
  SymbolTable symbols_;
  std::unordered_map<std::string, std::unique_ptr<Program>> evaluated_;  // programs of $eval by their text
  uint32_t literal_count_ = 0;
  std::vector<CalledAt> native_called_;  // where each built-in was last called
  std::vector<Value> literals_;
  std::deque<json::Value> parsed_;  // by $parse
  Ref<Frame> global_;
  int depth_ = 0;
  int64_t steps_left_;
};

}  // namespace pawl::asl::jsonata
