#include "scheduler/asl/jsonpath/jsonpath.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace pawl::asl::jsonpath {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::string_view kStore = R"({
  "book": [
    {"title": "A", "price": 8.95, "tags": ["x", "y"]},
    {"title": "B", "price": 22.99, "isbn": "0-1", "tags": []},
    {"title": "c", "price": 12, "isbn": "0-2"}
  ],
  "limit": 10, "name": "store", "empty": {}, "nothing": null
})";

std::string Read(std::string_view path, std::string_view document = kStore) {
  const absl::StatusOr<Path> compiled = Path::Compile(path);
  if (!compiled.ok()) return std::string(compiled.status().message());
  const absl::StatusOr<json::Value> answer = compiled->Evaluate(*json::Parse(document));
  if (absl::IsNotFound(answer.status())) return "not found";
  return answer.ok() ? json::Serialize(*answer) : std::string(answer.status().message());
}

TEST(JsonPath, ReadsDefinitePaths) {
  EXPECT_EQ(Read("$.name"), R"("store")");
  EXPECT_EQ(Read("$['book'][0].title"), R"("A")");
  EXPECT_EQ(Read("$.book[-1]['title']"), R"("c")");
  EXPECT_EQ(Read("$.nothing"), "null");
  EXPECT_EQ(Read("$.missing"), "not found");
  EXPECT_EQ(Read("$.book[7]"), "not found");
  EXPECT_EQ(Read("$.name.x"), "not found");
  EXPECT_EQ(Read("$.name[0]"), "not found");
}

TEST(JsonPath, ReadsIndefinitePathsAsArrays) {
  EXPECT_EQ(Read("$.book[*].title"), R"(["A","B","c"])");
  EXPECT_EQ(Read("$.book[0,2].title"), R"(["A","c"])");
  EXPECT_EQ(Read("$.book[:2].title"), R"(["A","B"])");
  EXPECT_EQ(Read("$..title"), R"(["A","B","c"])");
  EXPECT_EQ(Read("$.book[*].missing"), "[]");
  EXPECT_EQ(Read("$.book[5:]"), "[]");
  EXPECT_EQ(Read("$.missing[*]"), "not found");
  EXPECT_EQ(Read("$..book[0]['title','price']"), R"([{"title":"A","price":8.95}])");
}

TEST(JsonPath, FiltersByConditions) {
  const std::pair<const char*, const char*> cases[] = {
      {"$.book[?(@.price < $.limit)].title", R"(["A"])"},
      {"$.book[?(@.isbn)].title", R"(["B","c"])"},
      {"$.book[?(!@.isbn)].title", R"(["A"])"},
      {"$.book[?(@.price > 10 && @.title == 'B' || @.title == 'A')].title", R"(["A","B"])"},
      {"$.book[?(@.title =~ /[a-c]/)].title", R"(["c"])"},
      {"$.book[?(@.title =~ /[a-b]/i)].title", R"(["A","B"])"},
      {"$.book[?(@.title in ['A', 'c'])].title", R"(["A","c"])"},
      {"$.book[?(@.title nin ['A', 'c'])].title", R"(["B"])"},
      {"$.book[?(@.tags contains 'x')].title", R"(["A"])"},
      {"$.book[?(@.tags size 2)].title", R"(["A"])"},
      {"$.book[?(@.tags empty true)].title", R"(["B"])"},
      {"$.book[?(@.tags subsetof ['x','y','z'])].title", R"(["A","B"])"},
      {"$.book[?(@.tags anyof ['y'])].title", R"(["A"])"},
      {"$.book[?(@.tags noneof ['y'])].title", R"(["B"])"},
      {"$.book[?(@.tags all ['x'])].title", R"(["A"])"},
      {"$.book[?(@.price === 12)].title", R"(["c"])"},
      {"$.book[?(@.price != '12')].title", R"(["A","B"])"},
      {"$.book[?(@.price !== '12')].title", R"(["A","B","c"])"},
      {"$.book[?(@.tags.length() == 2)].title", R"(["A"])"},
      {"$.book[?(@['price']>=12)]['title']", R"(["B","c"])"},
      {"$.book[?(@.price>10&&@.price<20)].title", R"(["c"])"},
      {"$.book[?(@.title==A)].price", "[8.95]"},
  };
  for (const auto& [path, expected] : cases) EXPECT_EQ(Read(path), expected) << path;
}

TEST(JsonPath, AppliesFunctions) {
  EXPECT_EQ(Read("$.book.length()"), "3");
  EXPECT_EQ(Read("$.empty.keys()"), "[]");
  EXPECT_EQ(Read("$..price.sum()"), "43.94");
  EXPECT_EQ(Read("$.sum($.book[*].price)"), "43.94");
  EXPECT_EQ(Read("$.n.min()", R"({"n":[3,1,2]})"), "1.0");
  EXPECT_EQ(Read("$.n.max()", R"({"n":[3,1,2]})"), "3.0");
  EXPECT_EQ(Read("$.n.avg()", R"({"n":[3,1,2]})"), "2.0");
  EXPECT_EQ(Read("$.n.stddev()", R"({"n":[2,4]})"), "1.0");
  EXPECT_EQ(Read("$.n.first()", R"({"n":[3,1,2]})"), "3");
  EXPECT_EQ(Read("$.n.last()", R"({"n":[3,1,2]})"), "2");
  EXPECT_EQ(Read("$.n.index(1)", R"({"n":[3,1,2]})"), "1");
  EXPECT_EQ(Read("$.n.append(9)", R"({"n":[3]})"), "[3,9]");
  EXPECT_EQ(Read("$.concat($.a, 'b')", R"({"a":"x"})"), R"("xb")");
  EXPECT_THAT(Read("$.name.sum()"), HasSubstr("empty array"));
}

TEST(JsonPath, SaysWhereAPathIsWrong) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "empty"},
      {"$x", "at position 2: expected '.' or '['"},
      {"$.", "at position 3: expected a name"},
      {"$.a[", "at position 5: expected a quoted name, a number"},
      {"$.a['b'", "at position 8: expected ']'"},
      {"$.a['b]", "closing quote"},
      {"$.a[1", "expected ']'"},
      {"$.a[99999999999]", "array positions"},
      {"$.a b", "no blank in a name"},
      {"$.a.nope()", "one of the functions"},
      {"$[?(@.a ~= 1)]", "an operator"},
      {"$[?(@.a == )]", "expected a path, a string"},
      {"$[?(@.a =~ /(/)]", "a regular expression"},
      {"$[?(@.a =~ /x)]", "closing '/'"},
      {"$[?(@.a == [1", "closing bracket"},
      {"$[?(true)]", "a literal alone is no condition"},
  };
  for (const auto& [path, expected] : cases) {
    const absl::StatusOr<Path> compiled = Path::Compile(path);
    EXPECT_EQ(compiled.status().code(), absl::StatusCode::kInvalidArgument) << path;
    EXPECT_THAT(std::string(compiled.status().message()), HasSubstr(expected)) << path;
  }
}

TEST(JsonPath, RefusesDeepNesting) {
  std::string parentheses = "$[?(";
  parentheses += std::string(1000, '(') + "@.a" + std::string(1000, ')') + ")]";
  EXPECT_FALSE(Path::Compile(parentheses).ok());
  EXPECT_FALSE(Path::Compile("$[?(" + std::string(100'000, '!') + "@.a)]").ok());
  std::string filters = "@.a";
  for (int i = 0; i < 100; ++i) filters = "@[?(" + filters + ")]";
  EXPECT_FALSE(Path::Compile("$[?(" + filters + ")]").ok());
  std::string steps = "$";
  for (int i = 0; i < 2000; ++i) steps += ".a";
  EXPECT_FALSE(Path::Compile(steps).ok());
}

TEST(JsonPath, WalksDeepDocumentsWithoutTheStack) {
  json::Value value = json::Value::Object({{"leaf", json::Value::Int(1)}});
  for (int i = 0; i < 50'000; ++i) value = json::Value::Array({std::move(value)});
  EXPECT_EQ(json::Serialize(*Path::Compile("$..leaf")->Evaluate(value)), "[1]");
}

TEST(JsonPath, VisitsNoMoreThanItMay) {
  const Path path = *Path::Compile("$..*..*..*..*");
  json::Value value = json::Value::Int(1);
  for (int i = 0; i < 12; ++i) value = json::Value::Array({value, value});
  EXPECT_EQ(path.Evaluate(value, {.nodes_max = 100'000}).status().code(), absl::StatusCode::kResourceExhausted);
  const Path filter = *Path::Compile("$[?(@..* == 1 && $..* == 1)]");
  EXPECT_EQ(filter.Evaluate(value, {.nodes_max = 5'000}).status().code(), absl::StatusCode::kResourceExhausted);
}

TEST(JsonPath, KnowsReferencePaths) {
  EXPECT_THAT(*Path::Compile("$.a['b c'][0]")->reference_steps(), ElementsAre("a", "b c", "0"));
  EXPECT_TRUE(Path::Compile("$")->reference_steps()->empty());
  EXPECT_TRUE(Path::Compile("$")->is_root());
  EXPECT_FALSE(Path::Compile("$.a[-1]")->reference_steps().has_value());
  EXPECT_FALSE(Path::Compile("$.a[*]")->reference_steps().has_value());
  EXPECT_FALSE(Path::Compile("@.a")->reference_steps().has_value());
  EXPECT_EQ(Path::Compile("$.a")->text(), "$.a");
}

std::string Inserted(std::string_view input, std::string_view path, std::string_view value) {
  const absl::StatusOr<json::Value> result =
      Insert(*json::Parse(input), *Path::Compile(path)->reference_steps(), *json::Parse(value));
  return result.ok() ? json::Serialize(*result) : std::string(result.status().message());
}

TEST(Insert, PutsAValueAtAReferencePath) {
  EXPECT_EQ(Inserted(R"({"a":1})", "$", "2"), "2");
  EXPECT_EQ(Inserted(R"({"a":1})", "$.b", "2"), R"({"a":1,"b":2})");
  EXPECT_EQ(Inserted(R"({"a":1,"b":3})", "$.a", "2"), R"({"a":2,"b":3})");
  EXPECT_EQ(Inserted(R"({"a":1})", "$.b.c.d", "[]"), R"({"a":1,"b":{"c":{"d":[]}}})");
  EXPECT_EQ(Inserted(R"({"a":[1,{"x":1}]})", "$.a[1].y", "2"), R"({"a":[1,{"x":1,"y":2}]})");
  EXPECT_EQ(Inserted(R"({"a":[1,2]})", "$.a[0]", "9"), R"({"a":[9,2]})");
}

TEST(Insert, RefusesWhatIsNoContainer) {
  EXPECT_THAT(Inserted(R"({"a":1})", "$.a.b", "2"), HasSubstr("no place for b in a value of type number"));
  EXPECT_THAT(Inserted("[1]", "$.b", "2"), HasSubstr("no item b in an array of 1"));
  EXPECT_THAT(Inserted("[1]", "$[1]", "2"), HasSubstr("no item 1 in an array of 1"));
  EXPECT_THAT(Inserted("null", "$.b", "2"), HasSubstr("no place for b in a value of type null"));
}

TEST(Insert, TellsIndexesFromNamesInACompiledPath) {
  const auto inserted = [](std::string_view input, std::string_view path) {
    const absl::StatusOr<json::Value> result = Insert(*json::Parse(input), *Path::Compile(path), json::Value::Int(9));
    return result.ok() ? json::Serialize(*result) : std::string(result.status().message());
  };
  EXPECT_EQ(inserted(R"({"a":[1]})", "$.a[0]"), R"({"a":[9]})");
  EXPECT_EQ(inserted(R"({"a":{}})", "$.a['0']"), R"({"a":{"0":9}})");
  EXPECT_THAT(inserted(R"({"a":{}})", "$.a[0]"), HasSubstr("no place for 0 in a value of type object"));
  EXPECT_THAT(inserted(R"({})", "$.a[0]"), HasSubstr("no place for 0"));
  EXPECT_THAT(inserted(R"({"a":[1]})", "$.a['0']"), HasSubstr("no place for 0 in a value of type array"));
  EXPECT_THAT(inserted(R"({})", "$.a[*]"), HasSubstr("no reference path"));
}

TEST(SplitReference, TellsInputContextAndVariables) {
  using Source = Reference::Source;
  const std::tuple<const char*, Source, const char*, const char*> cases[] = {
      {"$", Source::kInput, "", "$"},
      {"$.a", Source::kInput, "", "$.a"},
      {"$['a']", Source::kInput, "", "$['a']"},
      {"$$", Source::kContext, "", "$"},
      {"$$.Execution.Id", Source::kContext, "", "$.Execution.Id"},
      {"$name", Source::kVariable, "name", "$"},
      {"$name_2.b[0]", Source::kVariable, "name_2", "$.b[0]"},
      {"$x[0]", Source::kVariable, "x", "$[0]"},
  };
  for (const auto& [text, source, variable, path] : cases) {
    const absl::StatusOr<Reference> reference = SplitReference(text);
    ASSERT_TRUE(reference.ok()) << reference.status();
    EXPECT_EQ(reference->source, source) << text;
    EXPECT_EQ(reference->variable, variable) << text;
    EXPECT_EQ(reference->path, path) << text;
  }
  EXPECT_FALSE(SplitReference("a.b").ok());
}

}  // namespace
}  // namespace pawl::asl::jsonpath
