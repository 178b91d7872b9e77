#include "scheduler/ctl/mock.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/numbers.h"
#include "shared/base/status.h"
#include "shared/json/value.h"

namespace pawl::ctl {
namespace {

using json::Value;

std::optional<std::string> Text(const Value& object, std::string_view key) {
  const Value* value = object.Find(key);
  return value != nullptr && value->is_string() ? std::optional(value->as_string()) : std::nullopt;
}

// Of {"Return": ...} or {"Throw": ...}; nothing for any other value.
std::optional<TaskAnswer> Response(const Value& value) {
  if (!value.is_object() || value.size() != 1) return std::nullopt;
  if (const Value* result = value.Find("Return")) return TaskAnswer{core::TaskSuccess{json::Serialize(*result)}};
  const Value* thrown = value.Find("Throw");
  if (thrown == nullptr || !thrown->is_object()) return std::nullopt;
  return TaskAnswer{core::TaskFailure{Text(*thrown, "Error"), Text(*thrown, "Cause")}};
}

// "3" or "0-2".
std::optional<std::pair<int64_t, int64_t>> Calls(const std::string& key) {
  const size_t dash = key.find('-');
  int64_t first = 0;
  int64_t last = 0;
  if (!absl::SimpleAtoi(key.substr(0, dash), &first) || first < 0) return std::nullopt;
  if (dash == std::string::npos) return std::pair(first, first);
  if (!absl::SimpleAtoi(key.substr(dash + 1), &last) || last < first) return std::nullopt;
  return std::pair(first, last);
}

}  // namespace

absl::StatusOr<Mock> Mock::Parse(std::string_view text) {
  PAWL_ASSIGN_OR_RETURN(const Value value, json::Parse(text));
  Mock mock;
  if (std::optional<TaskAnswer> response = Response(value)) {
    mock.cases_.push_back({0, 0, *std::move(response)});
    return mock;
  }
  if (value.is_object()) {
    for (const json::Member& member : value.members()) {
      const auto calls = Calls(member.key);
      std::optional<TaskAnswer> response = Response(member.value);
      if (!calls || !response) {
        mock.cases_.clear();
        break;
      }
      mock.cases_.push_back({calls->first, calls->second, *std::move(response)});
    }
  }
  if (mock.cases_.empty()) mock.cases_.push_back({0, 0, {core::TaskSuccess{json::Serialize(value)}}});
  std::stable_sort(mock.cases_.begin(), mock.cases_.end(),
                   [](const Case& a, const Case& b) { return a.first < b.first; });
  return mock;
}

TaskAnswer Mock::Answer(int64_t call) const {
  const Case* best = &cases_.front();
  for (const Case& one : cases_) {
    if (one.first <= call) best = &one;
  }
  return best->answer;
}

}  // namespace pawl::ctl
