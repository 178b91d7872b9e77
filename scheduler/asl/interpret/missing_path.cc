#include "scheduler/asl/interpret/missing_path.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"

namespace pawl::asl {
namespace {

bool IsIndex(const std::string& step) {
  return !step.empty() && std::all_of(step.begin(), step.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::string Bracketed(const std::vector<std::string>& steps, size_t count) {
  std::string text = "$";
  for (size_t i = 0; i < count; ++i) {
    if (IsIndex(steps[i])) {
      absl::StrAppend(&text, "[", steps[i], "]");
    } else {
      absl::StrAppend(&text, "['", steps[i], "']");
    }
  }
  return text;
}

}  // namespace

std::string ExplainMissingPath(const jsonpath::Path& path, const json::Value* root) {
  const auto& steps = path.reference_steps();
  if (!steps) return absl::StrCat("No results for path: ", path.text());
  const json::Value* value = root;
  for (size_t i = 0; value != nullptr && i < steps->size(); ++i) {
    const std::string& step = (*steps)[i];
    if (value->is_array() && IsIndex(step)) {
      const size_t index = step.size() > 9 ? value->size() : std::stoul(step);
      value = index < value->size() ? &value->items()[index] : nullptr;
      continue;
    }
    if (!value->is_object() && !IsIndex(step)) {
      return absl::StrCat("Expected to find an object with property ['", step, "'] in path ", Bracketed(*steps, i),
                          " but found '", json::KindName(value->kind()), "'.");
    }
    value = value->Find(step);
    if (value == nullptr && i + 1 < steps->size() && !IsIndex(step)) {
      return absl::StrCat("Missing property in path ", Bracketed(*steps, i + 1));
    }
  }
  return absl::StrCat("No results for path: ", Bracketed(*steps, steps->size()));
}

}  // namespace pawl::asl
