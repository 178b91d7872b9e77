// How the values of value.h lie in memory: one allocation per node, the items of an array and the members of an object
// behind their header. Internal to shared/json.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "shared/json/value.h"

namespace pawl::json {

struct TextNode : Value::Node {  // a string or a number
  std::string text;
  TextNode(Kind kind, std::string node_text) : Node(kind), text(std::move(node_text)) {}
};

// Arrays and objects. `next_dead` chains the nodes that a teardown has still to take apart, so that destruction needs
// neither recursion nor memory.
struct ContainerNode : Value::Node {
  size_t count = 0;
  ContainerNode* next_dead = nullptr;
  using Node::Node;
};

struct ArrayNode : ContainerNode {
  ArrayNode() : ContainerNode(Kind::kArray) {}
  Value* items() { return reinterpret_cast<Value*>(this + 1); }
  const Value* items() const { return reinterpret_cast<const Value*>(this + 1); }
};

// Key index of a large object: open addressing, a slot holds the member's number plus one, 0 is empty.
class KeyIndex {
 public:
  static constexpr size_t kMembersMin = 17;  // below this a linear search is as fast
  explicit KeyIndex(size_t count_max);
  // The number of the member with `key`, or -1.
  ptrdiff_t Find(std::string_view key, const Member* members) const;
  // As Find, but enters `number` where there is none; the key need not be among `members` yet.
  ptrdiff_t FindOrInsert(std::string_view key, const Member* members, size_t number);

 private:
  size_t mask_;
  std::unique_ptr<uint32_t[]> slots_;
};

struct ObjectNode : ContainerNode {
  std::unique_ptr<KeyIndex> index;  // where count >= KeyIndex::kMembersMin
  ObjectNode() : ContainerNode(Kind::kObject) {}
  Member* members() { return reinterpret_cast<Member*>(this + 1); }
  const Member* members() const { return reinterpret_cast<const Member*>(this + 1); }
};
static_assert(sizeof(ArrayNode) % alignof(Value) == 0 && sizeof(ObjectNode) % alignof(Member) == 0);

// The door for this folder's other files into Value's private parts.
struct NodeAccess {
  static Value Wrap(const Value::Node* node) { return Value(node); }
  static const Value::Node* Get(const Value& value) { return value.has_node() ? value.node() : nullptr; }
  // The node of `value` with its reference; `value` is null afterwards.
  static const Value::Node* Take(Value& value) {
    const Value::Node* node = Get(value);
    value.bits_ = Value::kNullBits;
    return node;
  }
};

// A number or string node without any check of the text.
Value MakeText(Kind kind, std::string text);
// Moves the items out of [items, items + count).
Value MakeArray(Value* items, size_t count);
// Moves keys and values out; of equal keys the last value stands at the place of the first.
Value MakeObject(std::string* keys, Value* values, size_t count);

// Whether `text` is a number by JSON's grammar.
bool IsNumberText(std::string_view text);
// The order of two JSON numbers by exact decimal value: negative, zero or positive.
int CompareNumberTexts(std::string_view a, std::string_view b);

}  // namespace pawl::json
