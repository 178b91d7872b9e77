#include "scheduler/asl/jsonata/signature.h"

#include "scheduler/asl/jsonata/error.h"
#include "scheduler/asl/jsonata/serialize.h"

namespace pawl::asl::jsonata {
namespace {

constexpr size_t kParametersMax = 255;  // matching recurses over them

uint32_t Bit(char letter) { return letter >= 'a' && letter <= 'z' ? 1u << (letter - 'a') : 0; }

uint32_t Bits(std::string_view letters) {
  uint32_t bits = 0;
  for (char letter : letters) bits |= Bit(letter);
  return bits;
}

// The offset of the bracket that closes the one before `start`, or the end.
size_t ClosingBracket(std::string_view text, size_t start, char open, char close) {
  int depth = 1;
  size_t at = start;
  while (at < text.size()) {
    ++at;
    char c = at < text.size() ? text[at] : '\0';
    if (c == close && --depth == 0) break;
    if (c == open) ++depth;
  }
  return at;
}

std::string_view PluralOf(std::string_view subtype) {
  if (subtype == "a") return "arrays";
  if (subtype == "b") return "booleans";
  if (subtype == "f") return "functions";
  if (subtype == "n") return "numbers";
  if (subtype == "o") return "objects";
  if (subtype == "s") return "strings";
  return "undefined";
}

}  // namespace

char TypeLetter(const Value& value) {
  switch (value.tag()) {
    case Tag::kUndefined:
      return 'm';
    case Tag::kNull:
      return 'l';
    case Tag::kBool:
      return 'b';
    case Tag::kNumber:
      return 'n';
    case Tag::kJsonString:
    case Tag::kString:
      return 's';
    case Tag::kJsonArray:
    case Tag::kArray:
      return 'a';
    case Tag::kJsonObject:
    case Tag::kObject:
    case Tag::kTuple:
      return 'o';
    case Tag::kNative:
    case Tag::kRegex:
    case Tag::kFunction:
      return 'f';
  }
  return 'm';
}

Signature::Signature(std::string_view text) {
  bool pending = false;  // whether `parameters_` has one to modify
  for (size_t at = 1; at < text.size() && text[at] != ':'; ++at) {
    char symbol = text[at];
    auto add = [&](uint32_t classes, char type) {
      Parameter parameter;
      parameter.classes = classes;
      parameter.type = type;
      if (parameters_.size() == kParametersMax) throw Failure("D1011", at);
      parameters_.push_back(std::move(parameter));
      pending = true;
    };
    switch (symbol) {
      case 's':
      case 'n':
      case 'b':
      case 'l':
      case 'o':
        add(Bit(symbol) | Bit('m'), symbol);
        break;
      case 'a':
        add(Bits("asnblfom"), 'a');
        break;
      case 'f':
        add(Bit('f'), 'f');
        break;
      case 'j':
        add(Bits("asnblom"), 'j');
        break;
      case 'x':
        add(Bits("asnblfom"), 'x');
        break;
      case '-':
        if (pending) {
          parameters_.back().context = true;
          parameters_.back().context_classes = parameters_.back().classes;
          parameters_.back().repeat = Repeat::kOptional;
        }
        break;
      case '?':
        if (pending) parameters_.back().repeat = Repeat::kOptional;
        break;
      case '+':
        if (pending) parameters_.back().repeat = Repeat::kMany;
        break;
      case '(': {
        size_t end = ClosingBracket(text, at, '(', ')');
        std::string_view choice = text.substr(at + 1, end - at - 1);
        if (choice.find('<') != std::string_view::npos) throw Failure("S0402", at).Text(choice);
        add(Bits(choice) | Bit('m'), '(');
        at = end;
        break;
      }
      case '<': {
        char type = pending ? parameters_.back().type : '\0';
        if (type != 'a' && type != 'f') {
          Failure failure("S0401", at);
          if (type != '\0') failure.Text(std::string_view(&type, 1));
          throw failure;
        }
        size_t end = ClosingBracket(text, at, '<', '>');
        parameters_.back().has_subtype = true;
        parameters_.back().subtype = std::string(text.substr(at + 1, end - at - 1));
        at = end;
        break;
      }
      default:
        break;
    }
  }
}

bool Signature::Match(const std::string& letters, size_t parameter, size_t parameter_end, size_t at, bool whole,
                      std::vector<size_t>& taken, std::vector<bool>& failed) const {
  if (parameter == parameter_end) return !whole || at == letters.size();
  size_t state = parameter * (letters.size() + 1) + at;
  if (failed[state]) return false;
  const Parameter& wanted = parameters_[parameter];
  size_t longest = 0;
  size_t most = wanted.repeat == Repeat::kMany ? letters.size() - at : 1;
  while (longest < most && at + longest < letters.size() && (wanted.classes & Bit(letters[at + longest])) != 0)
    ++longest;
  size_t least = wanted.repeat == Repeat::kOptional ? 0 : 1;
  for (size_t count = longest + 1; count-- > least;) {
    taken[parameter] = count;
    if (Match(letters, parameter + 1, parameter_end, at + count, whole, taken, failed)) return true;
  }
  failed[state] = true;
  return false;
}

void Signature::Fail(const Arguments& arguments, const std::string& letters) const {
  size_t good_to = 0;
  std::vector<size_t> taken(parameters_.size());
  for (size_t count = 1; count <= parameters_.size(); ++count) {
    std::vector<bool> failed((count + 1) * (letters.size() + 1));
    if (!Match(letters, 0, count, 0, false, taken, failed)) break;
    good_to = 0;
    for (size_t i = 0; i < count; ++i) good_to += taken[i];
  }
  Failure failure("T0410");
  if (good_to < arguments.size()) failure.value = DescribeValue(arguments[good_to]);
  throw failure.Index(static_cast<int>(good_to) + 1);
}

Value Signature::CheckedArray(const Parameter& parameter, const Value& argument, char letter, size_t letters_taken,
                              char only, size_t index) const {
  if (letter == 'm') return Value();
  if (parameter.has_subtype) {
    bool fits = true;
    if (letter != 'a') {
      fits = letters_taken == 1 && parameter.subtype.size() == 1 && parameter.subtype[0] == only;
    } else if (size_t count = argument.size(); count > 0) {
      const ArrayNode* node = argument.array_node();
      if (node != nullptr && node->range) {
        fits = parameter.subtype.starts_with('n');
      } else {
        char first = TypeLetter(argument.At(0));
        fits = !parameter.subtype.empty() && first == parameter.subtype[0];
        for (size_t i = 1; fits && i < count; ++i) fits = TypeLetter(argument.At(i)) == first;
      }
    }
    if (!fits) {
      Failure failure("T0412");
      failure.value = DescribeValue(argument);
      failure.type = PluralOf(parameter.subtype);
      throw failure.Index(static_cast<int>(index) + 1);
    }
  }
  if (letter == 'a') return argument;
  Ref<ArrayNode> wrapped = ArrayNode::New();
  wrapped->Push(argument);
  return Value::Of(std::move(wrapped));
}

void Signature::Validate(Arguments& arguments, const Value& context) const {
  std::string letters;
  for (const Value& argument : arguments) letters.push_back(TypeLetter(argument));
  std::vector<size_t> taken(parameters_.size());
  std::vector<bool> failed((parameters_.size() + 1) * (letters.size() + 1));
  if (!Match(letters, 0, parameters_.size(), 0, true, taken, failed)) Fail(arguments, letters);
  Arguments validated;
  size_t index = 0;
  for (size_t p = 0; p < parameters_.size(); ++p) {
    const Parameter& parameter = parameters_[p];
    if (taken[p] == 0) {
      if (parameter.context) {
        if ((parameter.context_classes & Bit(TypeLetter(context))) == 0) {
          Failure failure("T0411");
          failure.value = DescribeValue(context);
          throw failure.Index(static_cast<int>(index) + 1);
        }
        validated.push_back(context);
      } else {
        validated.push_back(index < arguments.size() ? arguments[index] : Value());
        ++index;
      }
      continue;
    }
    for (size_t i = 0; i < taken[p]; ++i, ++index) {
      const Value& argument = arguments[index];
      validated.push_back(parameter.type == 'a'
                              ? CheckedArray(parameter, argument, letters[index], taken[p], letters[index], index)
                              : argument);
    }
  }
  arguments = std::move(validated);
}

}  // namespace pawl::asl::jsonata
