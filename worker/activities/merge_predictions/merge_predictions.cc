#include "worker/activities/merge_predictions/merge_predictions.h"

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "shared/base/status.h"
#include "worker/activities/common/errors.h"
#include "worker/activities/common/fields.h"
#include "worker/activities/common/files.h"
#include "worker/activities/common/output_slot.h"
#include "worker/activities/common/pulse.h"
#include "worker/activities/common/record_reader.h"
#include "worker/activities/common/table_writer.h"

namespace pawl::activities {
namespace {

// Appends a CSV file's records after its header; the first file's header is kept. All headers must agree.
class Concatenation {
 public:
  static absl::StatusOr<Concatenation> Create(const std::filesystem::path& path) {
    PAWL_ASSIGN_OR_RETURN(TableWriter writer, TableWriter::Create(path, {}));
    return Concatenation(std::move(writer));
  }

  absl::Status Append(const ArtifactStore& store, const std::string& uri, Pulse& pulse) {
    PAWL_ASSIGN_OR_RETURN(std::filesystem::path path, store.Fetch(uri));
    PAWL_ASSIGN_OR_RETURN(RecordReader reader, RecordReader::Open(path, /*quotes=*/true));
    Record record;
    PAWL_ASSIGN_OR_RETURN(bool has_header, reader.Next(record));
    if (!has_header) return absl::InvalidArgumentError(absl::StrCat(uri, " is empty: expected a header"));
    if (header_.empty()) {
      header_ = record.text;
      PAWL_RETURN_IF_ERROR(writer_.WriteLine(header_));
    } else if (header_ != record.text) {
      return absl::InvalidArgumentError(absl::StrCat(uri, ": expected the header ", header_, ", found ", record.text));
    }
    while (true) {
      PAWL_ASSIGN_OR_RETURN(bool found, reader.Next(record));
      if (!found) return absl::OkStatus();
      ++rows_;
      PAWL_RETURN_IF_ERROR(pulse.BeatRow(rows_, "merging"));
      PAWL_RETURN_IF_ERROR(writer_.WriteLine(record.text));
    }
  }

  absl::Status Close() { return writer_.Close().status(); }
  int64_t rows() const { return rows_; }

 private:
  explicit Concatenation(TableWriter writer) : writer_(std::move(writer)) {}
  TableWriter writer_;
  std::string header_;
  int64_t rows_ = 0;
};

absl::Status CheckCounts(int64_t rows_in, int64_t scored, int64_t failed) {
  if (rows_in == scored + failed) return absl::OkStatus();
  return NamedError("RowCountMismatch",
                    absl::StrCat("expected ", rows_in, " rows to be scored or in the error file, found ", scored,
                                 " scored and ", failed, " in the error file"));
}

}  // namespace

absl::StatusOr<nlohmann::json> MergePredictions(const ArtifactStore& store, worker::TaskContext& task) {
  Fields in(task.input(), "merge-predictions");
  const nlohmann::json* partition = in.Object("partition");
  const nlohmann::json* parts = in.Array("parts");
  const std::string output_path = in.RequiredString("output_path");
  if (parts == nullptr || parts->empty()) in.Refuse("expected 'parts': the results of batch-inference");
  if (partition == nullptr) in.Refuse("expected 'partition': the result of partition");
  PAWL_RETURN_IF_ERROR(in.Finish());

  nlohmann::json key = nlohmann::json::array({partition->at("errors").at("sha256")});
  int64_t scored_told = 0;
  int64_t failed_told = partition->at("rows_refused").get<int64_t>();
  for (const nlohmann::json& part : *parts) {
    key.push_back(part.at("predictions").at("sha256"));
    key.push_back(part.at("errors").at("sha256"));
    scored_told += part.at("rows_scored").get<int64_t>();
    failed_told += part.at("rows_failed").get<int64_t>();
  }
  const int64_t rows_in = partition->at("rows_in").get<int64_t>();
  PAWL_RETURN_IF_ERROR(CheckCounts(rows_in, scored_told, failed_told));
  PAWL_ASSIGN_OR_RETURN(OutputSlot slot, OutputSlot::Open(store, output_path, "merge-predictions", key));
  if (slot.finished() != nullptr) return *slot.finished();

  Pulse pulse(task);
  PAWL_ASSIGN_OR_RETURN(Concatenation predictions, Concatenation::Create(slot.work() / "predictions.csv"));
  PAWL_ASSIGN_OR_RETURN(Concatenation errors, Concatenation::Create(slot.work() / "errors.csv"));
  PAWL_RETURN_IF_ERROR(errors.Append(store, partition->at("errors").at("uri").get<std::string>(), pulse));
  for (const nlohmann::json& part : *parts) {
    PAWL_RETURN_IF_ERROR(predictions.Append(store, part.at("predictions").at("uri").get<std::string>(), pulse));
    PAWL_RETURN_IF_ERROR(errors.Append(store, part.at("errors").at("uri").get<std::string>(), pulse));
  }
  PAWL_RETURN_IF_ERROR(predictions.Close());
  PAWL_RETURN_IF_ERROR(errors.Close());
  // What the files hold, not what the parts said.
  PAWL_RETURN_IF_ERROR(CheckCounts(rows_in, predictions.rows(), errors.rows()));
  nlohmann::json result{{"rows_in", rows_in},
                        {"rows_scored", predictions.rows()},
                        {"rows_failed", errors.rows()},
                        {"partitions", parts->size()}};
  PAWL_ASSIGN_OR_RETURN(result["predictions"], slot.Artifact("predictions.csv"));
  PAWL_ASSIGN_OR_RETURN(result["errors"], slot.Artifact("errors.csv"));
  PAWL_RETURN_IF_ERROR(WriteJsonFile(slot.work() / "manifest.json", result));
  PAWL_ASSIGN_OR_RETURN(result["manifest"], slot.Artifact("manifest.json"));
  return slot.Commit(result);
}

}  // namespace pawl::activities
