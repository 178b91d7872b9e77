// The parser: top down operator precedence (Pratt). See ast.h for what it builds.

#include "scheduler/asl/jsonata/parser.h"

#include <array>

#include "scheduler/asl/jsonata/error.h"
#include "scheduler/asl/jsonata/lexer.h"
#include "scheduler/asl/jsonata/text.h"

namespace pawl::asl::jsonata {
namespace {

struct Infix {
  std::string_view symbol;
  int power;
  Op op;
};

// Binding powers of the infix operators.
constexpr std::array<Infix, 28> kInfix = {{
    {".", 75, Op::kDot},      {"[", 80, Op::kBracket},   {"{", 70, Op::kBrace},      {"(", 80, Op::kNone},
    {"@", 80, Op::kFocus},    {"#", 80, Op::kIndex},     {"?", 20, Op::kNone},       {"+", 50, Op::kAdd},
    {"-", 50, Op::kSubtract}, {"*", 60, Op::kMultiply},  {"/", 60, Op::kDivide},     {"%", 60, Op::kRemainder},
    {"=", 40, Op::kEqual},    {"<", 40, Op::kLess},      {">", 40, Op::kGreater},    {"^", 40, Op::kOrder},
    {":=", 10, Op::kAssign},  {"!=", 40, Op::kNotEqual}, {"<=", 40, Op::kLessEqual}, {">=", 40, Op::kGreaterEqual},
    {"~>", 40, Op::kChain},   {"?:", 40, Op::kDefault},  {"??", 40, Op::kCoalesce},  {"and", 30, Op::kAnd},
    {"or", 25, Op::kOr},      {"in", 40, Op::kIn},       {"&", 50, Op::kConcat},     {"", 0, Op::kNone},
}};

const Infix& InfixOf(std::string_view symbol) {
  for (const Infix& infix : kInfix) {
    if (infix.symbol == symbol) return infix;
  }
  return kInfix.back();
}

// The operator or bracket that a node stands for; empty where it is none.
std::string_view SymbolOf(const Ast& node) {
  switch (node.type) {
    case AstType::kEnd:
      return "(end)";
    case AstType::kWildcard:
      return "*";
    case AstType::kDescendant:
      return "**";
    case AstType::kParent:
      return "%";
    case AstType::kFunction:
    case AstType::kPartial:
    case AstType::kLambda:
    case AstType::kBlock:
      return "(";
    case AstType::kCondition:
      return "?";
    case AstType::kCoalesce:
      return node.op == Op::kDefault ? "?:" : "??";
    case AstType::kTransform:
      return "|";
    case AstType::kUnary:
      return node.op == Op::kArray ? "[" : node.op == Op::kObject ? "{" : "-";
    case AstType::kBinary:
      for (const Infix& infix : kInfix) {
        if (infix.op == node.op) return infix.symbol;
      }
      return "";
    default:
      return "";
  }
}

// What error messages call a node: its name, literal or operator.
std::optional<std::string> ValueOf(const Ast& node) {
  if (node.type == AstType::kNumber) return NumberToString(node.number);
  std::string_view symbol = SymbolOf(node);
  std::string value(symbol.empty() ? std::string_view(node.text) : symbol);
  return value.empty() ? std::nullopt : std::optional(std::move(value));
}

// Nesting of the text at which parsing stops with D1011, a code of Pawl's own (issue 5). Every level costs a few frames
// of the machine's stack, here and in the post-processing.
constexpr int kNestingMax = 1000;

class Parser {
 public:
  Parser(std::string_view text, Program& program) : lexer_(text, program.dialect.version), program_(program) {}

  Ast* Parse() {
    Advance(false);
    Ast* root = Expression(0);
    if (token_.type != TokenType::kEnd) throw AtToken("S0201");
    return root;
  }

 private:
  bool Is(std::string_view symbol) const { return token_.type == TokenType::kOperator && token_.text == symbol; }

  // An error about the current token.
  Failure AtToken(std::string_view code) const {
    Failure failure(code, token_.position);
    failure.Token(TokenText(token_));
    failure.token_is_literal = token_.type == TokenType::kNumber || token_.type == TokenType::kValue;
    return failure;
  }

  // The token that was current; the next one becomes so.
  Token Advance(bool infix) {
    Token next = lexer_.Next(infix);
    if (next.type == TokenType::kOperator && (next.text == "!" || next.text == "~")) {
      throw Failure("S0204", next.position).Token(next.text);
    }
    return std::exchange(token_, std::move(next));
  }

  void Expect(std::string_view symbol, bool infix = false) {
    if (!Is(symbol)) {
      throw AtToken(token_.type == TokenType::kEnd ? "S0203" : "S0202").Text(symbol);
    }
    Advance(infix);
  }

  Ast* New(AstType type, size_t position) {
    program_.nodes.emplace_back();
    Ast* node = &program_.nodes.back();
    node->type = type;
    node->position = static_cast<uint32_t>(position);
    return node;
  }

  int BindingPower() const { return token_.type == TokenType::kOperator ? InfixOf(token_.text).power : 0; }

  Ast* Expression(int right_power) {
    if (++depth_ > kNestingMax) throw Failure("D1011", token_.position);
    Token token = Advance(true);
    Ast* left = Prefix(std::move(token));
    while (right_power < BindingPower()) {
      Token infix = Advance(false);
      left = InfixOn(left, infix);
    }
    --depth_;
    return left;
  }

  Ast* Prefix(Token token) {
    switch (token.type) {
      case TokenType::kEnd:
        return New(AstType::kEnd, token.position);
      case TokenType::kName:
        return Named(AstType::kName, token);
      case TokenType::kVariable: {
        Ast* node = Named(AstType::kVariable, token);
        node->symbol = program_.symbols->Intern(node->text);
        if (node->text == "eval") program_.uses_eval = true;
        return node;
      }
      case TokenType::kString: {
        Ast* node = Named(AstType::kString, token);
        node->literal = program_.literal_count++;
        return node;
      }
      case TokenType::kValue:
        return Named(AstType::kValue, token);
      case TokenType::kNumber: {
        Ast* node = New(AstType::kNumber, token.position);
        node->number = token.number;
        return node;
      }
      case TokenType::kRegex: {
        Ast* node = New(AstType::kRegex, token.position);
        node->regex = std::move(token.regex);
        return node;
      }
      case TokenType::kOperator:
        break;
    }
    const std::string& symbol = token.text;
    if (symbol == "and" || symbol == "or" || symbol == "in") return Named(AstType::kOperator, token);
    if (symbol == "-") {
      Ast* node = New(AstType::kUnary, token.position);
      node->op = Op::kNegate;
      node->lhs = Expression(70);
      return node;
    }
    if (symbol == "*") return New(AstType::kWildcard, token.position);
    if (symbol == "**") return New(AstType::kDescendant, token.position);
    if (symbol == "%") return New(AstType::kParent, token.position);
    if (symbol == "(") return Block(token.position);
    if (symbol == "[") return ArrayConstructor(token.position);
    if (symbol == "{") {
      Ast* node = New(AstType::kUnary, token.position);
      node->op = Op::kObject;
      node->pairs = ObjectPairs();
      return node;
    }
    if (symbol == "|") return Transform(token.position);
    throw Failure("S0211", token.position).Token(symbol);
  }

  Ast* Named(AstType type, Token& token) {
    Ast* node = New(type, token.position);
    node->text = std::move(token.text);
    return node;
  }

  Ast* InfixOn(Ast* left, const Token& token) {
    const Infix& infix = InfixOf(token.text);
    if (infix.symbol == "(") return Call(left, token.position);
    if (infix.symbol == "?") return Condition(left, token.position);
    if (infix.symbol == "?:" || infix.symbol == "??") {
      Ast* node = New(AstType::kCoalesce, token.position);
      node->op = infix.op;
      node->lhs = left;
      node->rhs = Expression(0);
      return node;
    }
    if (infix.symbol == "[" && Is("]")) {  // `[]`: keep singleton arrays
      Ast* step = left;
      while (step->type == AstType::kBinary && step->op == Op::kBracket) step = step->lhs;
      step->keep_array = true;
      Expect("]");
      return left;
    }
    Ast* node = New(AstType::kBinary, token.position);
    node->op = infix.op;
    node->lhs = left;
    switch (infix.op) {
      case Op::kBracket:
        node->rhs = Expression(0);
        Expect("]", true);
        break;
      case Op::kBrace:
        node->pairs = ObjectPairs();
        break;
      case Op::kOrder:
        node->terms = SortTerms();
        break;
      case Op::kAssign:
        if (left->type != AstType::kVariable) {
          Failure failure("S0212", left->position);
          failure.token = ValueOf(*left);
          throw failure;
        }
        node->rhs = Expression(infix.power - 1);  // to the right
        break;
      case Op::kFocus:
      case Op::kIndex:
        node->rhs = Expression(infix.power);
        if (node->rhs->type != AstType::kVariable) throw Failure("S0214", node->rhs->position).Token(token.text);
        break;
      default:
        node->rhs = Expression(infix.power);
    }
    return node;
  }

  Ast* Block(size_t position) {
    Ast* node = New(AstType::kBlock, position);
    while (!Is(")")) {
      node->children.push_back(Expression(0));
      if (!Is(";")) break;
      Expect(";");
    }
    Expect(")", true);
    return node;
  }

  Ast* ArrayConstructor(size_t position) {
    Ast* node = New(AstType::kUnary, position);
    node->op = Op::kArray;
    if (!Is("]")) {
      for (;;) {
        Ast* item = Expression(0);
        if (Is("..")) {
          Ast* range = New(AstType::kBinary, token_.position);
          range->op = Op::kRange;
          range->lhs = item;
          Expect("..");
          range->rhs = Expression(0);
          item = range;
        }
        node->children.push_back(item);
        if (!Is(",")) break;
        Expect(",");
      }
    }
    Expect("]", true);
    return node;
  }

  Pairs ObjectPairs() {
    Pairs pairs;
    if (!Is("}")) {
      for (;;) {
        Ast* key = Expression(0);
        Expect(":");
        pairs.emplace_back(key, Expression(0));
        if (!Is(",")) break;
        Expect(",");
      }
    }
    Expect("}", true);
    return pairs;
  }

  std::vector<SortTerm> SortTerms() {
    std::vector<SortTerm> terms;
    Expect("(");
    for (;;) {
      SortTerm term;
      if (Is("<")) {
        Expect("<");
      } else if (Is(">")) {
        term.descending = true;
        Expect(">");
      }
      term.expression = Expression(0);
      terms.push_back(term);
      if (!Is(",")) break;
      Expect(",");
    }
    Expect(")");
    return terms;
  }

  Ast* Condition(Ast* left, size_t position) {
    Ast* node = New(AstType::kCondition, position);
    node->lhs = left;
    node->rhs = Expression(0);
    if (Is(":")) {
      Expect(":");
      node->third = Expression(0);
    }
    return node;
  }

  Ast* Transform(size_t position) {
    Ast* node = New(AstType::kTransform, position);
    node->lhs = Expression(0);
    Expect("|");
    node->rhs = Expression(0);
    if (Is(",")) {
      Expect(",");
      node->third = Expression(0);
    }
    Expect("|");
    return node;
  }

  Ast* Call(Ast* left, size_t position) {
    Ast* node = New(AstType::kFunction, position);
    node->procedure = left;
    if (!Is(")")) {
      for (;;) {
        if (Is("?")) {
          node->type = AstType::kPartial;
          Ast* placeholder = New(AstType::kOperator, token_.position);
          placeholder->op = Op::kPlaceholder;
          placeholder->text.assign(1, '?');
          node->children.push_back(placeholder);
          Expect("?");
        } else {
          node->children.push_back(Expression(0));
        }
        if (!Is(",")) break;
        Expect(",");
      }
    }
    Expect(")", true);
    if (left->type == AstType::kName && (left->text == "function" || left->text == "\u03BB")) Lambda(node);
    return node;
  }

  // `function(` arguments `)` is behind us.
  void Lambda(Ast* node) {
    for (size_t i = 0; i < node->children.size(); ++i) {
      const Ast* parameter = node->children[i];
      if (parameter->type == AstType::kVariable) continue;
      Failure failure("S0208", parameter->position);
      failure.token = ValueOf(*parameter);
      throw failure.Json(std::to_string(i + 1));
    }
    node->type = AstType::kLambda;
    if (Is("<")) ParseSignature(node);
    Expect("{");
    node->body = Expression(0);
    Expect("}");
  }

  void ParseSignature(Ast* node) {
    size_t position = token_.position;
    int depth = 1;
    std::string text = "<";
    while (depth > 0 && !Is("{") && token_.type != TokenType::kEnd) {
      Advance(false);
      if (Is(">")) --depth;
      if (Is("<")) ++depth;
      text += TokenText(token_);
    }
    Expect(">");
    try {
      node->signature = std::make_unique<Signature>(text);
    } catch (Failure& failure) {
      throw failure.At(position + failure.position);
    }
  }

  Lexer lexer_;
  Program& program_;
  Token token_;
  int depth_ = 0;
};

}  // namespace

Ast* ParseText(std::string_view text, Program& program) { return Parser(text, program).Parse(); }

}  // namespace pawl::asl::jsonata
