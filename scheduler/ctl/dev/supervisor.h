// Keeps children running: notices deaths, restarts with growing pauses, and stops all in order. It says aloud what it
// does through `say`.
//
// Thread rule: one thread, the one that spawns (see child.h). Nothing here blocks but Stop.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <csignal>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "scheduler/ctl/dev/child.h"

namespace pawl::dev {

struct ServiceSpec {
  ChildSpec child;
  int stop_signal = SIGTERM;                    // asks it to end
  std::chrono::milliseconds stop_time{15'000};  // how long it may take
  int force_signal = SIGKILL;                   // then
};

class Supervisor {
 public:
  using Clock = std::chrono::steady_clock;
  explicit Supervisor(std::function<void(const std::string&)> say) : say_(std::move(say)) {}
  // Whatever still runs is killed.
  ~Supervisor();

  // Starts a service. From then on it is restarted whenever it dies, once KeepRunning was called.
  absl::Status Start(ServiceSpec spec);
  // Until this is called, a death is reported by Check and nothing is restarted.
  void KeepRunning() { restarts_ = true; }
  // Reaps and restarts. To be called on SIGCHLD and now and then. An error: a service died before KeepRunning.
  absl::Status Check();
  // Stops the services, last started first. `hurry` is asked several times a second; true cuts the patience short.
  void Stop(const std::function<bool()>& hurry);

  // 0 where it is not running.
  pid_t PidOf(const std::string& name) const;

 private:
  struct Service {
    ServiceSpec spec;
    pid_t pid = 0;  // 0: not running
    Clock::time_point started;
    Clock::time_point restart_at;
    std::chrono::milliseconds pause{0};
  };
  void Restart(Service& service);
  void OnDeath(Service& service, int wait_status);
  void StopOne(Service& service, const std::function<bool()>& hurry);

  const std::function<void(const std::string&)> say_;
  bool restarts_ = false;
  std::vector<Service> services_;
};

}  // namespace pawl::dev
