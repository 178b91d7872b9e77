// pawl-scheduler: the service.
#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "scheduler/main/node.h"
#include "shared/config/settings.h"
#include "shared/telemetry/log.h"
#include "shared/wait/short_wait.h"

namespace {

int stop_pipe[2];
std::atomic<bool> stop_asked = false;
std::atomic<bool> restart_asked = false;

void OnSignal(int) {
  stop_asked = true;
  char byte = 0;
  [[maybe_unused]] ssize_t written = write(stop_pipe[1], &byte, 1);
}

}  // namespace

int main(int argc, char** argv) {
  using pawl::scheduler::Node;
  pawl::scheduler::NodeOptions options;
  std::string log_level = "info";
  pawl::config::Settings settings("pawl-scheduler",
                                  "The Pawl service: runs state machines, hands out their tasks, and answers the Step "
                                  "Functions API.");
  settings.String("address", &options.address, "Address to listen on.");
  settings.Int("http-port", &options.http_port, "Port of the AWS API; 0 takes a free one.", {.min = 0, .max = 65535});
  settings.Int("grpc-port", &options.grpc_port, "Port for workers and gRPC clients; 0 takes a free one.",
               {.min = 0, .max = 65535});
  settings.Int("ops-port", &options.ops_port, "Port of /metrics, /healthz and /readyz; 0 takes a free one.",
               {.min = 0, .max = 65535});
  settings.String("advertise-address", &options.advertise_address,
                  "HOST:PORT at which other nodes and workers reach this one's gRPC port; by default its address and "
                  "port, or the host's name where it listens on all addresses.");
  settings.StringList("postgres", &options.postgres,
                      "PostgreSQL connection string, e.g. \"host=db dbname=pawl user=pawl\"; several for a cluster on "
                      "several servers, of which the first one has the catalog and never changes.",
                      {.secret = true, .required = true});
  settings.Int("partitions", &options.partitions, "Number of partitions of a database that is used for the first time.",
               {.min = 1, .max = 16384});
  settings.Duration("lease", &options.lease, "How long a partition stays with a node that is not heard of.",
                    {.min = std::chrono::milliseconds(500), .max = std::chrono::minutes(10)});
  settings.Choice(
      "limits", &options.limits,
      "Which of Step Functions' limits hold: aws (payloads, names, definitions), strict (all), open (payloads "
      "lifted too).",
      {"aws", "strict", "open"});
  int64_t requests_max = 200'000, request_mib_max = 256, polls_max = 50'000, watches_max = 200'000;
  settings.Int(
      "requests-max", &requests_max,
      "Requests under way at once; more are refused, to be asked again. One state machine's starts get at most "
      "half.",
      {.min = 10, .max = 10'000'000});
  settings.Int("request-mib-max", &request_mib_max, "Texts of the requests under way at once, in MiB.",
               {.min = 1, .max = 1'048'576});
  settings.Int("polls-max", &polls_max, "Polls that wait for a task at once.", {.min = 1, .max = 10'000'000});
  settings.Int("watches-max", &watches_max,
               "Calls that wait at once for executions to end or to go on; bulk starts that wait count by item.",
               {.min = 1, .max = 10'000'000});
  settings.Int("http-connections-max", &options.http_connections_max, "Connections to the AWS API at once.",
               {.min = 1, .max = 1'000'000});
  bool short_waits = true;
  settings.Bool("short-waits", &short_waits,
                "Where what comes next has come soon lately, to look for it for a moment instead of sleeping: "
                "quicker where little goes on, for CPU time that nobody else wants. Never under a CPU limit or on one "
                "core.");
  settings.Choice("log-level", &log_level, "Least severe lines to log.", {"debug", "info", "warning", "error"});
  auto outcome = settings.Parse(std::vector<std::string>(argv + 1, argv + argc), pawl::config::ProcessEnvironment());
  if (!outcome.ok()) {
    std::fprintf(stderr, "pawl-scheduler: %s\n", std::string(outcome.status().message()).c_str());
    return 2;
  }
  if (outcome->exit_text) {
    std::fputs(outcome->exit_text->c_str(), stdout);
    return 0;
  }
  options.admission = {static_cast<size_t>(requests_max), static_cast<size_t>(request_mib_max) << 20,
                       static_cast<size_t>(polls_max), static_cast<size_t>(watches_max)};
  options.mailbox_max = options.admission.requests_max;
  options.mailbox_bytes_max = options.admission.request_bytes_max;
  if (!short_waits) pawl::wait::ShortWait::Forbid();
  options.lambda_endpoint = std::getenv("AWS_ENDPOINT_URL_LAMBDA") != nullptr;

  pawl::telemetry::Level level = pawl::telemetry::Level::kInfo;
  pawl::telemetry::ParseLevel(log_level, &level);
  pawl::telemetry::Logger log = pawl::telemetry::MakeStderrLogger(level).With({{"component", "scheduler"}});
  if (pipe2(stop_pipe, O_CLOEXEC) != 0) {
    std::perror("pawl-scheduler: pipe");
    return 1;
  }
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGTERM, OnSignal);
  std::signal(SIGINT, OnSignal);

  options.on_split = [] {
    restart_asked = true;
    char byte = 0;
    [[maybe_unused]] ssize_t written = write(stop_pipe[1], &byte, 1);
  };
  auto node = Node::Start(options, log, [] { return stop_asked.load(); });
  if (!node.ok()) {
    if (stop_asked) return 0;
    std::fprintf(stderr, "pawl-scheduler: %s\n", std::string(node.status().message()).c_str());
    return 1;
  }
  log.Info("Serving.", {{"addresses", (*node)->Addresses()}});
  char byte;
  while (!stop_asked && read(stop_pipe[0], &byte, 1) < 0) {
  }
  log.Info("Stopping.");
  (*node)->Stop();
  log.Info("Stopped.");
  if (restart_asked && !stop_asked) {
    // The same process, with nothing left of what it knew.
    execv("/proc/self/exe", argv);
    std::perror("pawl-scheduler: cannot begin anew");
    return 1;
  }
  return 0;
}
