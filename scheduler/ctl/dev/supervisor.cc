#include "scheduler/ctl/dev/supervisor.h"

#include <sys/wait.h>

#include <algorithm>
#include <ranges>
#include <thread>
#include <utility>

namespace pawl::dev {
namespace {

// A service that ran this long before it died is restarted at once.
constexpr std::chrono::seconds kStable{5};
constexpr std::chrono::milliseconds kPauseFirst{250};
constexpr std::chrono::milliseconds kPauseMax{5'000};
constexpr std::chrono::milliseconds kStopPoll{10};

}  // namespace

Supervisor::~Supervisor() {
  for (Service& service : services_ | std::views::reverse) {
    if (service.pid == 0) continue;
    kill(service.pid, service.spec.force_signal);
    waitpid(service.pid, nullptr, 0);
  }
}

absl::Status Supervisor::Start(ServiceSpec spec) {
  const absl::StatusOr<pid_t> pid = Spawn(spec.child);
  if (!pid.ok()) return pid.status();
  Service service;
  service.spec = std::move(spec);
  service.pid = *pid;
  service.started = Clock::now();
  services_.push_back(std::move(service));
  return absl::OkStatus();
}

absl::Status Supervisor::Check() {
  for (Service& service : services_) {
    int status = 0;
    if (service.pid != 0 && waitpid(service.pid, &status, WNOHANG) == service.pid) {
      service.pid = 0;
      if (!restarts_) {
        return absl::InternalError("the " + service.spec.child.name + " " + DescribeEnd(status) + ":\n" +
                                   LogTail(service.spec.child.log_path));
      }
      OnDeath(service, status);
    }
    if (service.pid == 0 && restarts_ && Clock::now() >= service.restart_at) Restart(service);
  }
  return absl::OkStatus();
}

void Supervisor::OnDeath(Service& service, int wait_status) {
  const bool was_stable = Clock::now() - service.started >= kStable;
  service.pause = was_stable                   ? std::chrono::milliseconds(0)
                  : service.pause.count() == 0 ? kPauseFirst
                                               : std::min(service.pause * 2, kPauseMax);
  service.restart_at = Clock::now() + service.pause;
  say_("the " + service.spec.child.name + " " + DescribeEnd(wait_status) + "; restarting it" +
       (service.pause.count() > 0 ? " in " + std::to_string(service.pause.count()) + " ms" : "") +
       " (log: " + service.spec.child.log_path + ")");
}

void Supervisor::Restart(Service& service) {
  const absl::StatusOr<pid_t> pid = Spawn(service.spec.child);
  service.started = Clock::now();
  if (pid.ok()) {
    service.pid = *pid;
    say_("the " + service.spec.child.name + " runs again as process " + std::to_string(*pid));
  } else {
    service.restart_at = Clock::now() + kPauseMax;
    say_(std::string(pid.status().message()));
  }
}

void Supervisor::Stop(const std::function<bool()>& hurry) {
  restarts_ = false;
  for (Service& service : services_ | std::views::reverse) {
    if (service.pid != 0) StopOne(service, hurry);
  }
}

void Supervisor::StopOne(Service& service, const std::function<bool()>& hurry) {
  kill(service.pid, service.spec.stop_signal);
  const Clock::time_point deadline = Clock::now() + service.spec.stop_time;
  bool forced = false;
  while (waitpid(service.pid, nullptr, WNOHANG) == 0) {
    if (!forced && (Clock::now() > deadline || hurry())) {
      say_("the " + service.spec.child.name + " has not ended yet; forcing it");
      kill(service.pid, service.spec.force_signal);
      forced = true;
    }
    std::this_thread::sleep_for(kStopPoll);
  }
  service.pid = 0;
}

pid_t Supervisor::PidOf(const std::string& name) const {
  for (const Service& service : services_) {
    if (service.spec.child.name == name) return service.pid;
  }
  return 0;
}

}  // namespace pawl::dev
