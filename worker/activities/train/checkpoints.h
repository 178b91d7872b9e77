// Saved states of a training run, each a model and a JSON file that names the model's digest; the JSON file is written
// last, so that it vouches for both. Only checkpoints of the same key (data and settings) are taken up.
//
// Thread rule: one training run.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "worker/activities/common/artifact_store.h"

namespace pawl::activities {

// The metrics of each round: values[round][i] belongs to metrics[i].
struct EvaluationCurve {
  std::vector<std::string> metrics;
  std::vector<std::vector<double>> values;
};

struct Checkpoint {
  int64_t rounds = 0;  // finished
  std::string model;
  EvaluationCurve curve;
};

class Checkpoints {
 public:
  Checkpoints(const ArtifactStore& store, std::string directory_uri, std::string key)
      : store_(store), directory_uri_(std::move(directory_uri)), key_(std::move(key)) {}

  // Durable on return; answers the URI to resume from. Keeps the newest two.
  absl::StatusOr<std::string> Save(const Checkpoint& checkpoint);
  // The newest good checkpoint: that of `reference` (what the scheduler remembers; may be empty) or a later one that
  // was saved but not reported. A damaged or foreign one is passed over; none at all is nullopt.
  std::optional<Checkpoint> Newest(const std::string& reference) const;
  // Removes all; trouble is ignored, since they are only in the way.
  void Clear();

 private:
  std::optional<Checkpoint> Load(const std::string& uri) const;

  const ArtifactStore& store_;
  std::string directory_uri_;
  std::string key_;
};

}  // namespace pawl::activities
