#include "worker/activities/common/files.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "shared/base/status.h"
#include "worker/activities/common/errors.h"

namespace pawl::activities {
namespace fs = std::filesystem;

namespace {

std::string TemporaryName(const fs::path& path) {
  static std::atomic<uint64_t> counter{0};
  return absl::StrCat(path.string(), ".tmp-", getpid(), "-", counter.fetch_add(1));
}

absl::Status WriteAll(int descriptor, std::string_view bytes, const std::string& name) {
  while (!bytes.empty()) {
    const ssize_t written = write(descriptor, bytes.data(), bytes.size());
    if (written < 0) return SystemError("cannot write " + name);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  if (fsync(descriptor) != 0) return SystemError("cannot sync " + name);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> ReadFile(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return SystemError("cannot open " + path.string());
  std::ostringstream text;
  text << file.rdbuf();
  if (file.bad()) return SystemError("cannot read " + path.string());
  return std::move(text).str();
}

absl::StatusOr<nlohmann::json> ReadJsonFile(const fs::path& path) {
  PAWL_ASSIGN_OR_RETURN(std::string text, ReadFile(path));
  nlohmann::json value = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (value.is_discarded()) return absl::InvalidArgumentError(path.string() + " does not hold valid JSON");
  return value;
}

absl::Status WriteFileAtomically(const fs::path& path, std::string_view bytes) {
  PAWL_RETURN_IF_ERROR(MakeDirectories(path.parent_path()));
  const std::string temporary = TemporaryName(path);
  const int descriptor = open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (descriptor < 0) return SystemError("cannot create " + temporary);
  absl::Status status = WriteAll(descriptor, bytes, temporary);
  close(descriptor);
  if (status.ok() && rename(temporary.c_str(), path.c_str()) != 0) status = SystemError("cannot rename " + temporary);
  if (!status.ok()) {
    unlink(temporary.c_str());
    return status;
  }
  return SyncDirectory(path.parent_path());
}

absl::Status WriteJsonFile(const fs::path& path, const nlohmann::json& value) {
  return WriteFileAtomically(path, value.dump(2) + "\n");
}

absl::Status MakeDirectories(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) return absl::UnavailableError(absl::StrCat("cannot create ", path.string(), ": ", error.message()));
  return absl::OkStatus();
}

absl::Status SyncDirectory(const fs::path& directory) {
  const int descriptor = open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return SystemError("cannot open " + directory.string());
  const int result = fsync(descriptor);
  close(descriptor);
  return result == 0 ? absl::OkStatus() : SystemError("cannot sync " + directory.string());
}

}  // namespace pawl::activities
