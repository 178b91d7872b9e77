#include "shared/pg/array_text.h"

namespace pawl::pg {
namespace {

void Append(const std::string& value, std::string& text) {
  text += '"';
  for (char c : value) {
    if (c == '"' || c == '\\') text += '\\';
    text += c;
  }
  text += '"';
}

}  // namespace

std::string ArrayText(const std::vector<std::string>& values) {
  std::string text = "{";
  for (const std::string& value : values) {
    if (text.size() > 1) text += ',';
    Append(value, text);
  }
  return text + "}";
}

std::string ArrayText(const std::vector<std::optional<std::string>>& values) {
  std::string text = "{";
  for (const std::optional<std::string>& value : values) {
    if (text.size() > 1) text += ',';
    if (value) {
      Append(*value, text);
    } else {
      text += "NULL";
    }
  }
  return text + "}";
}

}  // namespace pawl::pg
