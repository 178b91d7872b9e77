#include "scheduler/asl/jsonata/jsonata.h"

#include <new>

#include "scheduler/asl/jsonata/ast.h"
#include "scheduler/asl/jsonata/error.h"
#include "scheduler/asl/jsonata/evaluator.h"
#include "scheduler/asl/jsonata/serialize.h"

namespace pawl::asl::jsonata {

Expression::Expression(std::shared_ptr<const Program> program) : program_(std::move(program)) {}

std::variant<Expression, Error> Expression::Compile(std::string_view text, const Dialect& dialect) {
  try {
    return Expression(std::shared_ptr<const Program>(CompileProgram(text, dialect)));
  } catch (const Failure& failure) {
    return ToError(failure);
  }
}

Result Expression::Evaluate(const std::optional<json::Value>& input, const Environment& environment) const {
  Heap heap(environment.limits.bytes_max);
  Heap::Scope scope(heap);
  try {
    Evaluator evaluator(*program_, environment);
    Value result = evaluator.Run(input ? Value::Input(*input) : Value());
    if (result.is_undefined()) return std::optional<json::Value>();
    bool steps = program_->dialect.step_functions;
    return std::optional(ToJson(result, {.strict = steps, .js_order = !steps}));
  } catch (const Failure& failure) {
    return ToError(failure);
  } catch (const UnsupportedResult& unsupported) {
    return Unsupported{unsupported.kind};
  } catch (const std::bad_alloc&) {
    return ToError(Failure("D1013"));
  }
}

const std::string& Expression::text() const { return program_->text; }
const std::vector<std::string>& Expression::free_variables() const { return program_->free_variables; }

}  // namespace pawl::asl::jsonata
