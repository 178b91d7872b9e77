// Where data and results live. Resolves the URIs of task inputs to local paths:
//
//   file:///data/x.csv, /data/x.csv   the path itself
//   s3://BUCKET/KEY                   <s3_directory>/BUCKET/KEY in development; with an S3 endpoint a copy in the
//   scratch
//                                     directory, fetched before use and uploaded by Publish
//
// Thread rule: immutable, any thread. Errors: InvalidInput for a URI of another form or one that would leave its bucket
// (".."), DataNotFound, StorageUnavailable.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "worker/activities/common/options.h"

namespace pawl::activities {

class ArtifactStore {
 public:
  explicit ArtifactStore(ActivityOptions options) : options_(std::move(options)) {}

  // The local file or directory that holds what `uri` names. It exists when this returns OK.
  absl::StatusOr<std::filesystem::path> Fetch(const std::string& uri) const;
  // All data files under `uri` in the order of their names; `uri` itself if it is a file. S3's prefix semantics in the
  // one form that a directory can give: a whole path segment. Names starting with '.' or '_' are no data.
  absl::StatusOr<std::vector<std::filesystem::path>> FetchFiles(const std::string& uri) const;
  // The local path where output named `uri` is written. Nothing need exist.
  absl::StatusOr<std::filesystem::path> OutputPath(const std::string& uri) const;
  // Makes the files under OutputPath(uri) visible to others; only an S3 endpoint needs it.
  absl::Status Publish(const std::string& uri) const;

  const ActivityOptions& options() const { return options_; }

 private:
  absl::StatusOr<std::filesystem::path> LocalPath(const std::string& uri) const;

  ActivityOptions options_;
};

// `uri` with `name` appended as a path segment.
std::string JoinUri(const std::string& uri, const std::string& name);

}  // namespace pawl::activities
