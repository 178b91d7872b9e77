// A queue in which no flow can hold up another: items stand in a line per flow, and the lines are served in turn, each
// as many items a turn as its weight says (deficit round robin, with every item costing the same). Within a flow the
// order is that of arrival. Push, Pop and the choice are O(1), however many flows there are.
//
// While two flows have items waiting, they are served in the proportion of their weights, and an item that joins an
// empty line waits for at most one turn of each of the others. Pure. Thread rule: one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <unordered_map>
#include <utility>
#include <vector>

#include "shared/base/check.h"

namespace pawl::dispatch {

using FlowId = uint32_t;

template <typename T>
class FairQueue {
 public:
  // `weight` (at least 1) holds for the flow from its next turn on.
  void Push(FlowId flow, uint32_t weight, T item) {
    Line& line = lines_[flow];
    line.weight = weight;
    if (line.items.empty()) ring_.push_back(flow);
    line.items.push_back(std::move(item));
    ++size_;
  }

  T Pop() {
    PAWL_CHECK(!ring_.empty(), "only a queue that is not empty is popped");
    const FlowId flow = ring_.front();
    Line& line = lines_.find(flow)->second;
    if (line.credit == 0) line.credit = line.weight;
    T item = std::move(line.items.front());
    line.items.pop_front();
    --size_;
    --line.credit;
    if (line.items.empty()) {
      line.credit = 0;
      ring_.pop_front();
    } else if (line.credit == 0) {
      ring_.pop_front();
      ring_.push_back(flow);
    }
    return item;
  }

  bool empty() const { return size_ == 0; }
  size_t size() const { return size_; }
  // Flows that have items.
  size_t flows() const { return ring_.size(); }

  // O(size).
  template <typename Predicate>
  void EraseIf(Predicate is_gone) {
    std::deque<FlowId> ring;
    size_ = 0;
    for (FlowId flow : ring_) {
      Line& line = lines_.find(flow)->second;
      std::erase_if(line.items, is_gone);
      size_ += line.items.size();
      if (!line.items.empty()) {
        ring.push_back(flow);
      } else {
        line.credit = 0;
      }
    }
    ring_ = std::move(ring);
  }

  // All that is there, in the order in which it would have been popped.
  std::vector<T> TakeAll() {
    std::vector<T> all;
    all.reserve(size_);
    while (!empty()) all.push_back(Pop());
    return all;
  }

 private:
  struct Line {
    std::deque<T> items;
    uint32_t weight = 1;
    uint32_t credit = 0;  // of the turn that is under way
  };
  // A line stays when it is empty: there are as many as flows were ever seen.
  std::unordered_map<FlowId, Line> lines_;
  std::deque<FlowId> ring_;  // flows with items; the front's turn is under way
  size_t size_ = 0;
};

}  // namespace pawl::dispatch
