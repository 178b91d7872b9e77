#include "history/postgres/multi_log.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "shared/base/check.h"

namespace pawl::history {
namespace {

constexpr std::chrono::milliseconds kRetry{20};
// A partition on its way is nowhere for some milliseconds; where it takes longer the move was cut off.
constexpr int kReadAttempts = 150;

}  // namespace

MultiLog::MultiLog(std::vector<std::unique_ptr<PostgresLog>> servers, int32_t partition_count, Parts parts)
    : servers_(std::move(servers)),
      partition_count_(partition_count),
      parts_(std::move(parts)),
      is_away_(servers_.size(), false) {}

// ---- asking

template <typename T>
void MultiLog::AskAll(std::function<void(PostgresLog&, std::function<void(absl::StatusOr<T>)>)> ask,
                      std::function<void(std::vector<absl::StatusOr<T>>)> done) {
  auto answers = std::make_shared<std::vector<absl::StatusOr<T>>>(servers_.size());
  auto open = std::make_shared<size_t>(servers_.size());
  for (size_t i = 0; i < servers_.size(); ++i) {
    ask(*servers_[i], [i, answers, open, done](absl::StatusOr<T> answer) {
      (*answers)[i] = std::move(answer);
      if (--*open == 0) done(std::move(*answers));
    });
  }
}

void MultiLog::Later(std::function<void()> work) {
  parts_.executor.PostAt(parts_.clock.MonotonicNow() + kRetry, [alive = alive_, work = std::move(work)] {
    if (*alive) work();
  });
}

void MultiLog::Note(size_t server, const absl::Status& status) {
  if (is_away_[server] == !status.ok()) return;
  is_away_[server] = !status.ok();
  if (parts_.on_server) parts_.on_server(server, status);
}

base::PartitionId MultiLog::PartitionOf(const NameKey& key) const {
  return PartitionOfSlot(SlotOfName(key), partition_count_);
}

int MultiLog::ClaimedAt(base::PartitionId partition) const {
  auto found = claimed_at_.find(partition);
  return found == claimed_at_.end() ? kNowhere : static_cast<int>(found->second);
}

void MultiLog::FindHomes(std::function<void(Homes)> done) {
  using List = std::vector<base::PartitionId>;
  AskAll<List>([](PostgresLog& log, auto answer) { log.Homes(std::move(answer)); },
               [this, done = std::move(done)](std::vector<absl::StatusOr<List>> answers) {
                 const bool all = std::all_of(answers.begin(), answers.end(), [](const auto& a) { return a.ok(); });
                 Homes homes(static_cast<size_t>(partition_count_), all ? kNowhere : kUnknown);
                 for (size_t i = 0; i < answers.size(); ++i) {
                   if (!answers[i].ok()) continue;
                   for (base::PartitionId partition : *answers[i]) {
                     if (partition.value() < partition_count_) homes[static_cast<size_t>(partition.value())] = int(i);
                   }
                 }
                 done(std::move(homes));
               });
}

template <typename T>
void MultiLog::ReadAtHome(std::vector<base::PartitionId> needed,
                          std::function<void(const Homes&, std::function<void(absl::StatusOr<T>)>)> read,
                          std::function<void(absl::StatusOr<T>)> done, int attempt) {
  if (attempt == kReadAttempts) {
    return done(absl::UnavailableError("a partition is on its way from one database to another; ask again"));
  }
  auto again = [=, this] { Later([=, this] { ReadAtHome<T>(needed, read, done, attempt + 1); }); };
  FindHomes([=, this](const Homes& before) {
    for (base::PartitionId partition : needed) {
      const int home = before[static_cast<size_t>(partition.value())];
      if (home == kUnknown) return done(absl::UnavailableError("one of the databases cannot be reached; ask again"));
      if (home == kNowhere) return again();
    }
    read(before, [=, this](absl::StatusOr<T> answer) {
      FindHomes([=, answer = std::move(answer)](const Homes& after) {
        const bool same = std::all_of(needed.begin(), needed.end(), [&](base::PartitionId partition) {
          const auto at = static_cast<size_t>(partition.value());
          return before[at] == after[at];
        });
        same ? done(answer) : again();
      });
    });
  });
}

// ---- writing

void MultiLog::Append(std::vector<PartitionBatch> batches, std::function<void(AppendResult)> done) {
  auto sum = std::make_shared<AppendResult>();
  std::map<size_t, std::vector<PartitionBatch>> by_server;
  for (PartitionBatch& batch : batches) {
    const int server = ClaimedAt(batch.partition);
    if (server == kNowhere) {
      sum->refused.push_back(batch.partition);
    } else {
      by_server[static_cast<size_t>(server)].push_back(std::move(batch));
    }
  }
  auto open = std::make_shared<size_t>(by_server.size() + 1);
  auto one_done = [this, sum, open, done = std::move(done)] {
    if (--*open > 0) return;
    // Never from within the call.
    parts_.executor.Post([alive = alive_, sum, done] {
      if (*alive) done(std::move(*sum));
    });
  };
  for (auto& [server, part] : by_server) {
    std::vector<base::PartitionId> partitions;
    for (const PartitionBatch& batch : part) partitions.push_back(batch.partition);
    servers_[server]->Append(std::move(part), [sum, partitions, one_done](AppendResult result) {
      if (result.code == AppendCode::kUnknown) {
        sum->unknown.insert(sum->unknown.end(), partitions.begin(), partitions.end());
        sum->error = result.error;
      }
      sum->refused.insert(sum->refused.end(), result.refused.begin(), result.refused.end());
      one_done();
    });
  }
  one_done();
}

void MultiLog::Claim(ClaimRequest request, std::function<void(absl::StatusOr<std::vector<Claimed>>)> done) {
  const base::MonotonicTime until = parts_.clock.MonotonicNow() + request.lease / 2;
  TryClaim(std::move(request), until, std::move(done));
}

void MultiLog::TryClaim(ClaimRequest request, base::MonotonicTime until,
                        std::function<void(absl::StatusOr<std::vector<Claimed>>)> done) {
  using List = std::vector<Claimed>;
  AskAll<List>([request](PostgresLog& log, auto answer) { log.Claim(request, std::move(answer)); },
               [=, this](std::vector<absl::StatusOr<List>> answers) {
                 List claimed;
                 bool any = false;
                 for (size_t i = 0; i < answers.size(); ++i) {
                   Note(i, answers[i].status());
                   if (!answers[i].ok()) continue;
                   any = true;
                   for (const Claimed& one : *answers[i]) {
                     claimed_at_[one.partition] = i;
                     claimed.push_back(one);
                   }
                 }
                 if (!any) return done(answers.front().status());
                 if (!claimed.empty() || request.partitions.empty() || parts_.clock.MonotonicNow() >= until)
                   return done(claimed);
                 // Held by others, or on its way: that is over soon.
                 FindHomes([=, this](const Homes& homes) {
                   const bool moves = std::any_of(request.partitions.begin(), request.partitions.end(),
                                                  [&](base::PartitionId partition) {
                                                    return homes[static_cast<size_t>(partition.value())] == kNowhere;
                                                  });
                   if (!moves) return done(List());
                   Later([=, this] { TryClaim(request, until, done); });
                 });
               });
}

void MultiLog::Renew(std::string node, std::chrono::milliseconds lease,
                     std::function<void(absl::StatusOr<std::vector<base::PartitionId>>)> done) {
  using List = std::vector<base::PartitionId>;
  AskAll<List>([node, lease](PostgresLog& log, auto answer) { log.Renew(node, lease, std::move(answer)); },
               [this, done = std::move(done)](std::vector<absl::StatusOr<List>> answers) {
                 List held;
                 bool any = false;
                 for (size_t i = 0; i < answers.size(); ++i) {
                   Note(i, answers[i].status());
                   if (!answers[i].ok()) continue;
                   any = true;
                   held.insert(held.end(), answers[i]->begin(), answers[i]->end());
                 }
                 if (!any) return done(answers.front().status());
                 std::sort(held.begin(), held.end());
                 done(std::move(held));
               });
}

void MultiLog::Release(std::string node, std::vector<base::PartitionId> partitions, std::function<void()> done) {
  for (base::PartitionId partition : partitions) claimed_at_.erase(partition);
  // Each gives up what it knows of.
  AskAll<bool>(
      [node, partitions](PostgresLog& log, auto answer) { log.Release(node, partitions, [answer] { answer(true); }); },
      [done = std::move(done)](const std::vector<absl::StatusOr<bool>>&) { done(); });
}

void MultiLog::Owners(std::function<void(absl::StatusOr<std::vector<PartitionOwner>>)> done) {
  using List = std::vector<PartitionOwner>;
  AskAll<List>([](PostgresLog& log, auto answer) { log.Owners(std::move(answer)); },
               [done = std::move(done)](std::vector<absl::StatusOr<List>> answers) {
                 List owners;
                 for (absl::StatusOr<List>& answer : answers) {
                   if (!answer.ok()) return done(answer.status());
                   owners.insert(owners.end(), answer->begin(), answer->end());
                 }
                 std::sort(owners.begin(), owners.end(),
                           [](const auto& a, const auto& b) { return a.partition < b.partition; });
                 done(std::move(owners));
               });
}

// ---- reading

void MultiLog::Recover(base::PartitionId partition, std::function<void(StoredEntity)> each,
                       std::function<void(absl::Status)> done) {
  const int server = ClaimedAt(partition);
  PAWL_CHECK(server != kNowhere, "a partition is recovered after it was claimed");
  servers_[static_cast<size_t>(server)]->Recover(partition, std::move(each), std::move(done));
}

void MultiLog::ReadOpen(std::vector<base::EntityId> entities,
                        std::function<void(absl::StatusOr<std::vector<StoredEntity>>)> done) {
  using Stored = std::vector<StoredEntity>;
  std::map<size_t, std::vector<base::EntityId>> parts;  // by server
  for (base::EntityId entity : entities) {
    const int server = ClaimedAt(PartitionOfSlot(entity.slot(), partition_count_));
    if (server != kNowhere) parts[static_cast<size_t>(server)].push_back(entity);
  }
  if (parts.empty()) return Later([done = std::move(done)] { done(Stored()); });
  auto found = std::make_shared<Stored>();
  auto failure = std::make_shared<absl::Status>();
  auto open = std::make_shared<size_t>(parts.size());
  for (auto& [server, part] : parts) {
    servers_[server]->ReadOpen(std::move(part), [=](absl::StatusOr<Stored> answer) {
      if (answer.ok()) {
        std::move(answer->begin(), answer->end(), std::back_inserter(*found));
      } else {
        *failure = answer.status();
      }
      if (--*open > 0) return;
      found->empty() && !failure->ok() ? done(*failure) : done(std::move(*found));
    });
  }
}

void MultiLog::FindAt(const std::vector<NameKey>& keys, const std::function<int(base::PartitionId)>& home,
                      std::function<void(absl::StatusOr<Found>)> done) {
  std::map<size_t, std::vector<size_t>> places;  // by server, the keys' places
  for (size_t i = 0; i < keys.size(); ++i) places[static_cast<size_t>(home(PartitionOf(keys[i])))].push_back(i);
  auto found = std::make_shared<Found>(keys.size());
  auto status = std::make_shared<absl::Status>();
  auto open = std::make_shared<size_t>(places.size());
  for (const auto& [server, which] : places) {
    std::vector<NameKey> part;
    for (size_t place : which) part.push_back(keys[place]);
    servers_[server]->FindByName(std::move(part), [=, which = which](absl::StatusOr<Found> answer) {
      if (answer.ok()) {
        for (size_t i = 0; i < which.size(); ++i) (*found)[which[i]] = std::move((*answer)[i]);
      } else {
        *status = answer.status();
      }
      if (--*open > 0) return;
      status->ok() ? done(std::move(*found)) : done(*status);
    });
  }
  if (places.empty()) done(Found());
}

void MultiLog::FindByName(std::vector<NameKey> keys, std::function<void(absl::StatusOr<Found>)> done) {
  std::vector<base::PartitionId> needed;
  for (const NameKey& key : keys) needed.push_back(PartitionOf(key));
  auto is_claimed = [this](base::PartitionId partition) { return ClaimedAt(partition) != kNowhere; };
  if (std::all_of(needed.begin(), needed.end(), is_claimed)) {
    return FindAt(
        keys, [this](base::PartitionId partition) { return ClaimedAt(partition); }, std::move(done));
  }
  ReadAtHome<Found>(
      std::move(needed),
      [this, keys = std::move(keys)](const Homes& homes, std::function<void(absl::StatusOr<Found>)> answer) {
        FindAt(
            keys, [&](base::PartitionId partition) { return homes[static_cast<size_t>(partition.value())]; },
            std::move(answer));
      },
      std::move(done));
}

void MultiLog::ReadDecisions(base::EntityId entity, int64_t from_revision, int limit,
                             std::function<void(absl::StatusOr<std::vector<DecisionRow>>)> done) {
  const base::PartitionId partition = PartitionOfSlot(entity.slot(), partition_count_);
  if (const int server = ClaimedAt(partition); server != kNowhere) {
    servers_[static_cast<size_t>(server)]->ReadDecisions(entity, from_revision, limit, std::move(done));
    return;
  }
  using Rows = std::vector<DecisionRow>;
  ReadAtHome<Rows>(
      {partition},
      [=, this](const Homes& homes, std::function<void(absl::StatusOr<Rows>)> answer) {
        servers_[static_cast<size_t>(homes[static_cast<size_t>(partition.value())])]->ReadDecisions(
            entity, from_revision, limit, std::move(answer));
      },
      std::move(done));
}

void MultiLog::List(ListQuery query, std::function<void(absl::StatusOr<std::vector<IndexedExecution>>)> done) {
  using Page = std::vector<IndexedExecution>;
  std::vector<base::PartitionId> all;
  for (int32_t partition = 0; partition < partition_count_; ++partition) all.push_back(base::PartitionId(partition));
  // A page of the whole is in the pages of the parts: newest first, by the id that begins with the time of the start.
  ReadAtHome<Page>(
      std::move(all),
      [this, query](const Homes&, std::function<void(absl::StatusOr<Page>)> answer) {
        AskAll<Page>([query](PostgresLog& log, auto part) { log.List(query, std::move(part)); },
                     [query, answer](std::vector<absl::StatusOr<Page>> parts) {
                       Page page;
                       for (absl::StatusOr<Page>& part : parts) {
                         if (!part.ok()) return answer(part.status());
                         page.insert(page.end(), part->begin(), part->end());
                       }
                       std::sort(page.begin(), page.end(),
                                 [](const auto& a, const auto& b) { return b.opened.entity < a.opened.entity; });
                       if (page.size() > static_cast<size_t>(query.limit))
                         page.resize(static_cast<size_t>(query.limit));
                       answer(std::move(page));
                     });
      },
      std::move(done));
}

}  // namespace pawl::history
