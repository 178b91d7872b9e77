// The directory that one `pawl dev` keeps its data in, held by one process at a time.
#pragma once

#include <filesystem>
#include <string>

#include "absl/status/statusor.h"

namespace pawl::dev {

class DataDir {
 public:
  // Creates `path` where it is missing; a temporary directory where `path` is empty. FAILED_PRECONDITION, with the
  // holder's process id, where another process holds it.
  static absl::StatusOr<DataDir> Open(const std::string& path);
  // Lets go; removes a temporary directory.
  ~DataDir();
  DataDir(DataDir&& other) noexcept;
  DataDir& operator=(DataDir&&) = delete;

  const std::filesystem::path& path() const { return path_; }
  bool is_temporary() const { return temporary_; }
  // A subdirectory, made if missing.
  absl::StatusOr<std::filesystem::path> Sub(const std::string& name) const;

 private:
  DataDir(std::filesystem::path path, bool temporary, int lock)
      : path_(std::move(path)), temporary_(temporary), lock_(lock) {}
  std::filesystem::path path_;
  bool temporary_;
  int lock_;  // a file descriptor; -1 after a move
};

}  // namespace pawl::dev
