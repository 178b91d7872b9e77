// A validated state machine definition, as the engine sees it. Made by scheduler/asl/validate, read by
// scheduler/asl/interpret and scheduler/core. Immutable; may be shared between threads.
//
// The engine needs of a state only what stands in the plain fields here; what the interpreter needs besides (compiled
// paths, templates, rules, retriers) is in `detail`, whose type only scheduler/asl knows.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace pawl::asl {

enum class StateType : uint8_t { kPass, kTask, kChoice, kWait, kSucceed, kFail, kParallel, kMap };
// "Pass", "Task" ...
const char* StateTypeName(StateType type);

enum class QueryLanguage : uint8_t { kJsonPath, kJsonata };

struct State;
struct StateDetail;  // scheduler/asl/interpret

// What stands under one `States` field: the whole machine, a Parallel branch or a Map's processor.
struct Block {
  std::string start_at;
  std::vector<std::unique_ptr<State>> states;  // in the order of the text
};

struct State {
  State();
  ~State();
  std::string name;  // unique in the whole definition
  StateType type = StateType::kPass;
  QueryLanguage query_language = QueryLanguage::kJsonPath;
  std::string resource;         // Task only, as written
  std::vector<Block> branches;  // Parallel: its branches; Map: exactly one, the processor
  bool distributed = false;     // Map with ProcessorConfig.Mode DISTRIBUTED
  std::unique_ptr<const StateDetail> detail;
};

class Program {
 public:
  const Block& root() const { return root_; }
  // Null where no state of the definition, at any depth, has that name.
  const State* Find(std::string_view name) const;
  std::optional<int64_t> timeout_seconds() const { return timeout_seconds_; }
  const std::string& comment() const { return comment_; }
  // The definition as it was given.
  const std::string& text() const { return text_; }

 private:
  friend class ProgramBuilder;  // scheduler/asl/validate
  Block root_;
  std::unordered_map<std::string_view, const State*> by_name_;
  std::optional<int64_t> timeout_seconds_;
  std::string comment_;
  std::string text_;
};

}  // namespace pawl::asl
