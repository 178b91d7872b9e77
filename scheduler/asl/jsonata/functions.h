// The built-in functions: their names, signatures and code, in one table per kind (functions_*.cc).
#pragma once

#include <span>
#include <string_view>

#include "scheduler/asl/jsonata/signature.h"
#include "scheduler/asl/jsonata/symbols.h"
#include "scheduler/asl/jsonata/value.h"

namespace pawl::asl::jsonata {

class Evaluator;
struct Frame;

// One call of a built-in, with validated arguments.
struct NativeCall {
  Evaluator& evaluator;
  Arguments arguments;
  const Value& input;  // the context
  Frame* frame;

  // The argument or undefined.
  const Value& operator[](size_t index) const {
    static const Value undefined;
    return index < arguments.size() ? arguments[index] : undefined;
  }
};

struct NativeSpec {
  const char* name;
  const char* signature;
  int arity;  // how many arguments higher-order functions pass it
  Value (*run)(NativeCall& call);
  enum class Where : uint8_t { kEverywhere, kNotInStepFunctions, kOnlyInStepFunctions } where = Where::kEverywhere;
};

struct Native {
  NativeSpec spec;
  Signature signature;
  size_t number;  // its place in the catalogue
};

std::span<const NativeSpec> StringFunctions();
std::span<const NativeSpec> RegexFunctions();
std::span<const NativeSpec> NumberFunctions();
std::span<const NativeSpec> ArrayFunctions();
std::span<const NativeSpec> ObjectFunctions();
std::span<const NativeSpec> HigherOrderFunctions();
std::span<const NativeSpec> DateTimeFunctions();
std::span<const NativeSpec> StepFunctionsFunctions();

// All built-ins of a dialect. The symbols of their names are the first of every symbol table. Thread rule: immutable.
class Catalogue {
 public:
  static const Catalogue& Of(bool step_functions);
  const Native* Find(Symbol symbol) const { return symbol < natives_.size() ? &natives_[symbol] : nullptr; }
  const SymbolTable& symbols() const { return symbols_; }
  size_t size() const { return natives_.size(); }

 private:
  explicit Catalogue(bool step_functions);
  std::vector<Native> natives_;
  SymbolTable symbols_;
};

// How many arguments a function takes; higher-order functions pass no more.
size_t ArityOf(const Value& function);

}  // namespace pawl::asl::jsonata
