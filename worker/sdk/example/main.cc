// A worker of your own: one activity, typed input and output, progress, cancellation and an error name that a state
// machine can catch. Build it with the project (target pawl-example-worker) and run it: pawl-example-worker
// 127.0.0.1:7333
#include <csignal>
#include <thread>

#include "nlohmann/json.hpp"
#include "worker/runtime/worker.h"

using namespace pawl::worker;

struct Text {
  std::string text;
  int repeat = 1;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Text, text, repeat)

ActivityResult CountWords(TaskContext& task) {
  Text input = task.input().get<Text>();
  if (input.text.empty()) return Fail("EmptyText", "expected a member 'text' with words in it, found none");
  int words = 0;
  for (int round = 0; round < input.repeat; ++round) {
    if (task.cancelled()) return Fail("Cancelled", "the execution was stopped");
    bool inside = false;
    for (char c : input.text) {
      words += c != ' ' && !inside ? 1 : 0;
      inside = c != ' ';
    }
    task.Heartbeat({.fraction = double(round + 1) / input.repeat, .message = "round " + std::to_string(round + 1)});
  }
  return Succeed({{"words", words}});
}

int main(int argc, char** argv) {
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTERM);
  sigaddset(&stop, SIGINT);
  pthread_sigmask(SIG_BLOCK, &stop, nullptr);  // before any thread is made, so that sigwait below gets them
  Registry registry;
  registry.Add({.name = "count-words", .restartable = true}, CountWords);
  Worker worker(std::move(registry), {.name = "example", .slots = 4},
                MakeGrpcTransport(argc > 1 ? argv[1] : "127.0.0.1:7333"));
  worker.Start();
  int signal = 0;
  sigwait(&stop, &signal);
  worker.Drain();
}
