// $match, $contains, $replace and $split, which take a string or a matcher: a regular expression or any function with
// its protocol (https://docs.jsonata.org/regex).

#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>

#include "scheduler/asl/jsonata/error.h"
#include "scheduler/asl/jsonata/evaluator.h"
#include "scheduler/asl/jsonata/functions.h"
#include "scheduler/asl/jsonata/serialize.h"
#include "scheduler/asl/jsonata/text.h"

namespace pawl::asl::jsonata {
namespace {

// One match: byte offsets in the text, and what a matcher reported.
struct Found {
  size_t begin;
  size_t end;
  double start;  // in UTF-16 units
  Value match;
  Value groups;
  Value object;  // as the matcher function returned it
};

// Walks over the matches of a text. Regular expressions run directly; other functions by their protocol.
class Matches {
 public:
  Matches(NativeCall& call, const Value& text, const Value& matcher) : call_(call), text_(text), matcher_(matcher) {}

  std::optional<Found> Next() {
    if (matcher_.tag() == Tag::kRegex) return NextOfRegex();
    Value object = first_ ? call_.evaluator.Apply(matcher_, {text_}, Value::Null(), call_.frame)
                          : call_.evaluator.Apply(next_, {}, Value::Null(), call_.frame);
    first_ = false;
    if (object.is_undefined() || object.is_null()) return std::nullopt;
    Value start = object.Member("start");
    next_ = object.Member("next");
    Value groups = object.Member("groups");
    if (!object.is_object() || !(start.is_number() || groups.is_array() || next_.is_function())) throw Failure("T1010");
    Value end = object.Member("end");
    Value match = object.Member("match");
    std::string_view text = text_.text();
    auto offset = [&](const Value& units) {
      if (!units.is_number() || !(units.number() > 0)) return size_t{0};
      if (units.number() > 1e15) return text.size();
      auto count = static_cast<size_t>(units.number());
      return IsAscii(text) ? std::min(count, text.size()) : ByteOffsetOfUtf16(text, count);
    };
    Found found{offset(start), offset(end), start.is_number() ? start.number() : 0, match, groups, object};
    if (!end.is_number() && match.is_string()) found.end = std::min(found.begin + match.text().size(), text.size());
    return found;
  }

 private:
  std::optional<Found> NextOfRegex() {
    std::string_view text = text_.text();
    if (!first_ && from_ >= text.size()) return std::nullopt;
    const Regex& regex = *matcher_.regex();
    call_.evaluator.Charge(1 + (regex.reads_ahead() ? (text.size() - from_) / 32 : 0));
    std::optional<Regex::Match> match = regex.Find(text, from_);
    if (!match) return std::nullopt;
    const auto& [begin, end] = match->whole;
    // A search that cannot progress; JavaScript's package says so from the second match on.
    if (!first_ && begin == end) throw Failure("D1004", regex.position).Text(regex.source());
    first_ = false;
    units_ += static_cast<double>(Utf16Length(text.substr(from_, begin - from_)));
    Ref<ArrayNode> groups = ArrayNode::New();
    for (const std::optional<Regex::Span>& group : match->groups) {
      groups->Push(group ? Value::String(text.substr(group->begin, group->end - group->begin)) : Value());
    }
    Found found{begin, end, units_, Value::String(text.substr(begin, end - begin)), Value::Of(std::move(groups)), {}};
    units_ += static_cast<double>(Utf16Length(text.substr(begin, end - begin)));
    from_ = end;
    return found;
  }

  NativeCall& call_;
  const Value& text_;
  const Value& matcher_;
  bool first_ = true;
  Value next_;
  size_t from_ = 0;
  double units_ = 0;
};

// The limit argument: nothing where there is none; `code` where it is negative.
std::optional<double> LimitOf(const Value& limit, std::string_view code, int index) {
  if (!limit.is_number()) return std::nullopt;
  if (limit.number() < 0) {
    Failure failure(code);
    failure.value = DescribeValue(limit);
    throw failure.Index(index);
  }
  return limit.number();
}

Value Match(NativeCall& call) {
  if (call[0].is_undefined()) return Value();
  std::optional<double> limit = LimitOf(call[2], "D3040", 3);
  Ref<ArrayNode> results = ArrayNode::NewSequence();
  if (limit && *limit == 0) return Value::Of(std::move(results));
  Matches matches(call, call[0], call[1]);
  double count = 0;
  for (std::optional<Found> found = matches.Next(); found && (!limit || count < *limit); ++count) {
    Ref<ObjectNode> result = ObjectNode::New();
    result->Set("match", found->match);
    result->Set("index", Value::Number(found->start));
    result->Set("groups", found->groups);
    results->Push(Value::Of(std::move(result)));
    found = matches.Next();
  }
  return Value::Of(std::move(results));
}

size_t FindText(std::string_view text, std::string_view part, size_t from) {
  if (part.empty()) return from <= text.size() ? from : std::string_view::npos;
  if (from >= text.size()) return std::string_view::npos;
  const void* found = memmem(text.data() + from, text.size() - from, part.data(), part.size());
  return found == nullptr ? std::string_view::npos : static_cast<size_t>(static_cast<const char*>(found) - text.data());
}

Value Contains(NativeCall& call) {
  if (call[0].is_undefined() || call[1].is_undefined()) return Value();
  if (call[1].is_string()) return Value::Bool(FindText(call[0].text(), call[1].text(), 0) != std::string_view::npos);
  return Value::Bool(Matches(call, call[0], call[1]).Next().has_value());
}

// The replacement text with $0, $1 ... and $$ filled in.
std::string Substitute(std::string_view replacement, const Found& found) {
  std::string result;
  size_t count = found.groups.is_array() ? found.groups.size() : 0;
  // As many digits as the number of groups has.
  size_t digits_max =
      count == 0 ? 1 : static_cast<size_t>(std::floor(std::log10(static_cast<double>(count)) + 1e-12)) + 1;
  size_t at = 0;
  for (size_t dollar = replacement.find('$'); dollar != std::string_view::npos; dollar = replacement.find('$', at)) {
    result += replacement.substr(at, dollar - at);
    at = dollar + 1;
    char next = at < replacement.size() ? replacement[at] : '\0';
    if (next == '$') {
      result.push_back('$');
      ++at;
      continue;
    }
    if (next == '0') {
      result += found.match.is_string() ? found.match.text() : "";
      ++at;
      continue;
    }
    double index = ParseInt(replacement.substr(at, digits_max));
    if (digits_max > 1 && index > static_cast<double>(count)) index = ParseInt(replacement.substr(at, digits_max - 1));
    if (std::isnan(index)) {
      result.push_back('$');
      continue;
    }
    if (index >= 1 && index <= static_cast<double>(count)) {
      Value group = found.groups.At(static_cast<size_t>(index) - 1);
      if (group.is_string()) result += group.text();
    }
    at += NumberToString(index).size();
  }
  return at < replacement.size() ? result.append(replacement.substr(at)) : result;
}

// For replacement functions the match is handed over as the matcher made it.
Value MatchObject(const Found& found) {
  if (!found.object.is_undefined()) return found.object;
  Ref<ObjectNode> object = ObjectNode::New();
  object->Set("match", found.match);
  object->Set("start", Value::Number(found.start));
  object->Set("end", Value::Number(found.start + static_cast<double>(Utf16Length(found.match.text()))));
  object->Set("groups", found.groups);
  return Value::Of(std::move(object));
}

Value Replace(NativeCall& call) {
  if (call[0].is_undefined()) return Value();
  if (call[1].is_string() && call[1].text().empty()) throw Failure("D3010").Text("").Index(2);
  std::optional<double> limit = LimitOf(call[3], "D3011", 4);
  if (limit && *limit == 0) return call[0];
  if (call[1].is_undefined()) throw Failure("T1006");
  std::string_view text = call[0].text();
  std::string result;
  double count = 0;
  size_t at = 0;
  if (call[1].is_string()) {
    std::string replacement = call[2].is_undefined() ? "undefined" : call.evaluator.StringOf(call[2]);
    std::string_view pattern = call[1].text();
    for (size_t found = FindText(text, pattern, 0); found != std::string_view::npos && (!limit || count < *limit);
         found = FindText(text, pattern, at), ++count) {
      result += text.substr(at, found - at);
      AppendText(replacement, result);
      at = found + pattern.size();
      call.evaluator.Charge(1 + replacement.size() / 256);
      Heap::Current().Require(result.size());
    }
    result += text.substr(at);
    return Value::String(result);
  }
  Matches matches(call, call[0], call[1]);
  std::optional<Found> found = matches.Next();
  if (!found) return call[0];
  for (; found && (!limit || count < *limit); ++count) {
    if (found->begin > at) result += text.substr(at, found->begin - at);
    if (call[2].is_string()) {
      result += Substitute(call[2].text(), *found);
    } else {
      Value replaced = call.evaluator.Apply(call[2], {MatchObject(*found)}, Value::Null(), call.frame);
      if (!replaced.is_string()) {
        Failure failure("D3012");
        failure.value = DescribeValue(replaced);
        throw failure;
      }
      result += replaced.text();
    }
    Heap::Current().Require(result.size());
    at = std::min(text.size(), found->begin + (found->match.is_string() ? found->match.text().size() : 0));
    found = matches.Next();
  }
  return Value::String(result.append(text.substr(at)));
}

// String.prototype.split with a string.
void SplitByText(NativeCall& call, std::string_view text, std::string_view separator, double limit, ArrayNode& parts) {
  if (separator.empty()) {
    for (size_t at = 0; at < text.size() && static_cast<double>(parts.size) < limit;) {
      size_t begin = at;
      NextCodePoint(text, at);
      call.evaluator.Charge(1);
      parts.Push(Value::String(text.substr(begin, at - begin)));
    }
    return;
  }
  size_t at = 0;
  while (static_cast<double>(parts.size) < limit) {
    size_t found = FindText(text, separator, at);
    parts.Push(Value::String(text.substr(at, found == std::string_view::npos ? found : found - at)));
    if (found == std::string_view::npos) return;
    at = found + separator.size();
    call.evaluator.Charge(1);
  }
}

Value Split(NativeCall& call) {
  if (call[0].is_undefined()) return Value();
  std::optional<double> limit = LimitOf(call[2], "D3020", 3);
  Ref<ArrayNode> parts = ArrayNode::New();
  if (limit && *limit == 0) return Value::Of(std::move(parts));
  std::string_view text = call[0].text();
  if (call[1].is_undefined()) {
    parts->Push(call[0]);
    return Value::Of(std::move(parts));
  }
  if (call[1].is_string()) {
    SplitByText(call, text, call[1].text(), limit ? std::trunc(*limit) : 1e300, *parts);
    return Value::Of(std::move(parts));
  }
  Matches matches(call, call[0], call[1]);
  double count = 0;
  size_t at = 0;
  std::optional<Found> found = matches.Next();
  for (; found && (!limit || count < *limit); ++count) {
    parts->Push(Value::String(text.substr(at, found->begin > at ? found->begin - at : 0)));
    at = found->end;
    found = matches.Next();
  }
  if (!limit || count < *limit) parts->Push(Value::String(text.substr(std::min(at, text.size()))));
  return Value::Of(std::move(parts));
}

constexpr NativeSpec kFunctions[] = {
    {"match", "<s-f<s:o>n?:a<o>>", 3, Match},
    {"contains", "<s-(sf):b>", 2, Contains},
    {"replace", "<s-(sf)(sf)n?:s>", 4, Replace},
    {"split", "<s-(sf)n?:a<s>>", 3, Split},
};

}  // namespace

std::span<const NativeSpec> RegexFunctions() { return kFunctions; }

}  // namespace pawl::asl::jsonata
