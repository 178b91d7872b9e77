#include "worker/activities/partition/partition.h"

#include <algorithm>
#include <cstdio>
#include <optional>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "shared/base/status.h"
#include "worker/activities/common/fields.h"
#include "worker/activities/common/output_slot.h"
#include "worker/activities/common/pulse.h"
#include "worker/activities/common/table_reader.h"
#include "worker/activities/common/table_writer.h"

namespace pawl::activities {
namespace {

absl::StatusOr<int64_t> CountRows(const std::vector<std::filesystem::path>& files, const TableFormat& format,
                                  Pulse& pulse) {
  PAWL_ASSIGN_OR_RETURN(TableReader reader, TableReader::Open(files, format));
  TableRow row;
  while (true) {
    PAWL_ASSIGN_OR_RETURN(bool found, reader.Next(row));
    if (!found) return row.number;
    PAWL_RETURN_IF_ERROR(pulse.BeatRow(row.number, "counting"));
  }
}

// Writes parts of `rows_each` rows one after the other.
class PartWriter {
 public:
  PartWriter(const OutputSlot& slot, std::vector<std::string> header, int64_t rows_each)
      : slot_(slot), header_(std::move(header)), rows_each_(rows_each) {}

  absl::Status Write(const std::vector<std::string>& cells) {
    if (!writer_) {
      char name[32];
      std::snprintf(name, sizeof(name), "part-%05zu.csv", parts_.size());
      name_ = name;
      PAWL_ASSIGN_OR_RETURN(TableWriter writer, TableWriter::Create(slot_.work() / name_, header_));
      writer_ = std::move(writer);
      rows_ = 0;
    }
    PAWL_RETURN_IF_ERROR(writer_->Write(cells));
    return ++rows_ == rows_each_ ? Close() : absl::OkStatus();
  }

  absl::Status Close() {
    if (!writer_) return absl::OkStatus();
    PAWL_ASSIGN_OR_RETURN(WrittenFile written, writer_->Close());
    writer_.reset();
    parts_.push_back(
        {{"index", parts_.size()}, {"uri", slot_.Uri(name_)}, {"rows", written.rows}, {"sha256", written.sha256}});
    return absl::OkStatus();
  }

  const nlohmann::json& parts() const { return parts_; }

 private:
  const OutputSlot& slot_;
  std::vector<std::string> header_;
  int64_t rows_each_;
  std::optional<TableWriter> writer_;
  std::string name_;
  int64_t rows_ = 0;
  nlohmann::json parts_ = nlohmann::json::array();
};

}  // namespace

absl::StatusOr<nlohmann::json> Partition(const ArtifactStore& store, worker::TaskContext& task) {
  Fields in(task.input(), "partition");
  const std::string input = in.RequiredString("input");
  const std::string output_path = in.RequiredString("output_path");
  const int64_t partitions = in.Integer("partitions", 0, 0, 100'000);
  int64_t rows_each = in.Integer("rows_per_partition", 0, 0, 1'000'000'000);
  TableFormat format;
  format.kind = in.Choice("format", "auto", {"auto", "csv", "jsonl"});
  if ((partitions == 0) == (rows_each == 0)) in.Refuse("expected either 'partitions' or 'rows_per_partition'");
  PAWL_RETURN_IF_ERROR(in.Finish());
  PAWL_ASSIGN_OR_RETURN(std::string digest, InputDigest(store, input));
  const nlohmann::json key{
      {"sha256", digest}, {"partitions", partitions}, {"rows", rows_each}, {"format", format.kind}};
  PAWL_ASSIGN_OR_RETURN(OutputSlot slot, OutputSlot::Open(store, output_path, "partition", key));
  if (slot.finished() != nullptr) return *slot.finished();

  Pulse pulse(task);
  PAWL_ASSIGN_OR_RETURN(std::vector<std::filesystem::path> files, store.FetchFiles(input));
  if (partitions > 0) {
    PAWL_ASSIGN_OR_RETURN(int64_t rows, CountRows(files, format, pulse));
    rows_each = std::max<int64_t>(1, (rows + partitions - 1) / partitions);
  }
  PAWL_ASSIGN_OR_RETURN(TableReader reader, TableReader::Open(files, format));
  std::vector<std::string> header{"_row"};
  header.insert(header.end(), reader.columns().begin(), reader.columns().end());
  PartWriter parts(slot, header, rows_each);
  PAWL_ASSIGN_OR_RETURN(TableWriter errors, TableWriter::Create(slot.work() / "errors.csv", {"row", "error", "raw"}));
  TableRow row;
  int64_t refused = 0;
  std::vector<std::string> cells;
  while (true) {
    PAWL_ASSIGN_OR_RETURN(bool found, reader.Next(row));
    if (!found) break;
    PAWL_RETURN_IF_ERROR(pulse.BeatRow(row.number, "partitioning"));
    if (!row.error.empty()) {
      ++refused;
      PAWL_RETURN_IF_ERROR(errors.Write({absl::StrCat(row.number), row.error, row.raw}));
      continue;
    }
    cells.assign(1, absl::StrCat(row.number));
    cells.insert(cells.end(), row.cells.begin(), row.cells.end());
    PAWL_RETURN_IF_ERROR(parts.Write(cells));
  }
  PAWL_RETURN_IF_ERROR(parts.Close());
  PAWL_RETURN_IF_ERROR(errors.Close().status());
  nlohmann::json result{{"partitions", parts.parts()}, {"rows_in", row.number}, {"rows_refused", refused}};
  PAWL_ASSIGN_OR_RETURN(result["errors"], slot.Artifact("errors.csv"));
  return slot.Commit(result);
}

}  // namespace pawl::activities
