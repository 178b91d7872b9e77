#include "scheduler/ctl/dev/data_dir.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <system_error>
#include <utility>

namespace pawl::dev {
namespace {

namespace fs = std::filesystem;

constexpr char kLockName[] = "pawl-dev.lock";

std::string HolderOf(const fs::path& lock) {
  std::ifstream file(lock);
  std::string pid;
  return std::getline(file, pid) && !pid.empty() ? pid : "unknown";
}

absl::StatusOr<fs::path> MakeTemporary() {
  const char* parent = std::getenv("TMPDIR");
  std::string name = std::string(parent != nullptr && *parent != '\0' ? parent : "/tmp") + "/pawl-dev-XXXXXX";
  if (mkdtemp(name.data()) == nullptr) {
    return absl::InternalError("cannot make a temporary directory " + name + ": " + std::strerror(errno));
  }
  return fs::path(name);
}

absl::StatusOr<fs::path> MakeNamed(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  const fs::path absolute = error ? fs::path() : fs::canonical(path, error);
  if (error) return absl::InvalidArgumentError("cannot use the data directory " + path + ": " + error.message());
  return absolute;
}

}  // namespace

absl::StatusOr<DataDir> DataDir::Open(const std::string& path) {
  const bool temporary = path.empty();
  absl::StatusOr<fs::path> made = temporary ? MakeTemporary() : MakeNamed(path);
  if (!made.ok()) return made.status();
  // PostgreSQL, as another user, must be able to pass through.
  if (temporary) chmod(made->c_str(), 0711);
  const fs::path lock = *made / kLockName;
  const int fd = open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) {
    return absl::InvalidArgumentError("cannot write in the data directory " + made->string() + ": " +
                                      std::strerror(errno));
  }
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    close(fd);
    return absl::FailedPreconditionError("the data directory " + made->string() +
                                         " is held by another pawl dev, process " + HolderOf(lock) +
                                         "; stop that one, or choose another --data-dir");
  }
  const std::string pid = std::to_string(getpid()) + "\n";
  if (ftruncate(fd, 0) != 0 || write(fd, pid.data(), pid.size()) != static_cast<ssize_t>(pid.size())) {
    const std::string why = std::strerror(errno);
    close(fd);
    return absl::InternalError("cannot write " + lock.string() + ": " + why);
  }
  return DataDir(*std::move(made), temporary, fd);
}

DataDir::DataDir(DataDir&& other) noexcept
    : path_(other.path_), temporary_(other.temporary_), lock_(std::exchange(other.lock_, -1)) {}

DataDir::~DataDir() {
  if (lock_ < 0) return;
  std::error_code ignored;
  if (temporary_) fs::remove_all(path_, ignored);
  close(lock_);
}

absl::StatusOr<fs::path> DataDir::Sub(const std::string& name) const {
  const fs::path sub = path_ / name;
  std::error_code error;
  fs::create_directories(sub, error);
  if (error) return absl::InternalError("cannot make " + sub.string() + ": " + error.message());
  return sub;
}

}  // namespace pawl::dev
