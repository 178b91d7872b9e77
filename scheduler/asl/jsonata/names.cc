#include "scheduler/asl/jsonata/names.h"

#include <algorithm>

#include "scheduler/asl/jsonata/error.h"
#include "scheduler/asl/jsonata/functions.h"

namespace pawl::asl::jsonata {
namespace {

class Checker {
 public:
  explicit Checker(Program& program) : program_(program), catalogue_(Catalogue::Of(program.dialect.step_functions)) {}

  // `context`: there is a context item, as in a predicate or behind the first step of a path.
  void Walk(const Ast* node, bool context) {
    std::vector<const Ast*> spine;  // chains of operators nest to the left without limit
    while (node->type == AstType::kBinary) {
      spine.push_back(node);
      node = node->lhs;
    }
    WalkOne(node, context);
    for (; !spine.empty(); spine.pop_back()) {
      Walk(spine.back()->rhs, context);
      Attachments(spine.back());
    }
  }

 private:
  void WalkOne(const Ast* node, bool context) {
    switch (node->type) {
      case AstType::kVariable:
        Variable(node, context);
        break;
      case AstType::kName:
        if (!context) Refuse(node, "the name '" + node->text + "'");
        break;
      case AstType::kWildcard:
      case AstType::kDescendant:
      case AstType::kParent:
        if (!context) Refuse(node, "'*' or '%'");
        break;
      case AstType::kPath:
        for (size_t i = 0; i < node->children.size(); ++i) Walk(node->children[i], context || i > 0);
        break;
      case AstType::kLambda: {
        size_t outer = bound_.size();
        for (const Ast* parameter : node->children) bound_.push_back(parameter->text);
        Walk(node->body, context);
        bound_.resize(outer);
        break;
      }
      case AstType::kBlock: {
        size_t outer = bound_.size();
        for (const Ast* part : node->children) Walk(part, context);
        bound_.resize(outer);
        break;
      }
      case AstType::kTransform:
        for (const Ast* part : {node->lhs, node->rhs, node->third}) {
          if (part != nullptr) Walk(part, true);
        }
        break;
      case AstType::kSort:
        for (const SortTerm& term : node->terms) Walk(term.expression, true);
        break;
      case AstType::kBind:
        Walk(node->rhs, context);
        bound_.push_back(node->text);
        break;
      default:
        if (node->procedure != nullptr) Walk(node->procedure, context);
        for (const Ast* part : {node->lhs, node->rhs, node->third}) {
          if (part != nullptr) Walk(part, context);
        }
        for (const Ast* child : node->children) Walk(child, context);
        WalkPairs(node->pairs, context);
    }
    Attachments(node);
  }

  // What hangs on a node and sees its items as context.
  void Attachments(const Ast* node) {
    if (node->has_focus) bound_symbols_.push_back(node->focus);
    if (node->has_index) bound_symbols_.push_back(node->index);
    for (const std::vector<Stage>* stages : {&node->predicate, &node->stages}) {
      for (const Stage& stage : *stages) {
        if (stage.is_index) bound_symbols_.push_back(stage.index);
        if (stage.expression != nullptr) Walk(stage.expression, true);
      }
    }
    if (node->has_group) WalkPairs(node->group.pairs, true);
  }

  void WalkPairs(const Pairs& pairs, bool context) {
    for (const auto& [key, value] : pairs) {
      Walk(key, context);
      Walk(value, context);
    }
  }

  void Variable(const Ast* node, bool context) {
    if (node->text.empty()) {
      if (!context) Refuse(node, "'$'");
      return;
    }
    if (node->text == "$") {
      if (program_.dialect.step_functions) Refuse(node, "'$$'");
      return;
    }
    if (catalogue_.Find(node->symbol) != nullptr) return;
    auto contains = [](const auto& names, const auto& name) {
      return std::find(names.begin(), names.end(), name) != names.end();
    };
    if (contains(bound_, node->text) || contains(bound_symbols_, node->symbol)) return;
    if (!contains(program_.free_variables, node->text)) program_.free_variables.push_back(node->text);
  }

  void Refuse(const Ast* node, std::string what) const {
    if (!program_.dialect.step_functions) return;
    Failure failure("S0501", node->position);
    failure.message =
        "There is no context at the top level, so " + what + " cannot be used there; start from $states or a variable";
    throw failure;
  }

  Program& program_;
  const Catalogue& catalogue_;
  std::vector<std::string> bound_;
  std::vector<Symbol> bound_symbols_;
};

}  // namespace

void CheckNames(Program& program) { Checker(program).Walk(program.root, false); }

}  // namespace pawl::asl::jsonata
