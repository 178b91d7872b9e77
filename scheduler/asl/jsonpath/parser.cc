#include "scheduler/asl/jsonpath/parser.h"

#include <charconv>
#include <utility>

#include "absl/strings/str_cat.h"
#include "re2/re2.h"
#include "scheduler/asl/jsonpath/cursor.h"
#include "shared/base/status.h"

namespace pawl::asl::jsonpath {
namespace {

// Jayway reads array positions into 32 bits.
std::optional<int64_t> ReadIndex(std::string_view text) {
  int32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string_view Trim(std::string_view text) {
  const size_t begin = text.find_first_not_of(' ');
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

std::optional<Function> FunctionOf(std::string_view name) {
  static constexpr std::pair<std::string_view, Function> kNames[] = {
      {"min", Function::kMin},       {"max", Function::kMax},     {"avg", Function::kAvg},
      {"stddev", Function::kStddev}, {"sum", Function::kSum},     {"length", Function::kLength},
      {"size", Function::kSize},     {"keys", Function::kKeys},   {"concat", Function::kConcat},
      {"append", Function::kAppend}, {"first", Function::kFirst}, {"last", Function::kLast},
      {"index", Function::kIndex},
  };
  for (const auto& [known, function] : kNames) {
    if (known == name) return function;
  }
  return std::nullopt;
}

// Recursive descent over one text; a filter's paths are read by the same functions with `in_filter` set, where a name
// ends at an operator too.
class Parser {
 public:
  explicit Parser(std::string_view text) : at_(text) {}

  absl::StatusOr<std::shared_ptr<const ParsedPath>> Parse() {
    PAWL_ASSIGN_OR_RETURN(ParsedPath path, ReadPath(/*in_filter=*/false));
    return std::make_shared<const ParsedPath>(std::move(path));
  }

 private:
  absl::StatusOr<ParsedPath> ReadPath(bool in_filter) {
    if (at_.Peek() != '$' && at_.Peek() != '@') return at_.Error("'$' or '@'");
    ParsedPath path;
    path.from_root = at_.Peek() == '$';
    at_.Advance();
    if (!PathEnds(in_filter) && at_.Peek() != '.' && at_.Peek() != '[') return at_.Error("'.' or '['");
    while (!PathEnds(in_filter)) {
      PAWL_RETURN_IF_ERROR(ReadStep(in_filter, path.tokens));
      if (path.tokens.size() > kPathTokensMax) return at_.Error(absl::StrCat("at most ", kPathTokensMax, " steps"));
    }
    Classify(path);
    return path;
  }

  static void Classify(ParsedPath& path) {
    for (size_t i = 0; i < path.tokens.size(); ++i) {
      const Token& token = path.tokens[i];
      const bool last = i + 1 == path.tokens.size();
      const bool plain = std::holds_alternative<MemberToken>(token) || std::holds_alternative<IndexToken>(token);
      path.plain = path.plain && plain;
      path.definite = path.definite && (plain || std::holds_alternative<CallToken>(token) ||
                                        (last && std::holds_alternative<MembersToken>(token)));
    }
    if (path.tokens.size() >= 3 && std::holds_alternative<ScanToken>(path.tokens.front()) &&
        std::holds_alternative<CallToken>(path.tokens.back())) {
      path.aggregates_scan = true;
      path.definite = true;
    }
  }

  bool AtOperator() const {
    const char c = at_.Peek();
    return c == '<' || c == '>' || c == '=' || c == '~' || c == '!' || (c == '&' && at_.Peek(1) == '&') ||
           (c == '|' && at_.Peek(1) == '|');
  }

  bool PathEnds(bool in_filter) const {
    if (at_.at_end()) return true;
    return in_filter && (at_.Peek() == ' ' || at_.Peek() == ')' || at_.Peek() == ',' || AtOperator());
  }

  absl::Status ReadStep(bool in_filter, std::vector<Token>& tokens) {
    if (at_.Consume('.')) {
      if (at_.Consume('.')) tokens.emplace_back(ScanToken());
      if (PathEnds(in_filter) || at_.Peek() == '.') return at_.Error("a name, '*' or '[' after '.'");
    }
    if (at_.Peek() == '[') return ReadBracket(tokens);
    if (at_.Consume('*')) {
      tokens.emplace_back(WildcardToken());
      return absl::OkStatus();
    }
    return ReadName(in_filter, tokens);
  }

  // foo  or  foo(...)
  absl::Status ReadName(bool in_filter, std::vector<Token>& tokens) {
    const size_t begin = at_.position();
    while (!PathEnds(in_filter) && at_.Peek() != '.' && at_.Peek() != '[' && at_.Peek() != '(') {
      if (at_.Peek() == ' ') return at_.Error("no blank in a name; write ['a name']");
      // Jayway takes a slash in a filter for the beginning of a pattern.
      if (in_filter && at_.Peek() == '/') return at_.Error("no '/' in a name; write ['a/name']");
      at_.Advance();
    }
    std::string name(at_.Since(begin));
    if (name.empty()) return at_.Error("a name");
    if (at_.Peek() != '(') {
      tokens.emplace_back(MemberToken{std::move(name)});
      return absl::OkStatus();
    }
    return ReadCall(name, begin, tokens);
  }

  absl::Status ReadCall(const std::string& name, size_t begin, std::vector<Token>& tokens) {
    const std::optional<Function> function = FunctionOf(name);
    if (!function) {
      at_.set_position(begin);
      return at_.Error(
          "one of the functions min, max, avg, stddev, sum, length, size, keys, concat, append, first, last, index");
    }
    CallToken call{.function = *function, .arguments = {}};
    at_.Advance();  // '('
    at_.SkipBlanks();
    while (at_.Peek() != ')') {
      if (!call.arguments.empty()) {
        if (!at_.Consume(',')) return at_.Error("',' or ')'");
        at_.SkipBlanks();
      }
      if (at_.Peek() == '$' || at_.Peek() == '@') {
        if (++nesting_ > kFilterNestingMax) return at_.Error("less nesting");
        PAWL_ASSIGN_OR_RETURN(ParsedPath path, ReadPath(/*in_filter=*/true));
        --nesting_;
        call.arguments.emplace_back(std::make_shared<const ParsedPath>(std::move(path)));
      } else {
        PAWL_ASSIGN_OR_RETURN(json::Value literal, ReadLiteral());
        call.arguments.emplace_back(std::move(literal));
      }
      at_.SkipBlanks();
    }
    at_.Advance();  // ')'
    tokens.emplace_back(std::move(call));
    return absl::OkStatus();
  }

  absl::Status ReadBracket(std::vector<Token>& tokens) {
    at_.Advance();  // '['
    at_.SkipBlanks();
    const char c = at_.Peek();
    if (c == '\'' || c == '"') return ReadQuotedNames(c, tokens);
    if (IsDigit(c) || c == '-' || c == ':') return ReadPositions(tokens);
    if (c == '*') {
      at_.Advance();
      tokens.emplace_back(WildcardToken());
      return CloseBracket();
    }
    if (c == '?') return ReadFilter(tokens);
    return at_.Error("a quoted name, a number, '*' or '?('");
  }

  absl::Status CloseBracket() {
    at_.SkipBlanks();
    if (!at_.Consume(']')) return at_.Error("']'");
    return absl::OkStatus();
  }

  absl::Status ReadQuotedNames(char quote, std::vector<Token>& tokens) {
    std::vector<std::string> names;
    do {
      at_.SkipBlanks();
      if (at_.Peek() != quote) return at_.Error("a quoted name");
      PAWL_ASSIGN_OR_RETURN(std::string name, at_.QuotedString());
      names.push_back(std::move(name));
      at_.SkipBlanks();
    } while (at_.Consume(','));
    if (names.size() == 1) {
      tokens.emplace_back(MemberToken{std::move(names.front())});
    } else {
      tokens.emplace_back(MembersToken{std::move(names)});
    }
    return CloseBracket();
  }

  // 1   1,2   1:   :2   1:2   1:2:3
  absl::Status ReadPositions(std::vector<Token>& tokens) {
    const size_t begin = at_.position();
    while (!at_.at_end() && at_.Peek() != ']') at_.Advance();
    const std::string_view text = Trim(at_.Since(begin));
    std::optional<Token> token = text.find(':') == std::string_view::npos ? Indexes(text) : Slice(text);
    if (!token) {
      at_.set_position(begin);
      return at_.Error("array positions like 0, -1, 0,2 or 1:3");
    }
    tokens.push_back(std::move(*token));
    return CloseBracket();
  }

  static std::optional<Token> Indexes(std::string_view text) {
    std::vector<int64_t> indexes;
    for (size_t begin = 0; begin <= text.size();) {
      const size_t comma = std::min(text.find(',', begin), text.size());
      const std::optional<int64_t> index = ReadIndex(Trim(text.substr(begin, comma - begin)));
      if (!index) return std::nullopt;
      indexes.push_back(*index);
      begin = comma + 1;
    }
    if (indexes.size() == 1) return IndexToken{indexes.front()};
    return IndexesToken{std::move(indexes)};
  }

  static std::optional<Token> Slice(std::string_view text) {
    for (const char c : text) {
      if (!IsDigit(c) && c != '-' && c != ':') return std::nullopt;
    }
    const size_t colon = text.find(':');
    const std::string_view from = text.substr(0, colon);
    const std::string_view rest = text.substr(colon + 1);
    const std::string_view to = rest.substr(0, rest.find(':'));
    SliceToken slice{ReadIndex(from), ReadIndex(to)};
    if ((!from.empty() && !slice.from) || (!to.empty() && !slice.to)) return std::nullopt;
    if (!slice.from && !slice.to) return std::nullopt;
    return slice;
  }

  // ?( condition )
  absl::Status ReadFilter(std::vector<Token>& tokens) {
    at_.Advance();  // '?'
    at_.SkipBlanks();
    if (at_.Peek() != '(') return at_.Error("'(' after '?'");
    PAWL_ASSIGN_OR_RETURN(Expression condition, ReadParenthesised());
    tokens.emplace_back(FilterToken{std::make_shared<const Expression>(std::move(condition))});
    return CloseBracket();
  }

  absl::StatusOr<Expression> ReadParenthesised() {
    at_.Advance();  // '('
    if (++nesting_ > kFilterNestingMax) return at_.Error("less nesting in this filter");
    PAWL_ASSIGN_OR_RETURN(Expression inner, ReadOr());
    --nesting_;
    at_.SkipBlanks();
    if (!at_.Consume(')')) return at_.Error("')', '&&', '||' or a comparison");
    return inner;
  }

  absl::StatusOr<Expression> ReadOr() { return ReadChain(Expression::Kind::kOr, "||"); }
  absl::StatusOr<Expression> ReadAnd() { return ReadChain(Expression::Kind::kAnd, "&&"); }

  absl::StatusOr<Expression> ReadChain(Expression::Kind kind, std::string_view sign) {
    std::vector<Expression> parts;
    do {
      PAWL_ASSIGN_OR_RETURN(Expression part, kind == Expression::Kind::kOr ? ReadAnd() : ReadTerm());
      parts.push_back(std::move(part));
      at_.SkipBlanks();
    } while (at_.ConsumeText(sign));
    if (parts.size() == 1) return std::move(parts.front());
    Expression chain{.kind = kind, .parts = std::move(parts), .left = {}, .right = {}};
    return chain;
  }

  absl::StatusOr<Expression> ReadTerm() {
    at_.SkipBlanks();
    if (at_.Consume('!')) {
      if (++nesting_ > kFilterNestingMax) return at_.Error("less nesting in this filter");
      PAWL_ASSIGN_OR_RETURN(Expression negated, ReadTerm());
      --nesting_;
      Expression result{.kind = Expression::Kind::kNot, .parts = {}, .left = {}, .right = {}};
      result.parts.push_back(std::move(negated));
      return result;
    }
    if (at_.Peek() == '(') return ReadParenthesised();
    return ReadComparison();
  }

  absl::StatusOr<Expression> ReadComparison() {
    Expression result{.kind = Expression::Kind::kCompare, .parts = {}, .left = {}, .right = {}};
    PAWL_ASSIGN_OR_RETURN(result.left, ReadOperand());
    at_.SkipBlanks();
    const bool term_ends = at_.Peek() == ')' || at_.Peek() == '&' || at_.Peek() == '|';
    if (term_ends) {
      if (!std::holds_alternative<std::shared_ptr<const ParsedPath>>(result.left.source)) {
        return at_.Error("a comparison; a literal alone is no condition");
      }
      result.kind = Expression::Kind::kExists;
      return result;
    }
    PAWL_ASSIGN_OR_RETURN(result.op, ReadOperator());
    PAWL_ASSIGN_OR_RETURN(result.right, ReadRightOperand());
    return result;
  }

  absl::StatusOr<Operator> ReadOperator() {
    static constexpr std::pair<std::string_view, Operator> kOperators[] = {
        {"==", Operator::kEqual},    {"===", Operator::kSameTypeEqual},
        {"!=", Operator::kNotEqual}, {"!==", Operator::kSameTypeNotEqual},
        {"<", Operator::kLess},      {"<=", Operator::kLessOrEqual},
        {">", Operator::kGreater},   {">=", Operator::kGreaterOrEqual},
        {"=~", Operator::kMatches},  {"IN", Operator::kIn},
        {"NIN", Operator::kNotIn},   {"SUBSETOF", Operator::kSubsetOf},
        {"ANYOF", Operator::kAnyOf}, {"NONEOF", Operator::kNoneOf},
        {"ALL", Operator::kAll},     {"CONTAINS", Operator::kContains},
        {"SIZE", Operator::kSize},   {"EMPTY", Operator::kEmpty},
    };
    const size_t begin = at_.position();
    const std::string_view kSigns = "<>=~!";
    if (kSigns.find(at_.Peek()) != std::string_view::npos) {
      while (!at_.at_end() && kSigns.find(at_.Peek()) != std::string_view::npos) at_.Advance();
    } else {
      while (!at_.at_end() && at_.Peek() != ' ') at_.Advance();
    }
    std::string found(at_.Since(begin));
    for (char& c : found) {
      if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    for (const auto& [sign, op] : kOperators) {
      if (sign == found) return op;
    }
    at_.set_position(begin);
    return at_.Error("an operator like ==, !=, <, <=, >, >=, =~, in, nin, contains, size or empty");
  }

  absl::StatusOr<Operand> ReadOperand() {
    at_.SkipBlanks();
    if (at_.Peek() == '$' || at_.Peek() == '@') {
      if (++nesting_ > kFilterNestingMax) return at_.Error("less nesting in this filter");
      PAWL_ASSIGN_OR_RETURN(ParsedPath path, ReadPath(/*in_filter=*/true));
      --nesting_;
      return Operand{std::make_shared<const ParsedPath>(std::move(path))};
    }
    if (at_.Peek() == '/') return ReadPattern();
    PAWL_ASSIGN_OR_RETURN(json::Value literal, ReadLiteral());
    return Operand{std::move(literal)};
  }

  // As ReadOperand, but a bare word counts as a string: published state machines write [?(@.Name==Receipt)].
  absl::StatusOr<Operand> ReadRightOperand() {
    at_.SkipBlanks();
    const size_t begin = at_.position();
    const auto is_letter = [&] {
      const char c = at_.Peek();
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    };
    while (is_letter() || (at_.position() > begin && IsDigit(at_.Peek()))) at_.Advance();
    const std::string_view word = at_.Since(begin);
    const bool ends = at_.Peek() == ')' || at_.Peek() == ' ' || at_.Peek() == '&' || at_.Peek() == '|';
    if (ends && !word.empty() && word != "true" && word != "false" && word != "null") {
      return Operand{json::Value::String(std::string(word))};
    }
    at_.set_position(begin);
    return ReadOperand();
  }

  absl::StatusOr<json::Value> ReadLiteral() {
    const char c = at_.Peek();
    if (c == '\'' || c == '"') {
      PAWL_ASSIGN_OR_RETURN(std::string text, at_.QuotedString());
      return json::Value::String(std::move(text));
    }
    const size_t begin = at_.position();
    if (c == '[' || c == '{') {
      PAWL_ASSIGN_OR_RETURN(const std::string text, at_.JsonLiteral());
      absl::StatusOr<json::Value> value = json::Parse(text, {.depth_max = 100, .bytes_max = 1 << 20});
      if (value.ok()) return value;
      at_.set_position(begin);
      return at_.Error("a JSON literal");
    }
    if (at_.ConsumeText("true")) return json::Value::Bool(true);
    if (at_.ConsumeText("false")) return json::Value::Bool(false);
    if (at_.ConsumeText("null")) return json::Value();
    while (IsDigit(at_.Peek()) || at_.Peek() == '-' || at_.Peek() == '+' || at_.Peek() == '.' || at_.Peek() == 'e' ||
           at_.Peek() == 'E') {
      at_.Advance();
    }
    std::string_view number = at_.Since(begin);
    // Java's BigDecimal takes leading zeros: 010 is ten.
    const bool negative = number.starts_with('-');
    if (negative) number.remove_prefix(1);
    while (number.size() > 1 && number[0] == '0' && IsDigit(number[1])) number.remove_prefix(1);
    const std::string plain = (negative ? "-" : "") + std::string(number);
    if (absl::StatusOr<json::Value> value = json::Parse(plain); value.ok() && value->is_number()) return value;
    at_.set_position(begin);
    return at_.Error("a path, a string, a number, true, false, null or a JSON literal");
  }

  // /expression/flags
  absl::StatusOr<Operand> ReadPattern() {
    const size_t begin = at_.position();
    at_.Advance();
    const size_t pattern_begin = at_.position();
    while (!at_.at_end() && at_.Peek() != '/') at_.Advance(at_.Peek() == '\\' ? 2 : 1);
    if (at_.at_end()) {
      at_.set_position(begin);
      return at_.Error("a closing '/' for this pattern");
    }
    std::string pattern(at_.Since(pattern_begin));
    at_.Advance();
    re2::RE2::Options options(re2::RE2::Quiet);
    for (;; at_.Advance()) {
      const char flag = at_.Peek();
      if (flag == 'i') {
        options.set_case_sensitive(false);
      } else if (flag == 's') {
        options.set_dot_nl(true);
      } else if (flag == 'm') {
        pattern.insert(0, "(?m)");
      } else if (flag != 'u' && flag != 'U') {  // Unicode is what there is
        break;
      }
    }
    auto compiled = std::make_shared<const re2::RE2>(pattern, options);
    if (!compiled->ok()) {
      at_.set_position(begin);
      return at_.Error(absl::StrCat("a regular expression, but: ", compiled->error()));
    }
    return Operand{std::move(compiled)};
  }

  Cursor at_;
  int nesting_ = 0;
};

}  // namespace

absl::StatusOr<std::shared_ptr<const ParsedPath>> ParsePath(std::string_view text) {
  std::string_view path = Trim(text);
  if (path.empty()) return absl::InvalidArgumentError("invalid path '': it is empty");
  if (path.front() == '$' || path.front() == '@') return Parser(path).Parse();
  // Jayway reads "a.b" as "$.a.b".
  return Parser(absl::StrCat("$.", std::string(path))).Parse();
}

}  // namespace pawl::asl::jsonpath
