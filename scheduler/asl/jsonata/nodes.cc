#include "scheduler/asl/jsonata/nodes.h"

namespace pawl::asl::jsonata {
namespace {

template <typename T>
void FreeItems(Heap& heap, T* items, size_t size, size_t capacity) {
  if (items == nullptr) return;
  for (size_t i = 0; i < size; ++i) items[i].~T();
  heap.Free(items, capacity * sizeof(T));
}

template <typename T>
void End(Heap& heap, Node* node) {
  T* whole = static_cast<T*>(node);
  whole->~T();
  heap.Free(whole, sizeof(T));
}

}  // namespace

void Bindings::Reserve(uint32_t count) {
  if (count <= capacity) return;
  auto* grown = static_cast<Binding*>(Heap::Current().Allocate(count * sizeof(Binding)));
  for (uint32_t i = 0; i < size; ++i) {
    new (&grown[i]) Binding(std::move(items[i]));
    items[i].~Binding();
  }
  if (items != nullptr) Heap::Current().Free(items, capacity * sizeof(Binding));
  items = grown;
  capacity = count;
}

void Bindings::Set(Symbol symbol, Value value) {
  for (uint32_t i = 0; i < size; ++i) {
    if (items[i].symbol == symbol) {
      items[i].value = std::move(value);
      return;
    }
  }
  if (size == capacity) Reserve(capacity == 0 ? 2 : capacity * 2);
  new (&items[size++]) Binding{symbol, std::move(value)};
}

void DestroyNode(Heap& heap, Node* node) {
  switch (node->kind) {
    case NodeKind::kString: {
      size_t bytes = sizeof(StringNode) + static_cast<StringNode*>(node)->size;
      heap.Free(node, bytes);
      return;
    }
    case NodeKind::kArray: {
      auto* array = static_cast<ArrayNode*>(node);
      if (!array->range) FreeItems(heap, array->items, array->size, array->capacity);
      return End<ArrayNode>(heap, node);
    }
    case NodeKind::kObject: {
      auto* object = static_cast<ObjectNode*>(node);
      FreeItems(heap, object->entries, object->size, object->capacity);
      if (object->slots != nullptr) heap.Free(object->slots, object->slot_count * sizeof(uint32_t));
      return End<ObjectNode>(heap, node);
    }
    case NodeKind::kTuple: {
      Bindings& bindings = static_cast<TupleNode*>(node)->bindings;
      FreeItems(heap, bindings.items, bindings.size, bindings.capacity);
      return End<TupleNode>(heap, node);
    }
    case NodeKind::kFrame: {
      Bindings& bindings = static_cast<Frame*>(node)->bindings;
      FreeItems(heap, bindings.items, bindings.size, bindings.capacity);
      return End<Frame>(heap, node);
    }
    case NodeKind::kLambda: {
      auto* lambda = static_cast<LambdaNode*>(node);
      if (lambda->parameters != nullptr) heap.Free(lambda->parameters, lambda->parameter_count * sizeof(const Ast*));
      return End<LambdaNode>(heap, node);
    }
    case NodeKind::kPartialNative: {
      auto* partial = static_cast<PartialNativeNode*>(node);
      FreeItems(heap, partial->arguments, partial->count, partial->count);
      if (partial->open != nullptr) heap.Free(partial->open, partial->count);
      return End<PartialNativeNode>(heap, node);
    }
    case NodeKind::kMatchNext:
      return End<MatchNextNode>(heap, node);
    case NodeKind::kTransform:
      return End<TransformNode>(heap, node);
    case NodeKind::kChain:
      return End<ChainNode>(heap, node);
  }
}

}  // namespace pawl::asl::jsonata
