// Walks a value along a parsed path. Internal to this folder.
#pragma once

#include "absl/status/statusor.h"
#include "scheduler/asl/jsonpath/jsonpath.h"
#include "scheduler/asl/jsonpath/syntax.h"

namespace pawl::asl::jsonpath {

// One evaluation: the document that '$' means in filters, and the nodes that may still be visited.
class Evaluation {
 public:
  Evaluation(const json::Value& root, const EvaluateLimits& limits) : root_(root), nodes_left_(limits.nodes_max) {}

  // The path's answer from `start` ('$' of the whole, '@' of a filter); the contract is Path::Evaluate's.
  absl::StatusOr<json::Value> Answer(const ParsedPath& path, const json::Value& start);

  // Whether `item` meets a filter's condition. Trouble inside the condition counts as no.
  bool Accepts(const Expression& condition, const json::Value& item);

 private:
  friend class OperandReader;

  // Follows tokens[at...] from `value` and appends what they lead to. False ends the whole walk, for status_'s reason.
  bool Walk(const std::vector<Token>& tokens, size_t end, size_t at, bool definite_so_far, const json::Value& value,
            std::vector<json::Value>& found);
  bool WalkMembers(const std::vector<Token>& tokens, size_t end, size_t at, bool definite_so_far,
                   const MembersToken& token, const json::Value& value, std::vector<json::Value>& found);
  bool WalkScan(const std::vector<Token>& tokens, size_t end, size_t at, const json::Value& value,
                std::vector<json::Value>& found);
  absl::StatusOr<json::Value> Call(const CallToken& call, const json::Value& value);
  bool Visit();
  bool Missing(bool definite_so_far);

  const json::Value& root_;
  size_t nodes_left_;
  bool exhausted_ = false;
  absl::Status status_;  // why a walk ended early, where it is not that
};

// The value that a plain path leads to, or null pointer.
const json::Value* FindPlain(const ParsedPath& path, const json::Value& start);

// The item at `index`, from the end where it is negative; null pointer where there is none.
const json::Value* ItemAt(const json::Value& array, int64_t index);

}  // namespace pawl::asl::jsonpath
