// Statement parameters and arrays in PostgreSQL's binary form, so that a batch of thousands of values goes to the
// server as a handful of parameters that neither side prints or parses.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::pg {

// Object ids of PostgreSQL's built-in types; the same in every installation.
enum class Type : uint32_t {
  kBool = 16,
  kBytea = 17,
  kInt8 = 20,
  kInt2 = 21,
  kInt4 = 23,
  kText = 25,
  kUuid = 2950,
  kByteaArray = 1001,
  kInt2Array = 1005,
  kInt4Array = 1007,
  kTextArray = 1009,
  kInt8Array = 1016,
  kUuidArray = 2951,
};

using Uuid = std::array<uint8_t, 16>;

struct Parameter {
  Type type;
  bool is_null = false;
  std::string bytes;
};

Parameter Int8(int64_t value);
Parameter Int4(int32_t value);
Parameter Text(std::string value);

// A one-dimensional array being filled. Elements are added with the method that fits its type.
class Array {
 public:
  explicit Array(Type array_type);

  void AddInt2(int16_t value);
  void AddInt4(int32_t value);
  void AddInt8(int64_t value);
  void AddUuid(const Uuid& value);
  void AddBytes(std::string_view value);  // bytea and text
  void AddNull();

  int32_t size() const { return size_; }
  Parameter Take() &&;
  // Of an array with one element: that element.
  Parameter TakeOnly() &&;

 private:
  void Begin(int32_t element_size);

  Type type_;
  int32_t size_ = 0;
  bool has_null_ = false;
  std::string bytes_;
};

}  // namespace pawl::pg
