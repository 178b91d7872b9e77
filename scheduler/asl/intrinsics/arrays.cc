#include <unordered_map>

#include "absl/hash/hash.h"
#include "absl/strings/str_cat.h"
#include "scheduler/asl/intrinsics/functions.h"
#include "shared/base/status.h"

namespace pawl::asl::intrinsics {
namespace {

using json::Value;

constexpr int64_t kRangeMax = 1000;  // STEP_FUNCTIONS.md 2.3

absl::Status RequireArray(const Value& value) {
  if (value.is_array()) return absl::OkStatus();
  return absl::InvalidArgumentError("expected an array, but got " + WithArticle(value));
}

// Equal values have equal hashes: numbers count by value, members in any order. An explicit stack, as values may be
// deep.
size_t HashOf(const Value& root) {
  struct Pending {
    const Value* value;
    size_t place;  // hash of the way from the root
  };
  std::vector<Pending> pending = {{&root, 0}};
  size_t sum = 0;
  while (!pending.empty()) {
    const auto [value, place] = pending.back();
    pending.pop_back();
    switch (value->kind()) {
      case json::Kind::kNull:
        sum += absl::HashOf(place, 0);
        break;
      case json::Kind::kBool:
        sum += absl::HashOf(place, 1, value->as_bool());
        break;
      case json::Kind::kNumber:
        sum += absl::HashOf(place, 2, value->as_double());
        break;
      case json::Kind::kString:
        sum += absl::HashOf(place, 3, value->as_string());
        break;
      case json::Kind::kArray:
        sum += absl::HashOf(place, 4);
        for (size_t i = 0; i < value->size(); ++i) pending.push_back({&value->items()[i], absl::HashOf(place, i)});
        break;
      case json::Kind::kObject:
        sum += absl::HashOf(place, 5);
        for (const json::Member& member : value->members()) {
          pending.push_back({&member.value, absl::HashOf(place, member.key)});
        }
        break;
    }
  }
  return sum;
}

Value Unique(std::span<const Value> items) {
  std::vector<Value> kept;
  std::unordered_multimap<size_t, size_t> seen;  // hash to position in `kept`; only looked up, never iterated
  for (const Value& item : items) {
    const size_t hash = HashOf(item);
    const auto [begin, end] = seen.equal_range(hash);
    bool known = false;
    for (auto it = begin; it != end && !known; ++it) known = kept[it->second] == item;
    if (known) continue;
    seen.emplace(hash, kept.size());
    kept.push_back(item);
  }
  return Value::Array(std::move(kept));
}

// AWS documentation, "States.ArrayPartition": the chunk size is a positive integer; others are rounded.
absl::StatusOr<Value> Partition(std::span<const Value> items, const Value& size) {
  PAWL_ASSIGN_OR_RETURN(const int64_t chunk_size, RoundedInteger(size, "the chunk size"));
  if (chunk_size <= 0) return absl::InvalidArgumentError("the chunk size must be a positive integer");
  const auto step = static_cast<size_t>(chunk_size);
  std::vector<Value> chunks;
  for (size_t begin = 0; begin < items.size();) {
    const size_t count = std::min(step, items.size() - begin);
    const std::span<const Value> chunk = items.subspan(begin, count);
    chunks.push_back(Value::Array({chunk.begin(), chunk.end()}));
    begin += count;
  }
  return Value::Array(std::move(chunks));
}

// STEP_FUNCTIONS.md 2.3: the end is included, the step is not zero.
absl::StatusOr<Value> Range(std::span<const Value> values) {
  PAWL_ASSIGN_OR_RETURN(const int64_t first, RoundedInteger(values[0], "the first value"));
  PAWL_ASSIGN_OR_RETURN(const int64_t last, RoundedInteger(values[1], "the last value"));
  PAWL_ASSIGN_OR_RETURN(const int64_t step, RoundedInteger(values[2], "the step"));
  if (step == 0) return absl::InvalidArgumentError("the step must not be zero");
  std::vector<Value> items;
  int64_t value = first;
  while (step > 0 ? value <= last : value >= last) {
    if (items.size() == kRangeMax) {
      return absl::InvalidArgumentError(absl::StrCat("the array would have more than ", kRangeMax, " items"));
    }
    items.push_back(Value::Int(value));
    if (__builtin_add_overflow(value, step, &value)) break;  // what lies beyond 64 bits lies beyond `last`
  }
  return Value::Array(std::move(items));
}

absl::StatusOr<Value> GetItem(std::span<const Value> items, const Value& position) {
  PAWL_ASSIGN_OR_RETURN(const int64_t index, RoundedInteger(position, "the index"));
  if (index < 0 || index >= static_cast<int64_t>(items.size())) {
    return absl::InvalidArgumentError(
        absl::StrCat("the index ", index, " is out of bounds for an array of ", items.size(), " items"));
  }
  return items[static_cast<size_t>(index)];
}

}  // namespace

absl::StatusOr<Value> ApplyToArrays(Function function, std::span<const Value> values) {
  if (function == Function::kArray) return Value::Array({values.begin(), values.end()});
  if (function == Function::kArrayRange) return Range(values);
  PAWL_RETURN_IF_ERROR(RequireArray(values[0]));
  const std::span<const Value> items = values[0].items();
  switch (function) {
    case Function::kArrayContains:
      for (const Value& item : items) {
        if (item == values[1]) return Value::Bool(true);
      }
      return Value::Bool(false);
    case Function::kArrayGetItem:
      return GetItem(items, values[1]);
    case Function::kArrayPartition:
      return Partition(items, values[1]);
    case Function::kArrayUnique:
      return Unique(items);
    default:
      return Value::Int(static_cast<int64_t>(items.size()));  // kArrayLength
  }
}

}  // namespace pawl::asl::intrinsics
