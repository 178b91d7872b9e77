#include "history/state/state.h"

namespace pawl::history {

const char* ExecutionStatusName(ExecutionStatus status) {
  switch (status) {
    case ExecutionStatus::kRunning:
      return "RUNNING";
    case ExecutionStatus::kSucceeded:
      return "SUCCEEDED";
    case ExecutionStatus::kFailed:
      return "FAILED";
    case ExecutionStatus::kTimedOut:
      return "TIMED_OUT";
    case ExecutionStatus::kAborted:
      return "ABORTED";
  }
  return "";
}

const Frame* ExecutionState::Find(base::FrameId frame) const {
  auto found = frames.find(frame);
  return found == frames.end() ? nullptr : &found->second;
}

}  // namespace pawl::history
