// A value on its way through a state, and how it came about: as long as possible it stays "the input", "the part of the
// input at a pointer" or "the result", so that nothing is parsed or copied that nobody looks into.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "scheduler/asl/interpret/step.h"
#include "shared/json/value.h"

namespace pawl::asl {

class Data {
 public:
  // The raw input or the work's result; `lazy` must outlive the Data.
  static Data Input(const LazyValue& lazy) { return Data(Derived::From::kInput, &lazy); }
  static Data Result(const LazyValue& lazy) { return Data(Derived::From::kResult, &lazy); }
  static Data Of(json::Value value);
  // `value` is what stands at `pointer` in the raw input.
  static Data InputAt(std::vector<std::string> pointer, json::Value value);
  // `merged` is the raw input with `inserted` put at `pointer`.
  static Data Inserted(std::vector<std::string> pointer, const Data& inserted, json::Value merged);

  const json::Value& Get() const { return value_ ? *value_ : lazy_->Get(); }
  Derived::From from() const { return from_; }
  const std::vector<std::string>& pointer() const { return pointer_; }
  Derived ToDerived() &&;

 private:
  Data(Derived::From from, const LazyValue* lazy) : from_(from), lazy_(lazy) {}

  Derived::From from_;
  const LazyValue* lazy_ = nullptr;
  std::optional<json::Value> value_;
  std::vector<std::string> pointer_;
  json::Value inserted_;  // kInputWithValue
};

}  // namespace pawl::asl
