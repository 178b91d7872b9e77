// pawl-bench-load: starts executions over gRPC and waits for their ends, `concurrency` at a time.
//
//   pawl-bench-load HOST:PORT STATE_MACHINE_ARN COUNT CONCURRENCY [INPUT]
//
// prints one JSON line: count, seconds, per_second, p50_ms, p99_ms (each from sending the start to hearing of the end;
// with a concurrency above 64, executions are started in groups and the times are those of a group's last).
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "proto/control/v1/control.grpc.pb.h"

namespace {

using Clock = std::chrono::steady_clock;
using namespace pawl::control::v1;

double Ms(Clock::duration time) { return std::chrono::duration<double, std::milli>(time).count(); }

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) {
    std::fprintf(stderr, "usage: pawl-bench-load HOST:PORT STATE_MACHINE_ARN COUNT CONCURRENCY [INPUT]\n");
    return 2;
  }
  const std::string arn = argv[2];
  const int64_t count = std::atoll(argv[3]);
  const int concurrency = std::atoi(argv[4]);
  const std::string input = argc > 5 ? argv[5] : "{}";
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(64 << 20);
  // Groups keep the number of threads and calls small where many executions are open at once.
  const int threads = std::min(concurrency, 64);
  const int group = std::max(1, concurrency / threads);

  std::atomic<int64_t> next = 0;
  std::atomic<int64_t> failed = 0;
  std::mutex mutex;
  std::vector<double> times;
  auto run = [&] {
    auto stub =
        ControlService::NewStub(grpc::CreateCustomChannel(argv[1], grpc::InsecureChannelCredentials(), arguments));
    std::vector<double> mine;
    while (true) {
      int64_t first = next.fetch_add(group);
      if (first >= count) break;
      int wanted = static_cast<int>(std::min<int64_t>(group, count - first));
      StartExecutionsRequest request;
      request.set_state_machine_arn(arn);
      request.set_wait(true);
      for (int i = 0; i < wanted; ++i) request.add_items()->set_input(input);
      auto began = Clock::now();
      grpc::ClientContext context;
      StartExecutionsResponse response;
      grpc::Status status = stub->StartExecutions(&context, request, &response);
      double took = Ms(Clock::now() - began);
      if (!status.ok()) {
        std::fprintf(stderr, "StartExecutions: %s\n", status.error_message().c_str());
        failed += wanted;
        continue;
      }
      for (const auto& outcome : response.outcomes()) {
        if (outcome.status() != "SUCCEEDED") {
          ++failed;
          std::fprintf(stderr, "%s %s %s\n", outcome.execution_arn().c_str(), outcome.status().c_str(),
                       outcome.message().c_str());
        }
        mine.push_back(took);
      }
    }
    std::lock_guard lock(mutex);
    times.insert(times.end(), mine.begin(), mine.end());
  };
  auto began = Clock::now();
  std::vector<std::thread> workers;
  for (int i = 0; i < threads; ++i) workers.emplace_back(run);
  for (std::thread& worker : workers) worker.join();
  double seconds = Ms(Clock::now() - began) / 1000;
  if (failed > 0 || times.empty()) {
    std::fprintf(stderr, "%lld executions did not succeed\n", static_cast<long long>(failed.load()));
    return 1;
  }
  std::sort(times.begin(), times.end());
  auto at = [&](double share) { return times[std::min(times.size() - 1, static_cast<size_t>(share * times.size()))]; };
  std::printf("{\"count\": %lld, \"seconds\": %.4f, \"per_second\": %.1f, \"p50_ms\": %.3f, \"p99_ms\": %.3f}\n",
              static_cast<long long>(count), seconds, count / seconds, at(0.5), at(0.99));
  return 0;
}
