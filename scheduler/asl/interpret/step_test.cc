#include "scheduler/asl/interpret/step.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "scheduler/asl/interpret/choice.h"
#include "scheduler/asl/interpret/timestamp.h"
#include "scheduler/asl/validate/compile.h"

namespace pawl::asl {
namespace {

using json::Value;

Value Json(const std::string& text) {
  absl::StatusOr<Value> value = json::Parse(text);
  EXPECT_TRUE(value.ok()) << text;
  return *value;
}

class Lazy : public LazyValue {
 public:
  explicit Lazy(const std::string& text) : text_(text) {}
  const Value& Get() const override {
    ++looked_;
    if (!value_) value_ = Json(text_);
    return *value_;
  }
  int looked() const { return looked_; }

 private:
  std::string text_;
  mutable std::optional<Value> value_;
  mutable int looked_ = 0;
};

class Stages : public Inspector {
 public:
  void Stage(std::string_view name, const Value& value) override { stages[std::string(name)] = json::Serialize(value); }
  void Rule(size_t index, bool matched, const std::string& why) override {
    rules.push_back(std::to_string(index) + (matched ? " yes: " : " no: ") + why);
  }
  std::map<std::string, std::string> stages;
  std::vector<std::string> rules;
};

// One state "S" on its own, with the others that it may go to.
struct Bench {
  explicit Bench(const std::string& fields, const std::string& input = "{}", const std::string& others = "",
                 bool jsonata = false)
      : result(Compile(std::string(R"({"QueryLanguage":")") + (jsonata ? "JSONata" : "JSONPath") +
                       R"(","StartAt":"S","States":{"S":{)" + fields + "}" + others + "}}")),
        lazy_input(input) {
    EXPECT_NE(result.program, nullptr) << InvalidDefinitionMessage(result.diagnostics);
  }
  const State& state() const { return *result.program->Find("S"); }
  EnterOutcome Run() { return Enter(state(), scope); }

  CompileResult result;
  Lazy lazy_input;
  Lazy context{R"({"Execution":{"Id":"arn:x","Input":{"q":7}},"Map":{"Item":{"Index":2,"Value":"v"}}})"};
  Variables variables = {{"v", Value::Int(5)}, {"o", Json(R"({"p":[1,2]})")}};
  base::SeededRandom random{1};
  Stages stages;
  Scope scope{.input = lazy_input,
              .context = context,
              .variables = variables,
              .random = random,
              .now = base::WallTime(std::chrono::milliseconds(1'700'000'000'000)),
              .entered_event_id = 2};
};

std::string Show(const Derived& derived) {
  std::string text;
  switch (derived.from) {
    case Derived::From::kInput:
      text = "input";
      break;
    case Derived::From::kInputAt:
      text = "input at";
      break;
    case Derived::From::kResult:
      text = "result";
      break;
    case Derived::From::kInputWithResult:
      text = "input with result at";
      break;
    case Derived::From::kInputWithValue:
      text = "input with " + json::Serialize(derived.value) + " at";
      break;
    case Derived::From::kValue:
      text = json::Serialize(derived.value);
      break;
  }
  for (const std::string& step : derived.pointer) text += " " + step;
  return text;
}

std::string Show(const Failure& failure) {
  return failure.error + (failure.catchable ? "" : " (uncatchable)") +
         (failure.evaluation ? " [" + failure.evaluation->location + "]" : "") + ": " + failure.cause;
}

std::string Show(const Transition& transition) {
  std::string text = Show(transition.output);
  for (const Assignment& one : transition.assigned) text += ", $" + one.name + " = " + json::Serialize(one.value);
  return text + (transition.next.empty() ? "" : " -> " + transition.next);
}

template <typename Outcome>
std::string ShowEnd(const Outcome& outcome) {
  if (const auto* transition = std::get_if<Transition>(&outcome)) return Show(*transition);
  if (const auto* failed = std::get_if<Failed>(&outcome)) return Show(failed->failure);
  return "something else";
}

constexpr char kSentence[] = "An error occurred while executing the state 'S' (entered at the event id #2). ";

TEST(Pass, MovesDataAsTheFieldsSay) {
  struct Case {
    std::string fields;
    std::string expected;
  };
  const std::string input = R"({"a":{"b":1},"c":[10,20]})";
  const Case cases[] = {
      {"", "input"},
      {R"("InputPath":"$.a")", "input at a"},
      {R"("InputPath":"$.c[1]")", "input at c 1"},
      {R"("InputPath":null)", "{}"},
      {R"("OutputPath":null)", "{}"},
      {R"("OutputPath":"$.a.b")", "input at a b"},
      {R"("InputPath":"$.a","OutputPath":"$.b")", "input at a b"},
      {R"("InputPath":"$$.Execution.Id")", "\"arn:x\""},
      {R"("InputPath":"$o.p[0]")", "1"},
      {R"("InputPath":"$.c[*]")", "[10,20]"},
      {R"("Result":{"r":1})", R"({"r":1})"},
      {R"("Result":1,"ResultPath":"$.a.x")", "input with 1 at a x"},
      {R"("Result":1,"ResultPath":null)", "input"},
      {R"("Result":null)", "null"},
      {R"("Result":{"k.$":"$.a"})", R"({"k.$":"$.a"})"},
      {R"("InputPath":"$.a","ResultPath":"$.n")", R"(input with {"b":1} at n)"},
      {R"("Parameters":{"x.$":"$.a.b","y":"k","z":[{"w.$":"$$.Execution.Input.q"}],"v.$":"$v"})",
       R"({"x":1,"y":"k","z":[{"w":7}],"v":5})"},
      {R"j("Parameters":{"x.$":"States.MathAdd($.a.b, $v)"})j", R"({"x":6})"},
      {R"("Parameters":{"x.$":"$.none[*].y"})", R"({"x":[]})"},
      {R"("Parameters":["abc"])", R"(["abc"])"},
      {R"("Assign":{"n":1,"m.$":"$.a"})", R"(input, $n = 1, $m = {"b":1})"},
      {R"("Result":{"q":2},"Assign":{"m.$":"$.q"},"OutputPath":"$v")", "5, $m = 2"},
  };
  for (const Case& one : cases) {
    const std::string fields = R"("Type":"Pass","End":true)" + (one.fields.empty() ? "" : "," + one.fields);
    Bench bench(fields, input);
    EXPECT_EQ(ShowEnd(bench.Run()), one.expected) << one.fields;
  }
}

TEST(Pass, DoesNotLookIntoDataThatNobodyNeeds) {
  Bench bench(R"("Type":"Pass","End":true)", "this is not even JSON");
  EXPECT_EQ(ShowEnd(bench.Run()), "input");
  EXPECT_EQ(bench.lazy_input.looked(), 0);
}

TEST(Pass, FailsInAwsWords) {
  struct Case {
    std::string fields;
    std::string expected;
  };
  const std::string runtime = std::string("States.Runtime (uncatchable): ") + kSentence;
  const Case cases[] = {
      {R"("InputPath":"$.no")", runtime + "Invalid path '$.no' : No results for path: $['no']"},
      {R"("OutputPath":"$.no.such")", runtime + "Invalid path '$.no.such' : Missing property in path $['no']"},
      {R"("InputPath":"$.list[7]")", runtime + "Invalid path '$.list[7]' : No results for path: $['list'][7]"},
      {R"("Parameters":{"x":{"y.$":"$.no"}})",
       runtime + R"(The JSONPath '$.no' specified for the field 'y.$' could not be found in the input '{"list":[1]}')"},
      {R"j("Parameters":{"y.$":"States.Format('{}', $.no)"})j",
       runtime + R"(The JSONPath '$.no' specified for the field 'y.$' could not be found in the input '{"list":[1]}')"},
      {R"("Result":1,"ResultPath":"$.list.x")",
       R"(States.ReferencePathConflict: Unable to apply step "x" to input {"list":[1]})"},
  };
  for (const Case& one : cases) {
    Bench bench(R"("Type":"Pass","End":true,)" + one.fields, R"({"list":[1]})");
    EXPECT_EQ(ShowEnd(bench.Run()), one.expected) << one.fields;
  }
}

TEST(Pass, LeavesTheSentenceAwayWithoutAnEvent) {
  Bench bench(R"("Type":"Pass","End":true,"InputPath":"$.no")");
  bench.scope.entered_event_id = 0;
  EXPECT_EQ(ShowEnd(bench.Run()), "States.Runtime (uncatchable): Invalid path '$.no' : No results for path: $['no']");
}

TEST(Pass, TellsItsStages) {
  Bench bench(R"("Type":"Pass","End":true,"InputPath":"$.a","Parameters":{"x.$":"$.b"},"ResultPath":"$.r")",
              R"({"a":{"b":1}})");
  bench.scope.inspector = &bench.stages;
  bench.Run();
  EXPECT_EQ(bench.stages.stages["input"], R"({"a":{"b":1}})");
  EXPECT_EQ(bench.stages.stages["afterInputPath"], R"({"b":1})");
  EXPECT_EQ(bench.stages.stages["afterParameters"], R"({"x":1})");
  EXPECT_EQ(bench.stages.stages["afterResultSelector"], R"({"x":1})");
  EXPECT_EQ(bench.stages.stages["afterResultPath"], R"({"a":{"b":1},"r":{"x":1}})");
  EXPECT_EQ(bench.stages.stages["variables"], R"({"v":5,"o":{"p":[1,2]}})");
}

TEST(JsonataPass, EvaluatesOutputAndAssignFromTheSameSnapshot) {
  Bench bench(R"("Type":"Pass","End":true,"Output":{"a":"{% $states.input.n + $v %}","b":["{% $o.p[1] %}"," {% x %} "]},
      "Assign":{"v":"{% $v + 1 %}","w":1})",
              R"({"n":1})", "", /*jsonata=*/true);
  EXPECT_EQ(ShowEnd(bench.Run()), R"({"a":6,"b":[2," {% x %} "]}, $v = 6, $w = 1)");
}

TEST(JsonataPass, FailsInAwsWords) {
  const std::string begin =
      std::string("States.QueryEvaluationError [Output/r]: ") + kSentence + "The JSONata expression ";
  Bench undefined(R"("Type":"Pass","End":true,"Output":{"r":"{% $doesNotExist %}"})", "{}", "", true);
  EXPECT_EQ(ShowEnd(undefined.Run()),
            begin + "'$doesNotExist' specified for the field 'Output/r' returned nothing (undefined).");
  Bench function(R"("Type":"Pass","End":true,"Output":{"r":"{% function($x){$x} %}"})", "{}", "", true);
  EXPECT_EQ(ShowEnd(function.Run()),
            begin + "'function($x){$x}' specified for the field 'Output/r' returned an unsupported result type.");
  Bench error(R"("Type":"Pass","End":true,"Output":{"r":"{% $nope(1) %}"})", "{}", "", true);
  EXPECT_EQ(ShowEnd(error.Run()), begin +
                                      "'$nope(1)' specified for the field 'Output/r' threw an error during evaluation. "
                                      "T1006: Attempted to invoke a non-function");
}

TEST(Choice, TakesTheFirstRuleThatHolds) {
  const std::string rules = R"("Type":"Choice","Choices":[
      {"Variable":"$.n","NumericGreaterThan":10,"Next":"A"},
      {"And":[{"Variable":"$.s","StringMatches":"a*c"},{"Not":{"Variable":"$.x","IsPresent":true}}],"Next":"B",
       "Assign":{"w":1}},
      {"Variable":"$.n","NumericEqualsPath":"$v","Next":"A"}],"Default":"B","Assign":{"d":1})";
  const std::string others = R"(,"A":{"Type":"Succeed"},"B":{"Type":"Succeed"})";
  const std::pair<const char*, const char*> cases[] = {
      {R"({"n":11,"s":"q"})", "input -> A"},      {R"({"n":1,"s":"abbc"})", "input, $w = 1 -> B"},
      {R"({"n":5.0,"s":"q"})", "input -> A"},     {R"({"n":1,"s":"q"})", "input, $d = 1 -> B"},
      {R"({"n":1,"s":7})", "input, $d = 1 -> B"},
  };
  for (const auto& [input, expected] : cases) {
    Bench bench(rules, input, others);
    EXPECT_EQ(ShowEnd(bench.Run()), expected) << input;
  }
}

TEST(Choice, SaysWhyARuleHoldsOrNot) {
  Bench bench(R"("Type":"Choice","Choices":[{"Variable":"$.n","NumericGreaterThan":10,"Next":"A"}],"Default":"A")",
              R"({"n":1})", R"(,"A":{"Type":"Succeed"})");
  bench.scope.inspector = &bench.stages;
  bench.Run();
  EXPECT_THAT(bench.stages.rules, testing::ElementsAre("0 no: $.n = 1 NumericGreaterThan 10"));
}

TEST(Choice, FailsInAwsWords) {
  const std::string others = R"(,"A":{"Type":"Succeed"})";
  Bench missing(R"("Type":"Choice","Choices":[{"Variable":"$.n","IsNull":true,"Next":"A"}])", "{}", others);
  EXPECT_EQ(ShowEnd(missing.Run()),
            std::string("States.Runtime (uncatchable): ") + kSentence +
                "Invalid path '$.n': The choice state's condition path references an invalid value.");
  Bench none(R"("Type":"Choice","Choices":[{"Variable":"$.n","IsNull":true,"Next":"A"}])", R"({"n":1})", others);
  EXPECT_EQ(ShowEnd(none.Run()),
            std::string("States.Runtime (uncatchable): ") + kSentence +
                "Failed to transition out of the state. The state does not point to a next state.");
}

TEST(Choice, EvaluatesConditions) {
  const std::string others = R"(,"A":{"Type":"Succeed"})";
  Bench holds(R"("Type":"Choice","Choices":[{"Condition":"{% $states.input.n > 1 %}","Output":"o","Next":"A"}])",
              R"({"n":2})", others, true);
  EXPECT_EQ(ShowEnd(holds.Run()), "\"o\" -> A");
  Bench wrong(R"("Type":"Choice","Choices":[{"Condition":"{% 1 %}","Next":"A"}])", "{}", others, true);
  EXPECT_EQ(
      ShowEnd(wrong.Run()),
      std::string("States.QueryEvaluationError [Choices[0]/Condition]: ") + kSentence +
          "The JSONata expression '1' specified for the field 'Choices[0]/Condition' returned an unexpected result "
          "type. Expected 'boolean', but was 'number' for value: 1");
}

TEST(Choice, MatchesPatternsAndComparesTextAsJavaDoes) {
  EXPECT_TRUE(MatchesPattern("log-2024.txt", "log-*.txt"));
  EXPECT_TRUE(MatchesPattern("", "*"));
  EXPECT_TRUE(MatchesPattern("a*b", "a\\*b"));
  EXPECT_FALSE(MatchesPattern("axb", "a\\*b"));
  EXPECT_TRUE(MatchesPattern("a\\b", "a\\\\b"));
  EXPECT_TRUE(MatchesPattern("aXbXc", "a*b*c"));
  EXPECT_FALSE(MatchesPattern("aXbX", "a*b*c"));
  EXPECT_FALSE(MatchesPattern(std::string(5000, 'a'), "*a*a*a*a*b"));
  EXPECT_LT(CompareText("A", "B"), 0);
  EXPECT_LT(CompareText("A", "AA"), 0);
  EXPECT_EQ(CompareText("x", "x"), 0);
  EXPECT_LT(CompareText("\xF0\x9F\x98\x80", "\xEF\xBF\xBD"), 0);  // U+1F600 before U+FFFD, as surrogates sort
}

TEST(Wait, ReadsItsFourForms) {
  const auto wait = [](const std::string& fields, const std::string& input, bool jsonata = false) {
    Bench bench(R"("Type":"Wait","End":true,)" + fields, input, "", jsonata);
    const EnterOutcome outcome = bench.Run();
    const auto* start = std::get_if<StartWait>(&outcome);
    if (start == nullptr) return ShowEnd(outcome);
    if (start->seconds) return std::to_string(*start->seconds) + " s";
    return "until " + std::to_string(start->until->time_since_epoch().count());
  };
  const std::string runtime = std::string("States.Runtime (uncatchable): ") + kSentence;
  EXPECT_EQ(wait(R"("Seconds":10)", "{}"), "10 s");
  EXPECT_EQ(wait(R"("Timestamp":"2023-11-14T22:13:21.5Z")", "{}"), "until 1700000001500");
  EXPECT_EQ(wait(R"("SecondsPath":"$.n")", R"({"n":3})"), "3 s");
  EXPECT_EQ(wait(R"("TimestampPath":"$.t")", R"({"t":"2023-11-14T23:13:20+01:00"})"), "until 1700000000000");
  EXPECT_EQ(wait(R"("Seconds":"{% 1 + 1 %}")", "{}", true), "2 s");
  EXPECT_EQ(wait(R"("SecondsPath":"$.n")", R"({"n":-1})"),
            runtime + "The SecondsPath parameter references a negative value: $.n == -1");
  EXPECT_EQ(wait(R"("SecondsPath":"$.n")", R"({"n":1.5})"),
            runtime + "The SecondsPath parameter cannot be parsed as a long value: $.n == 1.5");
  EXPECT_EQ(wait(R"("SecondsPath":"$.n")", "{}"),
            runtime + "The SecondsPath parameter does not reference an input value: $.n");
  EXPECT_EQ(wait(R"("TimestampPath":"$.t")", R"({"t":"2094-12-09"})"),
            runtime +
                "The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format "
                "string: $.t == 2094-12-09");
  EXPECT_EQ(wait(R"("TimestampPath":"$.t")", R"({"t":"2099-12-09T00:00:00Z"})"),
            runtime + "Wait state delay is too long.");
}

TEST(Fail, TakesErrorAndCauseFromWhereverTheyAre) {
  Bench plain(R"("Type":"Fail","Error":"E","Cause":"C")");
  EXPECT_EQ(ShowEnd(plain.Run()), "E: C");
  Bench empty(R"("Type":"Fail")");
  EXPECT_EQ(ShowEnd(empty.Run()), ": ");
  Bench paths(R"j("Type":"Fail","ErrorPath":"$.e","CausePath":"States.Format('{}!', $.e)")j", R"({"e":"x"})");
  EXPECT_EQ(ShowEnd(paths.Run()), "x: x!");
  Bench jsonata(R"("Type":"Fail","Error":"{% $states.input.e %}")", R"({"e":"x"})", "", true);
  EXPECT_EQ(ShowEnd(jsonata.Run()), "x: ");
  Bench missing(R"("Type":"Fail","ErrorPath":"$.e")");
  EXPECT_EQ(ShowEnd(missing.Run()), std::string("States.Runtime (uncatchable): ") + kSentence +
                                        "The JSONPath '$.e' specified for the field 'ErrorPath' could not be found in "
                                        "the input '{}'");
}

constexpr char kTask[] = R"("Type":"Task","End":true,"Resource":"arn:aws:states:::lambda:invoke")";

TEST(Task, GetsItsArgumentsAndLimits) {
  Bench bench(std::string(kTask) +
                  R"(,"InputPath":"$.a","Parameters":{"x.$":"$.b"},"TimeoutSecondsPath":"$.b","HeartbeatSeconds":3,
                      "Credentials":{"RoleArn.$":"$$.Execution.Id"})",
              R"({"a":{"b":9}})");
  const EnterOutcome outcome = bench.Run();
  const auto& task = std::get<StartTask>(outcome);
  EXPECT_EQ(Show(task.arguments), R"({"x":9})");
  EXPECT_EQ(task.timeout_seconds, 9);
  EXPECT_EQ(task.heartbeat_seconds, 3);
  EXPECT_EQ(json::Serialize(*task.credentials), R"({"RoleArn":"arn:x"})");

  Bench whole(kTask, "not JSON");
  EXPECT_EQ(Show(std::get<StartTask>(whole.Run()).arguments), "input");
}

TEST(Task, PutsItsResultWhereTheFieldsSay) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "result"},
      {R"(,"ResultPath":null)", "input"},
      {R"(,"ResultPath":"$.r")", "input with result at r"},
      {R"(,"ResultSelector":{"y.$":"$.Payload"},"ResultPath":"$.r")", R"(input with {"y":1} at r)"},
      {R"(,"OutputPath":"$.Payload")", "1"},
      {R"(,"ResultPath":"$.r","OutputPath":"$.r.Payload")", "1"},
      {R"(,"ResultSelector":{"y.$":"$.Payload"},"Assign":{"n.$":"$.y"})", R"({"y":1}, $n = 1)"},
  };
  const Lazy result(R"({"Payload":1})");
  for (const auto& [fields, expected] : cases) {
    Bench bench(std::string(kTask) + fields, R"({"i":0})");
    EXPECT_EQ(ShowEnd(Complete(bench.state(), bench.scope, result)), expected) << fields;
  }
  Bench jsonata(std::string(kTask) + R"(,"Output":"{% $states.result.Payload + $states.input.i %}")", R"({"i":2})", "",
                true);
  EXPECT_EQ(ShowEnd(Complete(jsonata.state(), jsonata.scope, result)), "3");
}

std::string ShowOutcome(const FailureOutcome& outcome) {
  if (const auto* retry = std::get_if<RetryAfter>(&outcome)) {
    return "retry " + std::to_string(retry->retrier) + " after " + std::to_string(retry->delay.count()) + " ms";
  }
  if (const auto* caught = std::get_if<Caught>(&outcome)) {
    return "catch " + std::to_string(caught->catcher) + ": " + Show(caught->transition);
  }
  return "failed " + Show(std::get<Failed>(outcome).failure);
}

TEST(HandleFailure, RetriesThenCatchesThenFails) {
  Bench bench(
      std::string(kTask) +
          R"(,"Retry":[{"ErrorEquals":["A"],"IntervalSeconds":2,"BackoffRate":3,"MaxAttempts":3,"MaxDelaySeconds":10},
                               {"ErrorEquals":["States.Timeout"],"MaxAttempts":1}],
                      "Catch":[{"ErrorEquals":["A","States.TaskFailed"],"ResultPath":"$.e","Next":"N"},
                               {"ErrorEquals":["States.ALL"],"Next":"N","Assign":{"c.$":"$.Cause"}}])",
      R"({"i":0})", R"(,"N":{"Type":"Succeed"})");
  const auto handle = [&](const std::string& error, std::vector<int32_t> attempts, bool catchable = true) {
    return ShowOutcome(HandleFailure(bench.state(), bench.scope, Failure{error, "why", catchable, {}}, attempts));
  };
  EXPECT_EQ(handle("A", {}), "retry 0 after 2000 ms");
  EXPECT_EQ(handle("A", {1}), "retry 0 after 6000 ms");
  EXPECT_EQ(handle("A", {2}), "retry 0 after 10000 ms");
  EXPECT_EQ(handle("A", {3}), R"(catch 0: input with {"Error":"A","Cause":"why"} at e -> N)");
  EXPECT_EQ(handle("B", {}), R"(catch 0: input with {"Error":"B","Cause":"why"} at e -> N)");
  EXPECT_EQ(handle("States.HeartbeatTimeout", {}), "retry 1 after 1000 ms");
  EXPECT_EQ(handle("States.Timeout", {0, 1}), R"(catch 1: {"Error":"States.Timeout","Cause":"why"}, $c = "why" -> N)");
  EXPECT_EQ(handle("States.Runtime", {}, /*catchable=*/false), "failed States.Runtime (uncatchable): why");
}

TEST(HandleFailure, DrawsJitterBelowTheDelay) {
  Bench bench(std::string(kTask) + R"(,"Retry":[{"ErrorEquals":["States.ALL"],"IntervalSeconds":10,
                                       "JitterStrategy":"FULL"}])");
  for (int i = 0; i < 100; ++i) {
    const FailureOutcome outcome = HandleFailure(bench.state(), bench.scope, Failure{"A", "", true, {}}, {});
    const auto delay = std::get<RetryAfter>(outcome).delay;
    EXPECT_GE(delay.count(), 0);
    EXPECT_LE(delay.count(), 10'000);
  }
}

TEST(HandleFailure, GivesJsonataCatchersTheErrorOutput) {
  Bench bench(
      std::string(kTask) +
          R"(,"Catch":[{"ErrorEquals":["A"],"Next":"N","Output":"{% $states.errorOutput.Cause & $states.input.i %}",
                                "Assign":{"e":"{% $states.errorOutput %}"}},{"ErrorEquals":["States.ALL"],"Next":"N"}])",
      R"({"i":"!"})", R"(,"N":{"Type":"Succeed"})", true);
  EXPECT_EQ(ShowOutcome(HandleFailure(bench.state(), bench.scope, Failure{"A", "why", true, {}}, {})),
            R"(catch 0: "why!", $e = {"Error":"A","Cause":"why"} -> N)");
  EXPECT_EQ(ShowOutcome(HandleFailure(bench.state(), bench.scope, Failure{"B", "", true, {}}, {})),
            R"(catch 1: {"Error":"B","Cause":""} -> N)");
}

constexpr char kProcessor[] = R"(,"ItemProcessor":{"StartAt":"P","States":{"P":{"Type":"Succeed"}}})";

TEST(Map, CountsItsItems) {
  const auto map = [](const std::string& fields, const std::string& input, bool jsonata = false) {
    Bench bench(R"("Type":"Map","End":true)" + fields + kProcessor, input, "", jsonata);
    const EnterOutcome outcome = bench.Run();
    if (const auto* failed = std::get_if<Failed>(&outcome)) {
      return Show(failed->failure) +
             (failed->map_length ? " after " + std::to_string(*failed->map_length) + " items" : "");
    }
    const auto& start = std::get<StartMap>(outcome);
    return Show(start.items) + ", " + std::to_string(start.length) + " items, " +
           std::to_string(start.max_concurrency) + " at once";
  };
  const std::string runtime = "States.Runtime (uncatchable): ";
  EXPECT_EQ(map("", "[1,2]"), "input, 2 items, 0 at once");
  EXPECT_EQ(map(R"(,"ItemsPath":"$.a","MaxConcurrency":3)", R"({"a":[1]})"), "input at a, 1 items, 3 at once");
  EXPECT_EQ(map(R"(,"InputPath":"$.a","ItemsPath":"$.b")", R"({"a":{"b":[1]}})"), "input at a b, 1 items, 0 at once");
  EXPECT_EQ(map(R"(,"ItemsPath":"$o.p","MaxConcurrencyPath":"$v")", "{}"), "[1,2], 2 items, 5 at once");
  EXPECT_EQ(map(R"(,"Items":"{% [1..3] %}","MaxConcurrency":"{% 2 %}")", "{}", true), "[1,2,3], 3 items, 2 at once");
  EXPECT_EQ(map("", "{}"), runtime + "Reference path \"$\" must point to array.");
  EXPECT_EQ(map(R"(,"ItemsPath":"$$.Execution.Input")", "{}"),
            runtime + "Reference path \"$.Execution.Input\" must point to array.");
  EXPECT_EQ(map(R"(,"ItemsPath":"$.a")", R"({"b":1})"),
            R"(States.ReferencePathConflict: Unable to apply step "a" to input {"b":1})");
  EXPECT_EQ(map(R"(,"MaxConcurrencyPath":"$o")", "[1]"),
            runtime + kSentence +
                R"(The MaxConcurrencyPath field refers to value "{"p":[1,2]}" which is not a valid integer: $o)");
  EXPECT_EQ(map(R"(,"ItemsPath":"$.a","ToleratedFailurePercentagePath":"$.p")", R"({"a":[1],"p":-1})"),
            runtime + kSentence + "ToleratedFailurePercentage must be between 0 and 100. after 1 items");
  EXPECT_EQ(map("", "true", true), std::string("States.QueryEvaluationError []: ") + kSentence +
                                       "Map state input must be an array but was: true");
}

TEST(Map, SelectsWhatAnIterationGets) {
  const auto item = [](const std::string& fields, bool jsonata = false) {
    Bench bench(R"("Type":"Map","End":true)" + fields + kProcessor, R"({"k":1})", "", jsonata);
    const auto outcome = IterationInput(bench.state(), bench.scope, Value::String("v"));
    const auto* derived = std::get_if<Derived>(&outcome);
    return derived == nullptr ? "failed" : Show(*derived);
  };
  EXPECT_EQ(item(""), "result");
  EXPECT_EQ(item(R"(,"ItemSelector":{"i.$":"$$.Map.Item.Index","v.$":"$$.Map.Item.Value","k.$":"$.k"})"),
            R"({"i":2,"v":"v","k":1})");
  EXPECT_EQ(item(R"(,"Parameters":{"k.$":"$.k"})"), R"({"k":1})");
  EXPECT_EQ(item(R"(,"ItemSelector":{"v":"{% $states.context.Map.Item.Value %}"})", true), R"({"v":"v"})");
}

TEST(Map, ResolvesWhatADistributedOneAsksFor) {
  Bench bench(R"("Type":"Map","End":true,"Label":"l",
      "ItemReader":{"Resource":"arn:aws:states:::s3:getObject","Parameters":{"Bucket.$":"$.b"},
                    "ReaderConfig":{"InputType":"JSON","MaxItemsPath":"$.n"}},
      "ItemBatcher":{"MaxItemsPerBatch":2,"BatchInput":{"x.$":"$.b"}},
      "ResultWriter":{"Resource":"arn:aws:states:::s3:putObject","Parameters":{"Bucket":"o"}},
      "ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"EXPRESS"},
                       "StartAt":"P","States":{"P":{"Type":"Succeed"}}})",
              R"({"b":"in","n":7})");
  const EnterOutcome outcome = bench.Run();
  const auto& map = std::get<StartMap>(outcome);
  ASSERT_TRUE(map.distributed.has_value());
  EXPECT_TRUE(map.distributed->express_children);
  EXPECT_EQ(map.distributed->label, "l");
  EXPECT_EQ(json::Serialize(*map.distributed->item_reader),
            R"({"Resource":"arn:aws:states:::s3:getObject","Arguments":{"Bucket":"in"},)"
            R"("ReaderConfig":{"InputType":"JSON","MaxItems":7}})");
  EXPECT_EQ(json::Serialize(*map.distributed->item_batcher), R"({"MaxItemsPerBatch":2,"BatchInput":{"x":"in"}})");
  EXPECT_EQ(json::Serialize(*map.distributed->result_writer),
            R"({"Resource":"arn:aws:states:::s3:putObject","Arguments":{"Bucket":"o"}})");
  EXPECT_EQ(map.length, 0u);
}

TEST(Timestamp, ReadsRfc3339Only) {
  EXPECT_EQ(ParseTimestamp("1970-01-01T00:00:01Z")->seconds, 1);
  EXPECT_EQ(ParseTimestamp("1970-01-01T01:00:00.25+01:00")->nanoseconds, 250'000'000);
  for (const char* text : {"", "2016-12-05", "2016-12-05T21:29:29", "2016-12-05 21:29:29Z", "2016-13-05T21:29:29Z",
                           "2016-12-05T25:29:29Z", "05-12-2016T21:29:29Z", "2016-12-05t21:29:29z",
                           "2016-12-05T21:29:29.Z", "2016-02-30T00:00:00Z", "2016-12-05T21:29:29ZZ"}) {
    EXPECT_FALSE(ParseTimestamp(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace pawl::asl
