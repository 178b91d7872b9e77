// Runs registered handlers for a scheduler: takes tasks by long-polls, runs each on one of its slots, reports results
// and polls for more in one call.
//
//   Registry registry;
//   registry.Add({.name = "resize", .restartable = true}, [](TaskContext& task) { ... });
//   Worker worker(std::move(registry), {.target = "127.0.0.1:7333", .slots = 8}, MakeGrpcTransport("127.0.0.1:7333"));
//   worker.Start();
//   ...                    // until SIGTERM
//   worker.Drain();
//
// Never loses: a result is kept and sent again until the scheduler has acknowledged it. A scheduler that is away is
// waited for. Thread rule: Start and Drain from one thread; stats() from any.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "worker/runtime/transport.h"
#include "worker/sdk/activity.h"

namespace pawl::worker {

struct WorkerOptions {
  std::string name = "worker";
  int slots = 4;
  std::chrono::milliseconds drain{30'000};
  // For rare things: a scheduler that cannot be reached, and that it is back. May be called from any thread.
  std::function<void(const std::string& sentence)> log;
  // After each handler: its name, how long it ran, and whether it succeeded. From slot threads.
  std::function<void(const std::string& handler, std::chrono::microseconds took, bool succeeded)> on_task;
};

struct WorkerStats {
  int slots = 0;
  int slots_busy = 0;
  bool connected = false;  // the last poll that ended was answered
  std::string trouble;     // where not: why
};

class Worker {
 public:
  Worker(Registry registry, WorkerOptions options, std::unique_ptr<Transport> transport);
  ~Worker();

  void Start();
  // Takes no more tasks, lets handlers finish for at most `drain`, gives restartable ones back after that, reports what
  // is done, ends the session.
  void Drain();
  WorkerStats stats() const;

 private:
  class Core;
  std::unique_ptr<Core> core_;
};

}  // namespace pawl::worker
