#include "scheduler/asl/jsonata/equality.h"

#include <functional>
#include <string_view>

#include "scheduler/asl/jsonata/error.h"
#include "scheduler/asl/jsonata/evaluator.h"
#include "scheduler/asl/jsonata/serialize.h"

namespace pawl::asl::jsonata {
namespace {

bool EqualAt(Evaluator& evaluator, const Value& a, const Value& b, int depth) {
  if (Value::Identical(a, b)) return true;
  if (depth > kValueDepthMax) throw Failure("D1011");
  if (a.is_array() && b.is_array()) {
    size_t count = a.size();
    if (count != b.size()) return false;
    evaluator.Charge(2 + count / 4);
    for (size_t i = 0; i < count; ++i) {
      if (!EqualAt(evaluator, a.At(i), b.At(i), depth + 1)) return false;
    }
    return true;
  }
  if (!a.is_object() || !b.is_object() || a.member_count() != b.member_count()) return false;
  evaluator.Charge(2 + a.member_count() / 2);
  if (a.tag() == Tag::kJsonObject) {
    for (const json::Member& member : a.json()->members()) {
      Value other = b.Member(member.key);
      if (other.is_undefined() || !EqualAt(evaluator, Value::Input(member.value), other, depth + 1)) return false;
    }
    return true;
  }
  const ObjectNode* node = a.object_node();
  for (size_t i = 0; i < node->size; ++i) {
    Value other = b.Member(node->entries[i].key.text());
    if (other.is_undefined() && !node->entries[i].value.is_undefined()) return false;
    if (!EqualAt(evaluator, node->entries[i].value, other, depth + 1)) return false;
  }
  return true;
}

size_t Mix(size_t seed, size_t value) { return (seed ^ value) * 0x9e3779b97f4a7c15u + (seed << 6) + (value >> 3); }

size_t HashAt(const Value& value, int depth) {
  // What lies deeper or further on decides nothing: equal values have equal hashes all the same.
  constexpr int kDepthMax = 3;
  constexpr size_t kItemsMax = 64;
  if (value.is_string()) return std::hash<std::string_view>()(value.text());
  if (value.is_number()) return std::hash<double>()(value.number() == 0 ? 0.0 : value.number());
  if (value.is_bool()) return value.boolean() ? 3 : 5;
  if (value.is_array()) {
    size_t count = value.size();
    size_t hash = Mix(7, count);
    if (depth == kDepthMax) return hash;
    for (size_t i = 0; i < count && i < kItemsMax; ++i) hash = Mix(hash, HashAt(value.At(i), depth + 1));
    return hash;
  }
  if (!value.is_object()) return 11;
  size_t hash = Mix(13, value.member_count());
  if (depth == kDepthMax || value.member_count() > kItemsMax) return hash;
  size_t members = 0;  // a sum, because their order does not count
  for (const ObjectEntry& entry : Members(value, false)) {
    members += Mix(std::hash<std::string_view>()(entry.key.text()), HashAt(entry.value, depth + 1));
  }
  return Mix(hash, members);
}

}  // namespace

size_t DeepHash(const Value& value) { return HashAt(value, 0); }

bool DeepEqual(Evaluator& evaluator, const Value& a, const Value& b) { return EqualAt(evaluator, a, b, 0); }

}  // namespace pawl::asl::jsonata
