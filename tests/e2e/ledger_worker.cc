// A worker for the tests of durability. It runs what the task's input asks for, and writes every attempt to a ledger
// that outlives any SIGKILL: one JSON line when an attempt begins, one before its result is given, each synced.
//
//   pawl-ledger-worker HOST:PORT LEDGER NAME SLOTS
//
// Handlers: "once" (not restartable) and "again" (restartable). Input:
//   {"key": "a", "value": 1, "sleep_ms": 20, "fails": "Broken", "fails_until_attempt": 3}
// `key` names the stay within its execution. The result is {"key", "value": value + 1, "attempt", "worker"}. With
// `fails`, attempts below `fails_until_attempt` (all, where it is absent) end with that error; the cause is JSON with
// key, attempt and worker. Several workers share a ledger: a line is one write to a file opened for appending.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

#include "nlohmann/json.hpp"
#include "worker/runtime/worker.h"

namespace {

using nlohmann::json;
using namespace pawl::worker;

class Ledger {
 public:
  Ledger(const char* path, std::string worker)
      : file_(open(path, O_WRONLY | O_CREAT | O_APPEND, 0644)), worker_(std::move(worker)) {
    if (file_ < 0) Give("open");
  }

  const std::string& worker() const { return worker_; }

  void Write(const TaskInfo& task, const std::string& key, const char* phase) {
    auto now = std::chrono::system_clock::now().time_since_epoch();
    std::string line = json({{"execution", task.execution_arn},
                             {"state", task.state_name},
                             {"key", key},
                             {"attempt", task.attempt},
                             {"handler", task.handler},
                             {"worker", worker_},
                             {"phase", phase},
                             {"at_ms", std::chrono::duration_cast<std::chrono::milliseconds>(now).count()}})
                           .dump() +
                       "\n";
    if (write(file_, line.data(), line.size()) != static_cast<ssize_t>(line.size())) Give("write");
    if (fdatasync(file_) != 0) Give("fdatasync");
  }

 private:
  // A ledger with a gap proves nothing.
  [[noreturn]] static void Give(const char* call) {
    std::perror(call);
    std::_Exit(3);
  }

  int file_;
  std::string worker_;
};

ActivityResult RunOne(TaskContext& task, Ledger& ledger) {
  const json& input = task.input();
  std::string key = input.value("key", "");
  ledger.Write(task.info(), key, "begin");
  auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(input.value("sleep_ms", 0));
  while (std::chrono::steady_clock::now() < until && !task.cancelled()) {
    std::this_thread::sleep_for(
        std::min<std::chrono::nanoseconds>(std::chrono::milliseconds(50), until - std::chrono::steady_clock::now()));
    task.Heartbeat({.fraction = 0.5, .message = key});
  }
  json signature = {{"key", key}, {"attempt", task.info().attempt}, {"worker", ledger.worker()}};
  std::string error = input.value("fails", "");
  bool fails = !error.empty() && task.info().attempt < input.value("fails_until_attempt", int64_t{1} << 40);
  ledger.Write(task.info(), key, fails ? "failed" : "succeeded");
  if (fails) return Fail(error, signature.dump());
  signature["value"] = input.value("value", int64_t{0}) + 1;
  return Succeed(signature);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fprintf(stderr, "usage: pawl-ledger-worker HOST:PORT LEDGER NAME SLOTS\n");
    return 2;
  }
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTERM);
  sigaddset(&stop, SIGINT);
  pthread_sigmask(SIG_BLOCK, &stop, nullptr);
  Ledger ledger(argv[2], argv[3]);
  auto run = [&ledger](TaskContext& task) { return RunOne(task, ledger); };
  Registry registry;
  registry.Add({.name = "once", .restartable = false}, run);
  registry.Add({.name = "again", .restartable = true}, run);
  WorkerOptions options{.name = argv[3],
                        .slots = std::atoi(argv[4]),
                        .drain = std::chrono::milliseconds(5'000),
                        .log = [](const std::string& sentence) { std::fprintf(stderr, "%s\n", sentence.c_str()); },
                        .on_task = {}};
  Worker worker(std::move(registry), std::move(options), MakeGrpcTransport(argv[1]));
  worker.Start();
  std::puts("started");
  std::fflush(stdout);
  int signal = 0;
  sigwait(&stop, &signal);
  worker.Drain();
}
