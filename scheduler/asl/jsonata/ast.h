// The syntax tree. The parser builds it, the post-processing (process.h) turns chains of `.`, `[`, `^`, `@` and `#`
// into paths with steps, resolves parents and marks tail calls; the evaluator only sees the processed form.
//
// Nodes belong to their Program and refer to each other by plain pointers. Thread rule: immutable once processed.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "scheduler/asl/jsonata/jsonata.h"
#include "scheduler/asl/jsonata/regex.h"
#include "scheduler/asl/jsonata/signature.h"
#include "scheduler/asl/jsonata/symbols.h"

namespace pawl::asl::jsonata {

enum class AstType : uint8_t {
  kEnd,  // where the text ended too early
  kName,
  kString,
  kNumber,
  kValue,  // true, false, null
  kVariable,
  kRegex,
  kWildcard,
  kDescendant,
  kParent,
  kOperator,  // a bare `and`, `or`, `in` (names), or the `?` of a partial application
  kBinary,
  kUnary,
  kFunction,
  kPartial,
  kLambda,
  kCondition,
  kCoalesce,  // ?? and ?: evaluate their left side once
  kTransform,
  kBlock,
  kPath,
  kBind,
  kApply,
  kSort,
};

enum class Op : uint8_t {
  kNone,
  kDot,
  kBracket,
  kBrace,
  kOrder,
  kAssign,
  kFocus,
  kIndex,
  kChain,
  kRange,
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kRemainder,
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kConcat,
  kAnd,
  kOr,
  kIn,
  kNegate,
  kArray,
  kObject,
  kPlaceholder,
  kCoalesce,
  kDefault,
};

// A parent operator's wish to know the item `level` steps up; `label` is the variable it will be bound to.
struct Slot {
  Symbol label;
  int level = 1;
};

struct Stage {
  bool is_index = false;
  Ast* expression = nullptr;  // of a filter
  Symbol index = 0;           // the variable of `#$i`
  uint32_t position = 0;
};

struct SortTerm {
  bool descending = false;
  Ast* expression = nullptr;
};

using Pairs = std::vector<std::pair<Ast*, Ast*>>;

struct Group {
  Pairs pairs;
  uint32_t position = 0;
};

struct Ast {
  AstType type = AstType::kEnd;
  Op op = Op::kNone;
  bool keep_array = false;
  bool keep_singleton_array = false;
  bool cons_array = false;
  bool tuple = false;
  bool thunk = false;
  bool needs_frame = false;  // a block in which a variable may be bound
  bool has_focus = false;
  bool has_index = false;
  bool has_group = false;
  bool has_predicate = false;
  bool has_stages = false;
  uint32_t position = 0;
  Symbol symbol = 0;  // of a variable or bind
  Symbol focus = 0;
  Symbol index = 0;
  uint32_t checked_steps = 0;  // of a path, by the post-processing
  uint32_t literal = 0;        // number of a string literal, for the evaluator's cache
  double number = 0;
  std::string text;      // name, string, variable name, `true`
  Ast* lhs = nullptr;    // also: condition, pattern
  Ast* rhs = nullptr;    // also: then, update
  Ast* third = nullptr;  // else, delete
  Ast* procedure = nullptr;
  Ast* body = nullptr;
  std::vector<Ast*> children;  // arguments, steps, expressions
  std::vector<Stage> predicate;
  std::vector<Stage> stages;
  std::vector<SortTerm> terms;
  Pairs pairs;
  Group group;
  Slot* slot = nullptr;      // of a parent operator
  Slot* ancestor = nullptr;  // this step's item is wanted under that label
  std::vector<Slot*> seeking_parent;
  std::unique_ptr<Signature> signature;
  std::unique_ptr<Regex> regex;
};

struct Expression::Program {
  std::string text;
  Dialect dialect;
  std::unique_ptr<SymbolTable> own_symbols;
  SymbolTable* symbols = nullptr;  // own_symbols, or the evaluation's for $eval
  std::deque<Ast> nodes;
  std::deque<Slot> slots;
  std::vector<std::string> free_variables;
  uint32_t literal_count = 0;
  bool uses_eval = false;
  Ast* root = nullptr;
};

using Program = Expression::Program;

// Parses and processes; throws Failure. With `symbols`, names go into that table; literals are numbered from
// `first_literal`. compile.cc.
std::unique_ptr<Program> CompileProgram(std::string_view text, const Dialect& dialect, SymbolTable* symbols = nullptr,
                                        uint32_t first_literal = 0);

}  // namespace pawl::asl::jsonata
