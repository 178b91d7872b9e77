// From text to the raw syntax tree.
#pragma once

#include <string_view>

#include "scheduler/asl/jsonata/ast.h"

namespace pawl::asl::jsonata {

// Throws Failure: the codes S01xx, S02xx, S03xx and S04xx, D1011 where the text nests too deep.
Ast* ParseText(std::string_view text, Program& program);

}  // namespace pawl::asl::jsonata
