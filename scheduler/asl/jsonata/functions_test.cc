// Functions at their edges; the suite in tests/conformance/jsonata holds the bulk.

#include <gtest/gtest.h>

#include "scheduler/asl/jsonata/test_support.h"

namespace pawl::asl::jsonata {
namespace {

struct Case {
  const char* expression;
  const char* result;
};

void Check(std::initializer_list<Case> cases) {
  for (const Case& one : cases) EXPECT_EQ(Evaluated(one.expression), one.result) << one.expression;
}

TEST(StringFunctions, CountCodePointsNotBytes) {
  Check({{"$length('h\u00e9llo \U0001F600')", "7"},
         {"$substring('h\u00e9llo \U0001F600', -1)", "\"\U0001F600\""},
         {"$substring('hello', 1.7, 2.2)", R"("el")"},
         {"$substring('hello', none, 2)", R"("")"},
         {"$pad('x', -3, 'ab')", R"("abx")"},
         {"$uppercase('stra\u00dfe')", R"("STRASSE")"},
         {"$lowercase('\u0391\u03a3')", "\"\u03b1\u03c2\""},
         {R"("\ud83d" & "\ude00")", "\"\U0001F600\""},
         {R"("\ud83d\ude00" < "\uffff")", "true"},
         {"$trim('  a \n b ')", R"("a b")"}});
}

TEST(StringFunctions, EncodeAndDecode) {
  Check({{"$base64encode('hello')", R"("aGVsbG8=")"},
         {"$base64decode('aGVsbG8=')", R"("hello")"},
         {"$encodeUrl('https://x/\u00e9?a=b c')", R"("https://x/%C3%A9?a=b%20c")"},
         {"$decodeUrlComponent('a%20b%2F%C3%A9')", "\"a b/\u00e9\""},
         {"$decodeUrlComponent('%')", "D3140@20"},
         {R"($encodeUrl("\ud800"))", "D3140@11"}});
}

TEST(RegexFunctions, MatchReplaceAndSplit) {
  Check({{R"($match("ab\ud83d\ude00ab", /a(b)?/).index)", "[0,4]"},
         {"$replace('abcabc', /(b)(c)?/, '[$1|$2|$0|$$]')", R"("a[b|c|bc|$]a[b|c|bc|$]")"},
         {"$replace('265USD', /([0-9]+)USD/, '$$$1')", R"("$265")"},
         {"$split('a1b2c', /[0-9]/, 1)", R"(["a"])"},
         {"$match('abc', /x*/)", "D1004@7"},
         {"/b/('abc').start", "1"},
         {"$contains('abc', function($s){{'no': 1}})", "T1010@10"}});
}

TEST(NumberFunctions, RoundAndConvert) {
  Check({{"[$round(2.5), $round(3.5), $round(-0.5), $round(1.005, 2), $round(125, -1)]", "[2,4,0,1,120]"},
         {"$round(2, -12450)", "0"},
         {"$formatBase(-255, 2)", R"("-11111111")"},
         {"[$number('0x1F'), $number('1e5'), $number('0b101'), $number(true)]", "[31,100000,5,1]"},
         {"$number(' 1')", "D3030@8"},
         {"$power(10, 400)", "D3061@7"},
         {"$sqrt(-1)", "D3060@6"}});
}

TEST(NumberFunctions, FormatByPicture) {
  Check({{"$formatNumber(12345.6, '#,###.00')", R"("12,345.60")"},
         {"$formatNumber(1234.5678, '00.000e0')", R"("12.346e2")"},
         {"$formatNumber(0, '0.0e0')", R"("0.0e0")"},
         {"$formatNumber(-12, '0.0e0')", R"("-1.2e1")"},
         {"$formatNumber(0.14, '01%')", R"("14%")"},
         {"$formatNumber(5, '0;0;0')", "D3080@14"},
         {"$formatNumber(5, '')", "D3085@14"},
         {"$formatInteger(1234, 'w;o')", R"("one thousand, two hundred and thirty-fourth")"},
         {"$formatInteger(3, '##,##,##0')", R"(",3")"},  // separators repeat irregularly
         {"$formatInteger(333, '#,#,#,#0')", R"(",,3")"},
         {"$formatInteger(1999, 'I')", R"("MCMXCIX")"},
         {"$parseInteger('twelve thousand and one', 'w')", "12001"},
         {"$formatInteger(1/0, 'a')", "D1011@15"},
         {"$formatInteger(1e300, 'i')", "D3130@15"}});
}

TEST(DateTimeFunctions, FormatAndParse) {
  Check({{"$now()", R"("2023-11-14T22:13:20.000Z")"},
         {"$millis()", "1700000000000"},
         {"$fromMillis(1510067557121, '[FNn,*-3] [D1o] [MNn] [Y] [h]:[m][P] [W] [X]')",
          R"("Tue 7th November 2017 3:12pm 45 2017")"},
         {"$fromMillis(0, '[Y]-[M01]-[D01] [Z]', '+0530')", R"("1970-01-01 +05:30")"},
         {"$toMillis('2017-11-07T15:12:37.121Z')", "1510067557121"},
         {"$toMillis('2017')", "1483228800000"},
         {"$toMillis('7th November 2017', '[D1o] [MNn] [Y]')", "1510012800000"},
         {"$toMillis('2017 15', '[Y] [H]')", "D3136@10"},
         {"$toMillis('soon')", "D3110@10"},
         {"$fromMillis(1, '[FNn]', 'nowhere')", R"("undefined")"},
         {"$fromMillis(1, '[Dwo]', 'nowhere')", "D1011@12"},
         {"$fromMillis(0, '[Y')", "D3135@12"},
         {"$fromMillis(0, '[YN]')", "D3133@12"}});
}

TEST(HigherOrderFunctions, PassOnlyWhatTheFunctionTakes) {
  Check({{"$map([1, 2], function($v, $i, $a){$v * 10 + $i + $count($a)})", "[12,23]"},
         {"$map(['a', 'b'], $uppercase)", R"(["A","B"])"},
         {"$reduce([1, 2, 3], function($a, $b){$a + $b}, 10)", "16"},
         {"$reduce([1, 2], function($a){$a})", "D3050@8"},
         {"$single([1, 2, 3], function($x){$x > 1})", "D3138@8"},
         {"$sift({'a': 1, 'b': null}, function($v){$v = null})", R"({"b":null})"},
         {"$sort([3, 1, 2], function($l, $r){$l < $r})", "[3,2,1]"},
         {"$sort([1, 'a'])", "D3070@6"}});
}

TEST(ObjectFunctions, OrderMembersAsJavaScriptDoes) {
  EXPECT_EQ(Evaluated("$keys($)", R"({"b":1,"2":2,"a":3,"1":4})"), R"(["1","2","b","a"])");
  EXPECT_EQ(Evaluated("$merge([{'b': 1}, {'2': 2}])"), R"({"2":2,"b":1})");
}

TEST(Signatures, FillWrapAndRefuse) {
  Check({{"function($x)<a<n>>{$x}(5)", "[5]"},
         {"function($x)<a<n>>{$x}('a')", "T0412@23"},
         {"function($x, $y)<n+:n>{$y}(5, 6)", "6"},
         {"function($x)<n<n>>{$x}(5)", "S0401@15"},
         {"function($x)<(a<n>s)>{$x}(5)", "S0402@14"},
         {"'abc'.$length()", "undefined"},  // a path over no input does not run
         {"'abc' ~> $length()", "3"},
         {"5.$length()", "S0213@1"},
         {"[5].$length()", "T0411@12"}});
}

}  // namespace
}  // namespace pawl::asl::jsonata
