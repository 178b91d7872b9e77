#include "worker/activities/report/report_text.h"

#include <algorithm>
#include <cstdio>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"

namespace pawl::activities {
namespace {

constexpr size_t kWidth = 100;

std::string Plain(const nlohmann::json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_number_float()) return value.dump();
  char text[32];
  std::snprintf(text, sizeof(text), "%.6g", value.get<double>());
  return text;
}

bool HasExactly(const nlohmann::json& value, std::initializer_list<const char*> names) {
  return value.is_object() && value.size() == names.size() &&
         std::all_of(names.begin(), names.end(), [&](const char* name) { return value.contains(name); });
}

bool IsFlat(const nlohmann::json& value) {
  return value.is_structured() && !value.empty() &&
         std::none_of(value.begin(), value.end(), [](const nlohmann::json& member) { return member.is_structured(); });
}

// The shapes that are one thing to a reader.
std::optional<std::string> InOneLine(const nlohmann::json& value) {
  if (!value.is_structured() || value.empty()) return Plain(value);
  if (HasExactly(value, {"value", "low", "high"})) {
    return absl::StrCat(Plain(value["value"]), " (", Plain(value["low"]), " to ", Plain(value["high"]), ")");
  }
  if (HasExactly(value, {"uri", "bytes", "sha256"})) {
    return absl::StrCat(Plain(value["uri"]), " (", Plain(value["bytes"]), " bytes, sha256 ", Plain(value["sha256"]),
                        ")");
  }
  return std::nullopt;
}

void AppendWrapped(const std::vector<std::string>& words, const std::string& indent, std::string& text) {
  size_t column = 0;
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string word = absl::StrCat(words[i], i + 1 < words.size() ? "," : "");
    if (column > 0 && column + 1 + word.size() > kWidth) {
      text += '\n';
      column = 0;
    }
    absl::StrAppend(&text, column == 0 ? indent : " ", word);
    column += word.size() + (column == 0 ? indent.size() : 1);
  }
  text += '\n';
}

// A flat object or array below a name.
void AppendList(const nlohmann::json& value, const std::string& indent, std::string& text) {
  std::vector<std::string> words;
  if (value.is_array()) {
    for (const nlohmann::json& member : value) words.push_back(Plain(member));
  } else {
    for (const auto& [name, member] : value.items()) words.push_back(absl::StrCat(name, " ", Plain(member)));
  }
  AppendWrapped(words, indent, text);
}

void Append(const nlohmann::json& value, const std::string& indent, std::string& text);

void AppendNamed(const std::string& name, const nlohmann::json& value, const std::string& indent, std::string& text) {
  if (std::optional<std::string> line = InOneLine(value)) {
    absl::StrAppend(&text, indent, name, " ", *line, "\n");
    return;
  }
  absl::StrAppend(&text, indent, name, "\n");
  if (IsFlat(value)) {
    AppendList(value, indent + "  ", text);
  } else {
    Append(value, indent + "  ", text);
  }
}

void Append(const nlohmann::json& value, const std::string& indent, std::string& text) {
  if (std::optional<std::string> line = InOneLine(value)) {
    absl::StrAppend(&text, indent, *line, "\n");
  } else if (value.is_object()) {
    for (const auto& [name, member] : value.items()) AppendNamed(name + ":", member, indent, text);
  } else {
    for (size_t i = 0; i < value.size(); ++i) AppendNamed(absl::StrCat(i + 1, "."), value[i], indent, text);
  }
}

}  // namespace

std::string ReportLines(const nlohmann::json& value) {
  std::string text;
  Append(value, "", text);
  return text;
}

}  // namespace pawl::activities
