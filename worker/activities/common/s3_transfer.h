// Copies between the local disk and an S3-compatible endpoint.
// Errors: DataNotFound (no such key), StorageUnavailable (the endpoint refused or could not be reached).
#pragma once

#include <filesystem>
#include <string>

#include "absl/status/status.h"
#include "worker/activities/common/options.h"

namespace pawl::activities {

// Everything under `uri` (the object itself, or all objects whose key continues after a '/') to `path`.
absl::Status DownloadFromS3(const ActivityOptions& options, const std::string& uri, const std::filesystem::path& path);
// The file `path`, or every file under it, to `uri`.
absl::Status UploadToS3(const ActivityOptions& options, const std::string& uri, const std::filesystem::path& path);

}  // namespace pawl::activities
