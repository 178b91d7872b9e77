// Evaluates the paths, templates and expressions of one state in one scope, and words the failures. Internal to
// scheduler/asl/interpret. One thread, one step.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "scheduler/asl/interpret/data.h"
#include "scheduler/asl/interpret/detail.h"
#include "scheduler/asl/interpret/fallible.h"
#include "scheduler/asl/interpret/step.h"

namespace pawl::asl {

class Evaluator {
 public:
  Evaluator(const State& state, const Scope& scope) : state_(state), scope_(scope) {}

  const State& state() const { return state_; }
  const StateDetail& detail() const { return *state_.detail; }
  const Scope& scope() const { return scope_; }
  bool is_jsonata() const { return state_.query_language == QueryLanguage::kJsonata; }

  // ---- failures

  // `text` behind "An error occurred while executing the state 'X' (entered at the event id #2). ".
  std::string Cause(std::string_view text) const;
  // States.Runtime, which nothing catches.
  Failure Runtime(std::string_view text) const;
  // States.QueryEvaluationError, which history shows as EvaluationFailed at `location`.
  Failure QueryEvaluation(std::string_view text, std::string location) const;

  // States.DataLimitExceeded of a value that would be larger than intrinsics::kValueBytesMax.
  Failure TooLarge() const;

  // ---- JSONPath: `data` is what "$" means

  // NOT_FOUND where nothing is there. An indefinite path that finds nothing on its way gives [] (recorded:
  // json_path_array_wildcard_or_slice_with_no_input).
  absl::StatusOr<json::Value> Find(const PathRef& path, const Data& data) const {
    return Find(path.reference, path.path, data);
  }
  // "Invalid path '$.a' : No results for path: $['a']" where nothing is there; for InputPath and its kind.
  Fallible<json::Value> Read(const PathRef& path, const Data& data) const;
  // "The JSONPath '$.a' specified for the field 'x.$' could not be found in the input '{}'"; for templates, ErrorPath.
  Fallible<json::Value> ReadFor(const PathRef& path, std::string_view field, const Data& data) const;
  Fallible<json::Value> ReadQuery(const Query& query, std::string_view field, const Data& data) const;
  // A path's value as Data: stays a reference into the input where it can.
  Fallible<Data> Select(const PathField& field, Data data) const;

  // ---- JSONata

  // What $states.result and $states.errorOutput are from now on.
  void SetResult(const LazyValue& result);
  void SetErrorOutput(json::Value error_output);
  Fallible<json::Value> Evaluate(const jsonata::Expression& expression, const std::string& location) const;
  // "... returned an unexpected result type. Expected 'array', but was 'number' for value: 1"
  Failure UnexpectedType(const jsonata::Expression& expression, const std::string& location, std::string_view expected,
                         const json::Value& value) const;

  // ---- both

  // `data` is not looked at in JSONata. What would be larger than intrinsics::kValueBytesMax fails as payloads that are
  // too large do.
  Fallible<json::Value> Fill(const Template& form, const Data& data) const;
  Fallible<std::vector<Assignment>> Assign(const AssignField& assign, const Data& data) const;

  void Stage(std::string_view name, const Data& data) const {
    if (scope_.inspector != nullptr) scope_.inspector->Stage(name, data.Get());
  }

 private:
  absl::StatusOr<json::Value> Find(const jsonpath::Reference& reference, const jsonpath::Path& path,
                                   const Data& data) const;
  // What "$" of `reference`'s path is; null for a variable that is not there.
  const json::Value* RootOf(const jsonpath::Reference& reference, const Data& data) const;
  Failure NotFoundFor(std::string_view path, std::string_view field, const Data& data) const;
  // `bytes_left`: what may be added to the value that is being built.
  Fallible<json::Value> FillWithin(const Template& form, const Data& data, size_t& bytes_left) const;
  const json::Value* FindVariable(std::string_view name) const;
  const json::Value& States() const;

  const State& state_;
  const Scope& scope_;
  const LazyValue* result_ = nullptr;
  std::optional<json::Value> error_output_;
  mutable std::optional<json::Value> states_;  // $states, made when first needed
};

}  // namespace pawl::asl
