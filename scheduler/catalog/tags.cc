// Tags of state machines and activities.
#include <algorithm>
#include <utility>

#include "scheduler/catalog/catalog.h"
#include "scheduler/gateway/arn.h"
#include "scheduler/gateway/reason.h"

namespace pawl::catalog {

using gateway::Reason;
using gateway::Refuse;
using gateway::Tag;

namespace {

constexpr size_t kTagsMax = 50;

absl::Status NoSuchResource(const std::string& arn) {
  return Refuse(Reason::kResourceNotFound, "Resource not found: '" + arn + "'");
}

// `set` replaces what has the same key and is appended otherwise.
std::vector<Tag> Changed(std::vector<Tag> tags, const std::vector<Tag>& set, const std::vector<std::string>& removed) {
  std::erase_if(tags,
                [&](const Tag& tag) { return std::find(removed.begin(), removed.end(), tag.key) != removed.end(); });
  for (const Tag& wanted : set) {
    const auto same = std::find_if(tags.begin(), tags.end(), [&](const Tag& tag) { return tag.key == wanted.key; });
    if (same == tags.end()) {
      tags.push_back(wanted);
    } else {
      same->value = wanted.value;
    }
  }
  return tags;
}

}  // namespace

void Catalog::ListTags(const std::string& arn, gateway::Done<std::vector<Tag>> done) {
  if (const auto machine = gateway::ParseStateMachineArn(arn)) {
    // Recorded: a version has no tags, it is not even found (tag_state_machine_version).
    if (!machine->qualifier.empty()) return done(NoSuchResource(arn));
    return store_.FindMachine({machine->account, machine->region, machine->name},
                              [arn, done = std::move(done)](absl::StatusOr<std::optional<MachineRow>> found) {
                                if (!found.ok()) return done(found.status());
                                if (!*found) return done(NoSuchResource(arn));
                                done((*found)->machine.tags);
                              });
  }
  if (const auto activity = gateway::ParseActivityArn(arn)) {
    return store_.FindActivity({activity->account, activity->region, activity->name},
                               [arn, done = std::move(done)](absl::StatusOr<std::optional<gateway::Activity>> found) {
                                 if (!found.ok()) return done(found.status());
                                 if (!*found) return done(NoSuchResource(arn));
                                 done((*found)->tags);
                               });
  }
  done(Refuse(Reason::kInvalidArn, "Invalid Arn: 'Invalid ARN prefix: " + arn + "'"));
}

void Catalog::ChangeTags(const std::string& arn, std::vector<Tag> set, std::vector<std::string> removed,
                         gateway::Done<gateway::Nothing> done) {
  ListTags(arn, [this, arn, set = std::move(set), removed = std::move(removed),
                 done = std::move(done)](absl::StatusOr<std::vector<Tag>> tags) {
    if (!tags.ok()) return done(tags.status());
    std::vector<Tag> changed = Changed(*std::move(tags), set, removed);
    if (changed.size() > kTagsMax) {
      return done(Refuse(Reason::kTooManyTags, "Too Many Tags: at most " + std::to_string(kTagsMax) + " are allowed"));
    }
    const auto stored = [arn, done](absl::StatusOr<bool> replaced) {
      if (!replaced.ok()) return done(replaced.status());
      if (!*replaced) return done(NoSuchResource(arn));
      done(gateway::Nothing{});
    };
    if (const auto machine = gateway::ParseStateMachineArn(arn)) {
      const MachineKey key{machine->account, machine->region, machine->name};
      return store_.SetMachineTags(key, std::move(changed), [this, key, stored](absl::StatusOr<bool> replaced) {
        machines_.erase(key);
        stored(std::move(replaced));
      });
    }
    const auto activity = gateway::ParseActivityArn(arn);
    store_.SetActivityTags({activity->account, activity->region, activity->name}, std::move(changed), stored);
  });
}

}  // namespace pawl::catalog
