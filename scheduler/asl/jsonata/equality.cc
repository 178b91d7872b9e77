#include "scheduler/asl/jsonata/equality.h"

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
    evaluator.Charge(count / 4);
    for (size_t i = 0; i < count; ++i) {
      if (!EqualAt(evaluator, a.At(i), b.At(i), depth + 1)) return false;
    }
    return true;
  }
  if (!a.is_object() || !b.is_object() || a.member_count() != b.member_count()) return false;
  evaluator.Charge(a.member_count() / 4);
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

}  // namespace

bool DeepEqual(Evaluator& evaluator, const Value& a, const Value& b) { return EqualAt(evaluator, a, b, 0); }

}  // namespace pawl::asl::jsonata
