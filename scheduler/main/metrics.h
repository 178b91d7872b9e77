// The service's metrics, all in one place; deploy/METRICS.md lists them.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "scheduler/partition/engine.h"
#include "shared/telemetry/log.h"
#include "shared/telemetry/metrics.h"

namespace pawl::scheduler {

class Metrics : public partition::Observer {
 public:
  Metrics(telemetry::Registry& registry, telemetry::Logger log);

  void ExecutionStarted(const std::string& machine) override;
  void ExecutionEnded(const std::string& machine, history::ExecutionStatus status,
                      std::chrono::milliseconds took) override;
  void StateLeft(history::StateKind kind, std::chrono::milliseconds took) override;
  void TaskStarted(const std::string& queue, std::chrono::milliseconds waited) override;
  void TaskEnded(const std::string& queue, bool succeeded, std::chrono::milliseconds ran) override;
  void BatchCommitted(size_t decisions, std::chrono::microseconds took) override;
  void LogLine(const std::string& sentence) override;
  void MailShed() override { Shed("mailbox", 1); }

  // Any thread.
  void HttpRequest(std::string_view operation, std::string_view error, std::chrono::microseconds took);
  void GrpcRequest(std::string_view method, std::string_view code, std::chrono::microseconds took);
  void Shed(std::string_view kind, size_t count);

 private:
  telemetry::Logger log_;
  telemetry::Counters started_;
  telemetry::Counters ended_;
  telemetry::Histograms execution_seconds_;
  telemetry::Histograms state_seconds_;
  telemetry::Histograms task_wait_seconds_;
  telemetry::Histograms task_run_seconds_;
  telemetry::Counters tasks_ended_;
  telemetry::Histogram batch_decisions_;
  telemetry::Histogram batch_seconds_;
  telemetry::Counters http_requests_;
  telemetry::Histograms http_seconds_;
  telemetry::Counters grpc_requests_;
  telemetry::Histograms grpc_seconds_;
  telemetry::Counters shed_;
};

}  // namespace pawl::scheduler
