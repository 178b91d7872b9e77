// Arrays as PostgreSQL reads them in text form, for parameters and literals of statements by libpqxx. (What is sent in
// binary form is in shared/pg/binary.h.) Pure.
#pragma once

#include <concepts>
#include <optional>
#include <string>
#include <vector>

namespace pawl::pg {

// {"a","b\"c",NULL}
std::string ArrayText(const std::vector<std::string>& values);
std::string ArrayText(const std::vector<std::optional<std::string>>& values);

// {1,2,3}
template <std::integral Integer>
std::string ArrayText(const std::vector<Integer>& values) {
  std::string text = "{";
  for (const Integer value : values) text += (text.size() > 1 ? "," : "") + std::to_string(value);
  return text + "}";
}

}  // namespace pawl::pg
