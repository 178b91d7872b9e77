#include "scheduler/asl/interpret/choice.h"

#include <algorithm>
#include <compare>
#include <utility>

#include "absl/strings/str_cat.h"
#include "scheduler/asl/interpret/flow.h"

namespace pawl::asl {

using json::Value;

bool MatchesPattern(std::string_view text, std::string_view pattern) {
  // Greedy with one place to come back to: linear for one '*', quadratic at worst.
  size_t t = 0;
  size_t p = 0;
  size_t star = std::string_view::npos;
  size_t star_text = 0;
  while (true) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = ++p;
      star_text = t;
      continue;
    }
    size_t width = 1;
    char expected = 0;
    if (p < pattern.size()) {
      if (pattern[p] == '\\' && p + 1 < pattern.size() && (pattern[p + 1] == '*' || pattern[p + 1] == '\\')) width = 2;
      expected = pattern[p + width - 1];
    }
    if (p < pattern.size() && t < text.size() && text[t] == expected) {
      p += width;
      ++t;
      continue;
    }
    if (p == pattern.size() && t == text.size()) return true;
    if (star == std::string_view::npos || star_text >= text.size()) return false;
    p = star;
    t = ++star_text;
  }
}

int CompareText(std::string_view a, std::string_view b) {
  const size_t shared = std::min(a.size(), b.size());
  for (size_t i = 0; i < shared; ++i) {
    if (a[i] == b[i]) continue;
    // UTF-8 sorts like code points. UTF-16 sorts those above U+FFFF (lead byte 0xF0 and up) before U+E000 to U+FFFF
    // (lead bytes 0xEE and 0xEF), because they are written as surrogates.
    const auto weight = [](char c) {
      const int byte = static_cast<unsigned char>(c);
      return byte >= 0xF0 ? byte - 2 : byte >= 0xEE ? byte + 0x10 : byte;
    };
    return weight(a[i]) - weight(b[i]);
  }
  return a.size() < b.size() ? -1 : a.size() > b.size() ? 1 : 0;
}

namespace {

bool Holds(Comparator comparator, std::partial_ordering order) {
  switch (comparator) {
    case Comparator::kEquals:
      return order == 0;
    case Comparator::kLessThan:
      return order < 0;
    case Comparator::kGreaterThan:
      return order > 0;
    case Comparator::kLessThanEquals:
      return order <= 0;
    case Comparator::kGreaterThanEquals:
      return order >= 0;
    default:
      return false;
  }
}

bool IsOfKind(Comparator comparator, const Value& value) {
  switch (comparator) {
    case Comparator::kIsNull:
      return value.is_null();
    case Comparator::kIsNumeric:
      return value.is_number();
    case Comparator::kIsString:
      return value.is_string();
    case Comparator::kIsBoolean:
      return value.is_bool();
    case Comparator::kIsTimestamp:
      return value.is_string() && ParseTimestamp(value.as_string()).has_value();
    default:
      return false;
  }
}

// The operand that stands in the definition.
bool HoldsLiteral(const Rule& rule, const Value& value) {
  switch (rule.compared) {
    case Compared::kString:
      if (!value.is_string()) return false;
      if (rule.comparator == Comparator::kMatches) return MatchesPattern(value.as_string(), rule.text);
      return Holds(rule.comparator, CompareText(value.as_string(), rule.text) <=> 0);
    case Compared::kNumber:
      return value.is_number() && Holds(rule.comparator, value.as_double() <=> rule.number);
    case Compared::kBoolean:
      return value.is_bool() && value.as_bool() == rule.boolean;
    case Compared::kTimestamp: {
      const std::optional<Instant> time = value.is_string() ? ParseTimestamp(value.as_string()) : std::nullopt;
      return time && Holds(rule.comparator, *time <=> rule.time);
    }
    case Compared::kKind:
      return IsOfKind(rule.comparator, value) == rule.boolean;
  }
  return false;
}

// The operand that a path brought.
bool HoldsValue(const Rule& rule, const Value& value, const Value& operand) {
  switch (rule.compared) {
    case Compared::kString:
      return value.is_string() && operand.is_string() &&
             Holds(rule.comparator, CompareText(value.as_string(), operand.as_string()) <=> 0);
    case Compared::kNumber:
      return value.is_number() && operand.is_number() &&
             Holds(rule.comparator, value.as_double() <=> operand.as_double());
    case Compared::kBoolean:
      return value.is_bool() && operand.is_bool() && value.as_bool() == operand.as_bool();
    case Compared::kTimestamp: {
      if (!value.is_string() || !operand.is_string()) return false;
      const std::optional<Instant> left = ParseTimestamp(value.as_string());
      const std::optional<Instant> right = ParseTimestamp(operand.as_string());
      return left && right && Holds(rule.comparator, *left <=> *right);
    }
    case Compared::kKind:
      return operand.is_bool() && IsOfKind(rule.comparator, value) == operand.as_bool();
  }
  return false;
}

std::string OperandText(const Rule& rule) {
  switch (rule.compared) {
    case Compared::kString:
      return json::Serialize(Value::String(rule.text));
    case Compared::kNumber:
      return json::NumberToText(rule.number);
    case Compared::kBoolean:
    case Compared::kKind:
      return rule.boolean ? "true" : "false";
    case Compared::kTimestamp:
      return rule.text;
  }
  return "";
}

class Matcher {
 public:
  Matcher(const Evaluator& evaluator, const Data& input)
      : evaluator_(evaluator), input_(input), explains_(evaluator.scope().inspector != nullptr) {}

  // Nesting is bounded by the definition's, which the parser bounds.
  Fallible<bool> Matches(const Rule& rule) {
    switch (rule.kind) {
      case Rule::Kind::kComparison:
        return Compare(rule);
      case Rule::Kind::kCondition:
        return Condition(rule);
      case Rule::Kind::kNot: {
        PAWL_ASSIGN_OR_FAIL(bool matched, Matches(rule.rules[0]));
        if (explains_) why_ = "not (" + why_ + ")";
        return !matched;
      }
      case Rule::Kind::kAnd:
      case Rule::Kind::kOr:
        break;
    }
    const bool is_and = rule.kind == Rule::Kind::kAnd;
    std::string why;
    for (const Rule& part : rule.rules) {
      PAWL_ASSIGN_OR_FAIL(bool matched, Matches(part));
      if (explains_) why += (why.empty() ? "" : is_and ? " and " : " or ") + why_;
      why_ = why;
      if (matched != is_and) return matched;
    }
    return is_and;
  }

  const std::string& why() const { return why_; }

 private:
  // As AWS's users report it of a Variable that is not there; the specification leaves it open.
  Failure InvalidPath(const PathRef& path) const {
    return evaluator_.Runtime(
        absl::StrCat("Invalid path '", path.text, "': The choice state's condition path references an invalid value."));
  }

  Fallible<bool> Compare(const Rule& rule) {
    absl::StatusOr<Value> value = evaluator_.Find(*rule.variable, input_);
    if (rule.comparator == Comparator::kIsPresent) {
      if (explains_) why_ = absl::StrCat(rule.variable->text, value.ok() ? " is present" : " is not present");
      return value.ok() == rule.boolean;
    }
    if (!value.ok()) return InvalidPath(*rule.variable);
    if (!rule.operand_path) {
      if (explains_) {
        why_ = absl::StrCat(rule.variable->text, " = ", json::Serialize(*value), " ", rule.operator_name, " ",
                            OperandText(rule));
      }
      return HoldsLiteral(rule, *value);
    }
    absl::StatusOr<Value> operand = evaluator_.Find(*rule.operand_path, input_);
    if (!operand.ok()) return InvalidPath(*rule.operand_path);
    if (explains_) {
      why_ = absl::StrCat(rule.variable->text, " = ", json::Serialize(*value), " ", rule.operator_name, " ",
                          rule.operand_path->text, " = ", json::Serialize(*operand));
    }
    return HoldsValue(rule, *value, *operand);
  }

  Fallible<bool> Condition(const Rule& rule) {
    if (!rule.condition) return rule.boolean;
    PAWL_ASSIGN_OR_FAIL(Value value, evaluator_.Evaluate(*rule.condition, rule.field));
    if (!value.is_bool()) return evaluator_.UnexpectedType(*rule.condition, rule.field, "boolean", value);
    if (explains_) why_ = absl::StrCat(rule.condition->text(), " is ", value.as_bool() ? "true" : "false");
    return value.as_bool();
  }

  const Evaluator& evaluator_;
  const Data& input_;
  const bool explains_;
  std::string why_;
};

}  // namespace

Fallible<Transition> Choose(const Evaluator& evaluator, Data input) {
  const auto& choice = std::get<ChoiceDetail>(evaluator.detail().by_type);
  for (size_t i = 0; i < choice.rules.size(); ++i) {
    const Rule& rule = choice.rules[i];
    Matcher matcher(evaluator, input);
    PAWL_ASSIGN_OR_FAIL(bool matched, matcher.Matches(rule));
    if (evaluator.scope().inspector != nullptr) evaluator.scope().inspector->Rule(i, matched, matcher.why());
    if (!matched) continue;
    // A rule's own Assign and Output take the place of the state's (STEP_FUNCTIONS.md 2.6).
    static const AssignField kNothing;
    return PassOn(evaluator, std::move(input), rule.assign ? *rule.assign : kNothing, rule.output, rule.next);
  }
  if (choice.default_next.empty()) {
    // As AWS's users report it, in place of the specification's States.NoChoiceMatched.
    return evaluator.Runtime("Failed to transition out of the state. The state does not point to a next state.");
  }
  return PassOn(evaluator, std::move(input), evaluator.detail().assign, evaluator.detail().output, choice.default_next);
}

}  // namespace pawl::asl
