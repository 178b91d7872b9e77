// Models on disk: XGBoost's binary JSON (.ubj) or JSON (.json), or a model.tar.gz as SageMaker has it, whose member
// "xgboost-model" is one of these.
#pragma once

#include <filesystem>
#include <string>

#include "absl/status/statusor.h"
#include "worker/activities/common/artifact_store.h"
#include "worker/activities/xgboost/booster.h"

namespace pawl::activities {

struct LoadedModel {
  Booster booster;
  std::string sha256;  // of the model's own bytes, whatever they were wrapped in
};

// `uri` names the file, or a directory that holds model.ubj, model.tar.gz or model.json.
absl::StatusOr<LoadedModel> LoadModel(const ArtifactStore& store, const std::string& uri, int threads);

// A gzip-compressed ustar archive with one member; the same bytes for the same content (no times, no owners).
absl::Status WriteTarGz(const std::filesystem::path& path, const std::string& member, const std::string& bytes);
// The content of `member`; NOT_FOUND if the archive has none. An archive above 2 GiB is refused.
absl::StatusOr<std::string> ReadTarGzMember(const std::filesystem::path& path, const std::string& member);

}  // namespace pawl::activities
