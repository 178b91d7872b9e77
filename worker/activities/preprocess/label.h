// The label of a row, as a number.
//
//   {"column": "arr_delay"}                        the number itself
//   {"column": "arr_delay", "greater_than": 15}    1 above, else 0
//   {"column": "species", "classes": ["a", "b"]}   the place of the text in the list
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "nlohmann/json_fwd.hpp"

namespace pawl::activities {

struct LabelSpec {
  std::string column = {};
  std::string name = {};  // what the label is called in the dataset; by default the column
  std::optional<double> greater_than = std::nullopt;
  std::vector<std::string> classes = {};
};

absl::StatusOr<LabelSpec> ParseLabelSpec(const nlohmann::json& value);
// The label, or why there is none ("the label is missing").
struct LabelValue {
  double value = 0;
  std::string problem = {};
};
LabelValue LabelOf(const LabelSpec& spec, const std::string& cell);

}  // namespace pawl::activities
