#include "scheduler/asl/interpret/item_batches.h"

#include <limits>
#include <string_view>
#include <utility>
#include <vector>

namespace pawl::asl {

using json::Value;

namespace {

constexpr size_t kBatchBytesMax = 262'144;  // STEP_FUNCTIONS.md 2.10: MaxInputBytesPerBatch is at most 256 KiB

size_t Bound(const Value& batcher, std::string_view name, size_t otherwise) {
  const Value* found = batcher.Find(name);
  const std::optional<int64_t> number = found != nullptr ? found->as_int64() : std::nullopt;
  return number && *number > 0 ? static_cast<size_t>(*number) : otherwise;
}

}  // namespace

Value ItemBatches(const Value& batcher, std::span<const Value> items) {
  const size_t items_max = Bound(batcher, "MaxItemsPerBatch", std::numeric_limits<size_t>::max());
  const size_t bytes_max = Bound(batcher, "MaxInputBytesPerBatch", kBatchBytesMax);
  const Value* input = batcher.Find("BatchInput");
  const auto batch_of = [&](std::vector<Value> batch) {
    std::vector<json::Member> members;
    if (input != nullptr) members.push_back({"BatchInput", *input});
    members.push_back({"Items", Value::Array(std::move(batch))});
    return Value::Object(std::move(members));
  };
  const size_t frame_bytes = json::Serialize(batch_of({})).size();
  std::vector<Value> batches;
  std::vector<Value> batch;
  size_t bytes = frame_bytes;
  for (const Value& item : items) {
    const size_t item_bytes = json::Serialize(item).size();
    if (!batch.empty() && (batch.size() >= items_max || bytes + 1 + item_bytes > bytes_max)) {
      batches.push_back(batch_of(std::exchange(batch, {})));
      bytes = frame_bytes;
    }
    bytes += item_bytes + (batch.empty() ? 0 : 1);
    batch.push_back(item);
  }
  if (!batch.empty()) batches.push_back(batch_of(std::move(batch)));
  return Value::Array(std::move(batches));
}

}  // namespace pawl::asl
