// A value, or the failure of the workflow that takes its place. Failures are data, so they do not travel as
// absl::Status; this is the shape they travel in inside the interpreter.
#pragma once

#include <utility>
#include <variant>

#include "scheduler/asl/interpret/step.h"

namespace pawl::asl {

template <typename T>
class [[nodiscard]] Fallible {
 public:
  Fallible(T value) : content_(std::in_place_index<0>, std::move(value)) {}            // NOLINT: implicit by design
  Fallible(Failure failure) : content_(std::in_place_index<1>, std::move(failure)) {}  // NOLINT: implicit by design
  bool ok() const { return content_.index() == 0; }
  T& value() { return std::get<0>(content_); }
  Failure& failure() { return std::get<1>(content_); }

 private:
  std::variant<T, Failure> content_;
};

}  // namespace pawl::asl

#define PAWL_FAIL_CONCAT_INNER(a, b) a##b
#define PAWL_FAIL_CONCAT(a, b) PAWL_FAIL_CONCAT_INNER(a, b)
// PAWL_ASSIGN_OR_FAIL(auto value, Compute()); returns Compute()'s failure from the enclosing function, if it is one.
#define PAWL_ASSIGN_OR_FAIL(declaration, expr) \
  PAWL_ASSIGN_OR_FAIL_INNER(PAWL_FAIL_CONCAT(pawl_fallible_, __LINE__), declaration, expr)
#define PAWL_ASSIGN_OR_FAIL_INNER(temporary, declaration, expr) \
  auto temporary = (expr);                                      \
  if (!temporary.ok()) return std::move(temporary.failure());   \
  declaration = std::move(temporary.value())
