#include "scheduler/asl/jsonata/value.h"

#include <algorithm>
#include <cstring>

#include "shared/base/check.h"

namespace pawl::asl::jsonata {
namespace {

constexpr size_t kIndexedMembersMin = 17;

template <typename T>
T* Grow(T* items, size_t size, size_t old_capacity, size_t new_capacity) {
  auto* grown = static_cast<T*>(Heap::Current().Allocate(new_capacity * sizeof(T)));
  for (size_t i = 0; i < size; ++i) {
    new (&grown[i]) T(std::move(items[i]));
    items[i].~T();
  }
  if (items != nullptr) Heap::Current().Free(items, old_capacity * sizeof(T));
  return grown;
}

size_t HashOf(std::string_view key) { return std::hash<std::string_view>()(key); }

}  // namespace

Value Value::String(std::string_view text) {
  void* block = Heap::Current().Allocate(sizeof(StringNode) + text.size());
  auto* node = new (block) StringNode(text.size());
  if (!text.empty()) std::memcpy(node->data(), text.data(), text.size());
  return OfNode(Tag::kString, Ref<StringNode>::Adopt(node));
}

Value Value::Input(const json::Value& value) {
  Value result;
  switch (value.kind()) {
    case json::Kind::kNull:
      return Null();
    case json::Kind::kBool:
      return Bool(value.as_bool());
    case json::Kind::kNumber:
      return Number(value.as_double());
    case json::Kind::kString:
      result.tag_ = Tag::kJsonString;
      break;
    case json::Kind::kArray:
      result.tag_ = Tag::kJsonArray;
      break;
    case json::Kind::kObject:
      result.tag_ = Tag::kJsonObject;
      break;
  }
  result.payload_.json = &value;
  return result;
}

std::string_view Value::text() const {
  if (tag_ == Tag::kJsonString) return payload_.json->as_string();
  return static_cast<const StringNode*>(payload_.node)->text();
}

size_t Value::size() const { return tag_ == Tag::kJsonArray ? payload_.json->size() : array_node()->size; }

Value Value::At(size_t index) const {
  return tag_ == Tag::kJsonArray ? Input(payload_.json->items()[index]) : array_node()->At(index);
}

Value Value::Member(std::string_view key) const {
  if (tag_ == Tag::kJsonObject) {
    const json::Value* member = payload_.json->Find(key);
    return member == nullptr ? Value() : Input(*member);
  }
  if (tag_ != Tag::kObject) return Value();
  const ObjectEntry* entry = object_node()->Find(key);
  return entry == nullptr ? Value() : entry->value;
}

size_t Value::member_count() const { return tag_ == Tag::kJsonObject ? payload_.json->size() : object_node()->size; }

bool Value::Identical(const Value& a, const Value& b) {
  if (a.is_string() && b.is_string()) return a.text() == b.text();
  if (a.tag_ != b.tag_) return false;
  switch (a.tag_) {
    case Tag::kUndefined:
    case Tag::kNull:
      return true;
    case Tag::kBool:
      return a.payload_.boolean == b.payload_.boolean;
    case Tag::kNumber:
      return a.payload_.number == b.payload_.number;
    case Tag::kJsonArray:
    case Tag::kJsonObject:
      return a.payload_.json->SameNode(*b.payload_.json);
    default:
      return a.payload_.bits == b.payload_.bits;
  }
}

Ref<ArrayNode> ArrayNode::New() { return MakeNode<ArrayNode>(); }

Ref<ArrayNode> ArrayNode::NewSequence() {
  Ref<ArrayNode> node = MakeNode<ArrayNode>();
  node->sequence = true;
  return node;
}

Ref<ArrayNode> ArrayNode::NewRange(double start, size_t size) {
  Ref<ArrayNode> node = MakeNode<ArrayNode>();
  node->range = true;
  node->range_start = start;
  node->size = size;
  return node;
}

void ArrayNode::Reserve(size_t count) {
  if (range) {  // becomes an ordinary array
    size_t wanted = std::max(count, size);
    auto* made = static_cast<Value*>(Heap::Current().Allocate(wanted * sizeof(Value)));
    for (size_t i = 0; i < size; ++i) new (&made[i]) Value(Value::Number(range_start + static_cast<double>(i)));
    items = made;
    capacity = wanted;
    range = false;
    return;
  }
  if (count <= capacity) return;
  items = Grow(items, size, capacity, count);
  capacity = count;
}

void ArrayNode::Push(Value value) {
  if (size == capacity || range) Reserve(std::max<size_t>(4, size * 2));
  new (&items[size++]) Value(std::move(value));
}

void ArrayNode::PushAll(const Value& value) {
  size_t count = value.size();
  if (size + count > capacity) Reserve(size == 0 ? count : std::max(size + count, capacity * 2));
  if (const ArrayNode* other = value.array_node(); other != nullptr && !other->range && !range && other != this) {
    for (size_t i = 0; i < count; ++i) new (&items[size + i]) Value(other->items[i]);
    size += count;
    return;
  }
  for (size_t i = 0; i < count; ++i) Push(value.At(i));
}

Ref<ObjectNode> ObjectNode::New() { return MakeNode<ObjectNode>(); }

void ObjectNode::Index() {
  size_t wanted = 64;
  while (wanted < capacity * 2) wanted *= 2;
  if (slots != nullptr) Heap::Current().Free(slots, slot_count * sizeof(uint32_t));
  slots = nullptr;
  slots = static_cast<uint32_t*>(Heap::Current().Allocate(wanted * sizeof(uint32_t)));
  slot_count = wanted;
  std::memset(slots, 0, wanted * sizeof(uint32_t));
  for (size_t i = 0; i < size; ++i) {
    size_t slot = HashOf(entries[i].key.text()) & (slot_count - 1);
    while (slots[slot] != 0) slot = (slot + 1) & (slot_count - 1);
    slots[slot] = static_cast<uint32_t>(i + 1);
  }
}

ObjectEntry* ObjectNode::Find(std::string_view key) const {
  if (slots != nullptr) {
    for (size_t slot = HashOf(key) & (slot_count - 1); slots[slot] != 0; slot = (slot + 1) & (slot_count - 1)) {
      ObjectEntry* entry = &entries[slots[slot] - 1];
      if (entry->key.text() == key) return entry;
    }
    return nullptr;
  }
  for (size_t i = 0; i < size; ++i) {
    if (entries[i].key.text() == key) return &entries[i];
  }
  return nullptr;
}

void ObjectNode::Set(const Value& key, Value value) {
  if (ObjectEntry* found = Find(key.text())) {
    found->value = std::move(value);
    return;
  }
  bool reindex = false;
  if (size == capacity) {
    size_t wanted = std::max<size_t>(4, capacity * 2);
    entries = Grow(entries, size, capacity, wanted);
    capacity = wanted;
    reindex = true;
  }
  new (&entries[size++]) ObjectEntry{key, std::move(value)};
  if (size < kIndexedMembersMin) return;
  if (reindex || slots == nullptr) return Index();
  size_t slot = HashOf(key.text()) & (slot_count - 1);
  while (slots[slot] != 0) slot = (slot + 1) & (slot_count - 1);
  slots[slot] = static_cast<uint32_t>(size);
}

void ObjectNode::Set(std::string_view key, Value value) {
  if (ObjectEntry* found = Find(key)) {
    found->value = std::move(value);
    return;
  }
  Set(Value::String(key), std::move(value));
}

void ObjectNode::Erase(std::string_view key) {
  ObjectEntry* found = Find(key);
  if (found == nullptr) return;
  std::move(found + 1, entries + size, found);
  entries[--size].~ObjectEntry();
  if (slots != nullptr) Index();
}

bool IsIndexKey(std::string_view key) {
  if (key.empty() || key.size() > 10 || (key[0] == '0' && key.size() > 1)) return false;
  uint64_t number = 0;
  for (char c : key) {
    if (c < '0' || c > '9') return false;
    number = number * 10 + static_cast<uint64_t>(c - '0');
  }
  return number < 4294967295u;
}

Members::Members(const Value& object, bool js_order) {
  PAWL_CHECK(object.is_object(), "only objects have members");
  capacity_ = object.member_count();
  if (capacity_ == 0) return;
  entries_ = static_cast<ObjectEntry*>(Heap::Current().Allocate(capacity_ * sizeof(ObjectEntry)));
  bool indices = false;
  auto add = [&](Value key, Value value) {
    indices = indices || IsIndexKey(key.text());
    new (&entries_[size_++]) ObjectEntry{std::move(key), std::move(value)};
  };
  if (object.tag() == Tag::kJsonObject) {
    for (const json::Member& member : object.json()->members()) {
      add(Value::String(member.key), Value::Input(member.value));
    }
  } else {
    const ObjectNode* node = object.object_node();
    for (size_t i = 0; i < node->size; ++i) add(node->entries[i].key, node->entries[i].value);
  }
  if (!js_order || !indices) return;
  std::stable_sort(entries_, entries_ + size_, [](const ObjectEntry& a, const ObjectEntry& b) {
    std::string_view x = a.key.text();
    std::string_view y = b.key.text();
    bool x_index = IsIndexKey(x);
    bool y_index = IsIndexKey(y);
    if (!x_index || !y_index) return x_index && !y_index;
    return x.size() != y.size() ? x.size() < y.size() : x < y;
  });
}

Members::~Members() {
  for (size_t i = 0; i < size_; ++i) entries_[i].~ObjectEntry();
  if (entries_ != nullptr) Heap::Current().Free(entries_, capacity_ * sizeof(ObjectEntry));
}

}  // namespace pawl::asl::jsonata
