// Date and time functions (https://docs.jsonata.org/date-time-functions).

#include <chrono>
#include <cmath>

#include "scheduler/asl/jsonata/calendar.h"
#include "scheduler/asl/jsonata/datetime_picture.h"
#include "scheduler/asl/jsonata/error.h"
#include "scheduler/asl/jsonata/evaluator.h"
#include "scheduler/asl/jsonata/functions.h"

namespace pawl::asl::jsonata {
namespace {

double Now(const NativeCall& call) {
  return static_cast<double>(call.evaluator.environment().now.time_since_epoch().count());
}

bool IsLegacy(const NativeCall& call) { return call.evaluator.dialect().version == Version::k2_0_6; }

std::optional<std::string_view> Text(const Value& value) {
  return value.is_string() ? std::optional(value.text()) : std::nullopt;
}

Value NowFunction(NativeCall& call) {
  return Value::String(FormatDateTime(Now(call), Text(call[0]), Text(call[1]), IsLegacy(call)));
}

Value Millis(NativeCall& call) { return Value::Number(Now(call)); }

Value FromMillis(NativeCall& call) {
  if (call[0].is_undefined()) return Value();
  return Value::String(FormatDateTime(call[0].number(), Text(call[1]), Text(call[2]), IsLegacy(call)));
}

Value ToMillis(NativeCall& call) {
  if (call[0].is_undefined()) return Value();
  std::string_view text = call[0].text();
  if (std::optional<std::string_view> picture = Text(call[1])) {
    std::optional<double> millis = ParseDateTime(text, *picture, Now(call), IsLegacy(call));
    return millis ? Value::Number(*millis) : Value();
  }
  double millis = 0;
  if (!ParseIso8601(text, millis)) throw Failure("D3110").Text(text);
  return Value::Number(millis);
}

constexpr NativeSpec kFunctions[] = {
    {"now", "<s?s?:s>", 2, NowFunction},
    {"millis", "<:n>", 0, Millis},
    {"fromMillis", "<n-s?s?:s>", 3, FromMillis},
    {"toMillis", "<s-s?:n>", 2, ToMillis},
};

}  // namespace

std::span<const NativeSpec> DateTimeFunctions() { return kFunctions; }

}  // namespace pawl::asl::jsonata
