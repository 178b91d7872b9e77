// The items in what an ItemReader is said to have read, as the file itself would have them. Internal to
// scheduler/asl/test_state.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "shared/json/value.h"

namespace pawl::asl {

// `reader` as in asl::DistributedMap: {"Resource", "Arguments", "ReaderConfig"}. Nothing where there is no data, or it
// is not what ReaderConfig says. CSV: headers from the first row or from CSVHeaders, cells as text, quotes as usual.
struct ReadItems {
  std::vector<json::Value> items;
  std::optional<json::Value> pointed;  // where ReaderConfig has an ItemsPointer: what it found
};
std::optional<ReadItems> ReadReaderData(const json::Value& reader, const std::optional<std::string>& data);

}  // namespace pawl::asl
