#include "worker/activities/transform/transform.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "shared/base/status.h"
#include "worker/activities/common/numbers.h"

namespace pawl::activities {
namespace {

constexpr float kMissing = std::numeric_limits<float>::quiet_NaN();
constexpr char kOther[] = "(other)";

bool IsCycle(const std::string& part) { return absl::EndsWith(part, "_cycle"); }

// The value of a plain part, from 0 for cycles.
double PartOf(const CivilTime& civil, const std::string& part) {
  if (part == "year") return civil.year;
  if (part == "month") return civil.month;
  if (part == "day") return civil.day;
  if (part == "weekday") return civil.weekday;
  if (part == "hour") return civil.hour;
  if (part == "minute") return civil.minute;
  return civil.day_of_year;
}

double CycleOf(const CivilTime& civil, const std::string& part) {
  if (part == "month_cycle") return (civil.month - 1) / 12.0;
  if (part == "weekday_cycle") return civil.weekday / 7.0;
  if (part == "hour_cycle") return (civil.hour * 60 + civil.minute) / 1440.0;
  return (civil.day_of_year - 1) / 366.0;
}

void AppendTime(const FittedColumn& column, const std::string& cell, std::vector<float>& features) {
  const std::optional<int64_t> seconds = IsMissing(cell) ? std::nullopt : ParseTimestamp(cell);
  const CivilTime civil = seconds ? ToCivil(*seconds) : CivilTime{};
  for (const std::string& part : column.spec.parts) {
    if (IsCycle(part)) {
      const double angle = 2 * std::numbers::pi * CycleOf(civil, part);
      features.push_back(seconds ? static_cast<float>(std::sin(angle)) : kMissing);
      features.push_back(seconds ? static_cast<float>(std::cos(angle)) : kMissing);
    } else {
      features.push_back(seconds ? static_cast<float>(PartOf(civil, part)) : kMissing);
    }
  }
}

void AppendNumber(const FittedColumn& column, const std::string& cell, std::vector<float>& features) {
  const bool missing = IsMissing(cell);
  if (missing && column.spec.impute == "none") {
    features.push_back(kMissing);
  } else {
    const double value = missing ? column.fill : ParseNumber(cell).value_or(0);
    features.push_back(static_cast<float>((value - column.center) / column.spread));
  }
  if (column.spec.missing_indicator) features.push_back(missing ? 1.0F : 0.0F);
}

absl::StatusOr<size_t> PlaceOf(const std::string& name, const std::vector<std::string>& table_columns) {
  const auto found = std::find(table_columns.begin(), table_columns.end(), name);
  if (found != table_columns.end()) return static_cast<size_t>(found - table_columns.begin());
  return absl::InvalidArgumentError(
      absl::StrCat("the table has no column '", name, "'; it has ", absl::StrJoin(table_columns, ", ")));
}

}  // namespace

std::optional<std::string> CellProblem(const ColumnSpec& spec, const std::string& cell) {
  if (IsMissing(cell)) {
    if (!spec.required) return std::nullopt;
    return absl::StrCat("column '", spec.name, "': a value is required");
  }
  if (spec.kind == ColumnKind::kNumeric && !ParseNumber(cell)) {
    return absl::StrCat("column '", spec.name, "': expected a number, found '", cell.substr(0, 60), "'");
  }
  if (spec.kind == ColumnKind::kTimestamp && !ParseTimestamp(cell)) {
    return absl::StrCat("column '", spec.name, "': expected an ISO 8601 time, found '", cell.substr(0, 60), "'");
  }
  return std::nullopt;
}

std::vector<std::string> FittedTransform::FeatureNames() const {
  std::vector<std::string> names;
  for (const FittedColumn& column : columns) {
    const std::string& name = column.spec.name;
    if (column.spec.kind == ColumnKind::kNumeric) {
      names.push_back(name);
      if (column.spec.missing_indicator) names.push_back(name + "_missing");
    } else if (column.spec.kind == ColumnKind::kTimestamp) {
      for (const std::string& part : column.spec.parts) {
        if (IsCycle(part))
          names.insert(names.end(), {name + "_" + part + "_sin", name + "_" + part + "_cos"});
        else
          names.push_back(name + "_" + part);
      }
    } else if (column.spec.encode == "ordinal") {
      names.push_back(name);
    } else if (column.spec.encode == "one-hot") {
      for (const std::string& category : column.categories) names.push_back(name + "=" + category);
      names.push_back(name + "=" + kOther);
    }
  }
  return names;
}

absl::StatusOr<TransformFitter> TransformFitter::Create(std::vector<ColumnSpec> specs,
                                                        const std::vector<std::string>& table_columns) {
  TransformFitter fitter;
  for (ColumnSpec& spec : specs) {
    PAWL_ASSIGN_OR_RETURN(size_t index, PlaceOf(spec.name, table_columns));
    Column& column = fitter.columns_.emplace_back();
    column.spec = std::move(spec);
    column.index = index;
  }
  return fitter;
}

void TransformFitter::Add(const std::vector<std::string>& cells) {
  for (const Column& column : columns_) {
    if (CellProblem(column.spec, cells[column.index])) return;
  }
  for (Column& column : columns_) {
    const std::string& cell = cells[column.index];
    if (IsMissing(cell) || column.spec.kind == ColumnKind::kTimestamp) continue;
    if (column.spec.kind == ColumnKind::kCategorical) {
      column.categories.Add(cell);
      continue;
    }
    const double value = *ParseNumber(cell);
    if (column.count++ == 0) column.min = column.max = value;
    column.min = std::min(column.min, value);
    column.max = std::max(column.max, value);
    const double distance = value - column.mean;
    column.mean += distance / static_cast<double>(column.count);
    column.squares += distance * (value - column.mean);
    if (column.spec.impute == "median") column.sketch.Add(value);
  }
}

FittedTransform TransformFitter::Finish() const {
  FittedTransform transform;
  for (const Column& column : columns_) {
    FittedColumn fitted{.spec = column.spec};
    if (column.spec.kind == ColumnKind::kNumeric) {
      fitted.fill = column.spec.constant;
      if (column.spec.impute == "mean") fitted.fill = column.mean;
      if (column.spec.impute == "median" && column.count > 0) fitted.fill = column.sketch.Quantile(0.5);
      const double deviation = column.count > 1 ? std::sqrt(column.squares / static_cast<double>(column.count)) : 0;
      if (column.spec.scale == "standard") {
        fitted.center = column.mean;
        fitted.spread = deviation > 0 ? deviation : 1;
      } else if (column.spec.scale == "minmax") {
        fitted.center = column.min;
        fitted.spread = column.max > column.min ? column.max - column.min : 1;
      }
    } else if (column.spec.kind == ColumnKind::kCategorical && column.spec.encode != "none") {
      for (const auto& [category, count] : column.categories.Sorted()) {
        if (static_cast<int64_t>(fitted.categories.size()) == column.spec.max_categories) break;
        if (count >= column.spec.min_count) fitted.categories.push_back(category);
      }
    }
    transform.columns.push_back(std::move(fitted));
  }
  return transform;
}

absl::StatusOr<BoundTransform> BoundTransform::Bind(FittedTransform transform,
                                                    const std::vector<std::string>& table_columns) {
  BoundTransform bound;
  bound.feature_count_ = transform.FeatureNames().size();
  for (FittedColumn& fitted : transform.columns) {
    PAWL_ASSIGN_OR_RETURN(size_t index, PlaceOf(fitted.spec.name, table_columns));
    Bound& column = bound.columns_.emplace_back();
    for (size_t i = 0; i < fitted.categories.size(); ++i) {
      column.category_places[fitted.categories[i]] = static_cast<int64_t>(i);
    }
    column.fitted = std::move(fitted);
    column.index = index;
  }
  return bound;
}

std::optional<std::string> BoundTransform::Apply(const std::vector<std::string>& cells,
                                                 std::vector<float>& features) const {
  for (const Bound& column : columns_) {
    if (auto problem = CellProblem(column.fitted.spec, cells[column.index])) return problem;
  }
  for (const Bound& column : columns_) {
    const std::string& cell = cells[column.index];
    const FittedColumn& fitted = column.fitted;
    if (fitted.spec.kind == ColumnKind::kNumeric) {
      AppendNumber(fitted, cell, features);
    } else if (fitted.spec.kind == ColumnKind::kTimestamp) {
      AppendTime(fitted, cell, features);
    } else {
      const auto found = IsMissing(cell) ? column.category_places.end() : column.category_places.find(cell);
      const auto other = static_cast<int64_t>(fitted.categories.size());
      const int64_t place = found == column.category_places.end() ? other : found->second;
      if (fitted.spec.encode == "ordinal") {
        features.push_back(static_cast<float>(place));
      } else if (fitted.spec.encode == "one-hot") {
        for (int64_t i = 0; i <= other; ++i) features.push_back(i == place ? 1.0F : 0.0F);
      }
    }
  }
  return std::nullopt;
}

}  // namespace pawl::activities
