#include "shared/json/value.h"

#include <algorithm>
#include <cmath>
#include <new>

#include "absl/hash/hash.h"
#include "shared/base/check.h"
#include "shared/json/node.h"

namespace pawl::json {
namespace {

const TextNode* AsText(const Value::Node* node) { return static_cast<const TextNode*>(node); }
const ArrayNode* AsArray(const Value::Node* node) { return static_cast<const ArrayNode*>(node); }
const ObjectNode* AsObject(const Value::Node* node) { return static_cast<const ObjectNode*>(node); }

size_t HashOf(std::string_view key) { return absl::Hash<std::string_view>()(key); }

ArrayNode* AllocateArray(size_t count) {
  return new (::operator new(sizeof(ArrayNode) + count * sizeof(Value))) ArrayNode();
}

ObjectNode* AllocateObject(size_t count) {
  return new (::operator new(sizeof(ObjectNode) + count * sizeof(Member))) ObjectNode();
}

// Appends members to a new object node, merging equal keys. `capacity` bounds the number of Add calls.
class ObjectAssembler {
 public:
  explicit ObjectAssembler(size_t capacity) : node_(AllocateObject(capacity)) {
    if (capacity >= KeyIndex::kMembersMin) node_->index = std::make_unique<KeyIndex>(capacity);
  }

  void Add(std::string key, Value value) {
    Member* members = node_->members();
    const ptrdiff_t existing =
        node_->index ? node_->index->FindOrInsert(key, members, node_->count) : LinearFind(key, members);
    if (existing >= 0) {
      members[existing].value = std::move(value);
    } else {
      new (members + node_->count) Member{std::move(key), std::move(value)};
      ++node_->count;
    }
  }

  Value Finish() { return NodeAccess::Wrap(node_); }

 private:
  ptrdiff_t LinearFind(std::string_view key, const Member* members) const {
    for (size_t i = 0; i < node_->count; ++i) {
      if (members[i].key == key) return static_cast<ptrdiff_t>(i);
    }
    return -1;
  }

  ObjectNode* node_;
};

}  // namespace

KeyIndex::KeyIndex(size_t count_max) {
  PAWL_CHECK(count_max < UINT32_MAX / 4, "an object has less than a billion members");
  size_t slots = 32;
  while (slots < count_max * 2) slots *= 2;
  mask_ = slots - 1;
  slots_ = std::make_unique<uint32_t[]>(slots);
}

ptrdiff_t KeyIndex::Find(std::string_view key, const Member* members) const {
  for (size_t slot = HashOf(key) & mask_; slots_[slot] != 0; slot = (slot + 1) & mask_) {
    const size_t number = slots_[slot] - 1;
    if (members[number].key == key) return static_cast<ptrdiff_t>(number);
  }
  return -1;
}

ptrdiff_t KeyIndex::FindOrInsert(std::string_view key, const Member* members, size_t number) {
  size_t slot = HashOf(key) & mask_;
  for (; slots_[slot] != 0; slot = (slot + 1) & mask_) {
    const size_t found = slots_[slot] - 1;
    if (members[found].key == key) return static_cast<ptrdiff_t>(found);
  }
  slots_[slot] = static_cast<uint32_t>(number + 1);
  return -1;
}

Value MakeText(Kind kind, std::string text) { return NodeAccess::Wrap(new TextNode(kind, std::move(text))); }

Value MakeArray(Value* items, size_t count) {
  ArrayNode* node = AllocateArray(count);
  std::uninitialized_move_n(items, count, node->items());
  node->count = count;
  return NodeAccess::Wrap(node);
}

Value MakeObject(std::string* keys, Value* values, size_t count) {
  ObjectAssembler object(count);
  for (size_t i = 0; i < count; ++i) object.Add(std::move(keys[i]), std::move(values[i]));
  return object.Finish();
}

// A dying container hands its dying children to a chain that runs through the nodes themselves.
void Value::Destroy(const Node* dead) {
  ContainerNode* chain = nullptr;
  const auto bury = [&chain](Node* node) {
    if (node->kind == Kind::kString || node->kind == Kind::kNumber) {
      delete static_cast<TextNode*>(node);
    } else {
      auto* container = static_cast<ContainerNode*>(node);
      container->next_dead = chain;
      chain = container;
    }
  };
  const auto drop = [&bury](Value& value) {
    const Node* node = NodeAccess::Take(value);
    if (node != nullptr && node->reference_count.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      bury(const_cast<Node*>(node));
    }
  };

  bury(const_cast<Node*>(dead));
  while (chain != nullptr) {
    ContainerNode* container = chain;
    chain = container->next_dead;
    if (container->kind == Kind::kArray) {
      auto* array = static_cast<ArrayNode*>(container);
      for (size_t i = 0; i < array->count; ++i) drop(array->items()[i]);
      array->~ArrayNode();
    } else {
      auto* object = static_cast<ObjectNode*>(container);
      for (size_t i = 0; i < object->count; ++i) drop(object->members()[i].value);
      std::destroy_n(object->members(), object->count);
      object->~ObjectNode();
    }
    ::operator delete(container);
  }
}

const char* KindName(Kind kind) {
  switch (kind) {
    case Kind::kNull:
      return "null";
    case Kind::kBool:
      return "boolean";
    case Kind::kNumber:
      return "number";
    case Kind::kString:
      return "string";
    case Kind::kArray:
      return "array";
    case Kind::kObject:
      return "object";
  }
  return "null";
}

Value Value::Bool(bool value) {
  Value result;
  result.bits_ = value ? kTrueBits : kFalseBits;
  return result;
}

Value Value::Int(int64_t value) { return MakeText(Kind::kNumber, std::to_string(value)); }

Value Value::Double(double value) {
  PAWL_CHECK(std::isfinite(value), "JSON has finite numbers only");
  return MakeText(Kind::kNumber, json::NumberToText(value));
}

Value Value::NumberText(std::string text) {
  PAWL_CHECK(IsNumberText(text), "the text of a number follows JSON's grammar");
  return MakeText(Kind::kNumber, std::move(text));
}

Value Value::String(std::string value) { return MakeText(Kind::kString, std::move(value)); }

Value Value::Array(std::vector<Value> items) { return MakeArray(items.data(), items.size()); }

Value Value::Object(std::vector<Member> members) {
  ObjectAssembler object(members.size());
  for (Member& member : members) object.Add(std::move(member.key), std::move(member.value));
  return object.Finish();
}

bool Value::as_bool() const {
  PAWL_CHECK(is_bool(), "the value is a boolean");
  return bits_ == kTrueBits;
}

const std::string& Value::as_string() const {
  PAWL_CHECK(is_string(), "the value is a string");
  return AsText(node())->text;
}

const std::string& Value::number_text() const {
  PAWL_CHECK(is_number(), "the value is a number");
  return AsText(node())->text;
}

std::span<const Value> Value::items() const {
  PAWL_CHECK(is_array(), "the value is an array");
  return {AsArray(node())->items(), AsArray(node())->count};
}

std::span<const Member> Value::members() const {
  PAWL_CHECK(is_object(), "the value is an object");
  return {AsObject(node())->members(), AsObject(node())->count};
}

size_t Value::size() const {
  const Kind this_kind = kind();
  if (this_kind != Kind::kArray && this_kind != Kind::kObject) return 0;
  return static_cast<const ContainerNode*>(node())->count;
}

const Value* Value::Find(std::string_view key) const {
  if (!is_object()) return nullptr;
  const ObjectNode* object = AsObject(node());
  const Member* members = object->members();
  if (object->index) {
    const ptrdiff_t number = object->index->Find(key, members);
    return number < 0 ? nullptr : &members[number].value;
  }
  for (size_t i = 0; i < object->count; ++i) {
    if (members[i].key == key) return &members[i].value;
  }
  return nullptr;
}

Value Value::With(std::string_view key, Value value) const {
  PAWL_CHECK(is_null() || is_object(), "members belong to objects");
  const std::span<const Member> old = is_null() ? std::span<const Member>() : members();
  ObjectAssembler object(old.size() + 1);
  for (const Member& member : old) object.Add(member.key, member.value);
  object.Add(std::string(key), std::move(value));
  return object.Finish();
}

Value Value::Without(std::string_view key) const {
  if (Find(key) == nullptr) return *this;
  ObjectAssembler object(members().size());
  for (const Member& member : members()) {
    if (member.key != key) object.Add(member.key, member.value);
  }
  return object.Finish();
}

bool Value::Equal(const Value& a, const Value& b) {
  std::vector<std::pair<const Value*, const Value*>> pending = {{&a, &b}};
  while (!pending.empty()) {
    const auto [left, right] = pending.back();
    pending.pop_back();
    if (left->SameNode(*right)) continue;
    if (left->kind() != right->kind() || left->size() != right->size()) return false;
    switch (left->kind()) {
      case Kind::kNull:
        break;
      case Kind::kBool:
        return false;  // the same booleans are the same bits
      case Kind::kNumber:
        if (CompareNumberTexts(left->number_text(), right->number_text()) != 0) return false;
        break;
      case Kind::kString:
        if (left->as_string() != right->as_string()) return false;
        break;
      case Kind::kArray:
        for (size_t i = 0; i < left->size(); ++i) pending.emplace_back(&left->items()[i], &right->items()[i]);
        break;
      case Kind::kObject:
        for (const Member& member : left->members()) {
          const Value* other = right->Find(member.key);
          if (other == nullptr) return false;
          pending.emplace_back(&member.value, other);
        }
        break;
    }
  }
  return true;
}

}  // namespace pawl::json
