// JSONPath with the semantics of Jayway JsonPath, which is what AWS runs.
//
// Compile once, evaluate often. Pure: no time, no chance, no I/O. Recursion is bounded: the parser refuses nesting
// beyond a limit and evaluation visits at most EvaluateLimits::nodes_max nodes.
// Thread rule: a Path is immutable and may be used from several threads.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "shared/json/value.h"

namespace pawl::asl::jsonpath {

struct EvaluateLimits {
  size_t nodes_max = 10'000'000;
};

class Path {
 public:
  // INVALID_ARGUMENT with the position and what was expected.
  static absl::StatusOr<Path> Compile(std::string_view text);

  // A definite path gives its one value, NOT_FOUND where there is none. An indefinite one (wildcard, slice, union,
  // filter, deep scan) gives an array of all matches, perhaps empty. FAILED_PRECONDITION where a filter meets what is
  // no object or array, INVALID_ARGUMENT where a function cannot compute, RESOURCE_EXHAUSTED beyond the limits.
  absl::StatusOr<json::Value> Evaluate(const json::Value& root, const EvaluateLimits& limits = {}) const;

  bool is_definite() const;
  // "$" alone.
  bool is_root() const;
  // The steps where this is a reference path of member names and non-negative indexes only ($.a['b'][0]): each step as
  // text. Nothing for any other path. The empty list is "$".
  const std::optional<std::vector<std::string>>& reference_steps() const;
  const std::string& text() const;

  struct Node;  // internal syntax tree

 private:
  friend absl::StatusOr<json::Value> Insert(const json::Value& input, const Path& path, const json::Value& value);
  explicit Path(std::shared_ptr<const Node> node);
  std::shared_ptr<const Node> node_;
};

// `input` with `value` put at the reference path `steps` (as from reference_steps), members created where absent, as
// ResultPath does (ASL specification, "Reference Paths"). INVALID_ARGUMENT where a step meets a value that is neither
// object nor array (States.ResultPathMatchFailure to the caller). An empty `steps` gives `value`.
absl::StatusOr<json::Value> Insert(const json::Value& input, const std::vector<std::string>& steps,
                                   const json::Value& value);

// The same by a compiled path, and exact: steps as text do not tell ['0'] from [0], so the function above takes either
// for what the value at hand needs, while here [0] needs an array with that item and ['0'] an object. INVALID_ARGUMENT
// also where `path` is no reference path.
absl::StatusOr<json::Value> Insert(const json::Value& input, const Path& path, const json::Value& value);

// What a path in a state machine refers to: "$.a" the input, "$$.Execution.Id" the context object, "$name.b" a
// variable.
struct Reference {
  enum class Source { kInput, kContext, kVariable };
  Source source = Source::kInput;
  std::string variable;  // its name, where `source` is kVariable
  std::string path;      // the same path from its source's root on: "$.a", "$.Execution.Id", "$.b"
};

// Does not check the path itself; Path::Compile(reference.path) does. INVALID_ARGUMENT where `text` does not begin
// with '$'.
absl::StatusOr<Reference> SplitReference(std::string_view text);

}  // namespace pawl::asl::jsonpath
