// The language at work: what entering a state, finishing its work, or a failure of its work means.
//
// Values in, values out: no ids, no timers, no partitions, no clock. The engine (scheduler/core) calls Enter when a
// frame comes to a state; the outcome says either where to go next or what to wait for. When the wait is over it calls
// Complete or HandleFailure. `pawl explain`, `pawl simulate` and TestState call the same functions, with an Inspector.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "scheduler/asl/program.h"
#include "shared/base/clock.h"
#include "shared/base/random.h"
#include "shared/json/value.h"

namespace pawl::asl {

// A value that is produced only when somebody looks: payloads that nobody looks inside are never parsed.
class LazyValue {
 public:
  virtual ~LazyValue() = default;
  virtual const json::Value& Get() const = 0;
};

// A value that is there already: nothing is put off.
class HeldValue final : public LazyValue {
 public:
  explicit HeldValue(json::Value value) : value_(std::move(value)) {}
  const json::Value& Get() const override { return value_; }

 private:
  json::Value value_;
};

// Is told what a state does with its data, stage by stage, in the order in which it happens. Ready-made: Trace in
// trace.h, which writes everything down. Execution passes none, and then no stage is even computed.
//
// Stages, under AWS's names where AWS has one:
// - "input": raw; "variables": those visible, inner scopes first
// - "afterInputPath" and "afterParameters" in JSONPath, "afterArguments" in JSONata
// - of a Map: "afterItemsPath" in JSONPath, "afterItems" in JSONata, "afterItemSelector" (one iteration's input),
//   "maxConcurrency", "toleratedFailureCount", "toleratedFailurePercentage"; of an inline one with an ItemBatcher
//   "afterItemBatcher", all batches, in place of "afterItemSelector"
// - "result" of the work; "errorOutput": the {Error, Cause} that a Catch takes
// - "afterResultSelector" and "afterResultPath" in JSONPath
// - "assignedVariables": an object, only where something is assigned
// - "output": after OutputPath or Output, what the next state gets
// A stage that a state does not have is not told. TestState shows fewer of them for some types (recorded: a Parallel's
// only afterResultSelector and afterResultPath); that choice is its own.
class Inspector {
 public:
  virtual ~Inspector() = default;
  virtual void Stage(std::string_view name, const json::Value& value) = 0;
  // For a Choice: rule `index` was tried and matched or not; `why` names the values compared.
  virtual void Rule(size_t index, bool matched, const std::string& why) = 0;
  // For a failure: retrier `index` was asked, having been used `used` times. `delay` is set where it retries; not set:
  // it does not cover the error (`covers` false) or is used up.
  virtual void Retrier(size_t /*index*/, bool /*covers*/, int32_t /*used*/,
                       std::optional<std::chrono::milliseconds> /*delay*/) {}
  // For a failure that no retrier takes: catcher `index` was asked.
  virtual void Catcher(size_t /*index*/, bool /*covers*/) {}
};

using Variables = std::vector<std::pair<std::string, json::Value>>;

// What a state's expressions may read.
struct Scope {
  const LazyValue& input;      // the state's raw input
  const LazyValue& context;    // the context object ($$, $states.context)
  const Variables& variables;  // visible variables, inner scopes first
  base::Random& random;        // States.UUID, States.MathRandom, $random, jitter
  base::WallTime now;          // $now, $millis, Wait
  Inspector* inspector = nullptr;
  // Id of the event that tells of entering the state. Cause texts name it ("An error occurred while executing the state
  // 'X' (entered at the event id #2). ..."); 0 leaves that sentence away, as TestState does.
  int64_t entered_event_id = 0;
};

// A failure of a workflow, which is data. Names are the States.* ones or the task's own.
struct Failure {
  std::string error;
  std::string cause;
  // States.Runtime and States.DataLimitExceeded outside tasks cannot be retried or caught.
  bool catchable = true;
  // Set where an expression failed to evaluate: history then shows an EvaluationFailed event.
  struct Evaluation {
    std::string location;  // "Output/result", "Arguments/FunctionName", "Condition" ...
  };
  std::optional<Evaluation> evaluation;
};

// How a value came about, so that the log can refer to what it already holds instead of repeating it.
struct Derived {
  enum class From {
    kInput,            // the raw input, untouched
    kInputAt,          // the part of the raw input at `pointer`
    kResult,           // the work's result, untouched
    kInputWithResult,  // the raw input with the result put at `pointer`
    kInputWithValue,   // the raw input with `value` put at `pointer`
    kValue,            // `value`
  };
  From from = From::kInput;
  std::vector<std::string> pointer;  // steps of a reference path; indexes as decimal text
  json::Value value;                 // kValue and kInputWithValue only
};

struct Assignment {
  std::string name;
  json::Value value;
};

// The state is done: `output` goes to `next`, or out of the block where `next` is empty.
struct Transition {
  Derived output;
  std::vector<Assignment> assigned;
  std::string next;
};

// A Fail state, or work that failed with nothing to catch it.
struct Failed {
  Failure failure;
  // Set where a Map failed only after it had counted its items: history then shows MapStateStarted before the failure
  // (recorded: ToleratedFailurePercentagePath out of range).
  std::optional<size_t> map_length = std::nullopt;
};

struct StartTask {
  Derived arguments;  // what the worker gets: the effective input
  std::optional<int64_t> timeout_seconds;
  std::optional<int64_t> heartbeat_seconds;
  std::optional<json::Value> credentials;  // {"RoleArn": ...}
};

struct StartWait {
  std::optional<int64_t> seconds;       // relative: since the state was entered
  std::optional<base::WallTime> until;  // absolute
};

// Parallel: all branches start with `input`.
struct StartBranches {
  Derived input;
};

// What a distributed Map asks for besides, with its paths and expressions resolved.
struct DistributedMap {
  std::string label;              // empty: derived from the state's name
  bool express_children = false;  // ProcessorConfig.ExecutionType
  // As written, but with Parameters (under the name Arguments) evaluated and MaxItemsPath and the like replaced by
  // numbers: {"Resource", "Arguments", "ReaderConfig"}, {"MaxItemsPerBatch", "MaxInputBytesPerBatch", "BatchInput"},
  // {"Resource", "Arguments", "WriterConfig"}.
  // MaxItems 0 means no limit; a negative one fails the Map Run with States.ItemReaderFailed, "field MaxItems must be
  // positive" (recorded: map_item_reader_csv_max_items_paths).
  std::optional<json::Value> item_reader;  // then `items` of StartMap is null and its length 0
  std::optional<json::Value> item_batcher;
  std::optional<json::Value> result_writer;
};

// Map: iterations over `items` (an array; of batches where an inline Map has an ItemBatcher), at most `max_concurrency`
// at once (0: no limit asked).
struct StartMap {
  Derived items;
  size_t length = 0;
  int64_t max_concurrency = 0;
  std::optional<int64_t> tolerated_failure_count;
  std::optional<double> tolerated_failure_percentage;
  // Set where the Map's mode is DISTRIBUTED, and where it reads its items or writes its results elsewhere.
  std::optional<DistributedMap> distributed = std::nullopt;
};

using EnterOutcome = std::variant<Transition, Failed, StartTask, StartWait, StartBranches, StartMap>;

// The frame has come to `state`. Task arguments may mention the task token by `$$.Task.Token`: the context has it then.
EnterOutcome Enter(const State& state, const Scope& scope);

// Input of iteration `index` of a Map whose items are `items`: the item itself (From::kInputAt is never used; kResult
// means "the item") or what ItemSelector makes of it. scope.context holds Map.Item already.
std::variant<Derived, Failed> IterationInput(const State& state, const Scope& scope, const json::Value& item);

// The work (task, wait, branches, iterations) is done with `result`. For Wait there is no result: pass the input.
std::variant<Transition, Failed> Complete(const State& state, const Scope& scope, const LazyValue& result);

// The failure matched a retrier: try the whole state again after the delay (jitter drawn already).
struct RetryAfter {
  size_t retrier = 0;
  std::chrono::milliseconds delay{0};
};
struct Caught {
  size_t catcher = 0;
  Transition transition;
};
using FailureOutcome = std::variant<RetryAfter, Caught, Failed>;

// The work of `state`, or entering it, failed. `attempts` has one count per retrier: how often each has been used in
// this stay in the state (a shorter list counts as zeros).
FailureOutcome HandleFailure(const State& state, const Scope& scope, const Failure& failure,
                             std::span<const int32_t> attempts);

}  // namespace pawl::asl
