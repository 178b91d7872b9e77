// pawl-bench-load: starts executions over gRPC and waits for their ends.
//
//   pawl-bench-load HOST:PORT STATE_MACHINE_ARN COUNT CONCURRENCY [INPUT]     closed loop: so many open at a time
//   pawl-bench-load HOST:PORT STATE_MACHINE_ARN COUNT rate=PER_SECOND [INPUT] open loop: when due, come what may
//   pawl-bench-load HOST:PORT STATE_MACHINE_ARN COUNT start [INPUT]           starts them and waits for no end
//
// With "HOST:PORT,HOST:PORT" calls go to these nodes in turn.
//
// Prints one JSON line: count, seconds, per_second, p50_ms, p99_ms, max_ms. Times of the closed loop run from sending
// the start to hearing of the end; above 64 at once, executions are started in groups and the times are those of a
// group's last. Times of the open loop run from the moment at which the start was due, so a generator or a service that
// falls behind shows in them (no coordinated omission); there each execution is a call of its own.
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "proto/control/v1/control.grpc.pb.h"

namespace {

using Clock = std::chrono::steady_clock;
using namespace pawl::control::v1;

struct Load {
  std::vector<std::string> targets;
  std::string arn;
  int64_t count = 0;
  int concurrency = 0;
  double rate = 0;
  bool wait = true;
  std::string input = "{}";
};

double Ms(Clock::duration time) { return std::chrono::duration<double, std::milli>(time).count(); }

struct Results {
  std::string_view status_wanted = "SUCCEEDED";
  std::mutex mutex;
  std::vector<double> times_ms;  // of those that went as wanted
  int64_t failed = 0;

  void Add(const grpc::Status& status, const StartExecutionsResponse& response, int wanted, double took_ms) {
    std::lock_guard lock(mutex);
    if (!status.ok()) {
      std::fprintf(stderr, "StartExecutions: %s\n", status.error_message().c_str());
      failed += wanted;
      return;
    }
    for (const auto& outcome : response.outcomes()) {
      if (outcome.error().empty() && outcome.status() == status_wanted) {
        times_ms.push_back(took_ms);
        continue;
      }
      ++failed;
      std::fprintf(stderr, "%s %s %s\n", outcome.execution_arn().c_str(), outcome.status().c_str(),
                   outcome.message().c_str());
    }
  }
};

std::vector<std::string> Split(std::string_view list) {
  std::vector<std::string> parts;
  for (size_t comma; (comma = list.find(',')) != list.npos; list.remove_prefix(comma + 1)) {
    parts.emplace_back(list.substr(0, comma));
  }
  parts.emplace_back(list);
  return parts;
}

std::unique_ptr<ControlService::Stub> Connect(const std::string& target) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(64 << 20);
  return ControlService::NewStub(grpc::CreateCustomChannel(target, grpc::InsecureChannelCredentials(), arguments));
}

StartExecutionsRequest Request(const Load& load, int wanted) {
  StartExecutionsRequest request;
  request.set_state_machine_arn(load.arn);
  request.set_wait(load.wait);
  for (int i = 0; i < wanted; ++i) request.add_items()->set_input(load.input);
  return request;
}

void RunClosed(const Load& load, Results& results) {
  // Groups keep the number of threads and calls small where many executions are open at once.
  const int threads = std::min(load.concurrency, 64);
  const int group = std::max(1, load.concurrency / threads);
  std::atomic<int64_t> next = 0;
  auto run = [&](const std::string& target) {
    auto stub = Connect(target);
    for (int64_t first = next.fetch_add(group); first < load.count; first = next.fetch_add(group)) {
      int wanted = static_cast<int>(std::min<int64_t>(group, load.count - first));
      StartExecutionsRequest request = Request(load, wanted);
      StartExecutionsResponse response;
      grpc::ClientContext context;
      auto began = Clock::now();
      grpc::Status status = stub->StartExecutions(&context, request, &response);
      results.Add(status, response, wanted, Ms(Clock::now() - began));
    }
  };
  std::vector<std::thread> workers;
  for (int i = 0; i < threads; ++i) workers.emplace_back(run, load.targets[i % load.targets.size()]);
  for (std::thread& worker : workers) worker.join();
}

// Moments of a Poisson process, the same in each run.
void RunOpen(const Load& load, Results& results) {
  struct Call {
    grpc::ClientContext context;
    StartExecutionsRequest request;
    StartExecutionsResponse response;
    Clock::time_point due;
  };
  std::vector<std::unique_ptr<ControlService::Stub>> stubs;
  for (const std::string& target : load.targets) stubs.push_back(Connect(target));
  std::mutex mutex;
  std::condition_variable all_done;
  int64_t open = 0;
  std::mt19937_64 random(1);
  std::exponential_distribution<double> gap(load.rate);
  Clock::time_point due = Clock::now();
  for (int64_t i = 0; i < load.count; ++i) {
    due += std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(gap(random)));
    std::this_thread::sleep_until(due);
    auto call = std::make_shared<Call>();
    call->request = Request(load, 1);
    call->due = due;
    {
      std::lock_guard lock(mutex);
      ++open;
    }
    stubs[i % stubs.size()]->async()->StartExecutions(
        &call->context, &call->request, &call->response, [&, call](const grpc::Status& status) {
          results.Add(status, call->response, 1, Ms(Clock::now() - call->due));
          std::lock_guard lock(mutex);
          if (--open == 0) all_done.notify_all();
        });
  }
  std::unique_lock lock(mutex);
  all_done.wait(lock, [&] { return open == 0; });
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) {
    std::fprintf(stderr, "usage: pawl-bench-load HOST:PORT STATE_MACHINE_ARN COUNT CONCURRENCY|rate=R|start [INPUT]\n");
    return 2;
  }
  Load load;
  load.targets = Split(argv[1]);
  load.arn = argv[2];
  load.count = std::atoll(argv[3]);
  const std::string_view how = argv[4];
  if (how.starts_with("rate=")) {
    load.rate = std::atof(argv[4] + 5);
  } else if (how == "start") {
    load.wait = false;
    load.concurrency = 4096;
  } else {
    load.concurrency = std::atoi(argv[4]);
  }
  if (argc > 5) load.input = argv[5];
  if (load.rate <= 0 && load.concurrency <= 0) {
    std::fprintf(stderr, "expected a number of executions at once, rate=R or start\n");
    return 2;
  }

  Results results;
  if (!load.wait) results.status_wanted = "";
  auto began = Clock::now();
  if (load.rate > 0) {
    RunOpen(load, results);
  } else {
    RunClosed(load, results);
  }
  double seconds = Ms(Clock::now() - began) / 1000;
  std::vector<double>& times = results.times_ms;
  if (results.failed > 0 || times.empty()) {
    std::fprintf(stderr, "%lld executions did not go as wanted\n", static_cast<long long>(results.failed));
    return 1;
  }
  std::sort(times.begin(), times.end());
  auto at = [&](double share) {
    return times[std::min(times.size() - 1, static_cast<size_t>(share * static_cast<double>(times.size())))];
  };
  std::printf(
      "{\"count\": %lld, \"seconds\": %.4f, \"per_second\": %.1f, \"p50_ms\": %.3f, \"p99_ms\": %.3f, \"max_ms\": "
      "%.3f}\n",
      static_cast<long long>(load.count), seconds, static_cast<double>(load.count) / seconds, at(0.5), at(0.99),
      times.back());
  // Threads of gRPC may still be on their way out of the last call: nothing is taken down under them.
  std::fflush(stdout);
  std::_Exit(0);
}
