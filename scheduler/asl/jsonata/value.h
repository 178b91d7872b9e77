// Values during an evaluation: JavaScript's view of data, as the language is defined by it.
//
// A value is 16 bytes. Input documents are not copied: strings, arrays and objects of the input are pointers into the
// caller's json::Value, which outlives the evaluation. What an evaluation makes lives in its Heap and is counted by
// references; only a transform's own clone is ever changed in place.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <string>
#include <string_view>
#include <utility>

#include "scheduler/asl/jsonata/heap.h"
#include "shared/json/value.h"

namespace pawl::asl::jsonata {

struct Ast;
struct Native;
class Regex;
using Symbol = uint32_t;  // an interned variable name, symbols.h

enum class NodeKind : uint8_t {
  kString,
  kArray,
  kObject,
  kTuple,
  kFrame,
  kLambda,
  kPartialNative,
  kMatchNext,
  kTransform,
  kChain
};

struct Node {
  uint32_t references = 1;
  NodeKind kind;
  explicit Node(NodeKind node_kind) : kind(node_kind) {}
};

inline void Release(Node* node) {
  if (--node->references == 0) Heap::Current().Destroy(node);
}

// An owning pointer to a node.
template <typename T>
class Ref {
 public:
  Ref() = default;
  static Ref Adopt(T* node) {
    Ref ref;
    ref.node_ = node;
    return ref;
  }
  static Ref Share(T* node) {
    if (node != nullptr) ++node->references;
    return Adopt(node);
  }
  Ref(const Ref& other) : node_(other.node_) {
    if (node_ != nullptr) ++node_->references;
  }
  Ref(Ref&& other) noexcept : node_(std::exchange(other.node_, nullptr)) {}
  Ref& operator=(Ref other) noexcept {
    std::swap(node_, other.node_);
    return *this;
  }
  ~Ref() {
    if (node_ != nullptr) Release(node_);
  }
  T* get() const { return node_; }
  T* operator->() const { return node_; }
  T& operator*() const { return *node_; }
  explicit operator bool() const { return node_ != nullptr; }
  T* Leave() { return std::exchange(node_, nullptr); }

 private:
  T* node_ = nullptr;
};

enum class Tag : uint8_t {
  kUndefined,
  kNull,
  kBool,
  kNumber,
  kJsonString,  // of the input
  kJsonArray,
  kJsonObject,
  kNative,  // a built-in function
  kRegex,   // a regular expression literal, which is a function
  // From here on a heap node.
  kString,
  kArray,
  kObject,
  kTuple,     // a row of variable bindings in a path with @, # or %
  kFunction,  // any other function
};

struct StringNode;
struct ArrayNode;
struct ObjectNode;
struct TupleNode;

class Value {
 public:
  Value() : tag_(Tag::kUndefined) { payload_.bits = 0; }
  Value(const Value& other) : tag_(other.tag_), payload_(other.payload_) {
    if (is_node()) ++payload_.node->references;
  }
  Value(Value&& other) noexcept : tag_(std::exchange(other.tag_, Tag::kUndefined)), payload_(other.payload_) {}
  Value& operator=(const Value& other) {
    Value copy(other);
    Swap(copy);
    return *this;
  }
  Value& operator=(Value&& other) noexcept {
    Value taken(std::move(other));
    Swap(taken);
    return *this;
  }
  ~Value() {
    if (is_node()) Release(payload_.node);
  }

  static Value Undefined() { return Value(); }
  static Value Null() { return Value(Tag::kNull); }
  static Value Bool(bool value) {
    Value result(Tag::kBool);
    result.payload_.boolean = value;
    return result;
  }
  static Value Number(double value) {
    Value result(Tag::kNumber);
    result.payload_.number = value;
    return result;
  }
  static Value String(std::string_view text);
  // The input value itself; it must outlive the evaluation.
  static Value Input(const json::Value& value);
  static Value OfNative(const Native* native) {
    Value result(Tag::kNative);
    result.payload_.native = native;
    return result;
  }
  static Value OfRegex(const Regex* regex) {
    Value result(Tag::kRegex);
    result.payload_.regex = regex;
    return result;
  }
  template <typename T>
  static Value OfNode(Tag tag, Ref<T> node) {
    Value result(tag);
    result.payload_.node = node.Leave();
    return result;
  }
  static Value Of(Ref<ArrayNode> node);
  static Value Of(Ref<ObjectNode> node);

  Tag tag() const { return tag_; }
  bool is_undefined() const { return tag_ == Tag::kUndefined; }
  bool is_null() const { return tag_ == Tag::kNull; }
  bool is_bool() const { return tag_ == Tag::kBool; }
  bool is_number() const { return tag_ == Tag::kNumber; }
  bool is_string() const { return tag_ == Tag::kString || tag_ == Tag::kJsonString; }
  bool is_array() const { return tag_ == Tag::kArray || tag_ == Tag::kJsonArray; }
  bool is_object() const { return tag_ == Tag::kObject || tag_ == Tag::kJsonObject; }
  bool is_function() const { return tag_ == Tag::kFunction || tag_ == Tag::kNative || tag_ == Tag::kRegex; }
  bool is_node() const { return tag_ >= Tag::kString; }

  bool boolean() const { return payload_.boolean; }
  double number() const { return payload_.number; }
  std::string_view text() const;  // of a string
  const json::Value* json() const { return payload_.json; }
  const Native* native() const { return payload_.native; }
  const Regex* regex() const { return payload_.regex; }
  Node* node() const { return payload_.node; }
  // The node of an array, object or tuple made here; null for input.
  ArrayNode* array_node() const { return tag_ == Tag::kArray ? reinterpret_cast<ArrayNode*>(payload_.node) : nullptr; }
  ObjectNode* object_node() const {
    return tag_ == Tag::kObject ? reinterpret_cast<ObjectNode*>(payload_.node) : nullptr;
  }
  TupleNode* tuple() const { return reinterpret_cast<TupleNode*>(payload_.node); }

  // Of an array.
  size_t size() const;
  Value At(size_t index) const;
  // Array flags, false for input arrays.
  bool is_sequence() const;
  bool is_cons() const;
  bool is_tuple_stream() const;

  // Of an object: the member or undefined.
  Value Member(std::string_view key) const;
  size_t member_count() const;

  // JavaScript's ===.
  static bool Identical(const Value& a, const Value& b);

 private:
  explicit Value(Tag tag) : tag_(tag) { payload_.bits = 0; }
  void Swap(Value& other) {
    std::swap(tag_, other.tag_);
    std::swap(payload_, other.payload_);
  }

  Tag tag_;
  union {
    uint64_t bits;
    bool boolean;
    double number;
    const json::Value* json;
    const Native* native;
    const Regex* regex;
    Node* node;
  } payload_;
};
static_assert(sizeof(Value) == 16);

// UTF-8; a lone UTF-16 surrogate, which JavaScript strings may hold, stands as its three-byte form.
struct StringNode : Node {
  size_t size;
  explicit StringNode(size_t text_size) : Node(NodeKind::kString), size(text_size) {}
  char* data() { return reinterpret_cast<char*>(this + 1); }
  std::string_view text() const { return {reinterpret_cast<const char*>(this + 1), size}; }
};

struct ArrayNode : Node {
  // Results of a query are sequences: of one item they become that item, of none they become undefined.
  bool sequence = false;
  bool keep_singleton = false;  // ... unless `[]` asked to keep the array
  bool cons = false;            // made by an array constructor at the edge of a path: not flattened
  bool outer_wrapper = false;   // stands around an input that is an array
  bool tuple_stream = false;    // its items are tuples
  bool range = false;           // the numbers range_start, +1, ...; no items in memory
  size_t size = 0;
  size_t capacity = 0;
  double range_start = 0;
  Value* items = nullptr;

  ArrayNode() : Node(NodeKind::kArray) {}
  static Ref<ArrayNode> New();
  static Ref<ArrayNode> NewSequence();
  static Ref<ArrayNode> NewRange(double start, size_t size);
  void Reserve(size_t count);
  void Push(Value value);
  // Appends the items of the array `value`.
  void PushAll(const Value& value);
  Value At(size_t index) const {
    return range ? Value::Number(range_start + static_cast<double>(index)) : items[index];
  }
};

struct ObjectEntry {
  Value key;
  Value value;
};

struct ObjectNode : Node {
  size_t size = 0;
  size_t capacity = 0;
  ObjectEntry* entries = nullptr;
  uint32_t* slots = nullptr;  // open addressing, entry number plus one; only in large objects
  size_t slot_count = 0;

  ObjectNode() : Node(NodeKind::kObject) {}
  static Ref<ObjectNode> New();
  ObjectEntry* Find(std::string_view key) const;
  // Sets or appends.
  void Set(const Value& key, Value value);
  void Set(std::string_view key, Value value);
  void Erase(std::string_view key);

 private:
  void Index();
};

inline Value Value::Of(Ref<ArrayNode> node) { return OfNode(Tag::kArray, std::move(node)); }
inline Value Value::Of(Ref<ObjectNode> node) { return OfNode(Tag::kObject, std::move(node)); }
inline bool Value::is_sequence() const { return tag_ == Tag::kArray && array_node()->sequence; }
inline bool Value::is_cons() const { return tag_ == Tag::kArray && array_node()->cons; }
inline bool Value::is_tuple_stream() const { return tag_ == Tag::kArray && array_node()->tuple_stream; }

// A node in the current heap.
template <typename T, typename... Arguments>
Ref<T> MakeNode(Arguments&&... arguments) {
  return Ref<T>::Adopt(new (Heap::Current().Allocate(sizeof(T))) T(std::forward<Arguments>(arguments)...));
}

// Whether `key` is a canonical array index ("0", "17").
bool IsIndexKey(std::string_view key);
// Members of an object in insertion order; keys that are array indices come first in ascending order when `js_order`
// (as JavaScript, hence the npm package, has it). A copy, safe against changes of the object.
class Members {
 public:
  Members(const Value& object, bool js_order);
  ~Members();
  Members(const Members&) = delete;
  Members& operator=(const Members&) = delete;
  const ObjectEntry* begin() const { return entries_; }
  const ObjectEntry* end() const { return entries_ + size_; }
  size_t size() const { return size_; }

 private:
  ObjectEntry* entries_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

}  // namespace pawl::asl::jsonata
