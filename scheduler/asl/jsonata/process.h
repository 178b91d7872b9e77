// The second pass over the syntax tree: flattens location paths into steps with filters, resolves the parent operator
// `%`, marks array constructors at the edges of paths, and turns calls in tail position into thunks.
#pragma once

#include "scheduler/asl/jsonata/ast.h"

namespace pawl::asl::jsonata {

// Returns the processed root. Throws Failure: S0201, S0207, S0209, S0210, S0213, S0215 to S0217, D1011.
Ast* ProcessTree(Ast* root, Program& program);

}  // namespace pawl::asl::jsonata
