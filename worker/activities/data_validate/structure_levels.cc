// The levels that look at one row at a time: schema and types, ranges and business rules, missing share.
#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "shared/base/status.h"
#include "worker/activities/common/fields.h"
#include "worker/activities/common/numbers.h"
#include "worker/activities/data_validate/level.h"

namespace pawl::activities {
namespace {

constexpr double kHuge = std::numeric_limits<double>::max();
constexpr size_t kExamplesKept = 3;

double Share(int64_t part, int64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

// How often something was wrong, with the first few rows as examples.
struct Violations {
  int64_t count = 0;
  nlohmann::json examples = nlohmann::json::array();
  void Note(int64_t row, const std::string& found) {
    ++count;
    if (examples.size() < kExamplesKept) examples.push_back({{"row", row}, {"found", found.substr(0, 100)}});
  }
  nlohmann::json Figures(int64_t rows, double max_share) const {
    nlohmann::json figures{{"rows", count}, {"share", Share(count, rows)}, {"max_share", max_share}};
    if (!examples.empty()) figures["examples"] = examples;
    return figures;
  }
};

// Memory: a few counters a column.
class SchemaLevel : public Level {
 public:
  struct Column {
    std::string name;
    std::string type;
    bool required = false;
    std::set<std::string> allowed;
    std::optional<size_t> place;
    Violations violations;
  };

  SchemaLevel(bool must_hold, std::vector<Column> columns, double max_share)
      : Level("schema", must_hold), columns_(std::move(columns)), max_share_(max_share) {}

  absl::Status Bind(const std::vector<std::string>& names) override {
    for (Column& column : columns_) {
      const auto found = std::find(names.begin(), names.end(), column.name);
      if (found != names.end()) column.place = static_cast<size_t>(found - names.begin());
    }
    return absl::OkStatus();
  }

  void Add(const TableRow& row) override {
    for (Column& column : columns_) {
      if (!column.place) continue;
      const std::string& cell = row.cells[*column.place];
      if (!Fits(column, cell)) column.violations.Note(row.number, cell);
    }
  }

  void AddBroken(const TableRow& row) override { broken_.Note(row.number, row.error); }

  absl::StatusOr<std::vector<CheckResult>> Finish(int64_t rows) override {
    std::vector<CheckResult> results;
    results.push_back(
        {"rows can be read", Share(broken_.count, rows) <= max_share_, broken_.Figures(rows, max_share_)});
    for (const Column& column : columns_) {
      if (!column.place) {
        results.push_back({absl::StrCat("column '", column.name, "' exists"), false, {{"found", false}}});
        continue;
      }
      results.push_back({absl::StrCat("column '", column.name, "' is ", column.type,
                                      column.required ? ", required" : "", column.allowed.empty() ? "" : ", known"),
                         Share(column.violations.count, rows) <= max_share_,
                         column.violations.Figures(rows, max_share_)});
    }
    return results;
  }

 private:
  static bool Fits(const Column& column, const std::string& cell) {
    if (IsMissing(cell)) return !column.required;
    if (column.type == "number" && !ParseNumber(cell)) return false;
    if (column.type == "integer" && !ParseInteger(cell)) return false;
    if (column.type == "timestamp" && !ParseTimestamp(cell)) return false;
    return column.allowed.empty() || column.allowed.contains(cell);
  }

  std::vector<Column> columns_;
  double max_share_;
  Violations broken_;
};

// One value against a bound: column op (column or number). Rows in which either is missing or no number do not count:
// those are the schema's and the missing level's business.
struct Rule {
  std::string name;
  std::string left;
  std::string op;
  std::string right;  // empty: compare with `value`
  double value = 0;
  double max_share = 0;
  size_t left_place = 0;
  size_t right_place = 0;
  Violations violations = {};
};

bool Compare(double left, const std::string& op, double right) {
  if (op == "<") return left < right;
  if (op == "<=") return left <= right;
  if (op == ">") return left > right;
  if (op == ">=") return left >= right;
  if (op == "==") return left == right;
  return left != right;
}

class RangesLevel : public Level {
 public:
  RangesLevel(bool must_hold, std::vector<Rule> rules) : Level("ranges", must_hold), rules_(std::move(rules)) {}

  absl::Status Bind(const std::vector<std::string>& names) override {
    for (Rule& rule : rules_) {
      PAWL_ASSIGN_OR_RETURN(rule.left_place, ColumnPlace(names, rule.left));
      if (!rule.right.empty()) {
        PAWL_ASSIGN_OR_RETURN(rule.right_place, ColumnPlace(names, rule.right));
      }
    }
    return absl::OkStatus();
  }

  void Add(const TableRow& row) override {
    for (Rule& rule : rules_) {
      const std::optional<double> left = ParseNumber(row.cells[rule.left_place]);
      std::optional<double> right = rule.value;
      if (!rule.right.empty()) right = ParseNumber(row.cells[rule.right_place]);
      if (left && right && !Compare(*left, rule.op, *right)) {
        rule.violations.Note(row.number, absl::StrCat(*left, " ", rule.op, " ", *right, " does not hold"));
      }
    }
  }

  absl::StatusOr<std::vector<CheckResult>> Finish(int64_t rows) override {
    std::vector<CheckResult> results;
    for (const Rule& rule : rules_) {
      results.push_back({rule.name, Share(rule.violations.count, rows) <= rule.max_share,
                         rule.violations.Figures(rows, rule.max_share)});
    }
    return results;
  }

 private:
  std::vector<Rule> rules_;
};

class MissingLevel : public Level {
 public:
  struct Column {
    std::string name;
    double max_share = 0;
    size_t place = 0;
    int64_t missing = 0;
  };

  MissingLevel(bool must_hold, std::vector<Column> columns)
      : Level("missing", must_hold), columns_(std::move(columns)) {}

  absl::Status Bind(const std::vector<std::string>& names) override {
    for (Column& column : columns_) {
      PAWL_ASSIGN_OR_RETURN(column.place, ColumnPlace(names, column.name));
    }
    return absl::OkStatus();
  }

  void Add(const TableRow& row) override {
    for (Column& column : columns_) column.missing += IsMissing(row.cells[column.place]) ? 1 : 0;
  }

  absl::StatusOr<std::vector<CheckResult>> Finish(int64_t rows) override {
    std::vector<CheckResult> results;
    for (const Column& column : columns_) {
      const double share = Share(column.missing, rows);
      results.push_back({absl::StrCat("column '", column.name, "' is rarely missing"),
                         share <= column.max_share,
                         {{"rows", column.missing}, {"share", share}, {"max_share", column.max_share}}});
    }
    return results;
  }

 private:
  std::vector<Column> columns_;
};

// {"column", "min", "max"} is two rules.
absl::Status AddRange(const nlohmann::json& value, double max_share, std::vector<Rule>& rules) {
  Fields in(value, "ranges.columns");
  const std::string name = in.RequiredString("name");
  const std::optional<double> min = in.OptionalNumber("min");
  const std::optional<double> max = in.OptionalNumber("max");
  max_share = in.Number("max_share", max_share, 0, 1);
  if (!min && !max) in.Refuse(absl::StrCat("expected 'min' or 'max' for '", name, "'"));
  PAWL_RETURN_IF_ERROR(in.FinishStrict());
  if (min) {
    rules.push_back({.name = absl::StrCat("column '", name, "' is at least ", *min),
                     .left = name,
                     .op = ">=",
                     .right = "",
                     .value = *min,
                     .max_share = max_share});
  }
  if (max) {
    rules.push_back({.name = absl::StrCat("column '", name, "' is at most ", *max),
                     .left = name,
                     .op = "<=",
                     .right = "",
                     .value = *max,
                     .max_share = max_share});
  }
  return absl::OkStatus();
}

absl::Status AddRule(const nlohmann::json& value, double max_share, std::vector<Rule>& rules) {
  Fields in(value, "ranges.rules");
  Rule rule;
  rule.left = in.RequiredString("left");
  rule.op = in.Choice("op", "<=", {"<", "<=", ">", ">=", "==", "!="});
  rule.right = in.String("right");
  rule.value = in.Number("value", 0, -kHuge, kHuge);
  rule.max_share = in.Number("max_share", max_share, 0, 1);
  rule.name = in.String(
      "name", absl::StrCat(rule.left, " ", rule.op, " ", rule.right.empty() ? absl::StrCat(rule.value) : rule.right));
  PAWL_RETURN_IF_ERROR(in.FinishStrict());
  rules.push_back(std::move(rule));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Level>> MakeSchemaLevel(const nlohmann::json& rules) {
  Fields in(rules, "schema");
  const bool must_hold = in.Bool("must_hold", true);
  const double max_share = in.Number("max_share", 0, 0, 1);
  std::vector<SchemaLevel::Column> columns;
  if (const nlohmann::json* list = in.Array("columns")) {
    for (const nlohmann::json& value : *list) {
      Fields column_in(value, "schema.columns");
      SchemaLevel::Column column;
      column.name = column_in.RequiredString("name");
      column.type = column_in.Choice("type", "string", {"string", "number", "integer", "timestamp"});
      column.required = column_in.Bool("required", false);
      const std::vector<std::string> allowed = column_in.Strings("allowed");
      column.allowed.insert(allowed.begin(), allowed.end());
      PAWL_RETURN_IF_ERROR(column_in.FinishStrict());
      columns.push_back(std::move(column));
    }
  }
  PAWL_RETURN_IF_ERROR(in.FinishStrict());
  return std::make_unique<SchemaLevel>(must_hold, std::move(columns), max_share);
}

absl::StatusOr<std::unique_ptr<Level>> MakeRangesLevel(const nlohmann::json& rules) {
  Fields in(rules, "ranges");
  const bool must_hold = in.Bool("must_hold", true);
  const double max_share = in.Number("max_share", 0, 0, 1);
  std::vector<Rule> parsed;
  if (const nlohmann::json* columns = in.Array("columns")) {
    for (const nlohmann::json& value : *columns) PAWL_RETURN_IF_ERROR(AddRange(value, max_share, parsed));
  }
  if (const nlohmann::json* list = in.Array("rules")) {
    for (const nlohmann::json& value : *list) PAWL_RETURN_IF_ERROR(AddRule(value, max_share, parsed));
  }
  PAWL_RETURN_IF_ERROR(in.FinishStrict());
  return std::make_unique<RangesLevel>(must_hold, std::move(parsed));
}

absl::StatusOr<std::unique_ptr<Level>> MakeMissingLevel(const nlohmann::json& rules) {
  Fields in(rules, "missing");
  const bool must_hold = in.Bool("must_hold", true);
  std::vector<MissingLevel::Column> columns;
  if (const nlohmann::json* shares = in.Object("max_share")) {
    for (const auto& [name, share] : shares->items()) {
      if (!share.is_number())
        in.Refuse(absl::StrCat("expected the share of '", name, "' to be a number"));
      else
        columns.push_back({.name = name, .max_share = share.get<double>()});
    }
  }
  PAWL_RETURN_IF_ERROR(in.FinishStrict());
  return std::make_unique<MissingLevel>(must_hold, std::move(columns));
}

absl::StatusOr<size_t> ColumnPlace(const std::vector<std::string>& columns, const std::string& name) {
  const auto found = std::find(columns.begin(), columns.end(), name);
  if (found != columns.end()) return static_cast<size_t>(found - columns.begin());
  return absl::InvalidArgumentError(
      absl::StrCat("the rules name a column '", name, "', the table has ", absl::StrJoin(columns, ", ")));
}

}  // namespace pawl::activities
