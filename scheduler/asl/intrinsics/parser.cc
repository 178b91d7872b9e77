#include <span>
#include <utility>

#include "absl/strings/str_cat.h"
#include "scheduler/asl/intrinsics/call.h"
#include "shared/base/status.h"

namespace pawl::asl::intrinsics {
namespace {

using json::Value;

// What a literal may be at one place; paths and nested calls are checked when their value is there.
enum class Accepts { kAny, kNumber, kString, kBoolean, kNoLiteral };

struct Signature {
  std::string_view name;  // without "States."
  Function function;
  size_t arguments_min;
  size_t arguments_max;
  Accepts accepts[3];  // the last one stands for all that follow
};

constexpr size_t kAnyCount = SIZE_MAX;

// Counts and literals that AWS takes (AWS documentation, "Intrinsics for JSONPath states"). What is refused here, AWS
// refuses with "must be a valid JSONPath or a valid intrinsic function call" (recorded: illegal_escapes), which the
// validator says; the texts here are Pawl's own, for `pawl eval`.
constexpr Signature kSignatures[] = {
    {"Array", Function::kArray, 0, kAnyCount, {Accepts::kAny, Accepts::kAny, Accepts::kAny}},
    {"ArrayContains", Function::kArrayContains, 2, 2, {Accepts::kNoLiteral, Accepts::kAny, Accepts::kAny}},
    {"ArrayGetItem", Function::kArrayGetItem, 2, 2, {Accepts::kNoLiteral, Accepts::kNumber, Accepts::kAny}},
    {"ArrayLength", Function::kArrayLength, 1, 1, {Accepts::kNoLiteral, Accepts::kAny, Accepts::kAny}},
    {"ArrayPartition", Function::kArrayPartition, 2, 2, {Accepts::kNoLiteral, Accepts::kNumber, Accepts::kAny}},
    {"ArrayRange", Function::kArrayRange, 3, 3, {Accepts::kNumber, Accepts::kNumber, Accepts::kNumber}},
    {"ArrayUnique", Function::kArrayUnique, 1, 1, {Accepts::kNoLiteral, Accepts::kAny, Accepts::kAny}},
    {"Base64Decode", Function::kBase64Decode, 1, 1, {Accepts::kString, Accepts::kAny, Accepts::kAny}},
    {"Base64Encode", Function::kBase64Encode, 1, 1, {Accepts::kString, Accepts::kAny, Accepts::kAny}},
    {"Format", Function::kFormat, 1, kAnyCount, {Accepts::kString, Accepts::kAny, Accepts::kAny}},
    {"Hash", Function::kHash, 2, 2, {Accepts::kAny, Accepts::kString, Accepts::kAny}},
    {"JsonMerge", Function::kJsonMerge, 3, 3, {Accepts::kNoLiteral, Accepts::kNoLiteral, Accepts::kBoolean}},
    {"JsonToString", Function::kJsonToString, 1, 1, {Accepts::kAny, Accepts::kAny, Accepts::kAny}},
    {"MathAdd", Function::kMathAdd, 2, 2, {Accepts::kNumber, Accepts::kNumber, Accepts::kAny}},
    {"MathRandom", Function::kMathRandom, 2, 3, {Accepts::kNumber, Accepts::kNumber, Accepts::kNumber}},
    {"StringSplit", Function::kStringSplit, 2, 2, {Accepts::kString, Accepts::kString, Accepts::kAny}},
    {"StringToJson", Function::kStringToJson, 1, 1, {Accepts::kString, Accepts::kAny, Accepts::kAny}},
    {"UUID", Function::kUuid, 0, 0, {Accepts::kAny, Accepts::kAny, Accepts::kAny}},
};

bool IsLetterOrDigit(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

bool Fits(Accepts accepts, const Value& literal) {
  switch (accepts) {
    case Accepts::kAny:
      return true;
    case Accepts::kNumber:
      return literal.is_number();
    case Accepts::kString:
      return literal.is_string();
    case Accepts::kBoolean:
      return literal.is_bool();
    case Accepts::kNoLiteral:
      return false;
  }
  return false;
}

const char* NameOf(Accepts accepts) {
  switch (accepts) {
    case Accepts::kAny:
      return "any value";
    case Accepts::kNumber:
      return "a number";
    case Accepts::kString:
      return "a string";
    case Accepts::kBoolean:
      return "true or false";
    case Accepts::kNoLiteral:
      return "a path or a function";
  }
  return "any value";
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  absl::StatusOr<Invocation> Parse() {
    SkipBlanks();
    PAWL_ASSIGN_OR_RETURN(invocation_.call, ReadCall(1));
    invocation_.name = absl::StrCat("States.", std::string(outermost_));
    SkipBlanks();
    if (position_ != text_.size()) return Error("nothing after the closing ')'");
    return std::move(invocation_);
  }

 private:
  char Peek() const { return position_ < text_.size() ? text_[position_] : '\0'; }
  void SkipBlanks() {
    while (Peek() == ' ' || Peek() == '\t' || Peek() == '\n' || Peek() == '\r') ++position_;
  }
  bool Consume(std::string_view expected) {
    if (text_.substr(position_, expected.size()) != expected) return false;
    position_ += expected.size();
    return true;
  }
  absl::Status Error(std::string_view what) const {
    return absl::InvalidArgumentError(absl::StrCat("invalid intrinsic function '", std::string(text_), "' at position ",
                                                   position_ + 1, ": expected ", std::string(what)));
  }

  absl::StatusOr<Call> ReadCall(int depth) {
    const size_t begin = position_;
    if (!Consume("States.")) return Error("States. and the name of a function");
    if (depth > kNestingMax) return Error(absl::StrCat("at most ", kNestingMax, " nested functions"));
    const size_t name_begin = position_;
    while (IsLetterOrDigit(Peek())) ++position_;
    const std::string_view name = text_.substr(name_begin, position_ - name_begin);
    if (depth == 1) outermost_ = name;
    const Signature* signature = nullptr;
    for (const Signature& known : kSignatures) {
      if (known.name == name) signature = &known;
    }
    if (signature == nullptr) {
      position_ = begin;
      return Error("the name of one of the 18 intrinsic functions");
    }
    SkipBlanks();
    if (!Consume("(")) return Error("'('");

    Call call{.function = signature->function, .arguments = {}};
    SkipBlanks();
    if (!Consume(")")) {
      do {
        SkipBlanks();
        const Accepts accepts = signature->accepts[std::min<size_t>(call.arguments.size(), 2)];
        PAWL_ASSIGN_OR_RETURN(Argument argument, ReadArgument(depth, accepts));
        call.arguments.push_back(std::move(argument));
        SkipBlanks();
      } while (Consume(","));
      if (!Consume(")")) return Error("',' or ')'");
    }
    if (call.arguments.size() < signature->arguments_min || call.arguments.size() > signature->arguments_max) {
      position_ = begin;
      return Error(absl::StrCat(signature->arguments_min,
                                signature->arguments_min == signature->arguments_max ? ""
                                : signature->arguments_max == kAnyCount
                                    ? " or more"
                                    : absl::StrCat(" to ", signature->arguments_max),
                                " arguments, but there are ", call.arguments.size()));
    }
    return call;
  }

  absl::StatusOr<Argument> ReadArgument(int depth, Accepts accepts) {
    const size_t begin = position_;
    if (Peek() == '$') return ReadPath();
    if (Peek() == 'S') {
      PAWL_ASSIGN_OR_RETURN(Call call, ReadCall(depth + 1));
      return Argument{.source = std::move(call), .raw = {}};
    }
    Argument argument;
    if (Peek() == '\'') {
      PAWL_RETURN_IF_ERROR(ReadString(argument));
    } else if (Consume("true")) {
      argument.source = Value::Bool(true);
    } else if (Consume("false")) {
      argument.source = Value::Bool(false);
    } else if (Consume("null")) {
      argument.source = Value();
    } else {
      while (IsLetterOrDigit(Peek()) || Peek() == '-' || Peek() == '+' || Peek() == '.') ++position_;
      const absl::StatusOr<Value> number = json::Parse(text_.substr(begin, position_ - begin), {.depth_max = 0});
      if (!number.ok() || !number->is_number()) {
        position_ = begin;
        return Error("a path, a string in single quotes, a number, true, false, null or a function");
      }
      argument.source = *number;
    }
    if (!Fits(accepts, std::get<Value>(argument.source))) {
      position_ = begin;
      return Error(NameOf(accepts));
    }
    return argument;
  }

  // '...' with \' \{ \} \\ ; any other backslash is an error, as AWS has it.
  absl::Status ReadString(Argument& argument) {
    const size_t begin = position_;
    std::string value;
    ++position_;
    while (position_ < text_.size() && Peek() != '\'') {
      if (Peek() == '\\') {
        argument.raw += Peek();
        ++position_;
        if (Peek() != '\'' && Peek() != '{' && Peek() != '}' && Peek() != '\\') {
          return Error("one of ' { } \\ after a backslash");
        }
      }
      argument.raw += Peek();
      value += Peek();
      ++position_;
    }
    if (!Consume("'")) {
      position_ = begin;
      return Error("a closing quote for this string");
    }
    argument.source = Value::String(std::move(value));
    return absl::OkStatus();
  }

  // Up to the ',' or ')' outside of the path's own brackets and quotes.
  absl::StatusOr<Argument> ReadPath() {
    const size_t begin = position_;
    int depth = 0;
    char quote = '\0';
    for (; position_ < text_.size(); ++position_) {
      const char c = Peek();
      if (quote != '\0') {
        if (c == '\\' && position_ + 1 < text_.size()) {
          ++position_;
        } else if (c == quote) {
          quote = '\0';
        }
      } else if (depth > 0 && (c == '\'' || c == '"')) {
        quote = c;
      } else if (c == '[' || c == '(') {
        ++depth;
      } else if (depth > 0 && (c == ']' || c == ')')) {
        --depth;
      } else if (depth == 0 && (c == ',' || c == ')')) {
        break;
      }
    }
    std::string_view written = text_.substr(begin, position_ - begin);
    while (!written.empty() && (written.back() == ' ' || written.back() == '\t')) written.remove_suffix(1);
    PAWL_ASSIGN_OR_RETURN(jsonpath::Reference reference, jsonpath::SplitReference(written));
    absl::StatusOr<jsonpath::Path> path = jsonpath::Path::Compile(reference.path);
    if (!path.ok()) {
      position_ = begin;
      return Error(absl::StrCat("a path, but: ", std::string(path.status().message())));
    }
    invocation_.paths.push_back({std::string(written), std::move(reference), *std::move(path)});
    return Argument{.source = PathNumber{invocation_.paths.size() - 1}, .raw = {}};
  }

  std::string_view text_;
  size_t position_ = 0;
  std::string_view outermost_;
  Invocation invocation_;
};

}  // namespace

absl::StatusOr<Invocation> ParseInvocation(std::string_view text) { return Parser(text).Parse(); }

}  // namespace pawl::asl::intrinsics
