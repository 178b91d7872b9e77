#include "worker/activities/common/record_reader.h"

#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "shared/base/status.h"
#include "worker/activities/common/errors.h"

namespace pawl::activities {

struct RecordReader::State {
  gzFile file = nullptr;  // zlib reads plain files through the same calls
  std::string name;
  bool quotes = false;
  std::vector<char> buffer = std::vector<char>(256 << 10);
  size_t begin = 0;
  size_t end = 0;

  ~State() {
    if (file != nullptr) gzclose(file);
  }
  absl::Status Fill();
};

absl::Status RecordReader::State::Fill() {
  const int count = gzread(file, buffer.data(), static_cast<unsigned>(buffer.size()));
  int code = Z_OK;
  const char* message = gzerror(file, &code);
  if (count < 0 || (count == 0 && code != Z_OK && code != Z_STREAM_END)) {
    return absl::InvalidArgumentError(absl::StrCat("cannot read ", name, ": ", message));
  }
  begin = 0;
  end = static_cast<size_t>(count);
  return absl::OkStatus();
}

RecordReader::RecordReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
RecordReader::RecordReader(RecordReader&&) noexcept = default;
RecordReader& RecordReader::operator=(RecordReader&&) noexcept = default;
RecordReader::~RecordReader() = default;

absl::StatusOr<RecordReader> RecordReader::Open(const std::filesystem::path& path, bool quotes) {
  auto state = std::make_unique<State>();
  state->name = path.string();
  state->quotes = quotes;
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    return absl::InvalidArgumentError(absl::StrCat("expected a file, but ", state->name, " is a directory"));
  }
  state->file = gzopen(path.c_str(), "rb");
  if (state->file == nullptr) return SystemError("cannot open " + state->name);
  return RecordReader(std::move(state));
}

absl::StatusOr<bool> RecordReader::Next(Record& record) {
  State& state = *state_;
  record.text.clear();
  record.too_long = false;
  bool quoted = false;
  bool any = false;
  while (true) {
    if (state.begin == state.end) {
      PAWL_RETURN_IF_ERROR(state.Fill());
      if (state.begin == state.end) break;
    }
    // Take up to the next line end at once; whether it ends the record depends on the quotes before it. A record that
    // is already too long ends at the next line end, whatever its quotes say: one open quote must not swallow the file.
    const char* from = state.buffer.data() + state.begin;
    const void* newline = std::memchr(from, '\n', state.end - state.begin);
    const size_t length =
        newline != nullptr ? static_cast<size_t>(static_cast<const char*>(newline) - from) : state.end - state.begin;
    if (state.quotes && std::count(from, from + length, '"') % 2 == 1) quoted = !quoted;
    any = any || length > 0;
    const size_t room = RecordReader::kRecordBytesMax - record.text.size();
    if (length > room) record.too_long = true;
    record.text.append(from, std::min(length, room));
    state.begin += length;
    if (newline == nullptr) continue;
    ++state.begin;
    if (quoted && !record.too_long) {
      if (record.text.size() < RecordReader::kRecordBytesMax) record.text += '\n';
      continue;
    }
    if (!record.text.empty() && record.text.back() == '\r') record.text.pop_back();
    if (!record.text.empty() || record.too_long) return true;
    any = false;
    quoted = false;
  }
  if (!record.text.empty() && record.text.back() == '\r') record.text.pop_back();
  return any && !record.text.empty();
}

}  // namespace pawl::activities
