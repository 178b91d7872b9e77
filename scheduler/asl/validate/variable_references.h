// Which variables a definition reads, for DescribeStateMachine's variableReferences. Pure.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "scheduler/asl/program.h"

namespace pawl::asl {

// State name -> names of the variables that its fields refer to, without `$`, sorted; states that refer to none are
// left out (recorded: sfn_api_variable_references).
std::map<std::string, std::vector<std::string>> VariableReferences(const Program& program);

}  // namespace pawl::asl
