#include "scheduler/asl/test_state/test_state.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "scheduler/asl/interpret/detail.h"
#include "scheduler/asl/interpret/item_batches.h"
#include "scheduler/asl/interpret/trace.h"
#include "scheduler/asl/test_state/http_exchange.h"
#include "scheduler/asl/test_state/mock.h"
#include "scheduler/asl/test_state/reader_data.h"
#include "scheduler/asl/test_state/test_context.h"
#include "scheduler/asl/validate/compile.h"
#include "shared/base/random.h"

namespace pawl::asl {

using json::Value;

namespace {

using Refusal = TestStateRefusal;
using Kind = TestStateRefusal::Kind;

// What AWS calls a state that comes without a machine around it.
constexpr char kStateName[] = "StateName";
// Recorded: state_configuration.map_state_failure_count.
constexpr char kThresholdExceeded[] = "The specified tolerated failure threshold was exceeded";

bool IsBelow(const State& state, std::string_view name) {
  for (const Block& block : state.branches) {
    for (const auto& inner : block.states) {
      if (inner->name == name || IsBelow(*inner, name)) return true;
    }
  }
  return false;
}

// Members of inspectionData that are numbers; all others are JSON text.
bool IsNumber(std::string_view stage) {
  return stage == "maxConcurrency" || stage == "toleratedFailureCount" || stage == "toleratedFailurePercentage";
}

// Recorded: which stages are shown of which type of state. Of a Parallel whose branches are mocked nothing before its
// result; of a Map in JSONata neither items nor result.
bool IsShown(const State& state, std::string_view stage) {
  if (stage == "input") return true;
  if (state.query_language == QueryLanguage::kJsonata && state.type == StateType::kParallel) return false;
  if (state.type == StateType::kParallel) return stage == "afterResultSelector" || stage == "afterResultPath";
  static constexpr std::string_view kShown[] = {
      "afterInputPath",        "afterParameters",           "afterArguments",  "afterItemsPath",
      "afterItemBatcher",      "afterResultSelector",       "afterResultPath", "maxConcurrency",
      "toleratedFailureCount", "toleratedFailurePercentage"};
  if (stage == "result") return state.type != StateType::kMap;
  return std::find(std::begin(kShown), std::end(kShown), stage) != std::end(kShown);
}

}  // namespace

class StateTest::Impl {
 public:
  Impl(TestStateRequest request, base::WallTime now, uint64_t seed)
      : request_(std::move(request)), now_(now), random_(seed) {}

  Outcome Run() {
    if (std::optional<Refusal> refusal = Prepare()) return *std::move(refusal);
    EnterOutcome entered = Enter(*state_, MakeScope(*context_));
    if (auto* transition = std::get_if<Transition>(&entered)) return Left(*transition);
    if (auto* failed = std::get_if<Failed>(&entered)) return FailedToEnter(failed->failure);
    if (auto* wait = std::get_if<StartWait>(&entered)) {
      const base::WallTime until = wait->until ? *wait->until : now_ + std::chrono::seconds(wait->seconds.value_or(0));
      if (until > now_) return TestStateWait{until};
      return WaitOver();
    }
    if (auto* map = std::get_if<StartMap>(&entered)) return RunMap(*map);
    if (auto* task = std::get_if<StartTask>(&entered); task != nullptr && !request_.mock) return TaskFor(*task);
    return Mocked();
  }

  TestStateAnswer WaitOver() { return CompleteWith(*input_); }

  TestStateAnswer TaskSucceeded(const std::string& output) {
    absl::StatusOr<Value> result = json::Parse(output);
    const Value value = result.ok() ? *std::move(result) : Value::String(output);
    return Traced(CompleteWith(HeldValue(value)), value);
  }

  TestStateAnswer TaskFailed(const Failure& failure) {
    absl::StatusOr<Value> cause = json::Parse(failure.cause);
    return Traced(Fail(failure), cause.ok() ? *std::move(cause) : Value());
  }

  TestStateAnswer Fail(const Failure& failure) {
    const std::vector<int32_t> attempts(state_->detail->retriers.size(),
                                        static_cast<int32_t>(request_.configuration.retrier_retry_count.value_or(0)));
    FailureOutcome outcome = HandleFailure(*state_, MakeScope(*context_), failure, attempts);
    TestStateAnswer answer;
    answer.error = failure.error;
    answer.cause = failure.cause;
    // Recorded: the retrier that covers the error is named even where it is used up.
    for (const Trace::TracedRetrier& retrier : trace_.retriers()) {
      if (retrier.covers) answer.retry_index = retrier.index;
    }
    if (auto* retry = std::get_if<RetryAfter>(&outcome)) {
      answer.status = "RETRIABLE";
      answer.retry_backoff_seconds = std::chrono::ceil<std::chrono::seconds>(retry->delay).count();
    } else if (auto* caught = std::get_if<Caught>(&outcome)) {
      answer.status = "CAUGHT_ERROR";
      answer.catch_index = caught->catcher;
      answer.next_state = caught->transition.next;
      answer.output = OutputText();
    } else {
      answer.status = "FAILED";
      const Failure& last = std::get<Failed>(outcome).failure;  // a Catch may fail in its turn
      answer.error = last.error;
      answer.cause = last.cause;
    }
    return Inspected(std::move(answer));
  }

 private:
  std::optional<Refusal> Prepare() {
    const bool is_machine = !request_.state_name.empty();
    CompileOptions options;
    if (!is_machine) options.single_state = kStateName;
    CompileResult compiled = Compile(request_.definition, options);
    if (compiled.program == nullptr) {
      return Refusal{Kind::kInvalidDefinition, InvalidDefinitionMessage(compiled.diagnostics)};
    }
    program_ = std::move(compiled.program);
    state_ = program_->Find(is_machine ? std::string_view(request_.state_name) : kStateName);
    // Recorded: base_state_name_validation_failures.
    if (state_ == nullptr) return Refusal{Kind::kValidation, "State not found in definition"};
    if (std::optional<Refusal> refusal = CheckMockable(*state_, request_)) return refusal;
    if (std::optional<Refusal> refusal = ReadMock()) return refusal;
    return ReadData();
  }

  std::optional<Refusal> ReadMock() {
    if (!request_.mock) return std::nullopt;
    auto read = ReadMockedResult(*state_, *request_.mock);
    if (auto* refusal = std::get_if<Refusal>(&read)) return std::move(*refusal);
    mocked_ = std::get<std::optional<Value>>(std::move(read));
    const std::optional<std::string>& culprit = request_.configuration.error_caused_by_state;
    if (culprit && !IsBelow(*state_, *culprit)) return Refusal{Kind::kValidation, "State not found in definition"};
    return std::nullopt;
  }

  std::optional<Refusal> ReadData() {
    absl::StatusOr<Value> input = json::Parse(request_.input);
    if (!input.ok()) {
      return Refusal{Kind::kInvalidExecutionInput, absl::StrCat("Invalid State Machine Execution Input: '",
                                                                std::string(input.status().message()), "'")};
    }
    identity_ = {request_.account, request_.region, base::RandomUuid(random_), base::RandomUuid(random_)};
    Value context;
    if (request_.context) {
      absl::StatusOr<Value> given = json::Parse(*request_.context);
      const std::string why =
          given.ok() ? ExplainInvalidContext(*given, *state_) : std::string("Context object must be valid JSON");
      if (!why.empty()) return Refusal{Kind::kValidation, "Invalid Context object provided: " + why};
      context = *std::move(given);
    } else {
      context = MakeTestContext(*state_, identity_, *input, request_.role_arn, now_);
    }
    if (request_.variables) {
      absl::StatusOr<Value> given = json::Parse(*request_.variables);
      if (!given.ok() || !given->is_object()) {
        return Refusal{Kind::kValidation, "Variables must be a JSON object"};
      }
      for (const json::Member& member : given->members()) variables_.emplace_back(member.key, member.value);
    }
    input_.emplace(*std::move(input));
    context_.emplace(std::move(context));
    return std::nullopt;
  }

  Scope MakeScope(const LazyValue& context) {
    return Scope{.input = *input_,
                 .context = context,
                 .variables = variables_,
                 .random = random_,
                 .now = now_,
                 .inspector = &trace_};
  }

  // A Fail state has failed as it should; anything else may be retried or caught.
  TestStateAnswer FailedToEnter(const Failure& failure) {
    if (state_->type != StateType::kFail) return Fail(failure);
    TestStateAnswer answer;
    answer.status = "FAILED";
    if (!failure.error.empty()) answer.error = failure.error;
    if (!failure.cause.empty()) answer.cause = failure.cause;
    return Inspected(std::move(answer));
  }

  const Value& TaskArguments() const {
    const Value* arguments = trace_.Find("afterArguments");
    if (arguments == nullptr) arguments = trace_.Find("afterParameters");
    return arguments != nullptr ? *arguments : input_->Get();
  }

  // Adds the request and response of an HTTP Task; `result`: what the call gave, or how it failed.
  TestStateAnswer Traced(TestStateAnswer answer, const Value& result) const {
    if (!request_.traces || state_->type != StateType::kTask || !IsHttpTask(state_->resource)) return answer;
    answer.http_request = HttpRequestOf(TaskArguments(), request_.region);
    if (answer.http_request) answer.http_response = HttpResponseOf(result, answer.http_request->protocol);
    return answer;
  }

  TestStateTask TaskFor(const StartTask& start) {
    return TestStateTask{.resource = state_->resource,
                         .arguments = json::Serialize(TaskArguments()),
                         .timeout_seconds = start.timeout_seconds,
                         .heartbeat_seconds = start.heartbeat_seconds,
                         .machine = identity_.machine,
                         .execution = identity_.execution};
  }

  TestStateAnswer Mocked() {
    if (request_.mock->error_output) {
      return Fail(Failure{.error = request_.mock->error_output->error,
                          .cause = request_.mock->error_output->cause,
                          .catchable = request_.mock->error_output->error != "States.Runtime",
                          .evaluation = std::nullopt});
    }
    return CompleteWith(HeldValue(mocked_.value_or(Value())));
  }

  Outcome RunMap(const StartMap& map) {
    std::vector<Value> items;
    if (map.distributed && map.distributed->item_reader) {
      auto read = ReadReaderData(*map.distributed->item_reader, request_.configuration.map_item_reader_data);
      if (!read) {
        // AWS's words are not recorded.
        return Refusal{Kind::kValidation,
                       "MapItemReaderData must be specified, and readable, for a Map with an ItemReader"};
      }
      items = std::move(read->items);
      pointed_items_ = std::move(read->pointed);
    } else {
      const Value* found = trace_.Find("afterItemsPath");
      if (found == nullptr) found = trace_.Find("afterItems");
      const Value& all = found != nullptr ? *found : input_->Get();
      if (all.is_array()) items.assign(all.items().begin(), all.items().end());
    }
    const int64_t failures = request_.configuration.map_iteration_failure_count.value_or(0);
    if (failures > static_cast<int64_t>(items.size())) {
      // Recorded: map_iteration_failure_count_exceeds_mock_result_items.
      return Refusal{Kind::kValidation,
                     "Map iteration failure count must be less than or equal to the number of Map iterations"};
    }
    if (request_.inspects) {
      if (std::optional<Failure> failure = SelectItems(items)) return Fail(*failure);
      if (map.distributed && map.distributed->item_batcher) {
        batches_ = ItemBatches(*map.distributed->item_batcher, selected_items_ ? selected_items_->items() : items);
      }
    }
    if (request_.mock->error_output || !Exceeds(map, failures, items.size())) return Mocked();
    return Fail(Failure{.error = "States.ExceedToleratedFailureThreshold",
                        .cause = kThresholdExceeded,
                        .catchable = true,
                        .evaluation = std::nullopt});
  }

  // Recorded: failures count only where the Map says how many it tolerates.
  static bool Exceeds(const StartMap& map, int64_t failures, size_t iterations) {
    if (map.tolerated_failure_count && failures > *map.tolerated_failure_count) return true;
    return map.tolerated_failure_percentage && iterations > 0 &&
           100.0 * static_cast<double>(failures) / static_cast<double>(iterations) > *map.tolerated_failure_percentage;
  }

  // What each iteration would start with. An inline Map with an ItemBatcher has put that into its batches already.
  std::optional<Failure> SelectItems(const std::vector<Value>& items) {
    const auto& detail = std::get<MapDetail>(state_->detail->by_type);
    if (!detail.item_selector || (detail.batcher && !state_->distributed)) return std::nullopt;
    std::vector<Value> selected;
    for (size_t i = 0; i < items.size(); ++i) {
      const Value item = Value::Object({{"Index", Value::Int(static_cast<int64_t>(i))}, {"Value", items[i]}});
      const HeldValue context(context_->Get().With("Map", Value::Object({{"Item", item}})));
      auto input = IterationInput(*state_, MakeScope(context), items[i]);
      if (auto* failed = std::get_if<Failed>(&input)) return failed->failure;
      selected.push_back(*trace_.Find("afterItemSelector"));
    }
    selected_items_ = Value::Array(std::move(selected));
    return std::nullopt;
  }

  TestStateAnswer CompleteWith(const LazyValue& result) {
    auto completed = Complete(*state_, MakeScope(*context_), result);
    if (auto* failed = std::get_if<Failed>(&completed)) return Fail(failed->failure);
    return Left(std::get<Transition>(completed));
  }

  TestStateAnswer Left(const Transition& transition) {
    TestStateAnswer answer;
    answer.next_state = transition.next;
    answer.output = OutputText();
    return Inspected(std::move(answer));
  }

  // What came as text and was not touched stays the text that it was (recorded: state_configuration).
  std::string TextOf(const Value& value) const {
    const bool is_shared = value.is_object() || value.is_array();
    if (is_shared && value.SameNode(input_->Get())) return request_.input;
    if (is_shared && mocked_ && value.SameNode(*mocked_)) return *request_.mock->result;
    return json::Serialize(value);
  }

  std::string OutputText() const {
    const Value* output = trace_.Find("output");
    return output != nullptr ? TextOf(*output) : "{}";
  }

  TestStateAnswer Inspected(TestStateAnswer answer) const {
    if (!request_.inspects) {
      answer.catch_index.reset();
      answer.retry_index.reset();
      answer.retry_backoff_seconds.reset();
      return answer;
    }
    const auto show = [&](const std::string& name, const Value& value) {
      const auto same = [&](const TestStateAnswer::Inspected& shown) { return shown.name == name; };
      std::erase_if(answer.inspected, same);
      answer.inspected.push_back({name, TextOf(value), IsNumber(name)});
    };
    Value variables;
    for (const Trace::TracedStage& stage : trace_.stages()) {
      if (IsShown(*state_, stage.name)) show(stage.name, stage.value);
      if (stage.name == "variables") variables = stage.value;
      if (stage.name == "assignedVariables" && answer.output) {
        for (const json::Member& member : stage.value.members()) variables = variables.With(member.key, member.value);
      }
    }
    if (pointed_items_) show("afterItemsPointer", *pointed_items_);
    if (selected_items_) show("afterItemSelector", *selected_items_);
    if (batches_) show("afterItemBatcher", *batches_);
    if (variables.is_object()) show("variables", variables);
    return answer;
  }

  TestStateRequest request_;
  const base::WallTime now_;
  base::SeededRandom random_;
  std::shared_ptr<const Program> program_;
  const State* state_ = nullptr;
  TestIdentity identity_;
  std::optional<HeldValue> input_;
  std::optional<HeldValue> context_;
  Variables variables_;
  std::optional<Value> mocked_;
  std::optional<Value> pointed_items_;  // what ItemsPointer found
  std::optional<Value> selected_items_;
  std::optional<Value> batches_;
  Trace trace_;
};

StateTest::StateTest(TestStateRequest request, base::WallTime now, uint64_t seed)
    : impl_(std::make_unique<Impl>(std::move(request), now, seed)) {}
StateTest::~StateTest() = default;

StateTest::Outcome StateTest::Run() { return impl_->Run(); }
TestStateAnswer StateTest::TaskSucceeded(const std::string& output) { return impl_->TaskSucceeded(output); }
TestStateAnswer StateTest::WaitOver() { return impl_->WaitOver(); }
TestStateAnswer StateTest::TaskFailed(const std::string& error, const std::string& cause) {
  return impl_->TaskFailed(
      Failure{.error = error, .cause = cause, .catchable = error != "States.Runtime", .evaluation = std::nullopt});
}

}  // namespace pawl::asl
