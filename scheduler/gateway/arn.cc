#include "scheduler/gateway/arn.h"

#include <array>
#include <cstdint>

#include "scheduler/gateway/reason.h"

namespace pawl::gateway {
namespace {

constexpr size_t kNameCharactersMax = 80;

// The parts of "arn:PARTITION:states:REGION:ACCOUNT:TYPE:REST"; REST keeps its own colons.
struct Parts {
  std::string_view region, account, type, rest;
};

std::optional<std::string_view> TakeUpToColon(std::string_view& text) {
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view head = text.substr(0, colon);
  text.remove_prefix(colon + 1);
  return head;
}

std::optional<Parts> Split(std::string_view text) {
  std::array<std::string_view, 6> heads;
  for (std::string_view& head : heads) {
    const std::optional<std::string_view> taken = TakeUpToColon(text);
    if (!taken || taken->empty()) return std::nullopt;
    head = *taken;
  }
  if (heads[0] != "arn" || !heads[1].starts_with("aws") || heads[2] != "states" || text.empty()) return std::nullopt;
  return Parts{heads[3], heads[4], heads[5], text};
}

std::string Join(std::string_view region, std::string_view account, std::string_view type, std::string_view name) {
  std::string arn;
  arn.reserve(18 + region.size() + account.size() + type.size() + name.size());
  arn.append("arn:aws:states:").append(region).append(":").append(account).append(":").append(type).append(":");
  return arn.append(name);
}

// One Unicode code point, removed from the front of `text`; nothing where the bytes are no UTF-8.
std::optional<uint32_t> TakeCodePoint(std::string_view& text) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const size_t length = byte(0) < 0x80       ? 1
                        : byte(0) >> 5 == 6  ? 2
                        : byte(0) >> 4 == 14 ? 3
                        : byte(0) >> 3 == 30 ? 4
                                             : 0;
  if (length == 0 || length > text.size()) return std::nullopt;
  uint32_t point = length == 1 ? byte(0) : byte(0) & (0x7f >> length);
  for (size_t i = 1; i < length; ++i) {
    if (byte(i) >> 6 != 2) return std::nullopt;
    point = point << 6 | (byte(i) & 0x3f);
  }
  text.remove_prefix(length);
  return point;
}

bool IsExcludedFromNames(uint32_t point) {
  if (point <= 0x20 || (point >= 0x7f && point <= 0xa0)) return true;
  if (point < 0x80)
    return std::string_view("<>{}[]?*\"#%\\^|~`$&,;:/").find(static_cast<char>(point)) != std::string_view::npos;
  const bool white_space = point == 0x1680 || (point >= 0x2000 && point <= 0x200a) || point == 0x2028 ||
                           point == 0x2029 || point == 0x202f || point == 0x205f || point == 0x3000;
  return white_space || (point >= 0xd800 && point <= 0xdfff) || point == 0xfffe || point == 0xffff || point >= 0x10ffff;
}

std::string_view TypeName(ArnKind kind) {
  switch (kind) {
    case ArnKind::kStateMachine:
      return "stateMachine";
    case ArnKind::kExecution:
      return "execution";
    case ArnKind::kActivity:
      return "activity";
  }
  return "";
}

bool IsWellFormed(std::string_view text, ArnKind kind) {
  switch (kind) {
    case ArnKind::kStateMachine:
      return ParseStateMachineArn(text).has_value();
    case ArnKind::kExecution:
      return ParseExecutionArn(text).has_value();
    case ArnKind::kActivity:
      return ParseActivityArn(text).has_value();
  }
  return false;
}

}  // namespace

std::optional<StateMachineArn> ParseStateMachineArn(std::string_view text) {
  const std::optional<Parts> parts = Split(text);
  if (!parts || parts->type != "stateMachine") return std::nullopt;
  std::string_view rest = parts->rest;
  StateMachineArn arn{std::string(parts->region), std::string(parts->account), "", ""};
  if (const std::optional<std::string_view> name = TakeUpToColon(rest)) {
    if (name->empty() || rest.empty() || rest.find(':') != std::string_view::npos) return std::nullopt;
    arn.name = *name;
    arn.qualifier = rest;
  } else {
    arn.name = rest;
  }
  return arn;
}

std::optional<ExecutionArn> ParseExecutionArn(std::string_view text) {
  const std::optional<Parts> parts = Split(text);
  if (!parts || parts->type != "execution") return std::nullopt;
  std::string_view rest = parts->rest;
  const std::optional<std::string_view> machine = TakeUpToColon(rest);
  if (!machine || machine->empty() || rest.empty() || rest.find(':') != std::string_view::npos) return std::nullopt;
  return ExecutionArn{std::string(parts->region), std::string(parts->account), std::string(*machine),
                      std::string(rest)};
}

std::optional<ActivityArn> ParseActivityArn(std::string_view text) {
  const std::optional<Parts> parts = Split(text);
  if (!parts || parts->type != "activity" || parts->rest.find(':') != std::string_view::npos) return std::nullopt;
  return ActivityArn{std::string(parts->region), std::string(parts->account), std::string(parts->rest)};
}

std::string MakeStateMachineArn(const Caller& caller, std::string_view name) {
  return Join(caller.region, caller.account, "stateMachine", name);
}

std::string MakeExecutionArn(std::string_view region, std::string_view account, std::string_view machine,
                             std::string_view name) {
  return Join(region, account, "execution", machine).append(":").append(name);
}

std::string MakeActivityArn(const Caller& caller, std::string_view name) {
  return Join(caller.region, caller.account, "activity", name);
}

absl::Status CheckArn(std::string_view text, ArnKind kind) {
  if (IsWellFormed(text, kind)) return absl::OkStatus();
  const std::optional<Parts> parts = Split(text);
  std::string why;
  if (!text.starts_with("arn:aws")) {
    why = "Invalid ARN prefix: " + std::string(text);
  } else if (parts && parts->type != TypeName(kind)) {
    why = "Resource type not valid in this context: " + std::string(parts->type);
  } else {
    why = "Invalid ARN: " + std::string(text);
  }
  return Refuse(Reason::kInvalidArn, "Invalid Arn: '" + why + "'");
}

bool IsValidName(std::string_view name) {
  size_t characters = 0;
  while (!name.empty()) {
    const std::optional<uint32_t> point = TakeCodePoint(name);
    if (!point || IsExcludedFromNames(*point) || ++characters > kNameCharactersMax) return false;
  }
  return characters > 0;
}

}  // namespace pawl::gateway
