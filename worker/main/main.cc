// pawl-worker: the stock worker, with the ML activities.
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "shared/config/settings.h"
#include "shared/net/ops_server.h"
#include "shared/telemetry/log.h"
#include "shared/telemetry/metrics.h"
#include "shared/wait/short_wait.h"
#include "worker/activities/register.h"
#include "worker/integrations/lambda/lambda.h"
#include "worker/integrations/sagemaker/register.h"
#include "worker/runtime/worker.h"

namespace {

int stop_pipe[2];

void OnSignal(int) {
  char byte = 0;
  [[maybe_unused]] ssize_t written = write(stop_pipe[1], &byte, 1);
}

std::string Hostname() {
  char name[256] = "worker";
  gethostname(name, sizeof name - 1);
  return name;
}

std::string EnvironmentOr(const char* name, const std::string& fallback) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : fallback;
}

struct Options {
  std::string scheduler = "127.0.0.1:7333";
  std::string address = "0.0.0.0";
  int ops_port = 9334;
  int slots = 4;
  std::string name = Hostname() + "-" + std::to_string(getpid());
  std::chrono::milliseconds drain{30'000};
  std::string log_level = "info";
  bool short_waits = true;
  pawl::activities::ActivityOptions activities;
};

void Declare(pawl::config::Settings& settings, Options& options) {
  settings.String("scheduler", &options.scheduler, "HOST:PORT of the scheduler's gRPC port.");
  settings.String("address", &options.address, "Address of the operations port.");
  settings.Int("ops-port", &options.ops_port, "Port of /metrics, /healthz and /readyz; 0 takes a free one.",
               {.min = 0, .max = 65535});
  settings.Int("slots", &options.slots, "How many tasks run at once.", {.min = 1, .max = 10'000});
  settings.String("name", &options.name, "Name shown in histories.");
  settings.Duration("drain", &options.drain, "How long running tasks may take to finish at SIGTERM.");
  settings.String("s3-dir", &options.activities.s3_directory,
                  "Directory that stands for S3 in development: s3://BUCKET/KEY is DIR/BUCKET/KEY.");
  settings.String("s3-endpoint", &options.activities.s3_endpoint, "URL of an S3-compatible endpoint.");
  settings.String("s3-region", &options.activities.s3_region, "Region of its signatures.");
  settings.String("s3-access-key", &options.activities.s3_access_key, "Access key of the endpoint.");
  settings.String("s3-secret-key", &options.activities.s3_secret_key, "Secret key of the endpoint.", {.secret = true});
  settings.String("scratch-dir", &options.activities.scratch_directory, "Room for local copies of what S3 holds.");
  settings.Int("activity-threads", &options.activities.threads, "Threads of one training or scoring task.",
               {.min = 1, .max = 256});
  settings.Bool("short-waits", &options.short_waits,
                "Where what comes next has come soon lately, to look for it for a moment instead of sleeping: "
                "quicker where little goes on, for CPU time that nobody else wants. Never under a CPU limit or on one "
                "core.");
  settings.Choice("log-level", &options.log_level, "Least severe lines to log.", {"debug", "info", "warning", "error"});
}

}  // namespace

int main(int argc, char** argv) {
  using namespace pawl;
  Options options;
  config::Settings settings(
      "pawl-worker",
      "The stock Pawl worker: runs data-validate, preprocess, train, evaluate, batch-inference and "
      "SageMaker's jobs.");
  Declare(settings, options);
  auto outcome = settings.Parse(std::vector<std::string>(argv + 1, argv + argc), config::ProcessEnvironment());
  if (!outcome.ok()) {
    std::fprintf(stderr, "pawl-worker: %s\n", std::string(outcome.status().message()).c_str());
    return 2;
  }
  if (outcome->exit_text) {
    std::fputs(outcome->exit_text->c_str(), stdout);
    return 0;
  }
  if (!options.short_waits) wait::ShortWait::Forbid();
  telemetry::Level level = telemetry::Level::kInfo;
  telemetry::ParseLevel(options.log_level, &level);
  telemetry::Logger log = telemetry::MakeStderrLogger(level).With({{"component", "worker"}, {"worker", options.name}});

  if (pipe(stop_pipe) != 0) {
    std::perror("pawl-worker: pipe");
    return 1;
  }
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGTERM, OnSignal);
  std::signal(SIGINT, OnSignal);

  worker::Registry handlers;
  activities::RegisterActivities(handlers, options.activities);
  sagemaker::RegisterSageMaker(handlers, options.activities);
  worker::Registry registry = lambda::WithEnvelopes(handlers);
  std::string lambda_endpoint = EnvironmentOr("AWS_ENDPOINT_URL_LAMBDA", "");
  if (!lambda_endpoint.empty()) lambda::RegisterEndpoint(registry, lambda_endpoint);

  telemetry::Registry metrics;
  telemetry::Counters tasks =
      metrics.AddCounters("pawl_worker_tasks_total", "Tasks run, by handler and outcome.", {{"handler"}, {"outcome"}});
  telemetry::Histograms seconds = metrics.AddHistograms("pawl_worker_task_seconds", "Time of a handler, by handler.",
                                                        {{"handler"}}, telemetry::kLongSecondsBuckets);
  worker::WorkerOptions runtime;
  runtime.name = options.name;
  runtime.slots = options.slots;
  runtime.drain = options.drain;
  runtime.log = [&log](const std::string& sentence) { log.Info(sentence); };
  runtime.on_task = [&](const std::string& handler, std::chrono::microseconds took, bool succeeded) {
    tasks.With({handler, succeeded ? "succeeded" : "failed"}).Add();
    seconds.With({handler}).Observe(static_cast<double>(took.count()) / 1e6);
  };
  worker::Worker worker(std::move(registry), runtime, worker::MakeGrpcTransport(options.scheduler));
  auto gauge = [&worker](double (*pick)(const worker::WorkerStats&)) {
    return [&worker, pick]() -> std::vector<telemetry::Sample> { return {{{}, pick(worker.stats())}}; };
  };
  auto slots = metrics.AddSampledGauge("pawl_worker_slots", "Slots of this worker.", {},
                                       gauge([](const worker::WorkerStats& s) { return double(s.slots); }));
  auto busy = metrics.AddSampledGauge("pawl_worker_slots_busy", "Slots with a running task.", {},
                                      gauge([](const worker::WorkerStats& s) { return double(s.slots_busy); }));
  auto ops =
      net::StartOpsServer(options.address, options.ops_port,
                          {.metrics = [&metrics] { return metrics.Serialize(); },
                           .is_healthy = {},
                           .is_ready =
                               [&worker] {
                                 const worker::WorkerStats stats = worker.stats();
                                 return stats.connected ? absl::OkStatus() : absl::UnavailableError(stats.trouble);
                               }});
  if (!ops.ok()) {
    std::fprintf(stderr, "pawl-worker: %s\n", std::string(ops.status().message()).c_str());
    return 1;
  }
  worker.Start();
  log.Info("Working.", {{"scheduler", options.scheduler}, {"slots", options.slots}, {"ops_port", (*ops)->port()}});
  char byte;
  while (read(stop_pipe[0], &byte, 1) < 0) {
  }
  log.Info("Draining.");
  worker.Drain();
  (*ops)->Shutdown(std::chrono::seconds(1));
  log.Info("Stopped.");
  return 0;
}
