// The heap nodes behind functions, variable frames and path tuples, and the one place that takes any node apart.
#pragma once

#include <span>

#include "scheduler/asl/jsonata/value.h"

namespace pawl::asl::jsonata {

struct Binding {
  Symbol symbol;
  Value value;
};

// A growing list of bindings in the heap.
struct Bindings {
  uint32_t size = 0;
  uint32_t capacity = 0;
  Binding* items = nullptr;

  const Value* Find(Symbol symbol) const {
    for (uint32_t i = 0; i < size; ++i) {
      if (items[i].symbol == symbol) return &items[i].value;
    }
    return nullptr;
  }
  void Set(Symbol symbol, Value value);
  void Reserve(uint32_t count);
  std::span<const Binding> view() const { return {items, size}; }
};

// One scope of variables; closures hold the frame they were made in.
struct Frame : Node {
  Ref<Frame> parent;
  Bindings bindings;
  explicit Frame(Ref<Frame> enclosing) : Node(NodeKind::kFrame), parent(std::move(enclosing)) {}
  static Ref<Frame> New(Frame* parent) { return MakeNode<Frame>(Ref<Frame>::Share(parent)); }
};

// One row of a path that binds variables (@ # %). The context item is bound under kContextSymbol.
struct TupleNode : Node {
  Bindings bindings;
  TupleNode() : Node(NodeKind::kTuple) {}
};

// Where a function was last called, for error reports; the expression that named it, and the position of the call.
struct CalledAt {
  const Ast* procedure = nullptr;
  size_t position = 0;
};

struct FunctionNode : Node {
  CalledAt called;
  using Node::Node;
};

struct LambdaNode : FunctionNode {
  const Ast* definition;
  Ref<Frame> frame;
  Value input;
  bool tail_call = false;  // a call in tail position, yet to be made (Evaluator::Apply's loop)
  bool partial = false;    // parameters are the unbound ones below; no signature
  const Ast** parameters = nullptr;
  size_t parameter_count = 0;
  explicit LambdaNode(const Ast* lambda) : FunctionNode(NodeKind::kLambda), definition(lambda) {}
};

// A built-in with some arguments supplied; undefined entries marked in `open` are to come.
struct PartialNativeNode : FunctionNode {
  const Native* native;
  Value* arguments = nullptr;
  bool* open = nullptr;
  size_t count = 0;
  size_t open_count = 0;
  explicit PartialNativeNode(const Native* function) : FunctionNode(NodeKind::kPartialNative), native(function) {}
};

// `next` of a regular expression's match.
struct MatchNextNode : FunctionNode {
  const Regex* regex;
  Value text;
  size_t from = 0;  // byte offset of the search
  explicit MatchNextNode(const Regex* expression) : FunctionNode(NodeKind::kMatchNext), regex(expression) {}
};

struct TransformNode : FunctionNode {
  const Ast* definition;
  Ref<Frame> frame;
  explicit TransformNode(const Ast* transform) : FunctionNode(NodeKind::kTransform), definition(transform) {}
};

// f ~> g
struct ChainNode : FunctionNode {
  Value first;
  Value second;
  ChainNode(Value f, Value g) : FunctionNode(NodeKind::kChain), first(std::move(f)), second(std::move(g)) {}
};

template <typename T>
T* AsFunction(const Value& value, NodeKind kind) {
  return value.tag() == Tag::kFunction && value.node()->kind == kind ? static_cast<T*>(value.node()) : nullptr;
}
inline LambdaNode* AsLambda(const Value& value) { return AsFunction<LambdaNode>(value, NodeKind::kLambda); }

// Drops what `node` holds and gives its memory back; for Heap::Destroy.
void DestroyNode(Heap& heap, Node* node);

}  // namespace pawl::asl::jsonata
