// pawl eval: one expression, batches, and what no line may do.
#include "scheduler/ctl/eval.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "scheduler/ctl/cli.h"

namespace pawl::ctl {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

struct Ran {
  int code;
  std::string out;
  std::string err;
};

Ran Eval(const std::vector<std::string>& arguments, const std::string& input = "") {
  std::vector<const char*> argv = {"pawl", "eval"};
  for (const std::string& argument : arguments) argv.push_back(argument.c_str());
  std::istringstream in(input);
  std::ostringstream out, err;
  const int code = RunCli(static_cast<int>(argv.size()), argv.data(), in, out, err);
  return {code, out.str(), err.str()};
}

std::string Batch(const std::string& language, const std::string& lines) {
  const Ran ran = Eval({"--language", language, "--batch", "-"}, lines);
  EXPECT_EQ(ran.code, kOk) << ran.err;
  return ran.out;
}

TEST(EvalCommand, PrintsTheResult) {
  const Ran ran = Eval({"-e", "$sum(items.price)", "--input", "-"}, R"({"items":[{"price":1.5},{"price":2}]})");
  EXPECT_EQ(ran.code, kOk);
  EXPECT_EQ(ran.out, "3.5\n");
}

TEST(EvalCommand, SaysCodeAndPositionOfAnError) {
  const Ran ran = Eval({"-e", "1 + 'a'"});
  EXPECT_EQ(ran.code, kFailed);
  EXPECT_EQ(ran.err, "pawl: T2002 at position 3: The right side of the \"+\" operator must evaluate to a number\n");
}

TEST(EvalCommand, NeedsAnExpressionOrABatch) {
  EXPECT_EQ(Eval({}).code, kUsage);
  EXPECT_EQ(Eval({"-e", "1", "--batch", "-"}).code, kUsage);
  EXPECT_EQ(Eval({"-e", "1", "--language", "xpath"}).code, kUsage);
  EXPECT_EQ(Eval({"--batch", "/nowhere"}).code, kNotFound);
}

TEST(EvalCommand, ReadsBindingsFromAFile) {
  const std::string file = ::testing::TempDir() + "/bindings.json";
  std::ofstream(file) << R"({"x":{"a":2},"$":{"Execution":{"Id":"e"}}})";
  EXPECT_EQ(Eval({"-e", "$x.a + 1", "--bindings", file}).out, "3\n");
  EXPECT_EQ(Eval({"--language", "jsonpath", "-e", "$x.a", "--bindings", file}).out, "2\n");
  EXPECT_EQ(
      Eval({"--language", "intrinsic", "-e", "States.Format('{}/{}', $$.Execution.Id, $x.a)", "--bindings", file}).out,
      "\"e/2\"\n");
  std::filesystem::remove(file);
}

TEST(EvalBatch, AnswersEachLineAndIgnoresUnknownKeys) {
  EXPECT_EQ(Batch("jsonata", R"({"id":1,"expression":"a","input":{"a":5},"extra":true}

{"id":"two","expression":"$x","bindings":{"x":[1]}}
{"id":3,"expression":"nothing"}
{"id":4,"expression":"$sum"}
{"id":5,"expression":"1 +"})"),
            R"({"id":1,"result":5}
{"id":"two","result":[1]}
{"id":3}
{"id":4}
{"id":5,"error":{"code":"S0207","message":"Unexpected end of expression","position":3}}
)");
}

// As JSON.stringify: the reference is JavaScript, numbers of the input become doubles there too.
TEST(EvalBatch, PrintsValuesAsJavaScriptDoes) {
  EXPECT_EQ(
      Batch("jsonata", R"({"id":1,"expression":"$","input":{"b":1.0,"2":1e21,"a":12345678901234567890,"1":-0.0}})"),
      "{\"id\":1,\"result\":{\"1\":0,\"2\":1e+21,\"b\":1,\"a\":12345678901234567000}}\n");
}

TEST(EvalBatch, TellsAbsentInputFromNull) {
  EXPECT_EQ(Batch("jsonata", "{\"id\":1,\"expression\":\"$\"}\n{\"id\":2,\"expression\":\"$\",\"input\":null}"),
            "{\"id\":1}\n{\"id\":2,\"result\":null}\n");
}

TEST(EvalBatch, SaysWhetherAPathIsDefinite) {
  EXPECT_EQ(Batch("jsonpath", R"({"id":1,"expression":"$.a","input":{"a":1.0}}
{"id":2,"expression":"$..a","input":{"a":1}}
{"id":3,"expression":"$.b","input":{"a":1}})"),
            R"({"id":1,"definite":true,"result":1.0}
{"id":2,"definite":false,"result":[1]}
{"id":3,"definite":true,"error":{"code":"PathNotFoundException","message":"No results for path: $['b']"}}
)");
  EXPECT_THAT(Batch("jsonpath", R"({"id":1,"expression":"$[","input":1})"),
              HasSubstr(R"("error":{"code":"InvalidPathException","message":"invalid path '$[' at position 3)"));
}

TEST(EvalBatch, NamesFailuresOfIntrinsics) {
  EXPECT_EQ(Batch("intrinsic", R"({"id":1,"expression":"States.MathAdd($.a, 1) ","input":{"a":2}})"),
            "{\"id\":1,\"result\":3}\n");
  EXPECT_THAT(Batch("intrinsic", R"({"id":1,"expression":"States.MathAdd($.b, 1) ","input":{"a":2}})"),
              StartsWith(R"({"id":1,"error":{"code":"States.IntrinsicFailure","message":"The JSONPath '$.b')"));
  EXPECT_THAT(Batch("intrinsic", R"({"id":1,"expression":"States.Nothing() ","input":{"a":2}})"),
              HasSubstr("\"position\":1"));
}

TEST(EvalBatch, KeepsToTheLimitsOfACase) {
  EXPECT_THAT(Batch("jsonata", R"({"id":1,"expression":"($f := function(){1 + $f()}; $f()) ","depth":300})"),
              HasSubstr("U1001"));
  EXPECT_THAT(Batch("jsonata", R"({"id":1,"expression":"($f := function(){$f()}; $f()) ","timelimit":100})"),
              HasSubstr("U1001"));
  EXPECT_THAT(Batch("jsonata", R"({"id":1,"expression":"1","timelimit":1e300,"depth":-1e300})"), HasSubstr("\"id\":1"));
}

TEST(EvalBatch, RecursesAsDeepAsTheReference) {
  EXPECT_EQ(
      Batch("jsonata", R"({"id":1,"expression":"($f := function($n){$n = 0 ? 0 : 1 + $f($n - 1)}; $f(10000)) "})"),
      "{\"id\":1,\"result\":10000}\n");
}

TEST(EvalBatch, SurvivesEveryLine) {
  const std::string open(10000, '[');
  const std::string close(10000, ']');
  const std::string lines = "[\n{\"id\":1}\n\"x\"\n\xff\n{\"id\":2,\"expression\":\"" + std::string(100000, '(') +
                            "\"}\n{\"id\":3,\"expression\":\"**\",\"input\":" + open + close +
                            "}\n{\"id\":4,\"expression\":\"$pad('', 100000000)\"}\n" +
                            "{\"id\":5,\"expression\":\"($f := function(){1 + $f()}; $f())\"}\n" +
                            "{\"id\":6,\"expression\":\"$contains($pad('', 100000, 'a'), /(a+)+b/)\"}\n" +
                            "{\"id\":7,\"expression\":\"\\ud800\"}\n";
  const std::string out = Batch("jsonata", lines);
  EXPECT_EQ(std::count(out.begin(), out.end(), '\n'), 10) << out;
  EXPECT_THAT(out, HasSubstr(R"({"id":2,"error":{"code":"D1011")"));
  EXPECT_THAT(out, HasSubstr(R"({"id":3,"error":{"code":"D1011")"));
  EXPECT_THAT(out, HasSubstr(R"({"id":4,"error":{"code":"D1013","message":"The memory limit)"));
  EXPECT_THAT(out, HasSubstr(R"({"id":5,"error":{"code":"D1011")"));
  EXPECT_THAT(out, HasSubstr(R"({"id":6,"result":false})"));
  const std::string paths = Batch("jsonpath", "{\"id\":1,\"expression\":\"$..x\",\"input\":" + open + close + "}\n" +
                                                  "{\"id\":2,\"expression\":\"$" + open + "\"}\n");
  EXPECT_EQ(std::count(paths.begin(), paths.end(), '\n'), 2);
}

}  // namespace
}  // namespace pawl::ctl
