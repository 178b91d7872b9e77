// Choices of a Choice state.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "scheduler/asl/validate/states.h"

namespace pawl::asl {

namespace {

struct Operator {
  std::string name;
  Compared compared;
  Comparator comparator;
  bool by_path = false;
};

// All 39 (STEP_FUNCTIONS.md 2.3).
const std::vector<Operator>& Operators() {
  static const auto& operators = *new std::vector<Operator>([] {
    std::vector<Operator> all;
    const auto add = [&](const std::string& name, Compared compared, Comparator comparator) {
      all.push_back({name, compared, comparator, false});
      all.push_back({name + "Path", compared, comparator, true});
    };
    const std::pair<const char*, Compared> types[] = {
        {"String", Compared::kString}, {"Numeric", Compared::kNumber}, {"Timestamp", Compared::kTimestamp}};
    for (const auto& [prefix, compared] : types) {
      const std::string name = prefix;
      add(name + "Equals", compared, Comparator::kEquals);
      add(name + "LessThan", compared, Comparator::kLessThan);
      add(name + "GreaterThan", compared, Comparator::kGreaterThan);
      add(name + "LessThanEquals", compared, Comparator::kLessThanEquals);
      add(name + "GreaterThanEquals", compared, Comparator::kGreaterThanEquals);
    }
    add("BooleanEquals", Compared::kBoolean, Comparator::kEquals);
    all.push_back({"StringMatches", Compared::kString, Comparator::kMatches});
    all.push_back({"IsNull", Compared::kKind, Comparator::kIsNull});
    all.push_back({"IsPresent", Compared::kKind, Comparator::kIsPresent});
    all.push_back({"IsNumeric", Compared::kKind, Comparator::kIsNumeric});
    all.push_back({"IsString", Compared::kKind, Comparator::kIsString});
    all.push_back({"IsBoolean", Compared::kKind, Comparator::kIsBoolean});
    all.push_back({"IsTimestamp", Compared::kKind, Comparator::kIsTimestamp});
    return all;
  }());
  return operators;
}

const Operator* OperatorNamed(std::string_view name) {
  const auto found =
      std::find_if(Operators().begin(), Operators().end(), [&](const Operator& one) { return one.name == name; });
  return found == Operators().end() ? nullptr : &*found;
}

std::vector<std::string> OperatorNames() {
  std::vector<std::string> names;
  for (const Operator& one : Operators()) names.push_back(one.name);
  return names;
}

}  // namespace

ChoiceDetail StateCompiler::CompileChoice(const Fields& fields) {
  ChoiceDetail choice;
  fields.Require({"Choices"});
  choice.default_next = fields.Text("Default").value_or("");
  const std::optional<Place> rules = fields.Array("Choices", /*may_be_empty=*/false);
  if (!rules) return choice;
  const QueryLanguage language = fields.is_jsonata() ? QueryLanguage::kJsonata : QueryLanguage::kJsonPath;
  for (size_t i = 0; i < rules->node->items.size(); ++i) {
    Rule rule = CompileRule(rules->Item(i), language, /*is_top=*/true);
    rule.field = absl::StrCat("Choices[", i, "]/Condition");
    choice.rules.push_back(std::move(rule));
  }
  return choice;
}

// Recursion is bounded by the parser's depth limit.
Rule StateCompiler::CompileRule(const Place& place, QueryLanguage language, bool is_top) {
  Rule rule;
  if (!place.value().is_object()) {
    report_.Schema(place, "Expected value of type [OBJECT]");
    return rule;
  }
  // "Choices[0]" stands before the places of Assign and Output in error texts.
  const size_t slash = place.path.rfind('/');
  const Fields fields(place, language, report_, place.path.substr(slash + 1) + "/");
  std::vector<std::string> known = OperatorNames();
  known.insert(known.end(), {"And", "Or", "Not", "Variable", "Comment"});
  if (is_top) known.insert(known.end(), {"Next", "Assign", "Output", "Condition"});
  fields.RefuseUnknown(known);
  RefuseOtherDialect(fields, {"And", "Or", "Not", "Variable"}, {"Condition", "Output"});
  if (is_top) {
    fields.Require({"Next"});
    rule.next = fields.Text("Next").value_or("");
    if (fields.Has("Assign")) rule.assign = fields.Assign();
    if (fields.is_jsonata()) rule.output = fields.TemplateAt("Output");
  }
  if (fields.is_jsonata()) {
    rule.kind = Rule::Kind::kCondition;
    fields.Require({"Condition"});
    if (fields.Has("Condition") && fields.At("Condition").value().is_bool()) {
      rule.boolean = fields.At("Condition").value().as_bool();
    } else {
      rule.condition = fields.Expression("Condition");
    }
    return rule;
  }

  static const std::vector<std::string> kSelectors = {"And", "Or", "Not", "Variable", "Condition"};
  const auto selectors =
      std::count_if(kSelectors.begin(), kSelectors.end(), [&](const std::string& name) { return fields.Has(name); });
  if (selectors != 1) {  // specification, "Choice State": a data test or a Boolean expression of others
    report_.Schema(place, "The object must have only one of the following fields, " + BracketedList(kSelectors));
    return rule;
  }
  if (fields.Has("Variable")) {
    CompileComparison(fields, rule);
  } else if (const std::optional<Place> part = fields.Object("Not")) {
    rule.kind = Rule::Kind::kNot;
    rule.rules.push_back(CompileRule(*part, language, /*is_top=*/false));
  } else {
    rule.kind = fields.Has("And") ? Rule::Kind::kAnd : Rule::Kind::kOr;
    const std::optional<Place> parts = fields.Array(fields.Has("And") ? "And" : "Or", /*may_be_empty=*/false);
    for (size_t i = 0; parts && i < parts->node->items.size(); ++i) {
      rule.rules.push_back(CompileRule(parts->Item(i), language, /*is_top=*/false));
    }
  }
  return rule;
}

void StateCompiler::CompileComparison(const Fields& fields, Rule& rule) {
  rule.variable = fields.ReferencePath("Variable");
  std::vector<std::string> present;
  for (const Operator& one : Operators()) {
    if (fields.Has(one.name)) present.push_back(one.name);
  }
  // Specification, "Data Test Expression": exactly one comparison operator.
  if (present.size() > 1) {
    report_.Schema(fields.place(), "There should only be one of the following fields: " + BracketedList(present));
  } else if (present.empty()) {
    report_.Schema(fields.place(),
                   "This object should have only one of the following fields: " + BracketedList(OperatorNames()));
  } else {
    ReadOperand(fields, present[0], rule);
  }
}

void StateCompiler::ReadOperand(const Fields& fields, const std::string& name, Rule& rule) {
  const Operator& one = *OperatorNamed(name);
  rule.operator_name = name;
  rule.compared = one.compared;
  rule.comparator = one.comparator;
  if (one.by_path) {
    rule.operand_path = fields.ReferencePath(name);
    return;
  }
  switch (one.compared) {
    case Compared::kString:
      rule.text = fields.Text(name).value_or("");
      if (rule.text.starts_with("$.") || rule.text.starts_with("$$.")) {
        report_.Warn("NO_PATH", fields.At(name),
                     absl::StrCat("The value looks like a path, but the name of the field '", name,
                                  "' does not end with 'Path'"));
      }
      break;
    case Compared::kNumber:
      rule.number = fields.Number(name, {-std::numeric_limits<double>::infinity()}).value_or(0);
      break;
    case Compared::kBoolean:
    case Compared::kKind:
      rule.boolean = fields.Boolean(name).value_or(false);
      break;
    case Compared::kTimestamp: {
      const std::optional<std::string> text = fields.Text(name);
      if (!text) break;
      rule.text = *text;
      const std::optional<Instant> time = ParseTimestamp(*text);
      // Recorded of a Wait: wait_timestamp_invalid.
      if (!time) report_.Schema(fields.At(name), "String does not match RFC3339 timestamp");
      rule.time = time.value_or(Instant{});
      break;
    }
  }
}

}  // namespace pawl::asl
