// From text to a program: parse, process, check names.

#include "scheduler/asl/jsonata/ast.h"
#include "scheduler/asl/jsonata/error.h"
#include "scheduler/asl/jsonata/functions.h"
#include "scheduler/asl/jsonata/names.h"
#include "scheduler/asl/jsonata/parser.h"
#include "scheduler/asl/jsonata/process.h"

namespace pawl::asl::jsonata {

std::unique_ptr<Program> CompileProgram(std::string_view text, const Dialect& dialect, SymbolTable* symbols,
                                        uint32_t first_literal) {
  auto program = std::make_unique<Program>();
  program->text = std::string(text);
  program->dialect = dialect;
  program->literal_count = first_literal;
  program->symbols = symbols;
  if (symbols == nullptr) {
    program->own_symbols = std::make_unique<SymbolTable>(&Catalogue::Of(dialect.step_functions).symbols());
    program->symbols = program->own_symbols.get();
  }
  program->root = ProcessTree(ParseText(text, *program), *program);
  CheckNames(*program);
  return program;
}

}  // namespace pawl::asl::jsonata
