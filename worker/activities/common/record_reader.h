// Splits a plain or gzip file into records: lines, where a line end inside CSV quotes belongs to the record. Empty
// lines are skipped. Holds one record and a 256 KiB buffer.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace pawl::activities {

struct Record {
  std::string text;       // without its line end
  bool too_long = false;  // cut after 1 MiB; the rest was skipped
};

class RecordReader {
 public:
  static constexpr size_t kRecordBytesMax = 1 << 20;

  static absl::StatusOr<RecordReader> Open(const std::filesystem::path& path, bool quotes);
  RecordReader(RecordReader&&) noexcept;
  RecordReader& operator=(RecordReader&&) noexcept;
  ~RecordReader();
  // False at the end of the file.
  absl::StatusOr<bool> Next(Record& record);

 private:
  struct State;
  explicit RecordReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace pawl::activities
