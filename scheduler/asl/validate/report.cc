#include "scheduler/asl/validate/report.h"

#include <algorithm>
#include <utility>

namespace pawl::asl {

void Report::Schema(const Place& place, std::string message) {
  Error("SCHEMA_VALIDATION_FAILED", place, std::move(message));
}

void Report::Error(std::string code, const Place& place, std::string message) {
  Add(Severity::kError, std::move(code), place.location(), place.node->offset, std::move(message));
}

void Report::ErrorAt(std::string code, std::string location, size_t offset, std::string message) {
  Add(Severity::kError, std::move(code), std::move(location), offset, std::move(message));
}

void Report::Warn(std::string code, const Place& place, std::string message) {
  Add(Severity::kWarning, std::move(code), place.location(), place.node->offset, std::move(message));
}

void Report::Add(Severity severity, std::string code, std::string location, size_t offset, std::string message) {
  if (severity == Severity::kError) has_errors_ = true;
  entries_.push_back({Diagnostic{severity, std::move(code), std::move(message), std::move(location), 0, 0}, offset});
}

std::vector<Diagnostic> Report::Take() {
  std::stable_sort(entries_.begin(), entries_.end(),
                   [](const Entry& a, const Entry& b) { return a.offset < b.offset; });
  std::vector<Diagnostic> diagnostics;
  diagnostics.reserve(entries_.size());
  // Offsets ascend, so the text is walked once.
  size_t at = 0;
  syntax::Position position;
  for (Entry& entry : entries_) {
    if (entry.offset != kNowhere) {
      const syntax::Position step = syntax::PositionOf(text_.substr(std::min(at, text_.size())), entry.offset - at);
      position.column = step.line > 1 ? step.column : position.column + step.column - 1;
      position.line += step.line - 1;
      at = entry.offset;
      entry.diagnostic.line = position.line;
      entry.diagnostic.column = position.column;
    }
    diagnostics.push_back(std::move(entry.diagnostic));
  }
  return diagnostics;
}

std::string BracketedList(const std::vector<std::string>& names) {
  std::string list = "[";
  for (const std::string& name : names) {
    if (list.size() > 1) list += ", ";
    list += name;
  }
  return list + "]";
}

}  // namespace pawl::asl
