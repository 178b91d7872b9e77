// Memory of one evaluation: every node of a value, a frame or a function comes from here and is counted against
// Limits::bytes_max. Small blocks are pooled; whatever is left (cycles between closures and frames) goes with the heap.
//
// Thread rule: one heap belongs to one evaluation on one thread; Heap::Scope makes it the thread's current one.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "shared/base/sanitizer.h"

namespace pawl::asl::jsonata {

struct Node;

class Heap {
 public:
  explicit Heap(size_t bytes_max) : bytes_max_(bytes_max) {}
  Heap(const Heap&) = delete;
  Heap& operator=(const Heap&) = delete;
  ~Heap();

  // Makes `heap` current for the lifetime of the scope; scopes nest.
  class Scope {
   public:
    explicit Scope(Heap& heap) : previous_(current_) { current_ = &heap; }
    ~Scope() { current_ = previous_; }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    Heap* previous_;
  };
  static Heap& Current() { return *current_; }

  // Throws Failure D1013 when the limit is reached.
  void* Allocate(size_t bytes);
  void Free(void* block, size_t bytes);
  // Throws Failure D1013 if `bytes` more cannot be had; for checks ahead of work outside this heap.
  void Require(size_t bytes) const;
  size_t bytes_alive() const { return bytes_alive_; }

  // Takes apart a node whose last reference is gone, and what only it held; without recursion.
  void Destroy(Node* node);

 private:
  struct FreeBlock {
    FreeBlock* next;
  };
  struct LargeBlock {
    LargeBlock* previous;
    LargeBlock* next;
  };
  static constexpr size_t kGrain = 16;
  // Under the sanitizer every block is on its own, so that it sees where each ends.
  static constexpr size_t kPooledMax = base::kAddressSanitizer ? 0 : 512;

  static thread_local Heap* current_;

  void* AllocateLarge(size_t bytes);

  size_t bytes_max_;
  size_t bytes_alive_ = 0;
  std::array<FreeBlock*, 512 / kGrain + 1> free_{};
  char* bump_ = nullptr;
  char* bump_end_ = nullptr;
  size_t chunk_bytes_ = 8 << 10;
  std::vector<std::unique_ptr<char[]>> chunks_;
  LargeBlock* large_ = nullptr;
  std::vector<Node*> dead_;
  bool draining_ = false;
};

}  // namespace pawl::asl::jsonata
