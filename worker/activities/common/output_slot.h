// The place where one activity run leaves its results, so that running it twice does no harm.
//
// A slot is a directory <output uri>/<name>-<key>, where the key is a digest of everything that determines the result:
// the activity's version, its parameters and the digests of its input files. Work happens in a hidden directory beside
// it; Commit writes result.json into it and renames it into place in one step. So:
//   - a finished earlier attempt is found by its result.json, and its answer is given again;
//   - a killed attempt leaves only a hidden directory, which the next one does not look at and Commit sweeps away;
//   - of two attempts at the same time the first Commit wins, and both answer the same.
//
//   PAWL_ASSIGN_OR_RETURN(OutputSlot slot, OutputSlot::Open(store, output_uri, "partition", key_material));
//   if (slot.finished()) return *slot.finished();
//   ... write into slot.work() ...
//   return slot.Commit(result);        // result may name files by slot.Uri("part-0.csv")
//
// Thread rule: one handler call.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "nlohmann/json_fwd.hpp"
#include "worker/activities/common/artifact_store.h"

namespace pawl::activities {

class OutputSlot {
 public:
  static absl::StatusOr<OutputSlot> Open(const ArtifactStore& store, const std::string& output_uri,
                                         const std::string& name, const nlohmann::json& key_material);
  // A slot whose directory is named by the caller (SageMaker's job names).
  static absl::StatusOr<OutputSlot> OpenNamed(const ArtifactStore& store, const std::string& uri);

  OutputSlot(OutputSlot&&) noexcept;
  OutputSlot& operator=(OutputSlot&&) noexcept;
  ~OutputSlot();

  // The answer of an earlier attempt that finished; nullptr if there is none.
  const nlohmann::json* finished() const;
  // An empty directory to write into.
  const std::filesystem::path& work() const;
  // The URI that `name` inside the slot will have.
  std::string Uri(const std::string& name = "") const;
  // {"uri", "sha256", "bytes"} of a file written into work().
  absl::StatusOr<nlohmann::json> Artifact(const std::string& name) const;
  absl::StatusOr<nlohmann::json> Commit(const nlohmann::json& result);

 private:
  struct State;
  explicit OutputSlot(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// The digests of the files under `uri` in order, as one value for a slot's key.
absl::StatusOr<std::string> InputDigest(const ArtifactStore& store, const std::string& uri);

}  // namespace pawl::activities
