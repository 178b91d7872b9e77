#include "worker/activities/common/table_reader.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "nlohmann/json.hpp"
#include "shared/base/status.h"
#include "worker/activities/common/record_reader.h"

namespace pawl::activities {
namespace fs = std::filesystem;

namespace {

bool IsJsonLines(const fs::path& path, const TableFormat& format) {
  if (format.kind != "auto") return format.kind == "jsonl";
  std::string name = path.filename().string();
  if (absl::EndsWith(name, ".gz")) name.resize(name.size() - 3);
  return absl::EndsWith(name, ".jsonl") || absl::EndsWith(name, ".ndjson") || absl::EndsWith(name, ".json");
}

// A JSON scalar as the text that a CSV cell would hold; nullopt for objects and arrays.
std::optional<std::string> CellOf(const nlohmann::ordered_json& value) {
  if (value.is_null()) return std::string();
  if (value.is_string()) return value.get<std::string>();
  if (value.is_structured()) return std::nullopt;
  return value.dump();
}

}  // namespace

bool SplitCsvRecord(std::string_view record, char delimiter, std::vector<std::string>& cells) {
  size_t used = 0;
  size_t at = 0;
  while (true) {
    if (used == cells.size()) cells.emplace_back();
    std::string& cell = cells[used++];
    cell.clear();
    if (at < record.size() && record[at] == '"') {
      ++at;
      while (true) {
        const size_t quote = record.find('"', at);
        if (quote == std::string_view::npos) return false;
        cell.append(record.substr(at, quote - at));
        at = quote + 1;
        if (at >= record.size() || record[at] != '"') break;
        cell += '"';
        ++at;
      }
      if (at < record.size() && record[at] != delimiter) return false;
    } else {
      const size_t end = std::min(record.find(delimiter, at), record.size());
      cell.assign(record.substr(at, end - at));
      at = end;
    }
    if (at >= record.size()) break;
    ++at;
  }
  cells.resize(used);
  return true;
}

struct TableReader::State {
  std::vector<fs::path> files;
  TableFormat format;
  size_t next_file = 0;
  bool json_lines = false;
  std::optional<RecordReader> reader;
  std::vector<std::string> columns;
  int64_t rows = 0;
  std::optional<std::string> pending;  // a record read to learn the columns, which is data

  absl::Status OpenNext();
  absl::Status ReadHeader();
  absl::Status LearnJsonColumns();
  void ParseJson(TableRow& row) const;
  void ParseCsv(TableRow& row) const;
};

absl::Status TableReader::State::OpenNext() {
  const fs::path& path = files[next_file++];
  json_lines = IsJsonLines(path, format);
  PAWL_ASSIGN_OR_RETURN(reader, RecordReader::Open(path, /*quotes=*/!json_lines));
  if (json_lines) return columns.empty() ? LearnJsonColumns() : absl::OkStatus();
  if (format.header) return ReadHeader();
  if (!columns.empty()) return absl::OkStatus();
  // No header: the first record says how many columns there are.
  Record record;
  PAWL_ASSIGN_OR_RETURN(bool found, reader->Next(record));
  if (!found) return absl::InvalidArgumentError(absl::StrCat(path.string(), " is empty"));
  std::vector<std::string> cells;
  SplitCsvRecord(record.text, format.delimiter, cells);
  for (size_t i = 0; i < cells.size(); ++i) columns.push_back(absl::StrCat("c", i));
  pending = std::move(record.text);
  return absl::OkStatus();
}

absl::Status TableReader::State::ReadHeader() {
  const std::string name = files[next_file - 1].string();
  Record record;
  PAWL_ASSIGN_OR_RETURN(bool found, reader->Next(record));
  if (!found) return absl::InvalidArgumentError(absl::StrCat(name, " is empty: expected a header"));
  std::string_view text = record.text;
  if (text.substr(0, 3) == "\xef\xbb\xbf") text.remove_prefix(3);
  std::vector<std::string> names;
  if (record.too_long || !SplitCsvRecord(text, format.delimiter, names)) {
    return absl::InvalidArgumentError(absl::StrCat(name, ": the header is not valid CSV"));
  }
  if (std::set<std::string>(names.begin(), names.end()).size() != names.size()) {
    return absl::InvalidArgumentError(absl::StrCat(name, ": the header names a column twice"));
  }
  if (columns.empty())
    columns = std::move(names);
  else if (columns != names) {
    return absl::InvalidArgumentError(absl::StrCat(name, ": expected the header ", absl::StrJoin(columns, ","),
                                                   " as in ", files.front().string(), ", found ",
                                                   absl::StrJoin(names, ",")));
  }
  return absl::OkStatus();
}

// The first object that parses names the columns; an object with other members later is a row error.
absl::Status TableReader::State::LearnJsonColumns() {
  Record record;
  PAWL_ASSIGN_OR_RETURN(bool found, reader->Next(record));
  if (!found) return absl::InvalidArgumentError(absl::StrCat(files[next_file - 1].string(), " is empty"));
  auto value = nlohmann::ordered_json::parse(record.text, nullptr, false);
  if (!value.is_object()) {
    return absl::InvalidArgumentError(
        absl::StrCat(files[next_file - 1].string(), ": expected a JSON object on the first line"));
  }
  for (const auto& [name, unused] : value.items()) columns.push_back(name);
  pending = std::move(record.text);
  return absl::OkStatus();
}

void TableReader::State::ParseJson(TableRow& row) const {
  const auto value = nlohmann::ordered_json::parse(row.raw, nullptr, false);
  if (!value.is_object()) {
    row.error = "the line is not a JSON object";
    return;
  }
  row.cells.assign(columns.size(), "");
  for (const auto& [name, item] : value.items()) {
    const auto column = std::find(columns.begin(), columns.end(), name);
    if (column == columns.end()) {
      row.error = absl::StrCat("unknown member '", name, "'");
      return;
    }
    std::optional<std::string> cell = CellOf(item);
    if (!cell) {
      row.error = absl::StrCat("member '", name, "' is not a scalar");
      return;
    }
    row.cells[static_cast<size_t>(column - columns.begin())] = *std::move(cell);
  }
}

void TableReader::State::ParseCsv(TableRow& row) const {
  if (!SplitCsvRecord(row.raw, format.delimiter, row.cells)) {
    row.error = "the record is not valid CSV (quotes)";
  } else if (row.cells.size() != columns.size()) {
    row.error = absl::StrCat("expected ", columns.size(), " cells, found ", row.cells.size());
  }
}

TableReader::TableReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
TableReader::TableReader(TableReader&&) noexcept = default;
TableReader& TableReader::operator=(TableReader&&) noexcept = default;
TableReader::~TableReader() = default;

absl::StatusOr<TableReader> TableReader::Open(std::vector<fs::path> files, const TableFormat& format) {
  if (files.empty()) return absl::InvalidArgumentError("expected at least one file to read");
  auto state = std::make_unique<State>();
  state->files = std::move(files);
  state->format = format;
  PAWL_RETURN_IF_ERROR(state->OpenNext());
  return TableReader(std::move(state));
}

const std::vector<std::string>& TableReader::columns() const { return state_->columns; }

absl::StatusOr<size_t> TableReader::IndexOf(const std::string& column) const {
  const auto found = std::find(state_->columns.begin(), state_->columns.end(), column);
  if (found != state_->columns.end()) return static_cast<size_t>(found - state_->columns.begin());
  return absl::InvalidArgumentError(
      absl::StrCat("the table has no column '", column, "'; it has ", absl::StrJoin(state_->columns, ", ")));
}

absl::StatusOr<bool> TableReader::Next(TableRow& row) {
  State& state = *state_;
  Record record;
  record.text = std::move(row.raw);
  if (state.pending) {
    record.text = *std::move(state.pending);
    record.too_long = false;
    state.pending.reset();
  } else {
    while (true) {
      PAWL_ASSIGN_OR_RETURN(bool found, state.reader->Next(record));
      if (found) break;
      if (state.next_file == state.files.size()) return false;
      PAWL_RETURN_IF_ERROR(state.OpenNext());
    }
  }
  row.number = ++state.rows;
  row.raw = std::move(record.text);
  row.error.clear();
  if (record.too_long)
    row.error = "the record is longer than 1 MiB";
  else if (state.json_lines)
    state.ParseJson(row);
  else
    state.ParseCsv(row);
  return true;
}

}  // namespace pawl::activities
