// Text of a definition -> Program, or every problem at once. Pure.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "scheduler/asl/program.h"

namespace pawl::asl {

enum class Severity { kError, kWarning };

// Codes are AWS's (STEP_FUNCTIONS.md 1.3): INVALID_JSON_DESCRIPTION, MISSING_TRANSITION_TARGET, NO_DOLLAR ...
struct Diagnostic {
  Severity severity = Severity::kError;
  std::string code;
  std::string message;
  std::string location;  // JSON-pointer-like, "/States/Train/Retry[0]/MaxAttempts"
  size_t line = 0;       // 1-based; 0 where unknown
  size_t column = 0;
};

enum class MachineType { kStandard, kExpress };

struct CompileOptions {
  MachineType type = MachineType::kStandard;
  size_t definition_bytes_max = 1'048'576;
  int nesting_max = 100;  // of Parallel and Map
  // Not empty: the text is no machine but one state, which gets this name. Where it goes to is not checked (TestState).
  std::string single_state;
};

struct CompileResult {
  std::shared_ptr<const Program> program;  // null where any diagnostic is an error
  std::vector<Diagnostic> diagnostics;     // errors and warnings in the order of the text
};

CompileResult Compile(std::string_view text, const CompileOptions& options = {});

// The message of InvalidDefinition for CreateStateMachine: "Invalid State Machine Definition: 'CODE: message at
// location, CODE: ...'", errors only, as AWS joins them.
std::string InvalidDefinitionMessage(const std::vector<Diagnostic>& diagnostics);

}  // namespace pawl::asl
