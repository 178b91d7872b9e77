#include "scheduler/cluster/directory.h"

namespace pawl::cluster {

void Directory::Update(const View& view) {
  members_.clear();
  for (const Member& member : view.members) members_[member.node] = member;
  for (const Ownership& ownership : view.partitions) {
    Ownership& known = partitions_[ownership.partition];
    if (ownership.epoch >= known.epoch) known = ownership;
  }
}

void Directory::Owns(base::PartitionId partition, base::Epoch epoch, const std::string& node) {
  Ownership& known = partitions_[partition];
  if (epoch >= known.epoch) known = {partition, epoch, node, false};
}

void Directory::Released(base::PartitionId partition, const std::string& node) {
  auto found = partitions_.find(partition);
  if (found != partitions_.end() && found->second.node == node) found->second.node.clear();
}

void Directory::Left(const std::string& node) {
  auto found = members_.find(node);
  if (found != members_.end()) found->second.leaving = true;
  for (auto& [partition, ownership] : partitions_) {
    if (ownership.node == node) ownership.node.clear();
  }
}

std::optional<Member> Directory::OwnerOf(base::PartitionId partition) const {
  auto found = partitions_.find(partition);
  if (found == partitions_.end() || found->second.node.empty() || found->second.node == self_) return std::nullopt;
  auto owner = members_.find(found->second.node);
  if (owner == members_.end()) return std::nullopt;
  return owner->second;
}

std::vector<Member> Directory::Others() const {
  std::vector<Member> others;
  for (const auto& [node, member] : members_) {
    if (node != self_) others.push_back(member);
  }
  return others;
}

std::vector<Member> Directory::Members() const {
  std::vector<Member> members;
  for (const auto& [node, member] : members_) members.push_back(member);
  return members;
}

std::vector<Ownership> Directory::Partitions() const {
  std::vector<Ownership> partitions;
  for (const auto& [id, ownership] : partitions_) partitions.push_back(ownership);
  return partitions;
}

}  // namespace pawl::cluster
