// Text of a definition -> a tree that knows where each value stands. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "shared/json/value.h"

namespace pawl::asl::syntax {

struct NodeMember;

// One value of the text with its place.
struct Node {
  json::Value value;
  size_t offset = 0;                // of its first byte
  std::vector<NodeMember> members;  // of an object, in order; a repeated key is there each time
  std::vector<Node> items;          // of an array
  std::vector<uint32_t> by_key;     // of a large object: the members' positions, by key and then position

  // The last member of that name, which is the one that counts; null where there is none.
  const Node* Find(std::string_view key) const;
};

struct NodeMember {
  std::string key;
  size_t offset = 0;  // of the key
  Node node;
};

// Why a text is no definition at all.
struct SyntaxError {
  enum class Kind { kNotJson, kTooDeep };
  Kind kind = Kind::kNotJson;
  std::string message;  // in the words of AWS's JSON parser, without the place
  size_t offset = 0;
};

// Bounds recursion (a bound of Pawl's own; AWS says TOO_DEEPLY_NESTED, STEP_FUNCTIONS.md 1.3, but not from where on); a
// definition at AWS's limit of nested states stays far below.
inline constexpr int kDepthMax = 1000;

std::variant<Node, SyntaxError> ParseDocument(std::string_view text);

struct Position {
  size_t line = 1;    // from 1
  size_t column = 1;  // from 1, in bytes
};
Position PositionOf(std::string_view text, size_t offset);

}  // namespace pawl::asl::syntax
