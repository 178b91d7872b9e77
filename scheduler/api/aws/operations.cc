#include "scheduler/api/aws/operations.h"

#include <algorithm>
#include <array>
#include <iterator>

namespace pawl::api::aws {
namespace {

struct Entry {
  std::string_view name;
  Operation operation;
};

// Sorted by name.
constexpr Entry kServed[] = {
    {"CreateActivity", CreateActivity},
    {"CreateStateMachine", CreateStateMachine},
    {"DeleteActivity", DeleteActivity},
    {"DeleteStateMachine", DeleteStateMachine},
    {"DeleteStateMachineVersion", DeleteStateMachineVersion},
    {"DescribeActivity", DescribeActivity},
    {"DescribeExecution", DescribeExecution},
    {"DescribeStateMachine", DescribeStateMachine},
    {"DescribeStateMachineForExecution", DescribeStateMachineForExecution},
    {"GetActivityTask", GetActivityTask},
    {"GetExecutionHistory", GetExecutionHistory},
    {"ListActivities", ListActivities},
    {"ListExecutions", ListExecutions},
    {"ListStateMachineVersions", ListStateMachineVersions},
    {"ListStateMachines", ListStateMachines},
    {"ListTagsForResource", ListTagsForResource},
    {"PublishStateMachineVersion", PublishStateMachineVersion},
    {"SendTaskFailure", SendTaskFailure},
    {"SendTaskHeartbeat", SendTaskHeartbeat},
    {"SendTaskSuccess", SendTaskSuccess},
    {"StartExecution", StartExecution},
    {"StopExecution", StopExecution},
    {"TagResource", TagResource},
    {"TestState", TestState},
    {"UntagResource", UntagResource},
    {"UpdateStateMachine", UpdateStateMachine},
    {"ValidateStateMachineDefinition", ValidateStateMachineDefinition},
};
static_assert(std::is_sorted(std::begin(kServed), std::end(kServed),
                             [](const Entry& a, const Entry& b) { return a.name < b.name; }));

constexpr std::string_view kNotServedYet[] = {
    "CreateStateMachineAlias",
    "DeleteStateMachineAlias",
    "DescribeMapRun",
    "DescribeStateMachineAlias",
    "ListMapRuns",
    "ListStateMachineAliases",
    "RedriveExecution",
    "StartSyncExecution",
    "UpdateMapRun",
    "UpdateStateMachineAlias",
};

}  // namespace

Operation FindOperation(std::string_view name) {
  const auto* found = std::lower_bound(std::begin(kServed), std::end(kServed), name,
                                       [](const Entry& entry, std::string_view wanted) { return entry.name < wanted; });
  return found != std::end(kServed) && found->name == name ? found->operation : nullptr;
}

bool IsKnownOperation(std::string_view name) {
  return FindOperation(name) != nullptr ||
         std::find(std::begin(kNotServedYet), std::end(kNotServedYet), name) != std::end(kNotServedYet);
}

}  // namespace pawl::api::aws
