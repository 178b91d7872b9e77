// Starting executions: names are looked up in the log before the command is admitted, many at once, so that the
// decision itself never waits.
#include <openssl/sha.h>

#include <cstring>
#include <utility>

#include "scheduler/partition/engine.h"
#include "scheduler/partition/parts.h"

namespace pawl::partition {
namespace {

std::array<uint8_t, 16> FirstHalfOfSha256(const std::string& text) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest);
  std::array<uint8_t, 16> half;
  std::memcpy(half.data(), digest, half.size());
  return half;
}

// Step Functions' rule: the same name and input while it runs is the same request; anything else is taken.
absl::StatusOr<Started> Taken(const std::string& name, bool running, bool same_input, Started existing) {
  if (running && same_input) return existing;
  return absl::AlreadyExistsError("an execution named '" + name + "' exists already" +
                                  (running ? " with a different input" : ""));
}

}  // namespace

history::NameKey MakeNameKey(const std::string& account, const std::string& region, const std::string& machine,
                             const std::string& name) {
  return FirstHalfOfSha256(account + '\n' + region + '\n' + machine + '\n' + name);
}

history::InputDigest MakeInputDigest(const std::string& input) { return FirstHalfOfSha256(input); }

std::optional<base::EntityId> Engine::FindOpen(const history::NameKey& key) const {
  auto found = names_.find(key);
  if (found == names_.end() || found->second.ended) return std::nullopt;
  return found->second.entity;
}

void Engine::Start(StartRequest request, std::function<void(absl::StatusOr<Started>)> reply) {
  const history::ExecutionStarted& start = request.start;
  history::NameKey key = MakeNameKey(start.account, start.region, start.machine, start.name);
  if (!request.name_is_given || names_.contains(key)) {
    Admit(std::move(request), key, base::Epoch(), std::move(reply));
    return;
  }
  auto found = partitions_.find(history::PartitionOfSlot(history::SlotOfName(key), settings_.partitions));
  if (found == partitions_.end() || !found->second->serving) {
    reply(NotServed("this node does not serve that name's partition yet; ask again"));
    return;
  }
  look_ups_.push_back({std::move(request), key, found->second->epoch, std::move(reply)});
  LookUpNames();
}

// One look-up at a time; what arrives meanwhile goes into the next. Why an answer "nobody has that name" can be
// trusted: the look-up began while this node served the partition, and the start is decided under the same claim. So
// whoever took the name in between did so here, and names_ knows.
void Engine::LookUpNames() {
  if (looking_up_ || look_ups_.empty()) return;
  looking_up_ = true;
  auto batch = std::make_shared<std::vector<LookUp>>(std::move(look_ups_));
  look_ups_.clear();
  std::vector<history::NameKey> keys;
  keys.reserve(batch->size());
  for (const LookUp& look_up : *batch) keys.push_back(look_up.key);
  base::MonotonicTime began = parts_.clock.MonotonicNow();
  parts_.log.FindByName(std::move(keys), [this, batch, began](auto found) {
    looking_up_ = false;
    // A name that started and ended during a very slow look-up may be forgotten already: ask again.
    bool too_slow = parts_.clock.MonotonicNow() - began > std::chrono::seconds(8);
    for (size_t i = 0; i < batch->size(); ++i) {
      LookUp& look_up = (*batch)[i];
      if (!found.ok() || too_slow) {
        look_up.reply(absl::UnavailableError(found.ok() ? "the database is slow; ask again"
                                                        : std::string(found.status().message())));
      } else if (const std::optional<history::IndexedExecution>& other = (*found)[i]) {
        bool same_input = other->opened.input_digest == MakeInputDigest(look_up.request.start.input.text());
        look_up.reply(Taken(look_up.request.start.name, other->status == 0, same_input,
                            {other->opened.entity, other->opened.started_at}));
      } else {
        Admit(std::move(look_up.request), look_up.key, look_up.epoch, std::move(look_up.reply));
      }
    }
    LookUpNames();
  });
}

void Engine::Admit(StartRequest request, history::NameKey key, base::Epoch epoch,
                   std::function<void(absl::StatusOr<Started>)> reply) {
  history::InputDigest input_digest = MakeInputDigest(request.start.input.text());
  if (auto known = names_.find(key); known != names_.end()) {
    auto answer = [name = std::move(request.start.name), input_digest](const Name& other) {
      return Taken(name, !other.ended, other.input_digest == input_digest, {other.entity, other.started_at});
    };
    if (known->second.until_durable == nullptr) {
      reply(answer(known->second));
      return;
    }
    known->second.until_durable->push_back([this, key, answer, reply = std::move(reply)](const absl::Status& status) {
      auto other = names_.find(key);
      if (status.ok() && other != names_.end()) {
        reply(answer(other->second));
      } else {
        reply(status.ok() ? NotServed("the partition has moved; ask again") : status);
      }
    });
    return;
  }
  base::WallTime now = parts_.clock.WallNow();
  base::EntityId entity =
      base::EntityId::Make(now.time_since_epoch().count(), history::SlotOfName(key), parts_.random.NextUint64());
  auto until_durable = std::make_shared<std::vector<std::function<void(absl::Status)>>>();
  names_[key] = {entity, input_digest, now, false, until_durable};
  Enqueue(Mail{.entity = entity,
               .command = core::StartExecution{std::move(request.start)},
               .reply =
                   [this, entity, key, now, until_durable, reply = std::move(reply)](const absl::Status& status) {
                     auto name = names_.find(key);
                     const bool is_known = name != names_.end() && name->second.entity == entity;
                     auto started = entities_.find(entity);
                     base::WallTime at = started == entities_.end() ? now : started->second->state().started_at;
                     if (is_known && status.ok()) {
                       name->second.until_durable = nullptr;
                       name->second.started_at = at;
                     } else if (is_known && started == entities_.end()) {
                       names_.erase(name);
                     }
                     if (status.ok()) {
                       reply(Started{entity, at});
                     } else {
                       reply(status);
                     }
                     for (auto& other : *until_durable) other(status);
                   },
               .program = std::move(request.program),
               .name_key = key,
               .input_digest = input_digest,
               .epoch = epoch});
}

}  // namespace pawl::partition
