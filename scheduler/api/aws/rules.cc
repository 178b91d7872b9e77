#include "scheduler/api/aws/rules.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "scheduler/gateway/reason.h"

namespace pawl::api::aws {
namespace {

// STEP_FUNCTIONS.md 1.1, "Pagination".
constexpr int kPageDefault = 100;
constexpr int kPageMax = 1000;
// STEP_FUNCTIONS.md 1.2, TagResource. The service model requires no key, but a tag without one means nothing.
constexpr TextRule kTagKey{.required = true, .length_min = 1, .length_max = 128};
constexpr TextRule kTagValue{.required = false, .length_min = 0, .length_max = 256};

}  // namespace

gateway::Page ReadPage(Fields& fields, size_t token_characters_max) {
  gateway::Page page;
  const int64_t limit = fields.Integer("maxResults", 0, kPageMax).value_or(0);
  page.limit = limit == 0 ? kPageDefault : static_cast<int>(limit);
  page.token = fields.Text("nextToken", {.required = false, .length_min = 1, .length_max = token_characters_max});
  return page;
}

bool ReadIncludesData(Fields& fields) {
  return fields.Choice("includedData", {"ALL_DATA", "METADATA_ONLY"}, "ALL_DATA") == "ALL_DATA";
}

// Recorded: sfn_api create_state_machine_invalid_name and its kind.
absl::Status CheckName(const std::string& name) {
  if (gateway::IsValidName(name)) return absl::OkStatus();
  return gateway::Refuse(gateway::Reason::kInvalidName, "Invalid Name: '" + name + "'");
}

std::vector<gateway::Tag> ReadTags(Fields& fields) {
  std::vector<gateway::Tag> tags;
  nlohmann::json* list = fields.Array("tags");
  if (list == nullptr) return tags;
  for (nlohmann::json& item : *list) {
    const std::string path = "tags." + std::to_string(tags.size() + 1) + ".member";
    if (!item.is_object()) {
      fields.Violate("null", path, "Member must not be null");
      break;
    }
    Fields tag(item, fields, path);
    tags.push_back({tag.Text("key", kTagKey), tag.Text("value", kTagValue)});
  }
  return tags;
}

}  // namespace pawl::api::aws
