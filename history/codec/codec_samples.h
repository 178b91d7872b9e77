// Made-up executions for the codec's tests: every kind of event, every form of payload, in an order that Apply takes.
#pragma once

#include <random>
#include <string>
#include <vector>

#include "history/event/event.h"
#include "history/state/state.h"

namespace pawl::history {

// One decision as a partition would make it: what to encode, and the state before and after.
struct SampleDecision {
  std::vector<Event> events;
  size_t names_before = 0;
  std::vector<std::string> names;
  ExecutionState after;
};

class Sample {
 public:
  // The same seed, the same execution.
  explicit Sample(uint64_t seed) : random_(seed) {}
  std::vector<SampleDecision> Tell();

 private:
  base::EventId Emit(int64_t frame, EventBody body);
  void Note(int64_t frame, EventBody body, int64_t previous = 0);
  void EndDecision();
  void MaybeEndDecision() {
    if (Draw(3) == 0) EndDecision();
  }
  int64_t Draw(int64_t below) { return static_cast<int64_t>(random_() % static_cast<uint64_t>(below)); }
  Payload Made(int64_t frame);
  std::string Name(const char* stem, int64_t kinds) { return stem + std::to_string(Draw(kinds)); }

  void States(int64_t frame, int64_t depth);
  void Task(int64_t frame);
  void Parallel(int64_t frame, int64_t depth);
  void Map(int64_t frame, int64_t depth);

  std::mt19937_64 random_;
  ExecutionState state_;
  int64_t now_ = 1'800'000'000'000;
  SampleDecision current_;
  std::vector<SampleDecision> told_;
};

}  // namespace pawl::history
