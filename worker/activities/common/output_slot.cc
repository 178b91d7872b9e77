#include "worker/activities/common/output_slot.h"

#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "shared/base/status.h"
#include "worker/activities/common/digest.h"
#include "worker/activities/common/files.h"

namespace pawl::activities {
namespace fs = std::filesystem;

struct OutputSlot::State {
  const ArtifactStore* store = nullptr;
  std::string uri;
  fs::path final_path;
  fs::path work_path;
  std::optional<nlohmann::json> finished;

  ~State() {
    std::error_code ignored;
    if (!work_path.empty()) fs::remove_all(work_path, ignored);
  }
};

namespace {

// Hidden directories of attempts that were killed. Only those of processes that no longer run are swept.
void SweepOldWork(const fs::path& final_path) {
  const std::string prefix = absl::StrCat(".", final_path.filename().string(), ".work-");
  std::error_code error;
  for (fs::directory_iterator at(final_path.parent_path(), error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (!absl::StartsWith(name, prefix)) continue;
    const std::string process = name.substr(prefix.size(), name.find('-', prefix.size()) - prefix.size());
    std::error_code ignored;
    if (!fs::exists("/proc/" + process, ignored)) fs::remove_all(at->path(), ignored);
  }
}

absl::StatusOr<std::optional<nlohmann::json>> ReadFinished(const ArtifactStore& store, const std::string& uri) {
  auto path = store.Fetch(JoinUri(uri, "result.json"));
  if (absl::IsNotFound(path.status())) return std::optional<nlohmann::json>();
  if (!path.ok()) return path.status();
  PAWL_ASSIGN_OR_RETURN(nlohmann::json result, ReadJsonFile(*path));
  return std::optional<nlohmann::json>(std::move(result));
}

}  // namespace

OutputSlot::OutputSlot(std::unique_ptr<State> state) : state_(std::move(state)) {}
OutputSlot::OutputSlot(OutputSlot&&) noexcept = default;
OutputSlot& OutputSlot::operator=(OutputSlot&&) noexcept = default;
OutputSlot::~OutputSlot() = default;

absl::StatusOr<OutputSlot> OutputSlot::Open(const ArtifactStore& store, const std::string& output_uri,
                                            const std::string& name, const nlohmann::json& key_material) {
  const std::string key = Sha256Hex(name + "\n" + key_material.dump()).substr(0, 16);
  return OpenNamed(store, JoinUri(output_uri, absl::StrCat(name, "-", key)));
}

absl::StatusOr<OutputSlot> OutputSlot::OpenNamed(const ArtifactStore& store, const std::string& uri) {
  static std::atomic<uint64_t> counter{0};
  auto state = std::make_unique<State>();
  state->store = &store;
  state->uri = uri;
  PAWL_ASSIGN_OR_RETURN(state->final_path, store.OutputPath(uri));
  PAWL_ASSIGN_OR_RETURN(state->finished, ReadFinished(store, uri));
  if (!state->finished) {
    PAWL_RETURN_IF_ERROR(MakeDirectories(state->final_path.parent_path()));
    SweepOldWork(state->final_path);
    const std::string name =
        absl::StrCat(".", state->final_path.filename().string(), ".work-", getpid(), "-", counter.fetch_add(1));
    state->work_path = state->final_path.parent_path() / name;
    PAWL_RETURN_IF_ERROR(MakeDirectories(state->work_path));
  }
  return OutputSlot(std::move(state));
}

const nlohmann::json* OutputSlot::finished() const { return state_->finished ? &*state_->finished : nullptr; }
const fs::path& OutputSlot::work() const { return state_->work_path; }

std::string OutputSlot::Uri(const std::string& name) const {
  return name.empty() ? state_->uri : JoinUri(state_->uri, name);
}

absl::StatusOr<nlohmann::json> OutputSlot::Artifact(const std::string& name) const {
  const fs::path path = state_->work_path / name;
  PAWL_ASSIGN_OR_RETURN(std::string digest, Sha256OfFile(path));
  return nlohmann::json{{"uri", Uri(name)}, {"sha256", digest}, {"bytes", fs::file_size(path)}};
}

absl::StatusOr<nlohmann::json> OutputSlot::Commit(const nlohmann::json& result) {
  PAWL_RETURN_IF_ERROR(WriteJsonFile(state_->work_path / "result.json", result));
  if (std::rename(state_->work_path.c_str(), state_->final_path.c_str()) != 0) {
    // Another attempt was first, or something without a result stands in the way (an S3 scratch copy).
    PAWL_ASSIGN_OR_RETURN(std::optional<nlohmann::json> other, ReadFinished(*state_->store, state_->uri));
    if (other) return *std::move(other);
    std::error_code error;
    fs::copy(state_->work_path, state_->final_path, fs::copy_options::recursive | fs::copy_options::overwrite_existing,
             error);
    if (error) {
      return absl::UnavailableError(absl::StrCat("cannot move ", state_->work_path.string(), " to ",
                                                 state_->final_path.string(), ": ", error.message()));
    }
  } else {
    state_->work_path.clear();
  }
  PAWL_RETURN_IF_ERROR(SyncDirectory(state_->final_path.parent_path()));
  PAWL_RETURN_IF_ERROR(state_->store->Publish(state_->uri));
  state_->finished = result;
  return result;
}

absl::StatusOr<std::string> InputDigest(const ArtifactStore& store, const std::string& uri) {
  PAWL_ASSIGN_OR_RETURN(std::vector<fs::path> files, store.FetchFiles(uri));
  Sha256 all;
  for (const fs::path& file : files) {
    PAWL_ASSIGN_OR_RETURN(std::string digest, Sha256OfFile(file));
    all.Add(digest);
  }
  return all.Hex();
}

}  // namespace pawl::activities
