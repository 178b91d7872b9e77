// Every field with every wrong value: which error, at which place, in which words. Those that are recorded on AWS are
// the pattern for the others.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "scheduler/asl/interpret/step.h"
#include "scheduler/asl/validate/compile.h"

namespace pawl::asl {
namespace {

constexpr char kInput[] =
    R"({"s":"abc","n":5,"f":1.5,"neg":-3,"a":[1,2,3],"o":{"x":1},"nul":null,"b":true,"digits":"7"})";

// "Error: cause", with " at PLACE" behind the name where an expression failed; "ok", or why the definition is refused.
// A Choice in front leads to all states.
std::string FaultOf(const std::string& state) {
  const CompileResult compiled =
      Compile(R"({"StartAt":"A","States":{"A":{"Type":"Choice","Default":"S","Choices":[)"
              R"({"Variable":"$","IsNull":true,"Next":"N"},{"Variable":"$","IsNull":true,"Next":"D"}]},)"
              R"("N":{"Type":"Succeed"},"D":{"Type":"Succeed"},"S":)" +
              state + "}}");
  if (compiled.program == nullptr) return "refused: " + compiled.diagnostics.front().message;
  const HeldValue input(*json::Parse(kInput));
  const HeldValue context(*json::Parse(R"({"Execution":{"Name":"e"}})"));
  const Variables variables;
  base::SeededRandom random(1);
  const Scope scope{.input = input, .context = context, .variables = variables, .random = random, .now = {}};
  EnterOutcome outcome = Enter(*compiled.program->Find("S"), scope);
  const auto* failed = std::get_if<Failed>(&outcome);
  if (failed == nullptr) return "ok";
  const Failure& failure = failed->failure;
  std::string cause = failure.cause;
  if (const size_t at = cause.find(" could not be found in the input"); at != std::string::npos) cause.resize(at);
  if (const size_t at = cause.find(" to input {"); at != std::string::npos) cause.resize(at);
  return failure.error + (failure.evaluation ? " at " + failure.evaluation->location : "") + ": " + cause;
}

struct Row {
  const char* field;
  const char* value;  // JSON
  const char* fault;
};

void ExpectAll(const std::string& before, const std::string& after, const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    const std::string state = before + ",\"" + row.field + "\":" + row.value + after;
    EXPECT_EQ(FaultOf(state), row.fault) << state;
  }
}

// One JSONata field, and what is wrong with the value of its expression.
std::string Unexpected(const std::string& field, const std::string& expression, const std::string& expected,
                       const std::string& kind, const std::string& value) {
  return "States.QueryEvaluationError at " + field + ": The JSONata expression '" + expression +
         "' specified for the field '" + field + "' returned an unexpected result type. Expected '" + expected +
         "', but was '" + kind + "' for value: " + value;
}

constexpr char kEnd[] = R"(,"Next":"N"})";

TEST(Faults, OfWaitInJsonPath) {
  ExpectAll(
      R"({"Type":"Wait")", kEnd,
      {
          {"SecondsPath", R"("$.n")", "ok"},
          {"SecondsPath", R"("$.s")",
           "States.Runtime: The SecondsPath parameter cannot be parsed as a long value: $.s == abc"},
          {"SecondsPath", R"("$.digits")",
           "States.Runtime: The SecondsPath parameter cannot be parsed as a long value: $.digits == 7"},
          {"SecondsPath", R"("$.f")",
           "States.Runtime: The SecondsPath parameter cannot be parsed as a long value: $.f == 1.5"},
          {"SecondsPath", R"("$.b")",
           "States.Runtime: The SecondsPath parameter cannot be parsed as a long value: $.b == true"},
          {"SecondsPath", R"("$.o")",
           "States.Runtime: The SecondsPath parameter cannot be parsed as a long value: $.o == {\"x\":1}"},
          {"SecondsPath", R"("$.neg")",
           "States.Runtime: The SecondsPath parameter references a negative value: $.neg == -3"},
          {"SecondsPath", R"("$.nul")",
           "States.Runtime: The SecondsPath parameter does not reference an input value: $.nul"},
          {"SecondsPath", R"("$.x")",
           "States.Runtime: The SecondsPath parameter does not reference an input value: $.x"},
          {"SecondsPath", R"("$v")", "States.Runtime: The SecondsPath parameter does not reference an input value: $v"},
          {"TimestampPath", R"("$.n")",
           "States.Runtime: The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time "
           "format "
           "string: $.n == 5"},
          {"TimestampPath", R"("$.nul")",
           "States.Runtime: The TimestampPath parameter does not reference an input value: $.nul"},
          {"Seconds", "-1", "refused: Minimum value is 0"},
          {"Seconds", "100000000", "refused: Maximum value is 99999999"},
          {"Seconds", "1.5", "refused: Expected value of type Integer"},
          {"Seconds", R"("5")", "refused: Expected value of type Integer"},
          {"Timestamp", R"("2024-01-01")", "refused: String does not match RFC3339 timestamp"},
          {"Timestamp", "5", "refused: Expected value of type [STRING]"},
          {"Timestamp", R"("2999-01-01T00:00:00Z")", "States.Runtime: Wait state delay is too long."},
      });
}

TEST(Faults, OfWaitInJsonata) {
  const auto seconds = [](const char* expression) {
    return FaultOf(R"({"Type":"Wait","QueryLanguage":"JSONata","Seconds":"{% )" + std::string(expression) + R"( %}")" +
                   kEnd);
  };
  EXPECT_EQ(seconds("5"), "ok");
  EXPECT_EQ(seconds("'x'"), Unexpected("Seconds", "'x'", "integer", "string", "\"x\""));
  EXPECT_EQ(seconds("1.5"), Unexpected("Seconds", "1.5", "integer", "number", "1.5"));
  EXPECT_EQ(seconds("null"), Unexpected("Seconds", "null", "integer", "null", "null"));
  EXPECT_EQ(seconds("-1"), "States.QueryEvaluationError at Seconds: The Seconds field references a negative value: -1");
  EXPECT_EQ(seconds("3000000000"), "States.QueryEvaluationError at Seconds: Wait state delay is too long.");
  EXPECT_EQ(seconds("$x"),
            "States.QueryEvaluationError at Seconds: The JSONata expression '$x' specified for the field "
            "'Seconds' returned nothing (undefined).");
  EXPECT_EQ(seconds("$error('boom')"),
            "States.QueryEvaluationError at Seconds: The JSONata expression '$error('boom')' specified for the field "
            "'Seconds' threw an error during evaluation. D3137: boom");
  const auto timestamp = [](const char* expression) {
    return FaultOf(R"({"Type":"Wait","QueryLanguage":"JSONata","Timestamp":"{% )" + std::string(expression) +
                   R"( %}")" + kEnd);
  };
  EXPECT_EQ(timestamp("5"), Unexpected("Timestamp", "5", "string", "number", "5"));
  EXPECT_EQ(timestamp("'soon'"),
            "States.QueryEvaluationError at Timestamp: The Timestamp field cannot be parsed as an ISO-8601 extended "
            "offset date-time format string: soon");
  EXPECT_EQ(timestamp("'2999-01-01T00:00:00Z'"),
            "States.QueryEvaluationError at Timestamp: Wait state delay is too long.");
}

TEST(Faults, OfChoice) {
  const std::vector<std::pair<std::string, std::string>> operators = {
      {"String", R"("x")"}, {"Numeric", "1"}, {"Timestamp", R"("2024-01-01T00:00:00Z")"}};
  const auto rule = [](const std::string& variable, const std::string& name, const std::string& operand) {
    return FaultOf(R"({"Type":"Choice","Default":"D","Choices":[{"Next":"N","Variable":")" + variable + R"(",")" +
                   name + R"(":)" + operand + "}]}");
  };
  const std::string invalid =
      "States.Runtime: Invalid path '$.x': The choice state's condition path references an invalid value.";
  for (const auto& [kind, operand] : operators) {
    for (const char* comparison : {"Equals", "LessThan", "GreaterThan", "LessThanEquals", "GreaterThanEquals"}) {
      const std::string name = kind + comparison;
      EXPECT_EQ(rule("$.o", name, operand), "ok") << name;  // a value of another kind does not match
      EXPECT_EQ(rule("$.nul", name, operand), "ok") << name;
      EXPECT_EQ(rule("$.x", name, operand), invalid) << name;
      EXPECT_EQ(rule("$.s", name + "Path", R"("$.o")"), "ok") << name;
      EXPECT_EQ(rule("$.s", name + "Path", R"("$.x")"), invalid) << name;
      EXPECT_TRUE(rule("$.s", name, "true").starts_with("refused: ")) << name;
      EXPECT_TRUE(rule("$.s", name + "Path", "5").starts_with("refused: ")) << name;
    }
  }
  for (const char* name : {"IsNull", "IsNumeric", "IsString", "IsBoolean", "IsTimestamp", "BooleanEquals"}) {
    EXPECT_EQ(rule("$.x", name, "true"), invalid) << name;
    EXPECT_EQ(rule("$.nul", name, "true"), "ok") << name;
    EXPECT_EQ(rule("$.s", name, R"("true")"), "refused: Expected value of type [BOOLEAN]") << name;
  }
  EXPECT_EQ(rule("$.x", "IsPresent", "true"), "ok");
  EXPECT_EQ(rule("$.x", "StringMatches", R"("*")"), invalid);
  EXPECT_EQ(FaultOf(R"({"Type":"Choice","Choices":[{"Variable":"$.n","NumericEquals":6,"Next":"N"}]})"),
            "States.Runtime: Failed to transition out of the state. The state does not point to a next state.");
}

TEST(Faults, OfConditions) {
  const auto condition = [](const std::string& text) {
    return FaultOf(R"({"Type":"Choice","QueryLanguage":"JSONata","Default":"D","Choices":[{"Next":"N","Condition":)" +
                   text + "}]}");
  };
  const std::string place = "Choices[0]/Condition";
  EXPECT_EQ(condition(R"("{% 1 = 1 %}")"), "ok");
  EXPECT_EQ(condition(R"("{% 1 %}")"), Unexpected(place, "1", "boolean", "number", "1"));
  EXPECT_EQ(condition(R"("{% 'true' %}")"), Unexpected(place, "'true'", "boolean", "string", "\"true\""));
  EXPECT_EQ(condition(R"("{% null %}")"), Unexpected(place, "null", "boolean", "null", "null"));
  EXPECT_EQ(condition(R"("{% $x %}")"), "States.QueryEvaluationError at " + place + ": The JSONata expression '$x' " +
                                            "specified for the field '" + place + "' returned nothing (undefined).");
  EXPECT_EQ(condition("1"), "refused: Expected value of type [STRING]");
  EXPECT_EQ(condition(R"("true")"), "refused: JSONata string must start with {% and end with %}");
}

TEST(Faults, OfMapInJsonPath) {
  ExpectAll(R"({"Type":"Map","ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Pass","End":true}}})", kEnd,
            {
                {"ItemsPath", R"("$.a")", "ok"},
                {"ItemsPath", R"("$.s")", "States.Runtime: Reference path \"$.s\" must point to array."},
                {"ItemsPath", R"("$.nul")", "States.Runtime: Reference path \"$.nul\" must point to array."},
                {"ItemsPath", R"("$.o")", "States.Runtime: Reference path \"$.o\" must point to array."},
                {"ItemsPath", R"("$$.Execution.Name")",
                 "States.Runtime: Reference path \"$.Execution.Name\" must point to array."},
                {"ItemsPath", R"("$.x")", "States.ReferencePathConflict: Unable to apply step \"x\""},
            });
  ExpectAll(
      R"({"Type":"Map","ItemsPath":"$.a","ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Pass","End":true}}})",
      kEnd,
      {
          {"MaxConcurrencyPath", R"("$.digits")", "ok"},  // recorded: a path may bring a number as text
          {"MaxConcurrencyPath", R"("$.s")",
           "States.Runtime: The MaxConcurrencyPath field refers to value \"abc\" which is not a valid integer: $.s"},
          {"MaxConcurrencyPath", R"("$.f")",
           "States.Runtime: The MaxConcurrencyPath field refers to value \"1.5\" which is not a valid integer: $.f"},
          {"MaxConcurrencyPath", R"("$.nul")",
           "States.Runtime: The MaxConcurrencyPath field refers to value \"null\" which is not a valid integer: $.nul"},
          {"MaxConcurrencyPath", R"("$.x")", "States.Runtime: Invalid path '$.x' : No results for path: $['x']"},
          {"MaxConcurrencyPath", R"("$.neg")", "States.Runtime: MaxConcurrency cannot be negative."},
          {"ToleratedFailureCountPath", R"("$.f")",
           "States.Runtime: The ToleratedFailureCountPath field refers to value \"1.5\" which is not a valid integer: "
           "$.f"},
          {"ToleratedFailureCountPath", R"("$.neg")", "States.Runtime: ToleratedFailureCount cannot be negative."},
          {"ToleratedFailurePercentagePath", R"("$.f")", "ok"},
          {"ToleratedFailurePercentagePath", R"("$.o")",
           "States.Runtime: The ToleratedFailurePercentagePath field refers to value \"{\"x\":1}\" which is not a "
           "valid "
           "float: $.o"},
          {"ToleratedFailurePercentagePath", R"("$.neg")",
           "States.Runtime: ToleratedFailurePercentage must be between 0 and 100."},
          {"MaxConcurrency", "-1", "refused: Minimum value is 0"},
          {"MaxConcurrency", R"("2")", "refused: Expected value of type Integer"},
          {"ToleratedFailurePercentage", "101", "refused: Maximum value is 100"},
          {"Items", "[1]",
           "refused: The QueryLanguage is set to 'JSONPath', but field 'Items' is only supported for the "
           "'JSONata' QueryLanguage"},
      });
}

TEST(Faults, OfMapInJsonata) {
  const auto with = [](const std::string& field, const std::string& expression) {
    const std::string items = field == "Items" ? "" : R"("Items":[1],)";
    return FaultOf(R"({"Type":"Map","QueryLanguage":"JSONata",)" + items +
                   R"("ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Pass","End":true}}},")" + field +
                   R"(":"{% )" + expression + R"( %}")" + kEnd);
  };
  EXPECT_EQ(with("Items", "[]"), "ok");
  EXPECT_EQ(with("Items", "5"), Unexpected("Items", "5", "array", "number", "5"));
  EXPECT_EQ(with("Items", "function($x){$x}"),
            "States.QueryEvaluationError at Items: The JSONata expression 'function($x){$x}' specified for the field "
            "'Items' returned an unsupported result type.");
  for (const char* field : {"MaxConcurrency", "ToleratedFailureCount"}) {
    EXPECT_EQ(with(field, "2"), "ok");
    EXPECT_EQ(with(field, "1.5"), Unexpected(field, "1.5", "integer", "number", "1.5"));
    EXPECT_EQ(with(field, "'x'"), Unexpected(field, "'x'", "integer", "string", "\"x\""));
    EXPECT_EQ(with(field, "-1"),
              std::string("States.QueryEvaluationError at ") + field + ": " + field + " cannot be negative.");
  }
  EXPECT_EQ(with("ToleratedFailurePercentage", "1.5"), "ok");
  EXPECT_EQ(with("ToleratedFailurePercentage", "null"),
            Unexpected("ToleratedFailurePercentage", "null", "number", "null", "null"));
  EXPECT_EQ(
      with("ToleratedFailurePercentage", "100.5"),
      "States.QueryEvaluationError at ToleratedFailurePercentage: ToleratedFailurePercentage must be between 0 and "
      "100.");
}

TEST(Faults, OfFail) {
  ExpectAll(R"({"Type":"Fail")", "}",
            {
                {"ErrorPath", R"("$.s")", "abc: "},
                {"CausePath", R"j("States.Format('n is {}', $.n)")j", ": n is 5"},
                {"ErrorPath", R"("$.x")", "States.Runtime: The JSONPath '$.x' specified for the field 'ErrorPath'"},
                {"CausePath", R"("$.n")", "States.Runtime: The CausePath field must refer to a string but was: 5: $.n"},
                {"CausePath", R"j("States.ArrayGetItem($.a, 0)")j",
                 "States.Runtime: The CausePath field must refer to a string but was: 1"},
                {"CausePath", R"j("States.MathAdd(1, 2)")j",
                 "refused: Value must be a valid JSONPath or a valid intrinsic function call"},
                {"Error", "5", "refused: Expected value of type [STRING]"},
                {"Assign", "{}", "refused: Field 'Assign' is not supported"},
                {"End", "true", "refused: Field 'End' is not supported"},
            });
  for (const char* field : {"Error", "Cause"}) {
    EXPECT_EQ(FaultOf(R"({"Type":"Fail","QueryLanguage":"JSONata",")" + std::string(field) + R"(":"{% {'a': 1} %}"})"),
              Unexpected(field, "{'a': 1}", "string", "object", "{\"a\":1}"));
  }
}

TEST(Faults, OfTask) {
  constexpr char kTask[] = R"({"Type":"Task","Resource":"arn:aws:lambda:us-east-1:000000000000:function:f")";
  ExpectAll(
      kTask, kEnd,
      {
          {"TimeoutSecondsPath", R"("$.n")", "ok"},
          {"TimeoutSecondsPath", R"("$.x")", "States.Runtime: Invalid path '$.x' : No results for path: $['x']"},
          {"TimeoutSecondsPath", R"("$.s")",
           "States.Runtime: The TimeoutSecondsPath field refers to value \"abc\" which is not a valid integer: $.s"},
          {"HeartbeatSecondsPath", R"("$.neg")",
           "States.Runtime: The HeartbeatSecondsPath field must be a positive integer but was: -3"},
          {"TimeoutSeconds", "0", "refused: Minimum value is 1"},
          {"TimeoutSeconds", "100000000", "refused: Maximum value is 99999999"},
          {"InputPath", R"("$.x")", "States.Runtime: Invalid path '$.x' : No results for path: $['x']"},
          {"Parameters", R"({"p.$":"$.x"})", "States.Runtime: The JSONPath '$.x' specified for the field 'p.$'"},
          {"Parameters", R"j({"p.$":"States.ArrayLength($.s)"})j",
           "States.IntrinsicFailure: The function 'States.ArrayLength($.s)' had the following error: expected an "
           "array, but "
           "got a string"},
          {"Credentials", R"({"RoleArn.$":"$.x"})",
           "States.Runtime: The JSONPath '$.x' specified for the field 'RoleArn.$'"},
      });
  const auto jsonata = [&](const std::string& field, const std::string& value) {
    return FaultOf(std::string(kTask) + R"(,"QueryLanguage":"JSONata",")" + field + R"(":)" + value + kEnd);
  };
  EXPECT_EQ(jsonata("TimeoutSeconds", R"("{% 'x' %}")"),
            Unexpected("TimeoutSeconds", "'x'", "integer", "string", "\"x\""));
  EXPECT_EQ(
      jsonata("HeartbeatSeconds", R"("{% 0 %}")"),
      "States.QueryEvaluationError at HeartbeatSeconds: The HeartbeatSeconds field must be a positive integer but "
      "was: 0");
  EXPECT_EQ(jsonata("Arguments", R"({"a":[{"b":"{% $x %}"}]})"),
            "States.QueryEvaluationError at Arguments/a[0]/b: The JSONata expression '$x' specified for the field "
            "'Arguments/a[0]/b' returned nothing (undefined).");
  EXPECT_EQ(jsonata("Credentials", R"({"RoleArn":"{% $x %}"})"),
            "States.QueryEvaluationError at Credentials/RoleArn: The JSONata expression '$x' specified for the field "
            "'Credentials/RoleArn' returned nothing (undefined).");
}

TEST(Faults, OfAssignAndOutputOfEveryStateThatEndsAtOnce) {
  const std::string undefined = "returned nothing (undefined).";
  const auto of = [](const std::string& type, const std::string& rest) {
    return FaultOf(R"({"QueryLanguage":"JSONata","Type":")" + type + "\"," + rest + "}");
  };
  const auto at = [&](const std::string& place) {
    return "States.QueryEvaluationError at " + place + ": The JSONata expression '$x' specified for the field '" +
           place + "' " + undefined;
  };
  EXPECT_EQ(of("Pass", R"("Assign":{"v":"{% $x %}"},"Next":"N")"), at("Assign/v"));
  EXPECT_EQ(of("Pass", R"("Output":"{% $x %}","Next":"N")"), at("Output"));
  EXPECT_EQ(of("Succeed", R"("Output":{"k":"{% $x %}"})"), at("Output/k"));
  EXPECT_EQ(of("Choice", R"("Choices":[{"Condition":"{% true %}","Next":"N","Assign":{"v":"{% $x %}"}}])"),
            at("Choices[0]/Assign/v"));
  EXPECT_EQ(of("Choice", R"("Choices":[{"Condition":"{% true %}","Next":"N","Output":"{% $x %}"}])"),
            at("Choices[0]/Output"));
  EXPECT_EQ(
      of("Choice", R"("Choices":[{"Condition":"{% false %}","Next":"N"}],"Default":"D","Assign":{"v":"{% $x %}"})"),
      at("Assign/v"));
}

}  // namespace
}  // namespace pawl::asl
