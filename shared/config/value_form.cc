#include "shared/config/value_form.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <utility>

#include "shared/base/overloaded.h"

namespace pawl::config {
namespace {

struct Unit {
  std::string_view suffix;
  int64_t milliseconds;
};
// Longest unit first, so that a duration is shown in the largest that divides it.
constexpr std::array<Unit, 5> kUnits = {{{"d", 86400000}, {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}}};

template <typename Number>
std::optional<Number> ParseNumber(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<bool> ParseBool(std::string_view text) {
  if (text == "true" || text == "1" || text == "yes" || text == "on") return true;
  if (text == "false" || text == "0" || text == "no" || text == "off") return false;
  return std::nullopt;
}

std::string Join(const std::vector<std::string>& items) {
  std::string joined;
  for (const std::string& item : items) joined += (joined.empty() ? "" : ", ") + item;
  return joined;
}

// The range part of Expected: nothing where both ends are open.
std::string RangeText(const std::string& min, const std::string& max, bool has_min, bool has_max) {
  if (has_min && has_max) return " from " + min + " to " + max;
  if (has_min) return " of at least " + min;
  if (has_max) return " of at most " + max;
  return "";
}

std::string ExpectedInt(const IntRange& range) {
  const IntRange open;
  return "integer" +
         RangeText(std::to_string(range.min), std::to_string(range.max), range.min != open.min, range.max != open.max);
}

std::string ExpectedDouble(const DoubleRange& range) {
  const auto text = [](double bound) { return std::isfinite(bound) ? json::NumberToText(bound) : std::string(); };
  return "number" + RangeText(text(range.min), text(range.max), std::isfinite(range.min), std::isfinite(range.max));
}

std::string ExpectedDuration(const DurationRange& range) {
  const DurationRange open;
  return "duration (250ms, 10s, 5m, 2h, 1d)" +
         RangeText(ShowDuration(range.min), ShowDuration(range.max), range.min != open.min, range.max != open.max);
}

// Each Read takes over a text that fits and says whether it did.
bool ReadInt(std::string_view text, const IntTarget& target) {
  const std::optional<int64_t> number = ParseNumber<int64_t>(text);
  if (!number || *number < target.range.min || *number > target.range.max) return false;
  if (auto* const* wide = std::get_if<int64_t*>(&target.value)) {
    **wide = *number;
    return true;
  }
  if (!std::in_range<int>(*number)) return false;
  *std::get<int*>(target.value) = static_cast<int>(*number);
  return true;
}

bool ReadDouble(std::string_view text, const DoubleTarget& target) {
  const std::optional<double> number = ParseNumber<double>(text);
  if (!number || !std::isfinite(*number) || *number < target.range.min || *number > target.range.max) return false;
  *target.value = *number;
  return true;
}

bool ReadBool(std::string_view text, const BoolTarget& target) {
  const std::optional<bool> assertion = ParseBool(text);
  if (assertion) *target.value = *assertion;
  return assertion.has_value();
}

bool ReadDuration(std::string_view text, const DurationTarget& target) {
  const absl::StatusOr<std::chrono::milliseconds> duration = ParseDuration(text);
  if (!duration.ok() || *duration < target.range.min || *duration > target.range.max) return false;
  *target.value = *duration;
  return true;
}

bool ReadChoice(const std::string& text, const ChoiceTarget& target) {
  if (std::find(target.choices.begin(), target.choices.end(), text) == target.choices.end()) return false;
  *target.value = text;
  return true;
}

bool ReadOne(const std::string& text, const Target& target) {
  return std::visit(base::Overloaded{[&](const IntTarget& t) { return ReadInt(text, t); },
                                     [&](const DoubleTarget& t) { return ReadDouble(text, t); },
                                     [&](const BoolTarget& t) { return ReadBool(text, t); },
                                     [&](const DurationTarget& t) { return ReadDuration(text, t); },
                                     [&](const StringTarget& t) {
                                       *t.value = text;
                                       return true;
                                     },
                                     [&](const ListTarget& t) {
                                       *t.value = {text};
                                       return true;
                                     },
                                     [&](const ChoiceTarget& t) { return ReadChoice(text, t); }},
                    target);
}

absl::Status Mismatch(const Target& target, const std::string& found) {
  const std::string shown = IsSecret(target) ? "something else" : found;
  return absl::InvalidArgumentError("expected " + Expected(target) + ", found " + shown);
}

}  // namespace

absl::Status ReadTexts(const std::vector<std::string>& texts, const Target& target) {
  if (const auto* list = std::get_if<ListTarget>(&target)) {
    *list->value = texts;
    return absl::OkStatus();
  }
  if (texts.size() != 1) return Mismatch(target, std::to_string(texts.size()) + " values");
  if (!ReadOne(texts.front(), target)) return Mismatch(target, "\"" + texts.front() + "\"");
  return absl::OkStatus();
}

absl::Status ReadJson(const json::Value& value, const Target& target) {
  if (value.is_string()) return ReadTexts({value.as_string()}, target);
  if (std::holds_alternative<ListTarget>(target) && value.is_array()) {
    std::vector<std::string> texts;
    for (const json::Value& item : value.items()) {
      if (!item.is_string()) return Mismatch(target, std::string("an item that is a ") + json::KindName(item.kind()));
      texts.push_back(item.as_string());
    }
    return ReadTexts(texts, target);
  }
  const bool takes_number = std::holds_alternative<IntTarget>(target) || std::holds_alternative<DoubleTarget>(target);
  if (value.is_number() && takes_number) return ReadTexts({value.number_text()}, target);
  if (value.is_bool() && std::holds_alternative<BoolTarget>(target)) {
    return ReadTexts({value.as_bool() ? "true" : "false"}, target);
  }
  return Mismatch(target, json::Serialize(value));
}

std::string Show(const Target& target) {
  return std::visit(
      base::Overloaded{
          [](const IntTarget& t) { return std::visit([](auto* value) { return std::to_string(*value); }, t.value); },
          [](const DoubleTarget& t) { return json::NumberToText(*t.value); },
          [](const BoolTarget& t) { return std::string(*t.value ? "true" : "false"); },
          [](const DurationTarget& t) { return ShowDuration(*t.value); },
          [](const StringTarget& t) { return *t.value; }, [](const ListTarget& t) { return Join(*t.value); },
          [](const ChoiceTarget& t) { return *t.value; }},
      target);
}

bool IsSecret(const Target& target) {
  if (const auto* text = std::get_if<StringTarget>(&target)) return text->options.secret;
  if (const auto* list = std::get_if<ListTarget>(&target)) return list->options.secret;
  return false;
}

std::string Expected(const Target& target) {
  return std::visit(base::Overloaded{[](const IntTarget& t) { return ExpectedInt(t.range); },
                                     [](const DoubleTarget& t) { return ExpectedDouble(t.range); },
                                     [](const BoolTarget&) { return std::string("true or false"); },
                                     [](const DurationTarget& t) { return ExpectedDuration(t.range); },
                                     [](const StringTarget&) { return std::string("text"); },
                                     [](const ListTarget&) { return std::string("text, or a list of texts"); },
                                     [](const ChoiceTarget& t) { return "one of " + Join(t.choices); }},
                    target);
}

absl::StatusOr<std::chrono::milliseconds> ParseDuration(std::string_view text) {
  if (text == "0") return std::chrono::milliseconds(0);
  const size_t unit_at = text.find_first_not_of("0123456789");
  if (unit_at != std::string_view::npos && unit_at > 0) {
    const std::optional<int64_t> count = ParseNumber<int64_t>(text.substr(0, unit_at));
    for (const Unit& unit : kUnits) {
      if (!count || unit.suffix != text.substr(unit_at)) continue;
      if (*count > std::chrono::milliseconds::max().count() / unit.milliseconds) break;
      return std::chrono::milliseconds(*count * unit.milliseconds);
    }
  }
  return absl::InvalidArgumentError("expected a duration such as 250ms, 10s, 5m, 2h or 1d, found \"" +
                                    std::string(text) + "\"");
}

std::string ShowDuration(std::chrono::milliseconds duration) {
  const int64_t count = duration.count();
  if (count == 0) return "0";
  for (const Unit& unit : kUnits) {
    if (count % unit.milliseconds == 0) return std::to_string(count / unit.milliseconds) + std::string(unit.suffix);
  }
  return std::to_string(count) + "ms";
}

}  // namespace pawl::config
