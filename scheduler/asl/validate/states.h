// Definition -> blocks and states. Internal to scheduler/asl/validate.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "scheduler/asl/interpret/detail.h"
#include "scheduler/asl/validate/fields.h"

namespace pawl::asl {

// What holds for everything inside a machine, or inside a distributed Map.
struct Surroundings {
  MachineType type = MachineType::kStandard;
  QueryLanguage machine_language = QueryLanguage::kJsonPath;
  int nesting = 0;  // of Parallel and Map
};

class StateCompiler {
 public:
  StateCompiler(const CompileOptions& options, Report& report) : options_(options), report_(report) {}

  // `place` is an object with StartAt and States; `known` are the fields that it may have. Recursion is bounded by
  // CompileOptions::nesting_max and by the parser's depth limit.
  Block CompileBlock(const Place& place, const Surroundings& around, const std::vector<std::string>& known);
  // A block of one state, which is all that `place` has.
  Block CompileSingle(const Place& place, const std::string& name, const Surroundings& around);

 private:
  std::unique_ptr<State> CompileState(const Place& place, const std::string& name, const Surroundings& around);
  QueryLanguage LanguageOf(const Fields& common, const Surroundings& around, bool& refused);
  void CheckName(const Place& place, const std::string& name, size_t offset);

  // ---- states.cc
  void CompileFlow(const Fields& fields, State& state, StateDetail& detail);
  void CompileTransition(const Fields& fields, StateDetail& detail);
  PassDetail CompilePass(const Fields& fields);
  TaskDetail CompileTask(const Fields& fields, State& state, const Surroundings& around);
  WaitDetail CompileWait(const Fields& fields);
  FailDetail CompileFail(const Fields& fields);
  void CompileBranches(const Fields& fields, State& state, const Surroundings& around);

  // ---- choice_rules.cc
  ChoiceDetail CompileChoice(const Fields& fields);
  Rule CompileRule(const Place& place, QueryLanguage language, bool is_top);
  void CompileComparison(const Fields& fields, Rule& rule);
  void ReadOperand(const Fields& fields, const std::string& name, Rule& rule);

  // ---- error_handlers.cc
  void CompileHandlers(const Fields& fields, StateDetail& detail);
  Retrier CompileRetrier(const Fields& fields);
  Catcher CompileCatcher(const Fields& fields);
  std::vector<std::string> ErrorEquals(const Fields& fields, bool is_last);

  // ---- map_fields.cc
  MapDetail CompileMap(const Fields& fields, State& state, const Surroundings& around);
  void CompileProcessor(const Fields& fields, State& state, MapDetail& map, const Surroundings& around);
  ReaderDetail CompileReader(const Place& place, QueryLanguage language);
  BatcherDetail CompileBatcher(const Place& place, QueryLanguage language);
  WriterDetail CompileWriter(const Place& place, QueryLanguage language);

  const CompileOptions& options_;
  Report& report_;
  std::map<std::string, Place, std::less<>> names_;   // of states, first occurrences
  std::map<std::string, Place, std::less<>> labels_;  // of Maps
};

// Fields that belong to one dialect only: each is refused in the other with AWS's sentence. At `fields.place()`.
void RefuseOtherDialect(const Fields& fields, const std::vector<std::string>& jsonpath_only,
                        const std::vector<std::string>& jsonata_only);

// Whether every target exists, every state can be reached and, for the whole machine, whether it can end.
void CheckGraph(const Block& block, const Place& place, bool is_machine, Report& report);

}  // namespace pawl::asl
