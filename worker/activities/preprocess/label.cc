#include "worker/activities/preprocess/label.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "shared/base/status.h"
#include "worker/activities/common/fields.h"
#include "worker/activities/common/numbers.h"

namespace pawl::activities {

absl::StatusOr<LabelSpec> ParseLabelSpec(const nlohmann::json& value) {
  Fields in(value, "label");
  LabelSpec spec;
  spec.column = in.RequiredString("column");
  spec.name = in.String("name", spec.column);
  spec.greater_than = in.OptionalNumber("greater_than");
  spec.classes = in.Strings("classes");
  if (spec.greater_than && !spec.classes.empty()) in.Refuse("'greater_than' and 'classes' exclude each other");
  PAWL_RETURN_IF_ERROR(in.FinishStrict());
  return spec;
}

LabelValue LabelOf(const LabelSpec& spec, const std::string& cell) {
  if (IsMissing(cell)) return {.problem = "the label is missing"};
  if (!spec.classes.empty()) {
    const auto found = std::find(spec.classes.begin(), spec.classes.end(), cell);
    if (found != spec.classes.end()) return {.value = static_cast<double>(found - spec.classes.begin())};
    return {.problem = absl::StrCat("the label '", cell.substr(0, 60), "' is none of the classes")};
  }
  const std::optional<double> number = ParseNumber(cell);
  if (!number) return {.problem = absl::StrCat("the label '", cell.substr(0, 60), "' is not a number")};
  if (spec.greater_than) return {.value = *number > *spec.greater_than ? 1.0 : 0.0};
  return {.value = *number};
}

}  // namespace pawl::activities
