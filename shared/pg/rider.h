// A piece of SQL that goes along in a statement which somebody else sends anyway, so that it costs no statement, no
// round trip and no commit of its own. It stands or falls with that statement.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "shared/pg/binary.h"

namespace pawl::pg {

struct Rider {
  std::string name;   // of one text: another text goes by another name
  std::string with;   // data-modifying CTEs, each with a comma behind it; may be empty
  std::string value;  // an expression that is a text
  std::vector<Parameter> parameters;
  // The value, or why the statement failed. Tables are read as they were before the statement.
  std::function<void(const absl::StatusOr<std::string>&)> heard;
};

// Asked before the statement is sent; gives nothing where there is nothing to add. The rider's parameters are numbered
// from `first_parameter` on: the statement's own come before.
using Board = std::function<std::optional<Rider>(int first_parameter)>;

}  // namespace pawl::pg
