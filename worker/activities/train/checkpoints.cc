#include "worker/activities/train/checkpoints.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "shared/base/status.h"
#include "worker/activities/common/digest.h"
#include "worker/activities/common/files.h"

namespace pawl::activities {
namespace fs = std::filesystem;

namespace {

constexpr size_t kKept = 2;

std::string NameOf(int64_t rounds) {
  char text[32];
  std::snprintf(text, sizeof(text), "round-%08lld", static_cast<long long>(rounds));
  return text;
}

// The checkpoints' JSON files, newest first: their names sort by round.
std::vector<std::string> NamesIn(const fs::path& directory) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator at(directory, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (absl::StartsWith(name, "round-") && absl::EndsWith(name, ".json")) names.push_back(name);
  }
  std::sort(names.rbegin(), names.rend());
  return names;
}

}  // namespace

absl::StatusOr<std::string> Checkpoints::Save(const Checkpoint& checkpoint) {
  PAWL_ASSIGN_OR_RETURN(fs::path directory, store_.OutputPath(directory_uri_));
  const std::string name = NameOf(checkpoint.rounds);
  PAWL_RETURN_IF_ERROR(WriteFileAtomically(directory / (name + ".ubj"), checkpoint.model));
  PAWL_RETURN_IF_ERROR(store_.Publish(JoinUri(directory_uri_, name + ".ubj")));
  const nlohmann::json state{{"format", "pawl.checkpoint/1"},
                             {"key", key_},
                             {"rounds", checkpoint.rounds},
                             {"model", name + ".ubj"},
                             {"model_sha256", Sha256Hex(checkpoint.model)},
                             {"metrics", checkpoint.curve.metrics},
                             {"values", checkpoint.curve.values}};
  PAWL_RETURN_IF_ERROR(WriteFileAtomically(directory / (name + ".json"), state.dump()));
  PAWL_RETURN_IF_ERROR(store_.Publish(JoinUri(directory_uri_, name + ".json")));
  const std::vector<std::string> names = NamesIn(directory);
  for (size_t i = kKept; i < names.size(); ++i) {
    std::error_code ignored;
    fs::remove(directory / names[i], ignored);
    fs::remove((directory / names[i]).replace_extension(".ubj"), ignored);
  }
  return JoinUri(directory_uri_, name + ".json");
}

std::optional<Checkpoint> Checkpoints::Load(const std::string& uri) const {
  auto path = store_.Fetch(uri);
  if (!path.ok()) return std::nullopt;
  auto state = ReadJsonFile(*path);
  if (!state.ok() || !state->is_object() || state->value("key", "") != key_) return std::nullopt;
  const std::string model_name = state->value("model", "");
  auto model_path = store_.Fetch(JoinUri(uri.substr(0, uri.rfind('/')), model_name));
  if (!model_path.ok()) return std::nullopt;
  auto model = ReadFile(*model_path);
  if (!model.ok() || Sha256Hex(*model) != state->value("model_sha256", "")) return std::nullopt;
  Checkpoint checkpoint;
  checkpoint.rounds = state->value("rounds", int64_t{0});
  checkpoint.model = *std::move(model);
  checkpoint.curve.metrics = state->value("metrics", std::vector<std::string>{});
  checkpoint.curve.values = state->value("values", std::vector<std::vector<double>>{});
  if (static_cast<int64_t>(checkpoint.curve.values.size()) != checkpoint.rounds) return std::nullopt;
  return checkpoint;
}

std::optional<Checkpoint> Checkpoints::Newest(const std::string& reference) const {
  std::optional<Checkpoint> newest;
  if (!reference.empty()) newest = Load(reference);
  auto directory = store_.Fetch(directory_uri_);
  if (!directory.ok()) return newest;
  for (const std::string& name : NamesIn(*directory)) {
    std::optional<Checkpoint> candidate = Load(JoinUri(directory_uri_, name));
    if (!candidate) continue;
    if (!newest || candidate->rounds > newest->rounds) newest = std::move(candidate);
    break;
  }
  return newest;
}

void Checkpoints::Clear() {
  auto directory = store_.OutputPath(directory_uri_);
  if (!directory.ok()) return;
  for (const std::string& name : NamesIn(*directory)) {
    std::error_code ignored;
    fs::remove(*directory / name, ignored);
    fs::remove((*directory / name).replace_extension(".ubj"), ignored);
  }
  std::error_code ignored;
  fs::remove(*directory, ignored);  // only if nothing else is in it
}

}  // namespace pawl::activities
