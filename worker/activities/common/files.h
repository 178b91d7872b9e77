// Files that are either whole or absent: every writer goes through a temporary name, fsync and rename.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "nlohmann/json_fwd.hpp"

namespace pawl::activities {

absl::StatusOr<std::string> ReadFile(const std::filesystem::path& path);
absl::StatusOr<nlohmann::json> ReadJsonFile(const std::filesystem::path& path);
// Creates parent directories; replaces an existing file in one step; durable when it returns OK.
absl::Status WriteFileAtomically(const std::filesystem::path& path, std::string_view bytes);
absl::Status WriteJsonFile(const std::filesystem::path& path, const nlohmann::json& value);
absl::Status MakeDirectories(const std::filesystem::path& path);
// Makes a rename inside `directory` durable.
absl::Status SyncDirectory(const std::filesystem::path& directory);

}  // namespace pawl::activities
