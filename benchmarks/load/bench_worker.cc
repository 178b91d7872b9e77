// pawl-bench-worker: a worker with one handler, "noop", which answers its input. Through the C++ SDK, as users write
// it. Or many of them in one process, each with a session, a connection, polls and heartbeats of its own, as if they
// were so many processes: what many idle workers cost the service does not need the memory of as many processes.
//
//   pawl-bench-worker HOST:PORT SLOTS [WORKERS]
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "worker/runtime/worker.h"

namespace {
int stop_pipe[2];
void OnSignal(int) {
  char byte = 0;
  [[maybe_unused]] ssize_t written = write(stop_pipe[1], &byte, 1);
}
}  // namespace

int main(int argc, char** argv) {
  using namespace pawl::worker;
  if (argc != 3 && argc != 4) {
    std::fprintf(stderr, "usage: pawl-bench-worker HOST:PORT SLOTS [WORKERS]\n");
    return 2;
  }
  if (pipe(stop_pipe) != 0) return 1;
  std::signal(SIGTERM, OnSignal);
  std::signal(SIGINT, OnSignal);
  const int count = argc == 4 ? std::atoi(argv[3]) : 1;
  std::vector<std::unique_ptr<Worker>> workers;
  for (int i = 0; i < count; ++i) {
    Registry registry;
    registry.Add({.name = "noop", .restartable = true},
                 [](TaskContext& task) -> ActivityResult { return ActivityOutput{task.input_text()}; });
    WorkerOptions options;
    options.name = "bench";
    options.slots = std::atoi(argv[2]);
    options.log = [](const std::string& sentence) { std::fprintf(stderr, "%s\n", sentence.c_str()); };
    workers.push_back(std::make_unique<Worker>(std::move(registry), options, MakeGrpcTransport(argv[1])));
    workers.back()->Start();
  }
  char byte;
  while (read(stop_pipe[0], &byte, 1) < 0) {
  }
  std::vector<std::thread> drains;
  for (const auto& worker : workers) drains.emplace_back([&worker] { worker->Drain(); });
  for (std::thread& drain : drains) drain.join();
  return 0;
}
