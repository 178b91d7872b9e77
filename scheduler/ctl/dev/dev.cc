#include "scheduler/ctl/dev/dev.h"

#include <unistd.h>

#include <chrono>
#include <optional>
#include <utility>

#include "scheduler/ctl/dev/child.h"
#include "scheduler/ctl/dev/data_dir.h"
#include "scheduler/ctl/dev/ports.h"
#include "scheduler/ctl/dev/postgres.h"
#include "scheduler/ctl/dev/signals.h"
#include "scheduler/ctl/dev/supervisor.h"
#include "shared/base/status.h"
#include "shared/net/http_client.h"

namespace pawl::dev {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr char kHost[] = "127.0.0.1";
constexpr std::chrono::milliseconds kStartPoll{5};
constexpr std::chrono::milliseconds kRunPoll{200};
constexpr std::chrono::seconds kStartMayTake{60};
constexpr std::chrono::seconds kWorkerDrain{30};

struct Ports {
  int http = 0, grpc = 0, ops = 0, worker_ops = 0;
};

absl::StatusOr<Ports> PickPorts(const DevOptions& options) {
  Ports ports;
  PAWL_ASSIGN_OR_RETURN(ports.http, PickPort(options.http_port, "--http-port"));
  PAWL_ASSIGN_OR_RETURN(ports.grpc, PickPort(options.grpc_port, "--grpc-port"));
  PAWL_ASSIGN_OR_RETURN(ports.ops, PickPort(options.ops_port, "--ops-port"));
  if (options.with_worker) {
    PAWL_ASSIGN_OR_RETURN(ports.worker_ops, PickPort(options.worker_ops_port, "--worker-ops-port"));
  }
  return ports;
}

class DevSession {
 public:
  DevSession(const DevOptions& options, const DataDir& data, std::function<void(const std::string&)> say)
      : options_(options), data_(data), say_(say), supervisor_(std::move(say)) {}

  // Brings everything up; OK once calls are answered. CANCELLED where it was told to stop meanwhile.
  absl::Status Start() {
    PAWL_ASSIGN_OR_RETURN(ports_, PickPorts(options_));
    PAWL_ASSIGN_OR_RETURN(logs_, data_.Sub("logs"));
    PAWL_ASSIGN_OR_RETURN(postgres_, PlanPostgres(data_.path(), logs_ / "postgres.log"));
    PAWL_RETURN_IF_ERROR(CheckPrograms());
    const bool is_new = !fs::exists(postgres_.cluster / "PG_VERSION");
    PAWL_RETURN_IF_ERROR(PrepareCluster(postgres_));
    PAWL_RETURN_IF_ERROR(supervisor_.Start(PostgresService(postgres_)));
    PAWL_RETURN_IF_ERROR(
        WaitFor("database", [this] { return AcceptsConnections(postgres_, supervisor_.PidOf("database")); }));
    PAWL_RETURN_IF_ERROR(supervisor_.Start(SchedulerService()));
    if (options_.with_worker) PAWL_RETURN_IF_ERROR(StartWorker());
    PAWL_RETURN_IF_ERROR(WaitFor("scheduler", [this] { return IsReady(); }));
    if (is_new && !data_.is_temporary()) return SyncInBackground();
    return absl::OkStatus();
  }

  // Restarts what dies until a signal asks to stop.
  void Run() {
    supervisor_.KeepRunning();
    while (true) {
      const std::optional<int> signal = signals_.Wait(kRunPoll);
      if (signal && AsksToStop(*signal)) return;
      supervisor_.Check().IgnoreError();  // has no error while it restarts
    }
  }

  // The worker hands back or finishes its tasks, then the scheduler ends, then PostgreSQL.
  void Stop() {
    supervisor_.Stop([this] {
      const std::optional<int> signal = signals_.Wait(std::chrono::milliseconds(0));
      return signal && AsksToStop(*signal);
    });
  }

  std::string ReadyLine() const {
    const std::string host = std::string("http://") + kHost + ":";
    return "ready http=" + host + std::to_string(ports_.http) + " grpc=" + kHost + ":" + std::to_string(ports_.grpc) +
           " ops=" + host + std::to_string(ports_.ops);
  }

 private:
  absl::Status CheckPrograms() const {
    for (const char* name : {"pawl-scheduler", "pawl-worker"}) {
      if (!options_.with_worker && std::string(name) == "pawl-worker") continue;
      if (access((options_.programs / name).c_str(), X_OK) != 0) {
        return absl::NotFoundError(std::string(name) + " was not found beside pawl, in " + options_.programs.string());
      }
    }
    return absl::OkStatus();
  }

  ServiceSpec SchedulerService() const {
    ServiceSpec service;
    service.child.name = "scheduler";
    service.child.command = {
        options_.programs / "pawl-scheduler", "--http-port", std::to_string(ports_.http), "--grpc-port",
        std::to_string(ports_.grpc),          "--ops-port",  std::to_string(ports_.ops),  "--postgres",
        postgres_.ConnectionString()};
    service.child.log_path = logs_ / "scheduler.log";
    return service;
  }

  absl::Status StartWorker() {
    PAWL_ASSIGN_OR_RETURN(const fs::path buckets, data_.Sub("s3"));
    ServiceSpec service;
    service.child.name = "worker";
    service.child.command = {options_.programs / "pawl-worker", "--scheduler",
                             std::string(kHost) + ":" + std::to_string(ports_.grpc), "--ops-port",
                             std::to_string(ports_.worker_ops)};
    service.child.environment = {{"PAWL_S3_DIR", buckets}};
    service.child.log_path = logs_ / "worker.log";
    service.stop_time = kWorkerDrain;
    return supervisor_.Start(std::move(service));
  }

  // Not supervised: it ends by itself, and a failure costs nothing but the safety against power failure of a cluster
  // that is minutes old.
  absl::Status SyncInBackground() const { return Spawn(SyncCluster(postgres_)).status(); }

  bool IsReady() {
    net::HttpCall call;
    call.method = "GET";
    call.url = std::string("http://") + kHost + ":" + std::to_string(ports_.ops) + "/readyz";
    call.connect_timeout = call.timeout = std::chrono::milliseconds(1'000);
    const auto answer = http_.Send(call);
    if (answer.ok()) not_ready_ = answer->status == 200 ? "" : answer->body;
    return answer.ok() && answer->status == 200;
  }

  absl::Status WaitFor(const std::string& what, const std::function<bool()>& is_there) {
    const Clock::time_point deadline = Clock::now() + kStartMayTake;
    while (!is_there()) {
      const std::optional<int> signal = signals_.Wait(kStartPoll);
      if (signal && AsksToStop(*signal)) return absl::CancelledError("stopped before it was ready");
      PAWL_RETURN_IF_ERROR(supervisor_.Check());
      if (Clock::now() > deadline) {
        return absl::DeadlineExceededError("the " + what + " was not ready within a minute" +
                                           (not_ready_.empty() ? "" : " (" + not_ready_ + ")") + "; its log is in " +
                                           logs_.string());
      }
    }
    return absl::OkStatus();
  }

  const DevOptions& options_;
  const DataDir& data_;
  const std::function<void(const std::string&)> say_;
  SignalWatch signals_;
  Supervisor supervisor_;
  net::HttpClient http_;
  std::string not_ready_;  // what /readyz said last
  Ports ports_;
  fs::path logs_;
  PostgresPlan postgres_;
};

}  // namespace

absl::Status RunDev(const DevOptions& options, const std::function<void(const std::string&)>& print,
                    const std::function<void(const std::string&)>& say) {
  absl::StatusOr<DataDir> data = DataDir::Open(options.data_dir);
  if (!data.ok()) return data.status();
  DevSession session(options, *data, say);
  absl::Status status = session.Start();
  if (status.ok()) {
    print(session.ReadyLine());
    say("data in " + data->path().string() + (data->is_temporary() ? ", removed at the end" : "") +
        "; Ctrl-C stops everything");
    session.Run();
    say("stopping");
  }
  session.Stop();
  return absl::IsCancelled(status) ? absl::OkStatus() : status;
}

}  // namespace pawl::dev
