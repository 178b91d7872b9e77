// TestState: one state on its own, with mocked work or with real work that the caller does. It goes the way that an
// execution goes (Enter, Complete, HandleFailure) and shows what the trace of that way says.
//
// Pure; one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>

#include "scheduler/asl/interpret/step.h"
#include "scheduler/asl/test_state/request.h"
#include "shared/base/clock.h"

namespace pawl::asl {

class StateTest {
 public:
  using Outcome = std::variant<TestStateAnswer, TestStateTask, TestStateWait, TestStateRefusal>;

  // `seed`: of the names in the context object and of everything that draws from chance.
  StateTest(TestStateRequest request, base::WallTime now, uint64_t seed);
  ~StateTest();
  StateTest(const StateTest&) = delete;
  StateTest& operator=(const StateTest&) = delete;

  // Once. A TestStateTask is to be answered with TaskSucceeded or TaskFailed, a TestStateWait with WaitOver or
  // TaskFailed (States.Timeout), once.
  Outcome Run();
  TestStateAnswer WaitOver();
  TestStateAnswer TaskSucceeded(const std::string& output);
  TestStateAnswer TaskFailed(const std::string& error, const std::string& cause);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pawl::asl
