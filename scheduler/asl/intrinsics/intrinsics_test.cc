#include "scheduler/asl/intrinsics/intrinsics.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace pawl::asl::intrinsics {
namespace {

using ::testing::HasSubstr;

// Evaluates against `input`; "$$..." and "$name..." read its members "context" and `name`.
absl::StatusOr<json::Value> Evaluate(std::string_view text, std::string_view input = "{}") {
  const absl::StatusOr<Intrinsic> intrinsic = Intrinsic::Compile(text);
  if (!intrinsic.ok()) return intrinsic.status();
  const json::Value root = *json::Parse(input);
  base::SeededRandom random(7);
  return intrinsic->Evaluate(
      [&](const Intrinsic::PathArgument& argument) -> absl::StatusOr<json::Value> {
        const jsonpath::Reference& reference = argument.reference;
        if (reference.source == jsonpath::Reference::Source::kInput) return argument.path.Evaluate(root);
        const bool context = reference.source == jsonpath::Reference::Source::kContext;
        const json::Value* source = root.Find(context ? std::string_view("context") : reference.variable);
        if (source == nullptr) return absl::NotFoundError("no variable " + reference.variable);
        return argument.path.Evaluate(*source);
      },
      random);
}

std::string Text(std::string_view text, std::string_view input = "{}") {
  const absl::StatusOr<json::Value> value = Evaluate(text, input);
  return value.ok() ? json::Serialize(*value) : "error: " + std::string(value.status().message());
}

struct Case {
  const char* text;
  const char* input;
  const char* expected;
};

TEST(Intrinsics, GiveTheRecordedAnswers) {
  const Case cases[] = {
      {"States.Array('Foo', 2020, $.a, null)", R"({"a":{"x":1}})", R"(["Foo",2020,{"x":1},null])"},
      {"States.Array()", "{}", "[]"},
      {"States.ArrayPartition($, 4)", "[1,2,3,4,5,6,7,8,9]", "[[1,2,3,4],[5,6,7,8],[9]]"},
      {"States.ArrayPartition($, 2)", "[]", "[]"},
      {"States.ArrayContains($.a, $.b)", R"({"a":[[1,2,3],2],"b":[1,2,3]})", "true"},
      {"States.ArrayContains($.a, $.b)", R"({"a":[{"1":2,"2":[]}],"b":[]})", "false"},
      {"States.ArrayRange(0, 9, 3)", "{}", "[0,3,6,9]"},
      {"States.ArrayRange(0, 10, 3)", "{}", "[0,3,6,9]"},
      {"States.ArrayRange(1, 9, 9)", "{}", "[1]"},
      {"States.ArrayRange(3, 1, -1)", "{}", "[3,2,1]"},
      {"States.ArrayRange(3, 1, 1)", "{}", "[]"},
      {"States.ArrayRange(0.6, 2.4, 1)", "{}", "[1,2]"},
      {"States.ArrayGetItem($, 5)", "[1,2,3,4,5,6,7,8,9]", "6"},
      {"States.ArrayLength($)", "[1,2,[3]]", "3"},
      {"States.ArrayUnique($)", R"([null,null,true,1,1.0,1.1,"a","a",[],[],[null],{"a":1,"b":2},{"b":2,"a":1}])",
       R"([null,true,1,1.1,"a",[],[null],{"a":1,"b":2}])"},
      {"States.Base64Encode($.a)", R"({"a":"Data to encode"})", R"("RGF0YSB0byBlbmNvZGU=")"},
      {"States.Base64Decode('RGF0YSB0byBlbmNvZGU=')", "{}", R"("Data to encode")"},
      {"States.Base64Decode('')", "{}", R"("")"},
      {"States.Hash('input data', 'MD5')", "{}", R"("812f45842bc6d66ee14572ce20db8e86")"},
      {"States.Hash('input data', $.a)", R"({"a":"SHA-1"})", R"("aaff4a450a104cd177d28d18d74485e8cae074b7")"},
      {"States.JsonMerge($.a, $.b, false)", R"({"a":{"a":{"a1":1},"b":2,"d":3},"b":{"a":{"a3":1},"c":3,"d":4}})",
       R"({"a":{"a3":1},"b":2,"d":4,"c":3})"},
      {R"(States.JsonMerge(States.StringToJson('{"x": "false"}'), $, false))", R"({"y":1})", R"({"x":"false","y":1})"},
      {"States.JsonToString($)", R"({"Arg1": 1.10, "Arg2": []})", R"("{\"Arg1\":1.10,\"Arg2\":[]}")"},
      {"States.StringToJson('')", "{}", "null"},
      {"States.StringToJson($.s)", R"({"s":"[1, {\"a\":null}]"})", R"([1,{"a":null}])"},
      {"States.MathAdd(-9, 3)", "{}", "-6"},
      {"States.MathAdd(1.49, 1.5)", "{}", "3"},
      {"States.MathAdd(-1.5, -1.51)", "{}", "-3"},
      {"States.MathAdd(-0.5, 0.5)", "{}", "1"},
      {"States.MathAdd(-2.5, 0)", "{}", "-2"},
      {"States.MathAdd($value1, $b.c[0])", R"({"value1":1,"b":{"c":[2]}})", "3"},
      {"States.StringSplit($.s, '.+,=')", R"({"s":"This.is+a,test=string"})", R"(["This","is","a","test","string"])"},
      {"States.StringSplit($.s, ',')", R"({"s":", , ,"})", R"([" "," "])"},
      {"States.StringSplit($.s, ',')", R"({"s":",,,,"})", "[]"},
      {"States.StringSplit('a\xc3\xa9z', '\xc3\xa9')", "{}", R"(["a","z"])"},
      {"States.StringSplit($$.Name, '-')", R"({"context":{"Name":"a-b"}})", R"(["a","b"])"},
      {"States.ArrayGetItem(States.StringSplit($$.N, '-'), "
       "States.MathAdd(States.ArrayLength(States.StringSplit($$.N, '-')), -1))",
       R"({"context":{"N":"a-b-c"}})", R"("c")"},
  };
  for (const Case& one : cases) EXPECT_EQ(Text(one.text, one.input), one.expected) << one.text;
}

TEST(Intrinsics, FormatPrintsValuesAsJavaDoes) {
  const Case cases[] = {
      {"States.Format('Formatting {} and {}.', $.a, $.b)", R"({"a":1.1,"b":null})", R"("Formatting 1.1 and null.")"},
      {"States.Format('{}', $)", R"({"Arg1":1,"Arg2":["x",{}]})", R"("{Arg1=1, Arg2=[x, {}]}")"},
      {"States.Format($.t, 'you')", R"({"t":"Hello {}!"})", R"("Hello you!")"},
      {R"(States.Format('It\'s \{\} {} \\', true))", "{}", R"("It's {} true \\")"},
      {"States.Format('Format:{}', 101)", "{}", R"("Format:101")"},
      {"States.Format('{}',$.item['a,b)'])", R"x({"item":{"a,b)":7}})x", R"("7")"},
      {"States.Format('{} {}', 'one')", "{}",
       "error: The function 'States.Format('{} {}', 'one')' had the following error: the template has 2 placeholders "
       "{}, but there are 1 values for them"},
  };
  for (const Case& one : cases) EXPECT_EQ(Text(one.text, one.input), one.expected) << one.text;
}

TEST(Intrinsics, RefuseWrongValues) {
  const Case cases[] = {
      {"States.ArrayLength($)", "{}", "expected an array"},
      {"States.ArrayGetItem($, 3)", "[1,2,3]", "out of bounds"},
      {"States.ArrayGetItem($, -1)", "[1,2,3]", "out of bounds"},
      {"States.ArrayPartition($, 0)", "[1]", "positive"},
      {"States.ArrayPartition($, 0.4)", "[1]", "positive"},
      {"States.ArrayRange(1, 2, 0)", "{}", "zero"},
      {"States.MathAdd(2147483648, 0)", "{}", "between -2147483648 and 2147483647"},
      {"States.MathAdd($.a, 0)", R"({"a":"1"})", "must be a number"},
      {"States.MathRandom(5, 5)", "{}", "less than"},
      {"States.JsonMerge($, $, true)", "{}", "shallow"},
      {"States.JsonMerge($, $, false)", "[]", "expected an object"},
      {"States.StringToJson('{')", "{}", "invalid JSON"},
      {"States.Base64Decode('!')", "{}", "not Base64"},
      {"States.Hash('a', 'SHA-2')", "{}", "algorithm"},
  };
  for (const Case& one : cases) {
    const absl::StatusOr<json::Value> value = Evaluate(one.text, one.input);
    EXPECT_EQ(value.status().code(), absl::StatusCode::kInvalidArgument) << one.text;
    EXPECT_THAT(std::string(value.status().message()), HasSubstr("had the following error: ")) << one.text;
    EXPECT_THAT(std::string(value.status().message()), HasSubstr(one.expected)) << one.text;
  }
}

TEST(Intrinsics, HoldTheirLimits) {
  EXPECT_TRUE(Evaluate("States.ArrayRange(1, 1000, 1)").ok());
  EXPECT_THAT(Text("States.ArrayRange(0, 1000, 1)"), HasSubstr("more than 1000"));
  EXPECT_EQ(Text("States.ArrayRange(0, 9223372036854775807, 9223372036854775807)"), "[0,9223372036854775807]");
  const std::string longest = "{\"s\":\"" + std::string(10'000, 'a') + "\"}";
  const std::string too_long = "{\"s\":\"" + std::string(10'001, 'a') + "\"}";
  EXPECT_TRUE(Evaluate("States.Base64Encode($.s)", longest).ok());
  EXPECT_THAT(Text("States.Base64Encode($.s)", too_long), HasSubstr("10000 characters"));
  EXPECT_TRUE(Evaluate("States.Hash($.s, 'MD5')", longest).ok());
  EXPECT_THAT(Text("States.Hash($.s, 'MD5')", too_long), HasSubstr("10000 characters"));
}

TEST(Intrinsics, CompileRefusesWhatCannotBeRight) {
  const Case cases[] = {
      {"States.Nothing($)", "", "18 intrinsic functions"},
      {"States.format('{}', 1)", "", "18 intrinsic functions"},
      {"States.UUID($)", "", "0 arguments, but there are 1"},
      {"States.MathAdd(1)", "", "2 arguments, but there are 1"},
      {"States.MathAdd(1,'-1')", "", "expected a number"},
      {"States.ArrayLength('abc')", "", "a path or a function"},
      {"States.Format('a)", "", "closing quote"},
      {"States.Format('a'", "", "',' or ')'"},
      {"States.Format('a') x", "", "nothing after"},
      {"States.Format('a',)", "", "expected a path, a string"},
      {"States.Array(01)", "", "expected a path, a string"},
      {"States.Array($.a[)", "", "expected a path"},
      {R"(States.StringToJson('{"text":"An \"escaped double quote\" here"}'))", "", "after a backslash"},
      {"States.", "", "18 intrinsic functions"},
      {"Nothing", "", "States."},
  };
  for (const Case& one : cases) {
    const absl::StatusOr<Intrinsic> compiled = Intrinsic::Compile(one.text);
    EXPECT_EQ(compiled.status().code(), absl::StatusCode::kInvalidArgument) << one.text;
    EXPECT_THAT(std::string(compiled.status().message()), HasSubstr(one.expected)) << one.text;
  }
}

TEST(Intrinsics, NestTenDeep) {
  const auto nested = [](int depth) {
    std::string text = "1";
    for (int i = 0; i < depth; ++i) text = "States.Array(" + text + ")";
    return text;
  };
  EXPECT_TRUE(Intrinsic::Compile(nested(10)).ok());
  EXPECT_THAT(std::string(Intrinsic::Compile(nested(11)).status().message()), HasSubstr("at most 10 nested"));
}

TEST(Intrinsics, UuidsAreOfVersionFour) {
  EXPECT_THAT(Text("States.UUID()"), ::testing::MatchesRegex("\"[0-9a-f-]+-4[0-9a-f]+-[89ab][0-9a-f]+-[0-9a-f]+\""));
}

TEST(Intrinsics, PassOnTheResolversError) {
  EXPECT_EQ(Evaluate("States.Array($.missing)").status().code(), absl::StatusCode::kNotFound);
}

TEST(Intrinsics, ListTheirPaths) {
  const absl::StatusOr<Intrinsic> intrinsic =
      Intrinsic::Compile("States.Format('{}{}', States.JsonToString($$.Execution), $name.x)");
  ASSERT_TRUE(intrinsic.ok()) << intrinsic.status();
  ASSERT_EQ(intrinsic->paths().size(), 2u);
  EXPECT_EQ(intrinsic->paths()[0].text, "$$.Execution");
  EXPECT_EQ(intrinsic->paths()[0].reference.path, "$.Execution");
  EXPECT_EQ(intrinsic->paths()[1].reference.variable, "name");
  EXPECT_EQ(intrinsic->function_name(), "States.Format");
}

TEST(Intrinsics, RecogniseInvocations) {
  EXPECT_TRUE(Intrinsic::LooksLikeOne("States.Format('')"));
  EXPECT_FALSE(Intrinsic::LooksLikeOne("$.States.Format"));
  EXPECT_FALSE(Intrinsic::LooksLikeOne("States."));
}

TEST(Intrinsics, SeededRandomNumbersRepeat) {
  // java.util.Random(3).nextInt(999)
  EXPECT_EQ(Text("States.MathRandom(0, 999, 3)"), Text("States.MathRandom(0, 999, 3)"));
  for (int i = 0; i < 100; ++i) {
    const int64_t value = *Evaluate("States.MathRandom(-5, 5)")->as_int64();
    EXPECT_TRUE(value >= -5 && value < 5);
  }
}

// Values that Java prints for new Random(42).
TEST(JavaRandom, IsTheOneOfJava) {
  JavaRandom integers(42);
  EXPECT_EQ(integers.Next(32), -1170105035);
  EXPECT_EQ(integers.Next(32), 234785527);
  JavaRandom bounded(42);
  EXPECT_EQ(bounded.NextInt(10), 0);
  EXPECT_EQ(bounded.NextInt(10), 3);
  EXPECT_EQ(bounded.NextInt(10), 8);
  JavaRandom doubles(42);
  EXPECT_DOUBLE_EQ(doubles.NextDouble(), 0.7275636800328681);
}

TEST(HashHex, KnowsFiveAlgorithms) {
  EXPECT_EQ(*HashHex("input data", "SHA-256"), "b4a697a057313163aee33cd8d40c66e9f0f177e00cac2de32475ffff6169c3e3");
  EXPECT_EQ(HashHex("", "SHA-384")->size(), 96u);
  EXPECT_EQ(HashHex("", "SHA-512")->size(), 128u);
  EXPECT_FALSE(HashHex("", "md5").ok());
}

}  // namespace
}  // namespace pawl::asl::intrinsics
