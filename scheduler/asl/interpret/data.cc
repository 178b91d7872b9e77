#include "scheduler/asl/interpret/data.h"

#include <utility>

namespace pawl::asl {

using From = Derived::From;

Data Data::Of(json::Value value) {
  Data data(From::kValue, nullptr);
  data.value_ = std::move(value);
  return data;
}

Data Data::InputAt(std::vector<std::string> pointer, json::Value value) {
  Data data(From::kInputAt, nullptr);
  data.value_ = std::move(value);
  data.pointer_ = std::move(pointer);
  return data;
}

Data Data::Inserted(std::vector<std::string> pointer, const Data& inserted, json::Value merged) {
  Data data(inserted.from_ == From::kResult ? From::kInputWithResult : From::kInputWithValue, nullptr);
  data.value_ = std::move(merged);
  data.pointer_ = std::move(pointer);
  if (data.from_ == From::kInputWithValue) data.inserted_ = inserted.Get();
  return data;
}

Derived Data::ToDerived() && {
  Derived derived;
  derived.from = from_;
  derived.pointer = std::move(pointer_);
  if (from_ == From::kValue) derived.value = std::move(*value_);
  if (from_ == From::kInputWithValue) derived.value = std::move(inserted_);
  return derived;
}

}  // namespace pawl::asl
