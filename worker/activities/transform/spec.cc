// The JSON forms of column specifications and fitted transforms.
#include <cmath>
#include <limits>
#include <set>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "shared/base/status.h"
#include "worker/activities/common/fields.h"
#include "worker/activities/transform/transform.h"

namespace pawl::activities {
namespace {

constexpr char kFormat[] = "pawl.transform/1";
constexpr double kHuge = std::numeric_limits<double>::max();

const std::set<std::string>& KnownParts() {
  static const std::set<std::string> parts{
      "year",        "month",         "day",        "weekday",          "hour", "minute", "day_of_year",
      "month_cycle", "weekday_cycle", "hour_cycle", "day_of_year_cycle"};
  return parts;
}

const char* NameOf(ColumnKind kind) {
  switch (kind) {
    case ColumnKind::kNumeric:
      return "numeric";
    case ColumnKind::kCategorical:
      return "categorical";
    case ColumnKind::kTimestamp:
      return "timestamp";
  }
  return "numeric";
}

absl::StatusOr<ColumnSpec> ParseColumnSpec(const nlohmann::json& value, const std::string& where) {
  Fields in(value, where);
  ColumnSpec spec;
  spec.name = in.RequiredString("name");
  const std::string kind = in.Choice("kind", "numeric", {"numeric", "categorical", "timestamp"});
  spec.required = in.Bool("required", false);
  if (kind == "numeric") {
    spec.kind = ColumnKind::kNumeric;
    spec.impute = in.Choice("impute", "none", {"none", "median", "mean", "constant"});
    spec.constant = in.Number("constant", 0, -kHuge, kHuge);
    spec.scale = in.Choice("scale", "none", {"none", "standard", "minmax"});
    spec.missing_indicator = in.Bool("missing_indicator", false);
  } else if (kind == "categorical") {
    spec.kind = ColumnKind::kCategorical;
    spec.encode = in.Choice("encode", "one-hot", {"one-hot", "ordinal", "none"});
    spec.max_categories = in.Integer("max_categories", 50, 1, 2000);
    spec.min_count = in.Integer("min_count", 1, 1, 1'000'000'000);
  } else {
    spec.kind = ColumnKind::kTimestamp;
    spec.parts = in.Strings("parts");
    if (spec.parts.empty()) in.Refuse("expected 'parts' to name at least one part of the time");
    for (const std::string& part : spec.parts) {
      if (!KnownParts().contains(part)) in.Refuse(absl::StrCat("unknown part of the time '", part, "'"));
    }
  }
  if (value.is_object() && value.contains("fitted")) in.Find("fitted");
  PAWL_RETURN_IF_ERROR(in.FinishStrict());
  return spec;
}

nlohmann::json SpecToJson(const ColumnSpec& spec) {
  nlohmann::json value{{"name", spec.name}, {"kind", NameOf(spec.kind)}, {"required", spec.required}};
  switch (spec.kind) {
    case ColumnKind::kNumeric:
      value["impute"] = spec.impute;
      value["constant"] = spec.constant;
      value["scale"] = spec.scale;
      value["missing_indicator"] = spec.missing_indicator;
      break;
    case ColumnKind::kCategorical:
      value["encode"] = spec.encode;
      value["max_categories"] = spec.max_categories;
      value["min_count"] = spec.min_count;
      break;
    case ColumnKind::kTimestamp:
      value["parts"] = spec.parts;
      break;
  }
  return value;
}

}  // namespace

absl::StatusOr<std::vector<ColumnSpec>> ParseColumnSpecs(const nlohmann::json& columns) {
  if (!columns.is_array() || columns.empty()) {
    return absl::InvalidArgumentError("expected 'columns' to be an array with at least one column");
  }
  std::vector<ColumnSpec> specs;
  std::set<std::string> names;
  for (size_t i = 0; i < columns.size(); ++i) {
    PAWL_ASSIGN_OR_RETURN(ColumnSpec spec, ParseColumnSpec(columns[i], absl::StrCat("columns[", i, "]")));
    if (!names.insert(spec.name).second) {
      return absl::InvalidArgumentError(absl::StrCat("columns: '", spec.name, "' is given twice"));
    }
    specs.push_back(std::move(spec));
  }
  return specs;
}

nlohmann::json ToJson(const FittedTransform& transform) {
  nlohmann::json columns = nlohmann::json::array();
  for (const FittedColumn& column : transform.columns) {
    nlohmann::json value = SpecToJson(column.spec);
    nlohmann::json& fitted = value["fitted"] = nlohmann::json::object();
    if (column.spec.kind == ColumnKind::kNumeric) {
      fitted = {{"fill", column.fill}, {"center", column.center}, {"spread", column.spread}};
    } else if (column.spec.kind == ColumnKind::kCategorical) {
      fitted = {{"categories", column.categories}};
    }
    columns.push_back(std::move(value));
  }
  return {{"format", kFormat}, {"columns", columns}};
}

absl::StatusOr<FittedTransform> TransformFromJson(const nlohmann::json& value) {
  if (!value.is_object() || value.value("format", "") != kFormat) {
    return absl::InvalidArgumentError(absl::StrCat("expected a fitted transformation of format ", kFormat));
  }
  const nlohmann::json columns = value.value("columns", nlohmann::json::array());
  PAWL_ASSIGN_OR_RETURN(std::vector<ColumnSpec> specs, ParseColumnSpecs(columns));
  FittedTransform transform;
  for (size_t i = 0; i < specs.size(); ++i) {
    FittedColumn column{.spec = std::move(specs[i])};
    const nlohmann::json fitted = columns[i].value("fitted", nlohmann::json::object());
    Fields in(fitted, absl::StrCat("transform column '", column.spec.name, "'"));
    if (column.spec.kind == ColumnKind::kNumeric) {
      column.fill = in.Number("fill", 0, -kHuge, kHuge);
      column.center = in.Number("center", 0, -kHuge, kHuge);
      column.spread = in.Number("spread", 1, 0, kHuge);
    } else if (column.spec.kind == ColumnKind::kCategorical) {
      column.categories = in.Strings("categories");
    }
    PAWL_RETURN_IF_ERROR(in.FinishStrict());
    transform.columns.push_back(std::move(column));
  }
  return transform;
}

}  // namespace pawl::activities
