// Writes rows to a CSV file through a 256 KiB buffer, counting rows and computing the digest as it goes.
// Durable after Close. Not thread-safe.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace pawl::activities {

// What Close tells about the file.
struct WrittenFile {
  int64_t rows = 0;
  int64_t bytes = 0;
  std::string sha256;
};

class TableWriter {
 public:
  // Creates the file and its parent directories. An empty `header` writes none.
  static absl::StatusOr<TableWriter> Create(const std::filesystem::path& path, const std::vector<std::string>& header);
  TableWriter(TableWriter&&) noexcept;
  TableWriter& operator=(TableWriter&&) noexcept;
  ~TableWriter();

  // Cells are quoted where RFC 4180 asks for it.
  absl::Status Write(const std::vector<std::string>& cells);
  // A line as it is; the line end is added.
  absl::Status WriteLine(std::string_view line);
  absl::StatusOr<WrittenFile> Close();

 private:
  struct State;
  explicit TableWriter(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// `cell` as it stands in a CSV record.
void AppendCsvCell(std::string& record, std::string_view cell);

}  // namespace pawl::activities
