// Collects what is wrong with a definition. Internal to scheduler/asl/validate.
#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "scheduler/asl/syntax/document.h"
#include "scheduler/asl/validate/compile.h"

namespace pawl::asl {

// A value of the definition and what AWS calls its place: "/States/Train/Retry[0]".
struct Place {
  std::string path;
  const syntax::Node* node = nullptr;

  Place Member(std::string_view key) const { return {path + "/" + std::string(key), node->Find(key)}; }
  Place Item(size_t index) const { return {path + "[" + std::to_string(index) + "]", &node->items[index]}; }
  const json::Value& value() const { return node->value; }
  // The whole definition is "/", everything below has no slash of its own for it.
  std::string location() const { return path.empty() ? "/" : path; }
};

class Report {
 public:
  static constexpr size_t kNowhere = std::numeric_limits<size_t>::max();

  explicit Report(std::string_view text) : text_(text) {}

  // SCHEMA_VALIDATION_FAILED, by far the most frequent.
  void Schema(const Place& place, std::string message);
  void Error(std::string code, const Place& place, std::string message);
  // `offset` where the location does not say it; kNowhere sorts last.
  void ErrorAt(std::string code, std::string location, size_t offset, std::string message);
  void Warn(std::string code, const Place& place, std::string message);

  bool has_errors() const { return has_errors_; }
  // In the order of the text.
  std::vector<Diagnostic> Take();

 private:
  struct Entry {
    Diagnostic diagnostic;
    size_t offset;
  };
  void Add(Severity severity, std::string code, std::string location, size_t offset, std::string message);

  std::string_view text_;
  std::vector<Entry> entries_;
  bool has_errors_ = false;
};

// "[a, b]"
std::string BracketedList(const std::vector<std::string>& names);

}  // namespace pawl::asl
