#include "history/memory/memory_log.h"

#include <utility>

#include "absl/status/status.h"
#include "shared/base/check.h"

namespace pawl::history {

using std::chrono::microseconds;

// Shared with what is posted to the executor, which may outlive the log.
struct MemoryLog::Session {
  std::shared_ptr<MemoryStore> store;
  base::Executor& executor;
  const base::Clock& clock;
  FaultPlan* faults;
  MemoryStore::ConnectionId connection;
  bool alive = true;
  bool appending = false;
};

namespace {

bool CostsHolds(CallKind kind) {
  return kind == CallKind::kAppend || kind == CallKind::kClaim || kind == CallKind::kRenew;
}

absl::Status Lost() { return absl::UnavailableError("connection to the log's store lost"); }

}  // namespace

MemoryLog::MemoryLog(std::shared_ptr<MemoryStore> store, base::Executor& executor, const base::Clock& clock,
                     FaultPlan* faults, std::function<std::optional<Rider>()> on_renewal)
    : on_renewal_(std::move(on_renewal)) {
  MemoryStore::ConnectionId connection = store->Connect();
  session_ = std::make_shared<Session>(Session{std::move(store), executor, clock, faults, connection});
}

MemoryLog::~MemoryLog() { session_->alive = false; }

void MemoryLog::After(microseconds delay, std::function<void()> work) {
  if (delay.count() <= 0) {
    session_->executor.Post(std::move(work));
  } else {
    session_->executor.PostAt(session_->clock.MonotonicNow() + delay, std::move(work));
  }
}

void MemoryLog::Run(CallKind kind, std::function<void()> act, std::function<void(bool lost)> answer) {
  CallFate fate = session_->faults != nullptr ? session_->faults->Next(kind) : CallFate{};
  bool lost = fate.outcome != CallFate::Outcome::kAnswered;
  auto respond = [session = session_, kind, lost, answer = std::move(answer)] {
    if (!session->alive) return;
    if (lost && CostsHolds(kind)) session->connection = session->store->Connect();
    answer(lost);
  };
  if (fate.outcome == CallFate::Outcome::kLostMeanwhile) {
    After(fate.answer_delay, std::move(respond));
    After(fate.delay, std::move(act));
    return;
  }
  After(fate.delay, [session = session_, fate, act = std::move(act), respond = std::move(respond)] {
    if (fate.outcome != CallFate::Outcome::kLostBefore) act();
    if (fate.answer_delay.count() <= 0) {
      respond();
    } else {
      session->executor.PostAt(session->clock.MonotonicNow() + fate.answer_delay, respond);
    }
  });
}

template <typename T>
void MemoryLog::Call(CallKind kind, std::function<T(MemoryStore&, MemoryStore::ConnectionId)> act,
                     std::function<void(absl::StatusOr<T>)> done) {
  auto result = std::make_shared<T>();
  Run(
      kind,
      [session = session_, connection = session_->connection, act = std::move(act), result] {
        *result = act(*session->store, connection);
      },
      [result, done = std::move(done)](bool lost) {
        if (lost) {
          done(Lost());
        } else {
          done(std::move(*result));
        }
      });
}

void MemoryLog::Append(std::vector<PartitionBatch> batches, std::function<void(AppendResult)> done) {
  PAWL_CHECK(!session_->appending, "one append is under way at a time");
  session_->appending = true;
  auto result = std::make_shared<AppendResult>();
  Run(
      CallKind::kAppend,
      [session = session_, connection = session_->connection, batches = std::move(batches), result] {
        result->refused = session->store->Append(connection, batches);
      },
      [session = session_, result, done = std::move(done)](bool lost) {
        session->appending = false;
        if (lost) {
          done(AppendResult{.code = AppendCode::kUnknown, .error = std::string(Lost().message())});
        } else {
          done(std::move(*result));
        }
      });
}

void MemoryLog::Claim(ClaimRequest request, std::function<void(absl::StatusOr<std::vector<Claimed>>)> done) {
  Call<std::vector<Claimed>>(
      CallKind::kClaim,
      [request = std::move(request)](MemoryStore& store, MemoryStore::ConnectionId connection) {
        return store.Claim(connection, request);
      },
      std::move(done));
}

void MemoryLog::Renew(std::string node, std::chrono::milliseconds lease,
                      std::function<void(absl::StatusOr<std::vector<base::PartitionId>>)> done) {
  std::optional<Rider> rider = on_renewal_ ? on_renewal_() : std::nullopt;
  Call<std::vector<base::PartitionId>>(
      CallKind::kRenew,
      [node = std::move(node), lease, rider](MemoryStore& store, MemoryStore::ConnectionId connection) {
        // The rider sees the partitions as they were before.
        if (rider) rider->act();
        return store.Renew(connection, node, lease);
      },
      [rider, done = std::move(done)](absl::StatusOr<std::vector<base::PartitionId>> held) {
        if (rider) rider->heard(!held.ok());
        done(std::move(held));
      });
}

void MemoryLog::Release(std::string node, std::vector<base::PartitionId> partitions, std::function<void()> done) {
  Run(
      CallKind::kRelease,
      [session = session_, node = std::move(node), partitions = std::move(partitions)] {
        session->store->Release(node, partitions);
      },
      [done = std::move(done)](bool) { done(); });
}

void MemoryLog::Owners(std::function<void(absl::StatusOr<std::vector<PartitionOwner>>)> done) {
  Call<std::vector<PartitionOwner>>(
      CallKind::kOwners, [](MemoryStore& store, MemoryStore::ConnectionId) { return store.Owners(); }, std::move(done));
}

void MemoryLog::Recover(base::PartitionId partition, std::function<void(StoredEntity)> each,
                        std::function<void(absl::Status)> done) {
  Call<std::vector<StoredEntity>>(
      CallKind::kRecover,
      [partition](MemoryStore& store, MemoryStore::ConnectionId) { return store.OpenEntities(partition); },
      [each = std::move(each), done = std::move(done)](absl::StatusOr<std::vector<StoredEntity>> open) {
        if (!open.ok()) return done(open.status());
        for (StoredEntity& entity : *open) each(std::move(entity));
        done(absl::OkStatus());
      });
}

void MemoryLog::ReadOpen(std::vector<base::EntityId> entities,
                         std::function<void(absl::StatusOr<std::vector<StoredEntity>>)> done) {
  Call<std::vector<StoredEntity>>(
      CallKind::kReadDecisions,
      [entities = std::move(entities)](MemoryStore& store, MemoryStore::ConnectionId) {
        return store.ReadOpen(entities);
      },
      std::move(done));
}

void MemoryLog::FindByName(std::vector<NameKey> keys,
                           std::function<void(absl::StatusOr<std::vector<std::optional<IndexedExecution>>>)> done) {
  Call<std::vector<std::optional<IndexedExecution>>>(
      CallKind::kFindByName,
      [keys = std::move(keys)](MemoryStore& store, MemoryStore::ConnectionId) { return store.FindByName(keys); },
      std::move(done));
}

void MemoryLog::ReadDecisions(base::EntityId entity, int64_t from_revision, int limit,
                              std::function<void(absl::StatusOr<std::vector<DecisionRow>>)> done) {
  Call<std::vector<DecisionRow>>(
      CallKind::kReadDecisions,
      [entity, from_revision, limit](MemoryStore& store, MemoryStore::ConnectionId) {
        return store.ReadDecisions(entity, from_revision, limit);
      },
      std::move(done));
}

void MemoryLog::List(ListQuery query, std::function<void(absl::StatusOr<std::vector<IndexedExecution>>)> done) {
  Call<std::vector<IndexedExecution>>(
      CallKind::kList,
      [query = std::move(query)](MemoryStore& store, MemoryStore::ConnectionId) { return store.List(query); },
      std::move(done));
}

}  // namespace pawl::history
