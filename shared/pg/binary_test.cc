#include "shared/pg/binary.h"

#include <gtest/gtest.h>

namespace pawl::pg {
namespace {

TEST(Binary, AnArrayIsDimensionsNullsTypeSizeBoundAndElements) {
  Array array(Type::kInt4Array);
  array.AddInt4(1);
  array.AddInt4(-2);
  EXPECT_EQ(std::move(array).Take().bytes, std::string("\0\0\0\1"
                                                       "\0\0\0\0"
                                                       "\0\0\0\x17"
                                                       "\0\0\0\2"
                                                       "\0\0\0\1"
                                                       "\0\0\0\4\0\0\0\1"
                                                       "\0\0\0\4\xff\xff\xff\xfe",
                                                       36));
}

TEST(Binary, ANullElementIsSaidInTheHead) {
  Array array(Type::kByteaArray);
  array.AddNull();
  array.AddBytes("x");
  std::string bytes = std::move(array).Take().bytes;
  EXPECT_EQ(bytes.substr(4, 4), std::string("\0\0\0\1", 4));
  EXPECT_EQ(bytes.substr(20), std::string("\xff\xff\xff\xff\0\0\0\1x", 9));
}

TEST(Binary, TheOnlyElementOfAnArrayIsAParameterOfItsOwn) {
  Array numbers(Type::kInt4Array);
  numbers.AddInt4(258);
  Parameter number = std::move(numbers).TakeOnly();
  EXPECT_EQ(number.type, Type::kInt4);
  EXPECT_EQ(number.bytes, std::string("\0\0\1\2", 4));
  Array nothing(Type::kByteaArray);
  nothing.AddNull();
  EXPECT_TRUE(std::move(nothing).TakeOnly().is_null);
}

TEST(Binary, NumbersAreBigEndian) { EXPECT_EQ(Int8(258).bytes, std::string("\0\0\0\0\0\0\1\2", 8)); }

}  // namespace
}  // namespace pawl::pg
