#include "scheduler/main/metrics.h"

#include "scheduler/core/binding.h"

namespace pawl::scheduler {
namespace {

double Seconds(std::chrono::microseconds time) { return static_cast<double>(time.count()) / 1e6; }

const char* KindName(history::StateKind kind) { return asl::StateTypeName(static_cast<asl::StateType>(kind)); }

std::string HandlerOf(const std::string& queue) { return std::string(core::HandlerOfQueue(queue)); }

}  // namespace

Metrics::Metrics(telemetry::Registry& registry, telemetry::Logger log)
    : log_(std::move(log)),
      started_(registry.AddCounters("pawl_executions_started_total", "Executions started.", {{"state_machine"}})),
      ended_(registry.AddCounters("pawl_executions_ended_total",
                                  "Executions ended, by status: SUCCEEDED, FAILED, TIMED_OUT, ABORTED.",
                                  {{"state_machine"}, {"status"}})),
      execution_seconds_(registry.AddHistograms("pawl_execution_seconds", "Time from an execution's start to its end.",
                                                {{"state_machine"}}, telemetry::kLongSecondsBuckets)),
      state_seconds_(registry.AddHistograms("pawl_state_seconds", "Time from entering a state to leaving it.",
                                            {{"type"}}, telemetry::kLongSecondsBuckets)),
      task_wait_seconds_(registry.AddHistograms("pawl_task_schedule_to_start_seconds",
                                                "Time from scheduling a task to handing it to a worker.", {{"handler"}},
                                                telemetry::kSecondsBuckets)),
      task_run_seconds_(registry.AddHistograms("pawl_task_run_seconds", "Time from a task's start to its result.",
                                               {{"handler"}}, telemetry::kLongSecondsBuckets)),
      tasks_ended_(registry.AddCounters("pawl_tasks_ended_total", "Tasks ended, by outcome: succeeded, failed.",
                                        {{"handler"}, {"outcome"}})),
      batch_decisions_(
          registry.AddHistogram("pawl_commit_batch_decisions", "Decisions in one commit.", telemetry::kCountBuckets)),
      batch_seconds_(registry.AddHistogram("pawl_commit_seconds", "Time of one commit.", telemetry::kSecondsBuckets)),
      http_requests_(registry.AddCounters("pawl_http_requests_total",
                                          "AWS API requests, by operation and error name (empty: success).",
                                          {{"operation"}, {"error"}})),
      http_seconds_(registry.AddHistograms("pawl_http_request_seconds",
                                           "Time of an AWS API request, long polls included.", {{"operation"}},
                                           telemetry::kSecondsBuckets)),
      grpc_requests_(registry.AddCounters("pawl_grpc_requests_total", "gRPC calls, by method and status code.",
                                          {{"method"}, {"code"}})),
      grpc_seconds_(registry.AddHistograms("pawl_grpc_request_seconds", "Time of a gRPC call, long polls included.",
                                           {{"method"}}, telemetry::kSecondsBuckets)),
      shed_(registry.AddCounters("pawl_requests_shed_total",
                                 "Requests refused for overload, by kind: start, manage, read, report, poll, watch, "
                                 "mailbox, connection, body.",
                                 {{"kind"}})) {}

void Metrics::ExecutionStarted(const std::string& machine) { started_.With({machine}).Add(); }

void Metrics::ExecutionEnded(const std::string& machine, history::ExecutionStatus status,
                             std::chrono::milliseconds took) {
  ended_.With({machine, history::ExecutionStatusName(status)}).Add();
  execution_seconds_.With({machine}).Observe(Seconds(took));
}

void Metrics::StateLeft(history::StateKind kind, std::chrono::milliseconds took) {
  state_seconds_.With({KindName(kind)}).Observe(Seconds(took));
}

void Metrics::TaskStarted(const std::string& queue, std::chrono::milliseconds waited) {
  task_wait_seconds_.With({HandlerOf(queue)}).Observe(Seconds(waited));
}

void Metrics::TaskEnded(const std::string& queue, bool succeeded, std::chrono::milliseconds ran) {
  tasks_ended_.With({HandlerOf(queue), succeeded ? "succeeded" : "failed"}).Add();
  task_run_seconds_.With({HandlerOf(queue)}).Observe(Seconds(ran));
}

void Metrics::BatchCommitted(size_t decisions, std::chrono::microseconds took) {
  batch_decisions_.Observe(static_cast<double>(decisions));
  batch_seconds_.Observe(Seconds(took));
}

void Metrics::LogLine(const std::string& sentence) { log_.Warning(sentence); }

void Metrics::HttpRequest(std::string_view operation, std::string_view error, std::chrono::microseconds took) {
  http_requests_.With({operation, error}).Add();
  http_seconds_.With({operation}).Observe(Seconds(took));
}

void Metrics::Shed(std::string_view kind, size_t count) { shed_.With({kind}).Add(static_cast<double>(count)); }

void Metrics::GrpcRequest(std::string_view method, std::string_view code, std::chrono::microseconds took) {
  grpc_requests_.With({method, code}).Add();
  grpc_seconds_.With({method}).Observe(Seconds(took));
}

}  // namespace pawl::scheduler
