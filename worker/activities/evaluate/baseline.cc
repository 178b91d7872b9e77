#include "worker/activities/evaluate/baseline.h"

#include <unordered_map>

#include "absl/strings/str_cat.h"
#include "shared/base/status.h"
#include "worker/activities/common/numbers.h"
#include "worker/activities/common/table_reader.h"

namespace pawl::activities {
namespace fs = std::filesystem;

absl::StatusOr<std::vector<std::string>> ReadKeys(const fs::path& dataset, const std::string& split,
                                                  const std::vector<std::string>& columns, Pulse& pulse) {
  PAWL_ASSIGN_OR_RETURN(TableReader reader, TableReader::Open({dataset / "keys" / (split + ".csv")}, {.kind = "csv"}));
  std::vector<size_t> places;
  for (const std::string& column : columns) {
    auto place = reader.IndexOf(column);
    if (!place.ok()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "'", column,
          "' is not among the columns that preprocess was told to keep: ", std::string(place.status().message())));
    }
    places.push_back(*place);
  }
  std::vector<std::string> keys;
  TableRow row;
  while (true) {
    PAWL_ASSIGN_OR_RETURN(bool found, reader.Next(row));
    if (!found) return keys;
    PAWL_RETURN_IF_ERROR(pulse.BeatRow(row.number, "reading keys"));
    if (!row.error.empty()) return absl::InvalidArgumentError(absl::StrCat("keys row ", row.number, ": ", row.error));
    std::string key;
    for (size_t i = 0; i < places.size(); ++i) absl::StrAppend(&key, i > 0 ? "|" : "", row.cells[places[i]]);
    keys.push_back(std::move(key));
  }
}

absl::StatusOr<std::vector<float>> BaselineScores(const fs::path& dataset, const std::string& split,
                                                  const std::vector<std::string>& group_by, Pulse& pulse) {
  struct Mean {
    double sum = 0;
    int64_t rows = 0;
    float value() const { return static_cast<float>(sum / static_cast<double>(rows)); }
  };
  std::unordered_map<std::string, Mean> means;
  Mean overall;
  PAWL_ASSIGN_OR_RETURN(std::vector<std::string> train_keys, ReadKeys(dataset, "train", group_by, pulse));
  PAWL_ASSIGN_OR_RETURN(TableReader reader,
                        TableReader::Open({dataset / "train" / "data.csv"}, {.kind = "csv", .header = false}));
  TableRow row;
  for (const std::string& key : train_keys) {
    PAWL_ASSIGN_OR_RETURN(bool found, reader.Next(row));
    if (!found) return absl::InvalidArgumentError("the keys file of the training data has more rows than the data");
    const double label = ParseNumber(row.cells[0]).value_or(0);
    Mean& mean = means[key];
    mean.sum += label;
    overall.sum += label;
    ++mean.rows;
    ++overall.rows;
  }
  if (overall.rows == 0) return absl::InvalidArgumentError("there are no training rows for the baseline");
  PAWL_ASSIGN_OR_RETURN(std::vector<std::string> keys, ReadKeys(dataset, split, group_by, pulse));
  std::vector<float> scores;
  for (const std::string& key : keys) {
    const auto found = means.find(key);
    scores.push_back(found == means.end() ? overall.value() : found->second.value());
  }
  return scores;
}

}  // namespace pawl::activities
