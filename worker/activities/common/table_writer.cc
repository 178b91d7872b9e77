#include "worker/activities/common/table_writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <utility>

#include "shared/base/status.h"
#include "worker/activities/common/digest.h"
#include "worker/activities/common/errors.h"
#include "worker/activities/common/files.h"

namespace pawl::activities {
namespace {
constexpr size_t kBufferBytes = 256 << 10;
}

struct TableWriter::State {
  int descriptor = -1;
  std::string name;
  std::string buffer;
  Sha256 digest;
  WrittenFile written;

  ~State() {
    if (descriptor >= 0) close(descriptor);
  }
  absl::Status Flush();
};

absl::Status TableWriter::State::Flush() {
  digest.Add(buffer);
  std::string_view rest = buffer;
  while (!rest.empty()) {
    const ssize_t count = write(descriptor, rest.data(), rest.size());
    if (count < 0) return SystemError("cannot write " + name);
    rest.remove_prefix(static_cast<size_t>(count));
  }
  written.bytes += static_cast<int64_t>(buffer.size());
  buffer.clear();
  return absl::OkStatus();
}

void AppendCsvCell(std::string& record, std::string_view cell) {
  if (cell.find_first_of(",\"\r\n") == std::string_view::npos) {
    record += cell;
    return;
  }
  record += '"';
  for (char c : cell) {
    if (c == '"') record += '"';
    record += c;
  }
  record += '"';
}

TableWriter::TableWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
TableWriter::TableWriter(TableWriter&&) noexcept = default;
TableWriter& TableWriter::operator=(TableWriter&&) noexcept = default;
TableWriter::~TableWriter() = default;

absl::StatusOr<TableWriter> TableWriter::Create(const std::filesystem::path& path,
                                                const std::vector<std::string>& header) {
  PAWL_RETURN_IF_ERROR(MakeDirectories(path.parent_path()));
  auto state = std::make_unique<State>();
  state->name = path.string();
  state->descriptor = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (state->descriptor < 0) return SystemError("cannot create " + state->name);
  TableWriter writer(std::move(state));
  if (!header.empty()) {
    PAWL_RETURN_IF_ERROR(writer.Write(header));
    writer.state_->written.rows = 0;
  }
  return writer;
}

absl::Status TableWriter::Write(const std::vector<std::string>& cells) {
  std::string& buffer = state_->buffer;
  for (size_t i = 0; i < cells.size(); ++i) {
    if (i > 0) buffer += ',';
    AppendCsvCell(buffer, cells[i]);
  }
  buffer += '\n';
  ++state_->written.rows;
  return buffer.size() >= kBufferBytes ? state_->Flush() : absl::OkStatus();
}

absl::Status TableWriter::WriteLine(std::string_view line) {
  state_->buffer += line;
  state_->buffer += '\n';
  ++state_->written.rows;
  return state_->buffer.size() >= kBufferBytes ? state_->Flush() : absl::OkStatus();
}

absl::StatusOr<WrittenFile> TableWriter::Close() {
  PAWL_RETURN_IF_ERROR(state_->Flush());
  if (fsync(state_->descriptor) != 0) return SystemError("cannot sync " + state_->name);
  close(std::exchange(state_->descriptor, -1));
  state_->written.sha256 = state_->digest.Hex();
  return state_->written;
}

}  // namespace pawl::activities
