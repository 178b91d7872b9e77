#include "scheduler/ctl/dev/child.h"

#include <fcntl.h>
#include <grp.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <deque>
#include <fstream>

namespace pawl::dev {
namespace {

constexpr size_t kTailLines = 8;

// What the child tells through the pipe when it cannot become the program.
struct Fault {
  int error;
  int step;
};
constexpr const char* kSteps[] = {"changing its user", "opening its log", "executing it"};

[[noreturn]] void Report(int pipe, int step) {
  const Fault fault{errno, step};
  [[maybe_unused]] const ssize_t written = write(pipe, &fault, sizeof fault);
  _exit(127);
}

// Between fork and exec: only calls that are safe there.
[[noreturn]] void BecomeProgram(const ChildSpec& spec, char* const* arguments, char* const* environment, int log,
                                int pipe, pid_t parent) {
  setpgid(0, 0);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  signal(SIGPIPE, SIG_DFL);
  if (spec.user) {
    if (setgroups(0, nullptr) != 0 || setgid(spec.user->gid) != 0 || setuid(spec.user->uid) != 0) Report(pipe, 0);
  }
  // After the change of user, which clears it.
  prctl(PR_SET_PDEATHSIG, spec.death_signal);
  if (getppid() != parent) _exit(127);  // the parent died in between
  const int null = open("/dev/null", O_RDONLY);
  if (null < 0 || dup2(null, 0) < 0 || dup2(log, 1) < 0 || dup2(log, 2) < 0) Report(pipe, 1);
  execve(arguments[0], arguments, environment);
  Report(pipe, 2);
}

std::vector<std::string> EnvironmentOf(const ChildSpec& spec) {
  std::vector<std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string text = *variable;
    const bool replaced = std::any_of(spec.environment.begin(), spec.environment.end(),
                                      [&](const auto& added) { return text.starts_with(added.first + "="); });
    if (!replaced) variables.push_back(text);
  }
  for (const auto& [name, value] : spec.environment) variables.push_back(name + "=" + value);
  return variables;
}

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

absl::Status Problem(const ChildSpec& spec, const std::string& what) {
  return absl::InternalError("cannot start the " + spec.name + " (" + spec.command[0] + "): " + what);
}

}  // namespace

absl::StatusOr<pid_t> Spawn(const ChildSpec& spec) {
  std::vector<std::string> command = spec.command;
  std::vector<std::string> variables = EnvironmentOf(spec);
  const std::vector<char*> arguments = Pointers(command);
  const std::vector<char*> environment = Pointers(variables);
  const int log = open(spec.log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (log < 0) return Problem(spec, "its log " + spec.log_path + " cannot be written: " + std::strerror(errno));
  int pipe[2];
  if (pipe2(pipe, O_CLOEXEC) != 0) {
    close(log);
    return Problem(spec, std::strerror(errno));
  }
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid == 0) BecomeProgram(spec, arguments.data(), environment.data(), log, pipe[1], parent);
  close(log);
  close(pipe[1]);
  Fault fault{0, 0};
  const bool failed = pid < 0 || read(pipe[0], &fault, sizeof fault) == sizeof fault;  // the pipe closes on exec
  close(pipe[0]);
  if (pid < 0) return Problem(spec, std::strerror(errno));
  if (!failed) return pid;
  waitpid(pid, nullptr, 0);
  return Problem(spec, std::string(kSteps[fault.step]) + " failed: " + std::strerror(fault.error));
}

absl::Status RunToEnd(const ChildSpec& spec) {
  const absl::StatusOr<pid_t> pid = Spawn(spec);
  if (!pid.ok()) return pid.status();
  int status = 0;
  while (waitpid(*pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return absl::OkStatus();
  return absl::InternalError(spec.name + " " + DescribeEnd(status) + ":\n" + LogTail(spec.log_path));
}

std::string DescribeEnd(int status) {
  if (WIFSIGNALED(status)) {
    return "was killed by signal " + std::to_string(WTERMSIG(status)) + " (" + strsignal(WTERMSIG(status)) + ")";
  }
  return "exited with status " + std::to_string(WEXITSTATUS(status));
}

std::string LogTail(const std::string& path) {
  std::ifstream file(path);
  std::deque<std::string> lines;
  for (std::string line; std::getline(file, line);) {
    lines.push_back(std::move(line));
    if (lines.size() > kTailLines) lines.pop_front();
  }
  std::string text;
  for (const std::string& line : lines) text += "    " + line + "\n";
  return text;
}

}  // namespace pawl::dev
