#include "scheduler/asl/jsonata/heap.h"

#include <cstdlib>
#include <utility>

#include "scheduler/asl/jsonata/error.h"
#include "scheduler/asl/jsonata/nodes.h"

namespace pawl::asl::jsonata {

namespace {
Failure MemoryExhausted() {
  Failure failure("D1013");
  failure.message = "The memory limit of the evaluation was exceeded";
  return failure;
}
}  // namespace

thread_local Heap* Heap::current_ = nullptr;

Heap::~Heap() {
  while (large_ != nullptr) std::free(std::exchange(large_, large_->next));
}

void Heap::Require(size_t bytes) const {
  if (bytes > bytes_max_ || bytes_alive_ > bytes_max_ - bytes) throw MemoryExhausted();
}

void* Heap::Allocate(size_t bytes) {
  bytes = (bytes + kGrain - 1) & ~(kGrain - 1);
  Require(bytes);
  if (bytes > kPooledMax) return AllocateLarge(bytes);
  bytes_alive_ += bytes;
  FreeBlock*& head = free_[bytes / kGrain];
  if (head != nullptr) return std::exchange(head, head->next);
  if (static_cast<size_t>(bump_end_ - bump_) < bytes) {
    chunks_.emplace_back(new char[chunk_bytes_]);
    bump_ = chunks_.back().get();
    bump_end_ = bump_ + chunk_bytes_;
    if (chunk_bytes_ < (256 << 10)) chunk_bytes_ *= 2;
  }
  return std::exchange(bump_, bump_ + bytes);
}

void* Heap::AllocateLarge(size_t bytes) {
  void* block = std::malloc(bytes + sizeof(LargeBlock));
  if (block == nullptr) throw MemoryExhausted();
  auto* header = new (block) LargeBlock{nullptr, large_};
  if (large_ != nullptr) large_->previous = header;
  large_ = header;
  bytes_alive_ += bytes;
  return header + 1;
}

void Heap::Free(void* block, size_t bytes) {
  bytes = (bytes + kGrain - 1) & ~(kGrain - 1);
  bytes_alive_ -= bytes;
  if (bytes <= kPooledMax) {
    FreeBlock*& head = free_[bytes / kGrain];
    head = new (block) FreeBlock{head};
    return;
  }
  auto* header = static_cast<LargeBlock*>(block) - 1;
  if (header->previous != nullptr) {
    header->previous->next = header->next;
  } else {
    large_ = header->next;
  }
  if (header->next != nullptr) header->next->previous = header->previous;
  std::free(header);
}

// Taking a node apart drops references, which may call Destroy again: those nodes queue up instead of recursing.
void Heap::Destroy(Node* node) {
  if (draining_) {
    dead_.push_back(node);
    return;
  }
  draining_ = true;
  for (;;) {
    DestroyNode(*this, node);
    if (dead_.empty()) break;
    node = dead_.back();
    dead_.pop_back();
  }
  draining_ = false;
}

}  // namespace pawl::asl::jsonata
