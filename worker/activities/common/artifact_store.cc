#include "worker/activities/common/artifact_store.h"

#include <algorithm>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "shared/base/status.h"
#include "worker/activities/common/s3_transfer.h"

namespace pawl::activities {
namespace fs = std::filesystem;

namespace {

bool IsS3(const std::string& uri) { return absl::StartsWith(uri, "s3://"); }

// The part after s3://, checked: a bucket, and no segment that climbs out of it.
absl::StatusOr<std::string> BucketAndKey(const std::string& uri) {
  std::string rest = uri.substr(5);
  while (!rest.empty() && rest.back() == '/') rest.pop_back();
  if (rest.empty() || rest.front() == '/') {
    return absl::InvalidArgumentError(absl::StrCat("expected s3://BUCKET/KEY, found '", uri, "'"));
  }
  const std::vector<std::string> segments = absl::StrSplit(rest, '/');
  if (std::find(segments.begin(), segments.end(), "..") != segments.end()) {
    return absl::InvalidArgumentError(absl::StrCat("'", uri, "' must not contain '..'"));
  }
  return rest;
}

bool IsDataFile(const fs::path& path) {
  const std::string name = path.filename().string();
  return !name.empty() && name.front() != '.' && name.front() != '_';
}

}  // namespace

std::string JoinUri(const std::string& uri, const std::string& name) {
  return absl::EndsWith(uri, "/") ? uri + name : absl::StrCat(uri, "/", name);
}

absl::StatusOr<fs::path> ArtifactStore::LocalPath(const std::string& uri) const {
  if (IsS3(uri)) {
    PAWL_ASSIGN_OR_RETURN(std::string key, BucketAndKey(uri));
    if (!options_.s3_endpoint.empty()) return fs::path(options_.scratch_directory) / "s3" / key;
    if (!options_.s3_directory.empty()) return fs::path(options_.s3_directory) / key;
    return absl::InvalidArgumentError(absl::StrCat(
        "'", uri, "' cannot be resolved: this worker has neither an S3 directory (development) nor an S3 endpoint"));
  }
  if (absl::StartsWith(uri, "file://")) {
    if (uri.size() > 7 && uri[7] == '/') return fs::path(uri.substr(7));
    return absl::InvalidArgumentError(absl::StrCat("expected file:///ABSOLUTE/PATH, found '", uri, "'"));
  }
  if (absl::StartsWith(uri, "/")) return fs::path(uri);
  return absl::InvalidArgumentError(
      absl::StrCat("expected s3://BUCKET/KEY, file:///PATH or an absolute path, found '", uri, "'"));
}

absl::StatusOr<fs::path> ArtifactStore::Fetch(const std::string& uri) const {
  PAWL_ASSIGN_OR_RETURN(fs::path path, LocalPath(uri));
  if (IsS3(uri) && !options_.s3_endpoint.empty()) PAWL_RETURN_IF_ERROR(DownloadFromS3(options_, uri, path));
  std::error_code ignored;
  if (!fs::exists(path, ignored)) {
    return absl::NotFoundError(absl::StrCat("'", uri, "' does not exist (looked at ", path.string(), ")"));
  }
  return path;
}

absl::StatusOr<std::vector<fs::path>> ArtifactStore::FetchFiles(const std::string& uri) const {
  PAWL_ASSIGN_OR_RETURN(fs::path path, Fetch(uri));
  std::vector<fs::path> files;
  std::error_code error;
  if (!fs::is_directory(path, error)) {
    files.push_back(path);
    return files;
  }
  for (fs::recursive_directory_iterator at(path, error), end; !error && at != end; at.increment(error)) {
    if (at->is_directory() && !IsDataFile(at->path())) at.disable_recursion_pending();
    if (at->is_regular_file() && IsDataFile(at->path())) files.push_back(at->path());
  }
  if (error) return absl::UnavailableError(absl::StrCat("cannot list ", path.string(), ": ", error.message()));
  if (files.empty()) return absl::NotFoundError(absl::StrCat("'", uri, "' holds no data files"));
  std::sort(files.begin(), files.end());
  return files;
}

absl::StatusOr<fs::path> ArtifactStore::OutputPath(const std::string& uri) const { return LocalPath(uri); }

absl::Status ArtifactStore::Publish(const std::string& uri) const {
  if (!IsS3(uri) || options_.s3_endpoint.empty()) return absl::OkStatus();
  PAWL_ASSIGN_OR_RETURN(fs::path path, LocalPath(uri));
  return UploadToS3(options_, uri, path);
}

}  // namespace pawl::activities
