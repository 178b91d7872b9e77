// Every operation of the service model by its name, one function each. Internal to scheduler/api/aws.
#pragma once

#include <string_view>

#include "scheduler/api/aws/call.h"

namespace pawl::api::aws {

using Operation = void (*)(Call& call);

// state_machine_operations.cc
void CreateStateMachine(Call& call);
void DescribeStateMachine(Call& call);
void DescribeStateMachineForExecution(Call& call);
void UpdateStateMachine(Call& call);
void DeleteStateMachine(Call& call);
void ListStateMachines(Call& call);

// version_operations.cc
void PublishStateMachineVersion(Call& call);
void ListStateMachineVersions(Call& call);
void DeleteStateMachineVersion(Call& call);

// tag_operations.cc
void TagResource(Call& call);
void UntagResource(Call& call);
void ListTagsForResource(Call& call);

// definition_operations.cc
void ValidateStateMachineDefinition(Call& call);
void TestState(Call& call);

// execution_operations.cc
void StartExecution(Call& call);
void DescribeExecution(Call& call);
void StopExecution(Call& call);
void ListExecutions(Call& call);
void GetExecutionHistory(Call& call);

// activity_operations.cc
void CreateActivity(Call& call);
void DescribeActivity(Call& call);
void ListActivities(Call& call);
void DeleteActivity(Call& call);

// task_operations.cc
void GetActivityTask(Call& call);
void SendTaskSuccess(Call& call);
void SendTaskFailure(Call& call);
void SendTaskHeartbeat(Call& call);

// Null where the name is none of the served ones.
Operation FindOperation(std::string_view name);
// Part of Step Functions, but not served yet.
bool IsKnownOperation(std::string_view name);

}  // namespace pawl::api::aws
