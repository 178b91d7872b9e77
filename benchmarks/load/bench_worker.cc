// pawl-bench-worker: a worker with one handler, "noop", which answers its input. Through the C++ SDK, as users write
// it.
//
//   pawl-bench-worker HOST:PORT SLOTS
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>

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
  if (argc != 3) {
    std::fprintf(stderr, "usage: pawl-bench-worker HOST:PORT SLOTS\n");
    return 2;
  }
  if (pipe(stop_pipe) != 0) return 1;
  std::signal(SIGTERM, OnSignal);
  std::signal(SIGINT, OnSignal);
  Registry registry;
  registry.Add({.name = "noop", .restartable = true},
               [](TaskContext& task) -> ActivityResult { return ActivityOutput{task.input_text()}; });
  WorkerOptions options;
  options.name = "bench";
  options.slots = std::atoi(argv[2]);
  options.log = [](const std::string& sentence) { std::fprintf(stderr, "%s\n", sentence.c_str()); };
  Worker worker(std::move(registry), options, MakeGrpcTransport(argv[1]));
  worker.Start();
  char byte;
  while (read(stop_pipe[0], &byte, 1) < 0) {
  }
  worker.Drain();
  return 0;
}
