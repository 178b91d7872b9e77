// What an ItemBatcher makes of a Map's items. Internal to scheduler/asl.
#pragma once

#include <span>

#include "shared/json/value.h"

namespace pawl::asl {

// An array of the children's inputs, {"BatchInput", "Items"} in AWS's order (recorded:
// map_item_batching_base_json_max_per_batch). `batcher` as in asl::DistributedMap: {"MaxItemsPerBatch",
// "MaxInputBytesPerBatch", "BatchInput"}. A batch ends before the item that would bring it over one of the two bounds;
// an item too large for any batch gets one of its own.
json::Value ItemBatches(const json::Value& batcher, std::span<const json::Value> items);

}  // namespace pawl::asl
