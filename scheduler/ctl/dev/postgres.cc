#include "scheduler/ctl/dev/postgres.h"

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <fstream>
#include <system_error>
#include <thread>
#include <vector>

namespace pawl::dev {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr char kDebianRoot[] = "/usr/lib/postgresql";
constexpr char kRole[] = "pawl";
// A Unix socket's path is at most 107 bytes, "/.s.PGSQL.5432" included.
constexpr size_t kSocketDirBytesMax = 90;
constexpr std::chrono::seconds kPredecessorMayTake{30};
constexpr std::chrono::milliseconds kPoll{20};

absl::StatusOr<fs::path> FindPrograms() {
  fs::path newest;
  int newest_version = 0;
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(kDebianRoot, ignored)) {
    const std::string name = entry.path().filename();
    int version = 0;
    std::from_chars(name.data(), name.data() + name.size(), version);
    const fs::path programs = entry.path() / "bin";
    if (version > newest_version && fs::exists(programs / "initdb") && fs::exists(programs / "postgres")) {
      newest_version = version;
      newest = programs;
    }
  }
  if (newest_version > 0) return newest;
  return absl::NotFoundError(std::string("PostgreSQL's server programs were not found below ") + kDebianRoot +
                             "; install them with: apt install postgresql");
}

absl::StatusOr<std::optional<UnixUser>> ChooseUser() {
  if (geteuid() != 0) return std::nullopt;
  for (const char* name : {"postgres", "nobody"}) {
    if (const passwd* entry = getpwnam(name); entry != nullptr && entry->pw_uid != 0) {
      return UnixUser{name, entry->pw_uid, entry->pw_gid};
    }
  }
  return absl::NotFoundError("PostgreSQL does not run as root, and there is neither a user 'postgres' nor 'nobody'");
}

// PostgreSQL's user must be able to pass through every directory above its own.
absl::Status CheckReachable(const fs::path& directory, const std::optional<UnixUser>& user) {
  if (!user) return absl::OkStatus();
  for (fs::path path = directory; path.has_relative_path(); path = path.parent_path()) {
    struct stat info {};
    if (stat(path.c_str(), &info) != 0) continue;
    const mode_t needed = info.st_uid == user->uid ? S_IXUSR : info.st_gid == user->gid ? S_IXGRP : S_IXOTH;
    if ((info.st_mode & needed) == 0) {
      return absl::FailedPreconditionError("PostgreSQL runs as the user '" + user->name + "', who may not enter " +
                                           path.string() + "; choose a --data-dir elsewhere, or: chmod o+x " +
                                           path.string());
    }
  }
  return absl::OkStatus();
}

absl::Status MakeOwned(const fs::path& path, const std::optional<UnixUser>& user) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) return absl::InternalError("cannot make " + path.string() + ": " + error.message());
  if (user && chown(path.c_str(), user->uid, user->gid) != 0) {
    return absl::InternalError("cannot give " + path.string() + " to the user '" + user->name +
                               "': " + std::strerror(errno));
  }
  if (chmod(path.c_str(), 0700) != 0) {
    return absl::InternalError("cannot set the mode of " + path.string() + ": " + std::strerror(errno));
  }
  return absl::OkStatus();
}

std::vector<std::string> LockFileLines(const PostgresPlan& plan) {
  std::ifstream file(plan.cluster / "postmaster.pid");
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

pid_t LockHolder(const PostgresPlan& plan) {
  const std::vector<std::string> lines = LockFileLines(plan);
  pid_t pid = 0;
  if (!lines.empty()) std::from_chars(lines[0].data(), lines[0].data() + lines[0].size(), pid);
  return pid;
}

// True where `pid` is a server of this very cluster, and not another process that got its number since.
bool ServesCluster(pid_t pid, const PostgresPlan& plan) {
  std::error_code error;
  const fs::path working_directory = fs::read_symlink("/proc/" + std::to_string(pid) + "/cwd", error);
  return !error && working_directory == plan.cluster;
}

absl::Status ClearPredecessor(const PostgresPlan& plan) {
  const Clock::time_point deadline = Clock::now() + kPredecessorMayTake;
  pid_t pid = LockHolder(plan);
  while (pid > 0 && ServesCluster(pid, plan)) {
    if (Clock::now() > deadline) {
      return absl::FailedPreconditionError("another PostgreSQL (process " + std::to_string(pid) + ") still serves " +
                                           plan.cluster.string() + "; end it with: kill -QUIT " + std::to_string(pid));
    }
    std::this_thread::sleep_for(kPoll);
    pid = LockHolder(plan);
  }
  // Left by a killed server; PostgreSQL itself would hesitate if the number belongs to another process by now.
  std::error_code ignored;
  fs::remove(plan.cluster / "postmaster.pid", ignored);
  return absl::OkStatus();
}

ChildSpec Program(const PostgresPlan& plan, const std::string& name, std::vector<std::string> command) {
  ChildSpec spec;
  spec.name = name;
  spec.command = std::move(command);
  spec.environment = {{"LC_ALL", "C"}, {"PGOPTIONS", ""}};
  spec.log_path = plan.log;
  spec.user = plan.user;
  return spec;
}

}  // namespace

std::string PostgresPlan::ConnectionString() const {
  return "host=" + socket_dir.string() + " user=" + kRole + " dbname=postgres";
}

absl::StatusOr<PostgresPlan> PlanPostgres(const fs::path& data_dir, const fs::path& log) {
  absl::StatusOr<fs::path> programs = FindPrograms();
  if (!programs.ok()) return programs.status();
  absl::StatusOr<std::optional<UnixUser>> user = ChooseUser();
  if (!user.ok()) return user.status();
  PostgresPlan plan{*programs, data_dir / "postgres", data_dir / "sockets", log, *user};
  if (absl::Status status = CheckReachable(data_dir, plan.user); !status.ok()) return status;
  if (plan.socket_dir.string().size() > kSocketDirBytesMax) {
    return absl::InvalidArgumentError("the path of the data directory is too long for a Unix socket: " +
                                      data_dir.string() + "; choose a shorter --data-dir");
  }
  if (plan.socket_dir.string().find_first_of(" '\\,") != std::string::npos) {
    return absl::InvalidArgumentError(
        "the path of the data directory has a space, quote, comma or backslash, which PostgreSQL's "
        "settings do not take: " +
        data_dir.string());
  }
  for (const fs::path& path : {plan.cluster, plan.socket_dir}) {
    if (absl::Status status = MakeOwned(path, plan.user); !status.ok()) return status;
  }
  return plan;
}

absl::Status PrepareCluster(const PostgresPlan& plan) {
  if (fs::exists(plan.cluster / "PG_VERSION")) {
    std::ifstream file(plan.cluster / "PG_VERSION");
    std::string version;
    std::getline(file, version);
    if (plan.programs.parent_path().filename() != version) {
      return absl::FailedPreconditionError("the data directory was made by PostgreSQL " + version + ", installed is " +
                                           plan.programs.parent_path().filename().string() +
                                           "; install that version, or choose another --data-dir");
    }
    return ClearPredecessor(plan);
  }
  // A cluster that was not finished has no PG_VERSION but may have files.
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(plan.cluster, ignored))
    fs::remove_all(entry.path(), ignored);
  return RunToEnd(Program(plan, "initdb",
                          {plan.programs / "initdb", "-D", plan.cluster, "-U", kRole, "-A", "trust", "-E", "UTF8",
                           "--locale=C", "--no-sync", "--no-instructions"}));
}

ServiceSpec PostgresService(const PostgresPlan& plan) {
  ServiceSpec service;
  service.child =
      Program(plan, "database",
              {plan.programs / "postgres", "-D", plan.cluster, "-c", "listen_addresses=", "-c",
               "unix_socket_directories=" + plan.socket_dir.string(), "-c", "unix_socket_permissions=0700"});
  service.child.death_signal = SIGINT;  // a fast shutdown
  service.stop_signal = SIGINT;
  service.stop_time = std::chrono::seconds(60);
  service.force_signal = SIGQUIT;  // SIGKILL would leave its processes behind
  return service;
}

ChildSpec SyncCluster(const PostgresPlan& plan) {
  return Program(plan, "initdb", {plan.programs / "initdb", "--sync-only", "-D", plan.cluster});
}

// The lock file's last line is the server's state.
bool AcceptsConnections(const PostgresPlan& plan, pid_t pid) {
  const std::vector<std::string> lines = LockFileLines(plan);
  return lines.size() >= 8 && lines[0] == std::to_string(pid) && lines[7].starts_with("ready");
}

}  // namespace pawl::dev
