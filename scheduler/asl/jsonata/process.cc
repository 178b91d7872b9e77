#include "scheduler/asl/jsonata/process.h"

#include "scheduler/asl/jsonata/error.h"
#include "scheduler/asl/jsonata/text.h"

namespace pawl::asl::jsonata {
namespace {

// Twice the parser's bound: a bound of Pawl's own against the stack's end, in D1011 too (issue 5).
constexpr int kProcessDepthMax = 2000;

// The name by which error messages know a type of node.
std::string_view TypeName(const Ast& node) {
  switch (node.type) {
    case AstType::kEnd:
      return "(end)";
    case AstType::kName:
      return "name";
    case AstType::kString:
      return "string";
    case AstType::kNumber:
      return "number";
    case AstType::kValue:
      return "value";
    case AstType::kVariable:
      return "variable";
    case AstType::kRegex:
      return "regex";
    case AstType::kWildcard:
      return "wildcard";
    case AstType::kDescendant:
      return "descendant";
    case AstType::kParent:
      return "parent";
    case AstType::kOperator:
      return "operator";
    case AstType::kBinary:
      return "binary";
    case AstType::kUnary:
      return "unary";
    case AstType::kFunction:
      return "function";
    case AstType::kPartial:
      return "partial";
    case AstType::kLambda:
      return "lambda";
    case AstType::kCondition:
    case AstType::kCoalesce:
      return "condition";
    case AstType::kTransform:
      return "transform";
    case AstType::kBlock:
      return "block";
    case AstType::kPath:
      return "path";
    case AstType::kBind:
      return "bind";
    case AstType::kApply:
      return "apply";
    case AstType::kSort:
      return "sort";
  }
  return "";
}

class Processor {
 public:
  explicit Processor(Program& program) : program_(program) {}

  // Binary operators nest to the left without limit (`a + b + c ...`), so that side is walked in a loop.
  Ast* Process(Ast* node) {
    if (++depth_ > kProcessDepthMax) throw Failure("D1011", node->position);
    std::vector<Ast*> spine;
    while (node->type == AstType::kBinary) {
      spine.push_back(node);
      node = node->lhs;
    }
    Ast* result = Keep(node, ProcessOne(node));
    for (; !spine.empty(); spine.pop_back()) result = Keep(spine.back(), ProcessBinary(spine.back(), result));
    --depth_;
    return result;
  }

 private:
  static Ast* Keep(const Ast* source, Ast* result) {
    if (source->keep_array) result->keep_array = true;
    return result;
  }

  Ast* New(AstType type, uint32_t position) {
    program_.nodes.emplace_back();
    Ast* node = &program_.nodes.back();
    node->type = type;
    node->position = position;
    return node;
  }

  Ast* PathOf(Ast* step) {
    Ast* path = New(AstType::kPath, 0);  // errors about a path as a whole carry no position
    path->children.push_back(step);
    return path;
  }

  static Ast* LastStep(Ast* node) { return node->type == AstType::kPath ? node->children.back() : node; }

  Ast* ProcessOne(Ast* node) {
    switch (node->type) {
      case AstType::kEnd:
        throw Failure("S0207", node->position).Token("(end)");
      case AstType::kName: {
        Ast* path = PathOf(node);
        path->keep_singleton_array = node->keep_array;
        return path;
      }
      case AstType::kOperator:
        if (node->op == Op::kPlaceholder) return node;
        node->type = AstType::kName;  // `and`, `or` and `in` can be names
        return ProcessOne(node);
      case AstType::kParent:
        program_.slots.push_back({program_.symbols->Fresh(), 1});
        node->slot = &program_.slots.back();
        node->position = 0;
        return node;
      case AstType::kUnary:
        return ProcessUnary(node);
      case AstType::kFunction:
      case AstType::kPartial:
        for (Ast*& argument : node->children) {
          argument = Process(argument);
          PushAncestry(node, argument);
        }
        node->procedure = Process(node->procedure);
        return node;
      case AstType::kLambda: {
        bool outer_binds = std::exchange(binds_, false);
        node->body = TailCalls(Process(node->body));
        binds_ = outer_binds;
        return node;
      }
      case AstType::kCondition:
      case AstType::kCoalesce:
        for (Ast** part : {&node->lhs, &node->rhs, &node->third}) {
          if (*part == nullptr) continue;
          *part = Process(*part);
          PushAncestry(node, *part);
        }
        return node;
      case AstType::kTransform:
        node->lhs = Process(node->lhs);
        node->rhs = Process(node->rhs);
        if (node->third != nullptr) node->third = Process(node->third);
        return node;
      case AstType::kBlock: {
        bool outer_binds = std::exchange(binds_, false);
        for (Ast*& part : node->children) {
          part = Process(part);
          PushAncestry(node, part);
          if (part->cons_array || (part->type == AstType::kPath && part->children[0]->cons_array)) {
            node->cons_array = true;
          }
        }
        node->needs_frame = binds_ || program_.uses_eval;
        binds_ = outer_binds;
        return node;
      }
      default:
        return node;
    }
  }

  Ast* ProcessUnary(Ast* node) {
    if (node->op == Op::kArray) {
      for (Ast*& item : node->children) {
        item = Process(item);
        PushAncestry(node, item);
      }
      return node;
    }
    if (node->op == Op::kObject) {
      ProcessPairs(node->pairs, node);
      return node;
    }
    Ast* operand = Process(node->lhs);
    if (operand->type == AstType::kNumber) {
      operand->number = -operand->number;
      return operand;
    }
    node->lhs = operand;
    PushAncestry(node, operand);
    return node;
  }

  void ProcessPairs(Pairs& pairs, Ast* ancestry_of) {
    for (auto& [key, value] : pairs) {
      key = Process(key);
      if (ancestry_of != nullptr) PushAncestry(ancestry_of, key);
      value = Process(value);
      if (ancestry_of != nullptr) PushAncestry(ancestry_of, value);
    }
  }

  Ast* ProcessBinary(Ast* node, Ast* left) {
    switch (node->op) {
      case Op::kDot:
        return ProcessDot(node, left);
      case Op::kBracket:
        return ProcessPredicate(node, left);
      case Op::kBrace:
        if (left->has_group) throw Failure("S0210", node->position);
        left->has_group = true;
        left->group.position = node->position;
        left->group.pairs = std::move(node->pairs);
        ProcessPairs(left->group.pairs, nullptr);
        return left;
      case Op::kOrder:
        return ProcessOrder(node, left);
      case Op::kAssign:
        node->type = AstType::kBind;
        binds_ = true;
        node->symbol = left->symbol;
        node->text = left->text;
        node->rhs = Process(node->rhs);
        PushAncestry(node, node->rhs);
        return node;
      case Op::kFocus: {
        Ast* step = LastStep(left);
        if (step->has_stages || step->has_predicate) throw Failure("S0215", node->position);
        if (step->type == AstType::kSort) throw Failure("S0216", node->position);
        if (node->keep_array) step->keep_array = true;
        step->has_focus = true;
        step->focus = node->rhs->symbol;
        step->tuple = true;
        return left;
      }
      case Op::kIndex:
        return ProcessIndex(node, left);
      case Op::kChain:
        node->type = AstType::kApply;
        node->lhs = left;
        node->rhs = Process(node->rhs);
        node->keep_array = left->keep_array || node->rhs->keep_array;
        return node;
      default:
        node->lhs = left;
        node->rhs = Process(node->rhs);
        PushAncestry(node, left);
        PushAncestry(node, node->rhs);
        return node;
    }
  }

  Ast* ProcessDot(Ast* node, Ast* left) {
    Ast* path = left->type == AstType::kPath ? left : PathOf(left);
    if (left->type == AstType::kParent) path->seeking_parent = {left->slot};
    Ast* rest = Process(node->rhs);
    if (rest->type == AstType::kPath) {
      path->children.insert(path->children.end(), rest->children.begin(), rest->children.end());
    } else {
      PredicateToStages(rest);
      path->children.push_back(rest);
    }
    for (; path->checked_steps < path->children.size(); ++path->checked_steps) {
      Ast* step = path->children[path->checked_steps];
      if (step->type == AstType::kNumber) {
        throw Failure("S0213", step->position).Json(NumberToString(step->number));
      }
      if (step->type == AstType::kValue) throw Failure("S0213", step->position).Json(step->text);
      if (step->type == AstType::kString) step->type = AstType::kName;
      if (step->keep_array) path->keep_singleton_array = true;
    }
    for (Ast* edge : {path->children.front(), path->children.back()}) {
      if (edge->type == AstType::kUnary && edge->op == Op::kArray) edge->cons_array = true;
    }
    ResolveAncestry(path);
    return path;
  }

  static void PredicateToStages(Ast* node) {
    if (!node->has_predicate) return;
    node->has_stages = true;
    node->stages = std::move(node->predicate);
    node->has_predicate = false;
    node->predicate.clear();
  }

  Ast* ProcessPredicate(Ast* node, Ast* left) {
    Ast* step = LastStep(left);
    if (step->has_group) throw Failure("S0209", node->position);
    Ast* predicate = Process(node->rhs);
    if (!predicate->seeking_parent.empty()) {
      for (Slot* slot : predicate->seeking_parent) {
        if (slot->level == 1) {
          SeekParent(step, slot);
        } else {
          --slot->level;
        }
      }
      PushAncestry(step, predicate);
    }
    Stage stage;
    stage.expression = predicate;
    stage.position = node->position;
    if (left->type == AstType::kPath) {
      step->has_stages = true;
      step->stages.push_back(stage);
    } else {
      step->has_predicate = true;
      step->predicate.push_back(stage);
    }
    return left;
  }

  Ast* ProcessOrder(Ast* node, Ast* left) {
    Ast* path = left->type == AstType::kPath ? left : PathOf(left);
    Ast* sort = New(AstType::kSort, node->position);
    sort->terms = std::move(node->terms);
    for (SortTerm& term : sort->terms) {
      term.expression = Process(term.expression);
      PushAncestry(sort, term.expression);
    }
    path->children.push_back(sort);
    ResolveAncestry(path);
    return path;
  }

  Ast* ProcessIndex(Ast* node, Ast* left) {
    Ast* step = LastStep(left);
    Ast* path = left;
    if (left->type != AstType::kPath) {
      path = PathOf(left);
      PredicateToStages(step);
    }
    if (step->has_stages) {
      Stage stage;
      stage.is_index = true;
      stage.index = node->rhs->symbol;
      stage.position = node->position;
      step->stages.push_back(stage);
    } else {
      step->has_index = true;
      step->index = node->rhs->symbol;
    }
    step->tuple = true;
    return path;
  }

  // A call in tail position becomes a thunk, which Evaluator::Apply calls in a loop instead of nesting.
  Ast* TailCalls(Ast* node) {
    switch (node->type) {
      case AstType::kFunction: {
        if (node->has_predicate) return node;
        Ast* thunk = New(AstType::kLambda, node->position);
        thunk->thunk = true;
        thunk->body = node;
        return thunk;
      }
      case AstType::kCondition:
        node->rhs = TailCalls(node->rhs);
        if (node->third != nullptr) node->third = TailCalls(node->third);
        return node;
      case AstType::kCoalesce:
        node->rhs = TailCalls(node->rhs);
        return node;
      case AstType::kBlock:
        if (!node->children.empty()) node->children.back() = TailCalls(node->children.back());
        return node;
      default:
        return node;
    }
  }

  // Walks one step back from a parent operator; where the level reaches zero, that step's item is what it means.
  void SeekParent(Ast* node, Slot* slot) {
    switch (node->type) {
      case AstType::kName:
      case AstType::kWildcard:
        if (--slot->level == 0) {
          if (node->ancestor != nullptr) slot->label = node->ancestor->label;
          node->ancestor = slot;
          node->tuple = true;
        }
        return;
      case AstType::kParent:
        ++slot->level;
        return;
      case AstType::kBlock:
        if (!node->children.empty()) {
          node->tuple = true;
          SeekParent(node->children.back(), slot);
        }
        return;
      case AstType::kPath: {
        node->tuple = true;
        size_t index = node->children.size();
        SeekParent(node->children[--index], slot);
        while (slot->level > 0 && index > 0) SeekParent(node->children[--index], slot);
        return;
      }
      default:
        throw Failure("S0217", node->position).Token(TypeName(*node));
    }
  }

  static void PushAncestry(Ast* result, const Ast* value) {
    std::vector<Slot*>& slots = result->seeking_parent;
    slots.insert(slots.end(), value->seeking_parent.begin(), value->seeking_parent.end());
    if (value->type == AstType::kParent) slots.push_back(value->slot);
  }

  void ResolveAncestry(Ast* path) {
    Ast* last = path->children.back();
    std::vector<Slot*> slots = last->seeking_parent;
    if (last->type == AstType::kParent) slots.push_back(last->slot);
    for (Slot* slot : slots) {
      auto index = static_cast<ptrdiff_t>(path->children.size()) - 2;
      while (slot->level > 0) {
        if (index < 0) {
          path->seeking_parent.push_back(slot);
          break;
        }
        Ast* step = path->children[static_cast<size_t>(index--)];
        // Of adjacent steps that bind the focus only the first one counts.
        while (index >= 0 && step->has_focus && path->children[static_cast<size_t>(index)]->has_focus) {
          step = path->children[static_cast<size_t>(index--)];
        }
        SeekParent(step, slot);
      }
    }
  }

  Program& program_;
  int depth_ = 0;
  bool binds_ = false;  // a variable is bound in the innermost block or lambda being processed
};

}  // namespace

Ast* ProcessTree(Ast* root, Program& program) {
  Ast* processed = Processor(program).Process(root);
  if (processed->type == AstType::kParent || !processed->seeking_parent.empty()) {
    throw Failure("S0217", processed->position).Token(TypeName(*processed));
  }
  return processed;
}

}  // namespace pawl::asl::jsonata
