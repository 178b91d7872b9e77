#include "shared/pg/binary.h"

#include "shared/base/check.h"

namespace pawl::pg {
namespace {

template <typename Int>
void Append(Int value, std::string& out) {
  using Unsigned = std::make_unsigned_t<Int>;
  for (int shift = 8 * (static_cast<int>(sizeof(Int)) - 1); shift >= 0; shift -= 8) {
    out += static_cast<char>(static_cast<Unsigned>(value) >> shift);
  }
}

template <typename Int>
void Set(Int value, size_t at, std::string& out) {
  std::string bytes;
  Append(value, bytes);
  out.replace(at, bytes.size(), bytes);
}

Type ElementOf(Type array) {
  switch (array) {
    case Type::kByteaArray:
      return Type::kBytea;
    case Type::kInt2Array:
      return Type::kInt2;
    case Type::kInt4Array:
      return Type::kInt4;
    case Type::kTextArray:
      return Type::kText;
    case Type::kInt8Array:
      return Type::kInt8;
    case Type::kUuidArray:
      return Type::kUuid;
    default:
      PAWL_CHECK(false, "an array's type is an array type");
  }
}

}  // namespace

Parameter Int8(int64_t value) {
  Parameter parameter{Type::kInt8};
  Append(value, parameter.bytes);
  return parameter;
}

Parameter Int4(int32_t value) {
  Parameter parameter{Type::kInt4};
  Append(value, parameter.bytes);
  return parameter;
}

Parameter Text(std::string value) { return {Type::kText, false, std::move(value)}; }

Array::Array(Type array_type) : type_(array_type) {
  Append(int32_t{1}, bytes_);  // dimensions
  Append(int32_t{0}, bytes_);  // has nulls; set at the end
  Append(static_cast<int32_t>(ElementOf(array_type)), bytes_);
  Append(int32_t{0}, bytes_);  // elements; set at the end
  Append(int32_t{1}, bytes_);  // lower bound
}

void Array::Begin(int32_t element_size) {
  ++size_;
  Append(element_size, bytes_);
}

void Array::AddInt2(int16_t value) {
  Begin(2);
  Append(value, bytes_);
}

void Array::AddInt4(int32_t value) {
  Begin(4);
  Append(value, bytes_);
}

void Array::AddInt8(int64_t value) {
  Begin(8);
  Append(value, bytes_);
}

void Array::AddUuid(const Uuid& value) {
  Begin(16);
  bytes_.append(reinterpret_cast<const char*>(value.data()), value.size());
}

void Array::AddBytes(std::string_view value) {
  Begin(static_cast<int32_t>(value.size()));
  bytes_ += value;
}

void Array::AddNull() {
  has_null_ = true;
  Begin(-1);
}

Parameter Array::Take() && {
  if (has_null_) Set(int32_t{1}, 4, bytes_);
  Set(size_, 12, bytes_);
  return {type_, false, std::move(bytes_)};
}

Parameter Array::TakeOnly() && {
  PAWL_CHECK(size_ == 1, "an array's only element is asked for");
  constexpr size_t kHead = 24;  // of the array and of the element
  return {ElementOf(type_), has_null_, bytes_.substr(kHead)};
}

}  // namespace pawl::pg
