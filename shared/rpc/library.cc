#include "shared/rpc/library.h"

#include "absl/synchronization/mutex.h"

namespace pawl::rpc {

void PrepareLibrary() {
  // Debian builds Abseil with its debug checks: each of gRPC's mutexes, when taken while another is held, is entered
  // into a graph under one lock of the process, to find deadlocks of gRPC's. Measured: a tenth of gRPC's time.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
}

}  // namespace pawl::rpc
