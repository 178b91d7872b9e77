// A child process as `pawl dev` wants it: in a process group of its own (so that Ctrl-C reaches only the parent), with
// its output appended to a log, as another user where asked for, and gone when the parent is killed.
//
// Thread rule: the thread that spawns must live as long as the child, because the kernel ties the death signal to it.
#pragma once

#include <sys/types.h>

#include <csignal>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace pawl::dev {

struct UnixUser {
  std::string name;
  uid_t uid = 0;
  gid_t gid = 0;
};

struct ChildSpec {
  std::string name;                                              // for people: "scheduler"
  std::vector<std::string> command;                              // the program's absolute path, then its arguments
  std::vector<std::pair<std::string, std::string>> environment;  // added to the parent's
  std::string log_path;
  std::optional<UnixUser> user;  // absent: the parent's
  int death_signal = SIGKILL;    // what the kernel sends when the parent is gone
};

// The process id, once the program runs; an error that names the program where it cannot be executed.
absl::StatusOr<pid_t> Spawn(const ChildSpec& spec);

// Spawns and waits; an error with the log's last lines unless the program exits with 0.
absl::Status RunToEnd(const ChildSpec& spec);

// "exited with status 1", "was killed by signal 9".
std::string DescribeEnd(int wait_status);

// The last lines of a log, each indented; empty if there is none.
std::string LogTail(const std::string& path);

}  // namespace pawl::dev
