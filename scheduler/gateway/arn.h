// ARNs as Step Functions writes them (STEP_FUNCTIONS.md 1.1).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "scheduler/gateway/gateway.h"

namespace pawl::gateway {

struct StateMachineArn {
  std::string region, account, name;
  std::string qualifier;  // version number or alias after the name; empty if none
};
struct ExecutionArn {
  std::string region, account, machine, name;
};
struct ActivityArn {
  std::string region, account, name;
};

// Nothing where the text is no such ARN.
std::optional<StateMachineArn> ParseStateMachineArn(std::string_view text);
std::optional<ExecutionArn> ParseExecutionArn(std::string_view text);
std::optional<ActivityArn> ParseActivityArn(std::string_view text);

std::string MakeStateMachineArn(const Caller& caller, std::string_view name);
std::string MakeExecutionArn(std::string_view region, std::string_view account, std::string_view machine,
                             std::string_view name);
std::string MakeActivityArn(const Caller& caller, std::string_view name);

// OK where the text is an ARN of that kind; otherwise InvalidArn in Step Functions' words: "Invalid Arn: 'Invalid ARN
// prefix: x'", "Invalid Arn: 'Resource type not valid in this context: express'".
enum class ArnKind { kStateMachine, kExecution, kActivity };
absl::Status CheckArn(std::string_view text, ArnKind kind);

// 1 to 80 characters, none of those that STEP_FUNCTIONS.md 1.1 excludes.
bool IsValidName(std::string_view name);

}  // namespace pawl::gateway
