// The JSON value of the project: immutable, reference-counted, cheap to copy (one pointer).
//
// It keeps the insertion order of object members and the text of numbers (so 1.0 stays 1.0 and 12345678901234567890
// keeps its digits), and recurses in neither destruction, comparison, parsing nor printing, so nesting cannot overflow
// the stack. nlohmann/json's SAX parser is underneath (shared/json/parse.cc), and nowhere else for payloads.
//
// Thread rule: a Value may be read, copied and destroyed from several threads at once.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace pawl::json {

enum class Kind : uint8_t { kNull, kBool, kNumber, kString, kArray, kObject };

// "null", "boolean", "number", "string", "array", "object".
const char* KindName(Kind kind);

class Value;
struct Member;  // {std::string key; Value value;}, below

class Value {
 public:
  Value() = default;  // null
  Value(const Value& other) : bits_(other.bits_) { Retain(); }
  Value(Value&& other) noexcept : bits_(std::exchange(other.bits_, kNullBits)) {}
  Value& operator=(const Value& other) {
    Value copy(other);
    std::swap(bits_, copy.bits_);
    return *this;
  }
  Value& operator=(Value&& other) noexcept {
    Value taken(std::move(other));
    std::swap(bits_, taken.bits_);
    return *this;
  }
  ~Value() { Release(); }

  static Value Null() { return Value(); }
  static Value Bool(bool value);
  static Value Int(int64_t value);
  // A finite number, printed as the shortest text that reads back the same, whole numbers below 1e15 without ".0".
  // CHECKs that it is finite.
  static Value Double(double value);
  // A number by its JSON text, kept as it is. CHECKs that the text is a JSON number.
  static Value NumberText(std::string text);
  static Value String(std::string value);
  static Value Array(std::vector<Value> items);
  // Of several members with one key the last value stands, at the place of the first.
  static Value Object(std::vector<Member> members);

  Kind kind() const {
    if (has_node()) return node()->kind;
    return bits_ == kNullBits ? Kind::kNull : Kind::kBool;
  }
  bool is_null() const { return bits_ == kNullBits; }
  bool is_bool() const { return bits_ == kFalseBits || bits_ == kTrueBits; }
  bool is_number() const { return kind() == Kind::kNumber; }
  bool is_string() const { return kind() == Kind::kString; }
  bool is_array() const { return kind() == Kind::kArray; }
  bool is_object() const { return kind() == Kind::kObject; }

  // Each CHECKs the kind.
  bool as_bool() const;
  const std::string& as_string() const;
  // The nearest double; infinite when the text is out of range.
  double as_double() const;
  // The number as written.
  const std::string& number_text() const;
  std::span<const Value> items() const;
  std::span<const Member> members() const;

  // The value of a number that is a whole number within 64 bits, however written (3, 3.0, 3e0); nothing otherwise,
  // nor for other kinds.
  std::optional<int64_t> as_int64() const;
  // Members of an object or items of an array; 0 for other kinds.
  size_t size() const;
  // The member's value, or null pointer where this is no object or has no such key. O(1) above 16 members.
  const Value* Find(std::string_view key) const;

  // A copy of this object with `key` set (a null value counts as an empty object). CHECKs the kind. O(members).
  Value With(std::string_view key, Value value) const;
  // A copy of this object without `key`.
  Value Without(std::string_view key) const;

  // The same node in memory (or the same null or boolean); a quick "surely equal".
  bool SameNode(const Value& other) const { return bits_ == other.bits_; }

  // Deep equality: numbers by numeric value, object members in any order.
  friend bool operator==(const Value& a, const Value& b) { return Equal(a, b); }

  // What every heap node begins with; the rest is in shared/json/node.h, which only this folder includes.
  struct Node {
    mutable std::atomic<uint32_t> reference_count{1};
    Kind kind;
    explicit Node(Kind node_kind) : kind(node_kind) {}
  };

 private:
  // A value is one word: null and the booleans are constants, everything else is the address of a node.
  static constexpr uintptr_t kNullBits = 0;
  static constexpr uintptr_t kFalseBits = 1;
  static constexpr uintptr_t kTrueBits = 3;

  friend struct NodeAccess;
  // Takes over the reference that the caller holds.
  explicit Value(const Node* node) : bits_(reinterpret_cast<uintptr_t>(node)) {}
  bool has_node() const { return bits_ > kTrueBits; }
  const Node* node() const { return reinterpret_cast<const Node*>(bits_); }
  void Retain() const {
    if (has_node()) node()->reference_count.fetch_add(1, std::memory_order_relaxed);
  }
  void Release() {
    if (has_node() && node()->reference_count.fetch_sub(1, std::memory_order_acq_rel) == 1) Destroy(node());
  }
  static void Destroy(const Node* node);
  static bool Equal(const Value& a, const Value& b);

  uintptr_t bits_ = kNullBits;
};

struct Member {
  std::string key;
  Value value;
};

struct ParseLimits {
  int depth_max = 1000;         // nesting of arrays and objects
  size_t bytes_max = 64 << 20;  // of the text
};

// One JSON document; anything but white space after it is an error. INVALID_ARGUMENT with line, column and what was
// expected; RESOURCE_EXHAUSTED beyond a limit.
absl::StatusOr<Value> Parse(std::string_view text, const ParseLimits& limits = {});

// True exactly where Parse would succeed, without building the value.
bool IsValid(std::string_view text, const ParseLimits& limits = {});

// Compact text (no white space), members in order, non-ASCII as UTF-8, numbers as written.
std::string Serialize(const Value& value);

// Two spaces per level, for people.
std::string SerializePretty(const Value& value);

// Appends `text` as a JSON string literal, quotes included.
void AppendQuoted(std::string_view text, std::string& out);

// The text of the shortest JSON number that reads back as `value` (finite): 1 for 1.0, 1.0E-7 style is not used.
std::string NumberToText(double value);

}  // namespace pawl::json
