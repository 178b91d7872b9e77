// The syntax tree of a JSONPath: a list of tokens, some of which hold filters, which hold paths again. Internal to this
// folder. Built by parser.cc, walked by evaluate.cc; immutable in between.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "shared/json/value.h"

namespace re2 {
class RE2;
}

namespace pawl::asl::jsonpath {

struct Expression;
struct ParsedPath;

struct MemberToken {  // .a  ['a']
  std::string name;
};
struct MembersToken {  // ['a','b']: one merged object at the end of a path, each in turn elsewhere
  std::vector<std::string> names;
};
struct IndexToken {  // [0]  [-1]
  int64_t index;
};
struct IndexesToken {  // [0,2]
  std::vector<int64_t> indexes;
};
struct SliceToken {  // [1:]  [:2]  [1:2]; a step is read and ignored, as Jayway does
  std::optional<int64_t> from;
  std::optional<int64_t> to;
};
struct WildcardToken {};  // .*  [*]
struct ScanToken {};      // ..
struct FilterToken {      // [?(...)]
  std::shared_ptr<const Expression> condition;
};

enum class Function { kMin, kMax, kAvg, kStddev, kSum, kLength, kSize, kKeys, kConcat, kAppend, kFirst, kLast, kIndex };

struct CallToken {  // .length()
  Function function;
  std::vector<std::variant<json::Value, std::shared_ptr<const ParsedPath>>> arguments;
};

using Token = std::variant<MemberToken, MembersToken, IndexToken, IndexesToken, SliceToken, WildcardToken, ScanToken,
                           FilterToken, CallToken>;

struct ParsedPath {
  bool from_root = true;  // '$', else '@'
  std::vector<Token> tokens;
  bool definite = true;
  // Members and single indexes only, so that a plain loop finds the value.
  bool plain = true;
  // `$..a.sum()`: the last token applies to the list of all matches of the others.
  bool aggregates_scan = false;
};

// One side of a comparison in a filter.
struct Operand {
  // A value, or a path; a pattern in regular-expression matches.
  std::variant<json::Value, std::shared_ptr<const ParsedPath>, std::shared_ptr<const re2::RE2>> source;
};

enum class Operator {
  kEqual,
  kNotEqual,
  kSameTypeEqual,
  kSameTypeNotEqual,
  kLess,
  kLessOrEqual,
  kGreater,
  kGreaterOrEqual,
  kMatches,
  kIn,
  kNotIn,
  kSubsetOf,
  kAnyOf,
  kNoneOf,
  kAll,
  kContains,
  kSize,
  kEmpty,
};

// A filter's condition. Exactly the members of its kind are filled.
struct Expression {
  enum class Kind { kAnd, kOr, kNot, kExists, kCompare };
  Kind kind;
  std::vector<Expression> parts;   // kAnd, kOr: two or more; kNot: one
  Operand left;                    // kExists (a path), kCompare
  Operator op = Operator::kEqual;  // kCompare
  Operand right;                   // kCompare
};

}  // namespace pawl::asl::jsonpath
