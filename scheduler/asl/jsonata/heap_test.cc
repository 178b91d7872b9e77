#include "scheduler/asl/jsonata/heap.h"

#include <gtest/gtest.h>

#include "scheduler/asl/jsonata/error.h"
#include "scheduler/asl/jsonata/nodes.h"
#include "scheduler/asl/jsonata/value.h"

namespace pawl::asl::jsonata {
namespace {

TEST(Heap, CountsWhatIsAliveAndTakesItBack) {
  Heap heap(1 << 20);
  Heap::Scope scope(heap);
  {
    Ref<ArrayNode> array = ArrayNode::New();
    for (int i = 0; i < 1000; ++i) array->Push(Value::String("some text " + std::to_string(i)));
    EXPECT_GT(heap.bytes_alive(), 40000u);
  }
  EXPECT_EQ(heap.bytes_alive(), 0u);
}

TEST(Heap, RefusesBeyondItsLimit) {
  Heap heap(1000);
  Heap::Scope scope(heap);
  EXPECT_THROW((void)heap.Allocate(2000), Failure);
  EXPECT_THROW(heap.Require(SIZE_MAX), Failure);
}

TEST(Heap, TakesDeepValuesApartWithoutRecursion) {
  Heap heap(256 << 20);
  Heap::Scope scope(heap);
  Value deep;
  for (int i = 0; i < 1'000'000; ++i) {
    Ref<ArrayNode> array = ArrayNode::New();
    array->Push(std::move(deep));
    deep = Value::Of(std::move(array));
  }
  deep = Value();
  EXPECT_EQ(heap.bytes_alive(), 0u);
}

TEST(ObjectNode, FindsSetsAndErasesInSmallAndLargeObjects) {
  Heap heap(1 << 20);
  Heap::Scope scope(heap);
  Ref<ObjectNode> object = ObjectNode::New();
  for (int i = 0; i < 100; ++i) object->Set("key" + std::to_string(i), Value::Number(i));
  object->Set("key50", Value::Number(-1));
  object->Erase("key10");
  object->Erase("nothing");
  EXPECT_EQ(object->size, 99u);
  EXPECT_EQ(object->Find("key10"), nullptr);
  EXPECT_EQ(object->Find("key50")->value.number(), -1);
  EXPECT_EQ(object->Find("key99")->value.number(), 99);
}

TEST(ArrayNode, KeepsRangesUntilTheyChange) {
  Heap heap(1 << 20);
  Heap::Scope scope(heap);
  Ref<ArrayNode> range = ArrayNode::NewRange(5, 3);
  EXPECT_EQ(range->At(2).number(), 7);
  range->Push(Value::Number(0));
  EXPECT_FALSE(range->range);
  EXPECT_EQ(range->size, 4u);
  EXPECT_EQ(range->At(2).number(), 7);
}

}  // namespace
}  // namespace pawl::asl::jsonata
