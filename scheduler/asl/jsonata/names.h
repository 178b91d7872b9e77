// Which names an expression uses: its free variables, and what Step Functions does not allow.
#pragma once

#include "scheduler/asl/jsonata/ast.h"

namespace pawl::asl::jsonata {

// Fills program.free_variables. In the dialect of Step Functions, throws Failure S0501 for `$`, `$$` and names at the
// top level, where there is no context (https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html).
void CheckNames(Program& program);

}  // namespace pawl::asl::jsonata
