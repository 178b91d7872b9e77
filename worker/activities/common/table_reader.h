// Streams the rows of CSV (RFC 4180) and JSON Lines files, plain or gzip, one row in memory at a time.
//
// A row that cannot be read (a wrong number of cells, an open quote, JSON that is none, longer than 1 MiB) is a row
// with an `error`, never an end: the caller counts it or sends it to its error file. Several files are read one after
// the other; with a header each has one, and all must agree.
//
// Memory: one row (at most 1 MiB of text, twice) and a 256 KiB buffer. Not thread-safe.
// Errors: DataNotFound, StorageUnavailable, InvalidInput (no header, headers that differ, a broken gzip stream).
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace pawl::activities {

struct TableFormat {
  std::string kind = "auto";  // "csv", "jsonl", or "auto": by the file's name (.jsonl, .ndjson, .json: JSON Lines)
  bool header = true;         // CSV: the first record names the columns; otherwise they are c0, c1, ...
  char delimiter = ',';
};

struct TableRow {
  int64_t number = 0;  // of data rows over all files, from 1
  std::vector<std::string> cells;
  std::string raw;    // the record's text without the line end; cut at 1 MiB
  std::string error;  // empty: the row is good and has one cell for each column
};

class TableReader {
 public:
  static absl::StatusOr<TableReader> Open(std::vector<std::filesystem::path> files, const TableFormat& format);
  TableReader(TableReader&&) noexcept;
  TableReader& operator=(TableReader&&) noexcept;
  ~TableReader();

  const std::vector<std::string>& columns() const;
  // The column's place; InvalidInput naming the known columns if there is none.
  absl::StatusOr<size_t> IndexOf(const std::string& column) const;
  // The next row into `row`, reusing its memory; false at the end.
  absl::StatusOr<bool> Next(TableRow& row);

 private:
  struct State;
  explicit TableReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// The cells of one CSV record; false if a quote is left open or text follows a closing quote.
bool SplitCsvRecord(std::string_view record, char delimiter, std::vector<std::string>& cells);

}  // namespace pawl::activities
