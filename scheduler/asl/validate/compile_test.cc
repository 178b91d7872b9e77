#include "scheduler/asl/validate/compile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "scheduler/asl/program.h"
#include "scheduler/asl/validate/variable_references.h"

namespace pawl::asl {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> Lines(const std::string& text, const CompileOptions& options = {}) {
  std::vector<std::string> lines;
  for (const Diagnostic& one : Compile(text, options).diagnostics) {
    lines.push_back(absl::StrCat(one.severity == Severity::kWarning ? "warning " : "", one.code, ": ", one.message,
                                 " at ", one.location));
  }
  return lines;
}

// A machine of one state "S" with the given fields.
std::string One(const std::string& fields) { return R"({"StartAt":"S","States":{"S":{)" + fields + "}}}"; }
std::string OneJsonata(const std::string& fields) {
  return R"({"QueryLanguage":"JSONata","StartAt":"S","States":{"S":{)" + fields + "}}}";
}

constexpr char kInner[] = R"({"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}})";

TEST(Compile, GivesAProgramThatFindsStatesAtEveryDepth) {
  const CompileResult result = Compile(R"({"Comment":"c","TimeoutSeconds":9,"StartAt":"A","States":{
    "A":{"Type":"Parallel","Branches":[{"StartAt":"B","States":{"B":{"Type":"Map","End":true,
      "ItemProcessor":{"StartAt":"C","States":{"C":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage",
      "End":true}}}}}}],"Next":"D"},
    "D":{"Type":"Succeed","QueryLanguage":"JSONata"}}})");

  ASSERT_NE(result.program, nullptr) << result.diagnostics[0].message;
  const Program& program = *result.program;
  EXPECT_THAT(result.diagnostics, IsEmpty());
  EXPECT_EQ(program.comment(), "c");
  EXPECT_EQ(program.timeout_seconds(), 9);
  EXPECT_EQ(program.root().start_at, "A");
  EXPECT_EQ(program.Find("A")->branches.size(), 1u);
  EXPECT_EQ(program.Find("B")->branches.size(), 1u);
  EXPECT_EQ(program.Find("C")->resource, "arn:aws:states:::sqs:sendMessage");
  EXPECT_EQ(program.Find("D")->query_language, QueryLanguage::kJsonata);
  EXPECT_EQ(program.Find("E"), nullptr);
}

TEST(Compile, SaysWhatIsWrongAsAwsDoes) {
  struct Case {
    std::string text;
    std::vector<std::string> expected;
  };
  const std::string schema = "SCHEMA_VALIDATION_FAILED: ";
  const Case cases[] = {
      {"{}", {schema + "These fields are required: [States, StartAt] at /"}},
      {"[]", {schema + "Definition must be a valid JSON object at "}},
      {R"({"StartAt":"S","States":{}})", {schema + "Value cannot be empty at /States"}},
      {R"({"StartAt":"S","states":{},"States":{"S":{"Type":"Succeed"}}})",
       {schema + "Field 'states' is not supported at /"}},
      {One(R"("Type":"Nope","End":true)"),
       {
           schema + "The field 'Type' should have one of these values: [Task, Wait, Pass, Succeed, Fail, Choice, "
                    "Parallel, Map] at "
                    "/States/S/Type",
       }},
      {One(R"("End":true)"), {schema + "These fields are required: [Type] at /States/S"}},
      {One(R"("Type":"Pass")"),
       {schema + "This object should have only one of the following fields: [Next, End] at /States/S",
        "MISSING_END_STATE: Workflow has no terminal state at "}},
      {One(R"("Type":"Pass","Next":"S","End":true)"),
       {schema + "There should only be one of the following fields: [Next, End] at /States/S"}},
      {One(R"("Type":"Pass","End":true,"Retry":[])"), {schema + "Field 'Retry' is not supported at /States/S"}},
      {One(R"("Type":"Succeed","End":true)"), {schema + "Field 'End' is not supported at /States/S"}},
      {One(R"("Type":"Pass","End":true,"Output":1)"),
       {schema +
        "The QueryLanguage is set to 'JSONPath', but field 'Output' is only supported for the 'JSONata' QueryLanguage "
        "at /States/S"}},
      {OneJsonata(R"("Type":"Pass","End":true,"InputPath":"$")"),
       {schema + "The QueryLanguage is set to 'JSONata', but field 'InputPath' is only supported for the 'JSONPath' "
                 "QueryLanguage at /States/S"}},
      {One(R"("Type":"Pass","QueryLanguage":"jsonata","End":true)"),
       {schema + "Value should be one of the following: [JSONPath, JSONata] at /States/S/QueryLanguage"}},
      {One(R"("Type":"Pass","End":true,"InputPath":"x")"),
       {schema + "Value must be a valid JSONPath. at /States/S/InputPath"}},
      {One(R"("Type":"Task","End":true)"), {schema + "These fields are required: [Resource] at /States/S"}},
      {One(R"("Type":"Task","End":true,"Resource":"x")"),
       {schema + "Value is not a valid resource ARN at /States/S/Resource"}},
      {One(R"("Type":"Task","End":true,"Resource":"arn:aws:states:::dynamodb:query")"),
       {schema +
        "The resource provided arn:aws:states:::dynamodb:query is not recognized. The value is not a valid resource "
        "ARN, or the resource is not available in this region. at /States/S/Resource"}},
      {One(R"("Type":"Task","End":true,"Resource":"arn:aws:states:::lambda:invoke","Credentials":{})"),
       {schema + "The field 'RoleArn' is required but was missing at /States/S/Credentials"}},
      {One(R"("Type":"Task","End":true,"Resource":"arn:aws:states:::lambda:invoke","TimeoutSeconds":0)"),
       {schema + "Minimum value is 1 at /States/S/TimeoutSeconds"}},
      {One(R"("Type":"Task","End":true,"Resource":"arn:aws:states:::lambda:invoke","TimeoutSeconds":100000000)"),
       {schema + "Maximum value is 99999999 at /States/S/TimeoutSeconds"}},
      {One(R"("Type":"Task","End":true,"Resource":"arn:aws:states:::lambda:invoke","HeartbeatSeconds":"5")"),
       {schema + "Expected value of type Integer at /States/S/HeartbeatSeconds"}},
      {One(R"("Type":"Task","End":true,"Resource":"arn:aws:states:::lambda:invoke","ResultPath":"$.a[*]")"),
       {schema +
        "Value is not a Reference Path: it must name a single node, without @ .. , : ? * at /States/S/ResultPath"}},
      {One(R"("Type":"Wait","End":true)"),
       {schema +
        "This object should have only one of the following fields: [SecondsPath, Seconds, TimestampPath, Timestamp] at "
        "/States/S"}},
      {One(R"("Type":"Wait","End":true,"Timestamp":"2016-12-05 21:29:29Z")"),
       {schema + "String does not match RFC3339 timestamp at /States/S/Timestamp"}},
      {One(R"("Type":"Parallel","End":true,"Branches":[])"), {schema + "Value cannot be empty at /States/S/Branches"}},
      {One(R"("Type":"Choice","Choices":[])"),
       {schema + "Value cannot be empty at /States/S/Choices",
        "MISSING_END_STATE: Workflow has no terminal state at "}},
      {One(R"("Type":"Pass","End":true,"Assign":{"states":1})"),
       {"RESERVED_VARIABLE_NAME: Cannot assign to reserved variable '$states'. at /States/S/Assign"}},
      {One(R"("Type":"Pass","End":true,"Assign":{"x.y":1})"),
       {"INVALID_VARIABLE_NAME: Invalid variable name 'x.y': the variable name contains invalid characters. at "
        "/States/S/Assign"}},
      {OneJsonata(R"("Type":"Pass","End":true,"Output":"{% 1")"),
       {schema + "JSONata string must start with {% and end with %} at /States/S/Output"}},
      {OneJsonata(R"("Type":"Pass","End":true,"Output":{"v":"{% phone %}"})"),
       {"UNSUPPORTED_JSONATA_EXPRESSION: Reference to 'phone' at the top level is not supported. at "
        "/States/S/Output/v"}},
      {OneJsonata(R"("Type":"Pass","End":true,"Output":{"v":"{% $$ %}"})"),
       {"UNSUPPORTED_JSONATA_EXPRESSION: Reference to '$$' is not supported. at /States/S/Output/v"}},
      {R"({"StartAt":"Nope","States":{"A":{"Type":"Pass","End":true}}})",
       {"MISSING_TRANSITION_TARGET: Missing 'Next' target: Nope at /StartAt",
        "MISSING_TRANSITION_TARGET: State \"A\" is not reachable. at /States/A"}},
  };
  for (const Case& one : cases) EXPECT_EQ(Lines(one.text), one.expected) << one.text;
}

TEST(Compile, ChecksRetriersAndCatchersAsAwsDoes) {
  const auto task = [](const std::string& handlers) {
    return R"({"StartAt":"S","States":{"S":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","End":true,)" +
           handlers + R"(},"F":{"Type":"Fail"}}})";
  };
  const std::string unreached = "MISSING_TRANSITION_TARGET: State \"F\" is not reachable. at /States/F";
  const auto with = [&](const std::string& line) { return std::vector<std::string>{line, unreached}; };
  const std::string schema = "SCHEMA_VALIDATION_FAILED: ";
  EXPECT_EQ(Lines(task(R"("Retry":[{}])")),
            with(schema + "These fields are required: [ErrorEquals] at /States/S/Retry[0]"));
  EXPECT_EQ(Lines(task(R"("Retry":[{"ErrorEquals":[]}])")),
            with(schema + "Value cannot be empty at /States/S/Retry[0]/ErrorEquals"));
  EXPECT_EQ(Lines(task(R"("Retry":[{"ErrorEquals":["States.ALL"]},{"ErrorEquals":["A"]}])")),
            with(schema + "States.ALL must appear alone and at end of list at /States/S/Retry[0]/ErrorEquals"));
  EXPECT_EQ(Lines(task(R"("Retry":[{"ErrorEquals":["A"],"BackoffRate":0.5}])")),
            with(schema + "Minimum value is 1 at /States/S/Retry[0]/BackoffRate"));
  EXPECT_EQ(Lines(task(R"("Retry":[{"ErrorEquals":["A"],"JitterStrategy":"HALF"}])")),
            with(schema + "Value should be one of the following: [NONE, FULL] at /States/S/Retry[0]/JitterStrategy"));
  EXPECT_EQ(Lines(task(R"("Catch":[{"ErrorEquals":["A"]}])")),
            with(schema + "These fields are required: [Next] at /States/S/Catch[0]"));
  EXPECT_THAT(Lines(task(R"("Catch":[{"ErrorEquals":["A"],"Next":"F"}])")), IsEmpty());
}

TEST(Compile, ChecksChoiceRulesAsAwsDoes) {
  const auto choice = [](const std::string& rule) {
    return R"({"StartAt":"S","States":{"S":{"Type":"Choice","Choices":[)" + rule + R"(]},"F":{"Type":"Fail"}}})";
  };
  const std::string schema = "SCHEMA_VALIDATION_FAILED: ";
  EXPECT_THAT(Lines(choice(R"({"Variable":"$.x","IsNull":true,"Next":"F"})")), IsEmpty());
  EXPECT_THAT(Lines(choice(R"({"And":[{"Not":{"Variable":"$.x","IsNull":true}}],"Next":"F"})")), IsEmpty());
  EXPECT_THAT(Lines(choice(R"({"And":[{"Variable":"$.x","IsNull":true,"Next":"F"}],"Next":"F"})")),
              ElementsAre(schema + "Field 'Next' is not supported at /States/S/Choices[0]/And[0]"));
  EXPECT_THAT(Lines(choice(R"({"Variable":"$.x","IsNull":true,"IsString":true,"Next":"F"})")),
              ElementsAre(schema + "There should only be one of the following fields: [IsNull, IsString] at "
                                   "/States/S/Choices[0]"));
  EXPECT_THAT(Lines(choice(R"({"Variable":"$.x","Or":[],"Next":"F"})")),
              ElementsAre(schema + "The object must have only one of the following fields, [And, Or, Not, Variable, "
                                   "Condition] at /States/S/Choices[0]"));
  EXPECT_THAT(Lines(choice(R"({"Variable":"$.x","NumericEquals":"1","Next":"F"})")),
              ElementsAre(schema + "Expected value of type Number at /States/S/Choices[0]/NumericEquals"));
}

TEST(Compile, ChecksMapsAsAwsDoes) {
  const auto map = [](const std::string& fields) { return One(R"("Type":"Map","End":true,)" + fields); };
  const std::string schema = "SCHEMA_VALIDATION_FAILED: ";
  const std::string inner = kInner;
  EXPECT_THAT(Lines(map(R"("ItemProcessor":)" + inner)), IsEmpty());
  EXPECT_THAT(Lines(map(R"("Iterator":)" + inner)), IsEmpty());
  EXPECT_THAT(Lines(map(R"("ItemProcessor":)" + inner + R"(,"Iterator":)" + inner)),
              ElementsAre(schema + "There should only be one of the following fields: [ItemProcessor, Iterator] at "
                                   "/States/S"));
  EXPECT_THAT(
      Lines(map(
          R"("ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED"},"StartAt":"P","States":{"P":{"Type":"Succeed"}}})")),
      ElementsAre(schema + "These fields are required: [ExecutionType] at /States/S/ItemProcessor/ProcessorConfig"));
  EXPECT_THAT(Lines(map(R"("Label":"a b","ItemProcessor":)" + inner)),
              ElementsAre("INVALID_LABEL_NAME: Label 'a b' contains invalid characters at /States/S/Label"));
  EXPECT_THAT(Lines(map(R"("MaxConcurrency":-1,"ItemProcessor":)" + inner)),
              ElementsAre(schema + "Minimum value is 0 at /States/S/MaxConcurrency"));
}

TEST(Compile, WarnsOfPathsThatAreNoPaths) {
  EXPECT_THAT(Lines(One(R"j("Type":"Pass","End":true,"Parameters":{"a":"$.x","b":"States.UUID()"})j")),
              ElementsAre(HasSubstr("warning NO_DOLLAR"), HasSubstr("warning NO_DOLLAR")));
  EXPECT_THAT(Lines(One(R"("Type":"Pass","End":true,"Result":"$.x")")),
              ElementsAre(HasSubstr("warning PASS_RESULT_IS_STATIC")));
  EXPECT_THAT(Lines(One(R"("Type":"Fail","Error":"$.x")")), ElementsAre(HasSubstr("warning NO_PATH")));
  EXPECT_NE(Compile(One(R"("Type":"Fail","Error":"$.x")")).program, nullptr);
}

TEST(Compile, RefusesInExpressWhatWaits) {
  const CompileOptions express{.type = MachineType::kExpress};
  const auto task = [](const std::string& resource) {
    return One(R"("Type":"Task","End":true,"Resource":")" + resource + "\"");
  };
  const std::string schema = "SCHEMA_VALIDATION_FAILED: Express state machine does not support ";
  EXPECT_THAT(Lines(task("arn:aws:states:::states:startExecution.sync:2"), express),
              ElementsAre(schema + "'.sync' service integration at /States/S/Resource"));
  EXPECT_THAT(Lines(task("arn:aws:states:::sns:publish.waitForTaskToken"), express),
              ElementsAre(schema + "'.waitForTaskToken' service integration  at /States/S/Resource"));
  EXPECT_THAT(Lines(task("arn:aws:states:here:1:activity:a"), express),
              ElementsAre(schema + "Activity ARN at /States/S/Resource"));
  EXPECT_THAT(Lines(task("arn:aws:states:::sns:publish"), express), IsEmpty());
}

TEST(Compile, FindsEveryProblemAndTellsTheirPlaces) {
  const std::string text =
      "{\n \"StartAt\": \"A\",\n \"States\": {\n  \"A\": {\"Type\": \"Pass\", \"InputPath\": 1, \"End\": true},\n"
      "  \"B\": {\"Type\": \"Pass\", \"ResultPath\": \"x\", \"End\": true}\n }\n}";
  const CompileResult result = Compile(text);
  EXPECT_EQ(result.program, nullptr);
  ASSERT_EQ(result.diagnostics.size(), 3u);
  EXPECT_EQ(result.diagnostics[0].location, "/States/A/InputPath");
  EXPECT_EQ(result.diagnostics[0].line, 4u);
  EXPECT_EQ(result.diagnostics[0].column, 38u);
  EXPECT_EQ(result.diagnostics[1].location, "/States/B");
  EXPECT_EQ(result.diagnostics[1].line, 5u);
  EXPECT_EQ(result.diagnostics[2].location, "/States/B/ResultPath");
}

TEST(Compile, JoinsErrorsIntoOneMessageWithoutWarnings) {
  EXPECT_EQ(InvalidDefinitionMessage(
                Compile(R"({"StartAt":"A","States":{"A":{"Type":"Pass","Result":"$.x","Next":"B"}}})").diagnostics),
            "Invalid State Machine Definition: 'MISSING_TRANSITION_TARGET: Missing 'Next' target: B at /States/A/Next, "
            "MISSING_END_STATE: Workflow has no terminal state at null'");
}

TEST(VariableReferences, NamesWhatEachStateReads) {
  const CompileResult result = Compile(R"j({"StartAt":"A","States":{
    "A":{"Type":"Pass","Parameters":{"x.$":"States.Format($b, $a.c)","y":"$no"},"Next":"M"},
    "M":{"Type":"Map","MaxConcurrencyPath":"$n","Next":"E","ItemProcessor":{"StartAt":"J","States":{
      "J":{"Type":"Pass","QueryLanguage":"JSONata","Output":"{% $q + $states.input %}","End":true}}}},
    "E":{"Type":"Succeed"}}})j");
  ASSERT_NE(result.program, nullptr);
  EXPECT_THAT(VariableReferences(*result.program),
              ElementsAre(testing::Pair("A", ElementsAre("a", "b")), testing::Pair("J", ElementsAre("q")),
                          testing::Pair("M", ElementsAre("n"))));
}

// Quadratic work would take minutes here.
TEST(Compile, TakesManyStatesAndMembersInStride) {
  std::string states = R"({"StartAt":"0","States":{)";
  for (int i = 0; i < 18'000; ++i) {
    absl::StrAppend(&states, i == 0 ? "" : ",", "\"", i, R"(":{"Type":"Pass","Next":")", i + 1, "\"}");
  }
  EXPECT_NE(Compile(states + R"(,"18000":{"Type":"Succeed"}}})").program, nullptr);

  std::string members;
  for (int i = 0; i < 60'000; ++i) absl::StrAppend(&members, i == 0 ? "" : ",", "\"", i, R"(.$":"$")");
  EXPECT_NE(Compile(One(R"("Type":"Pass","End":true,"Parameters":{)" + members + "}")).program, nullptr);
}

TEST(Compile, WithstandsHugeAndDeepTexts) {
  EXPECT_THAT(Lines(std::string(2 << 20, ' ')), ElementsAre(HasSubstr("at most 1048576")));
  std::string deep = "{\"a\":";
  for (int i = 0; i < 10'000; ++i) deep += "[";
  for (int i = 0; i < 10'000; ++i) deep += "]";
  EXPECT_THAT(Lines(deep + "}"), ElementsAre(HasSubstr("TOO_DEEPLY_NESTED")));

  std::string states = R"({"StartAt":"X","States":{"X":{"Type":"Pass","End":true}}})";
  for (int i = 0; i < 120; ++i) {
    const std::string name = "S" + std::to_string(i);
    states = R"({"StartAt":")" + name + R"(","States":{")" + name + R"(":{"Type":"Parallel","End":true,"Branches":[)" +
             states + "]}}}";
  }
  EXPECT_THAT(Lines(states), ElementsAre(HasSubstr("TOO_DEEPLY_NESTED: States are nested deeper than 100 levels")));
}

}  // namespace
}  // namespace pawl::asl
