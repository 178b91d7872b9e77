#include "history/postgres/postgres_log.h"

#include <optional>
#include <pqxx/connection_base>
#include <utility>

#include "history/postgres/read_queries.h"
#include "history/postgres/writer_thread.h"
#include "shared/base/check.h"
#include "shared/pg/pool.h"

namespace pawl::history {
namespace {

// Lookups by name that wait for the query under way; the next one carries them all.
struct NameLookup {
  std::vector<NameKey> keys;
  std::function<void(absl::StatusOr<std::vector<std::optional<IndexedExecution>>>)> done;
};

bool IsSmall(const std::vector<PartitionBatch>& batches) {
  constexpr size_t kDecisions = 4;
  size_t decisions = 0;
  for (const PartitionBatch& batch : batches) decisions += batch.decisions.size();
  return decisions <= kDecisions;
}

ReadScope ScopeOf(const PostgresLogOptions& options) { return {options.partition_count, options.is_one_of_several}; }

pg::PoolOptions ReadPool(const PostgresLogOptions& options) {
  pg::PoolOptions pool;
  pool.threads = options.read_threads;
  pool.connect_timeout = options.session.connect_timeout;
  pool.retry_first = options.session.retry_first;
  pool.retry_last = options.session.retry_last;
  pool.application_name = "pawl read";
  pool.set_up_sql = ReadSetUpSql(ScopeOf(options));
  return pool;
}

}  // namespace

struct PostgresLog::Shared : std::enable_shared_from_this<PostgresLog::Shared> {
  Shared(const std::string& conninfo, const PostgresLogOptions& log_options, base::Executor& log_executor)
      : options(log_options), executor(log_executor) {
    AppendSessionOptions session = options.session;
    session.partition_count = options.partition_count;
    writer.emplace(conninfo, session);
    readers.emplace(conninfo, ReadPool(options));
  }

  const PostgresLogOptions options;
  base::Executor& executor;
  // The following three belong to the executor's thread.
  bool alive = true;
  bool appending = false;
  bool looking_up = false;
  std::vector<NameLookup> waiting_lookups;
  std::optional<WriterThread> writer;
  std::optional<pg::Pool> readers;

  // `work` for the executor, which leaves it where the log is gone by then.
  std::function<void()> IfAlive(std::function<void()> work) {
    return [self = shared_from_this(), work = std::move(work)] {
      if (self->alive) work();
    };
  }
  void Answer(std::function<void()> work) { executor.Post(IfAlive(std::move(work))); }

  // Runs `query` on a pool thread; its answer, or what went wrong, goes to `done`.
  template <typename T>
  void Read(std::function<absl::Status(pqxx::connection_base&, T&)> query,
            std::function<void(absl::StatusOr<T>)> done) {
    auto answer = std::make_shared<T>();
    readers->Submit(
        [query = std::move(query), answer](pqxx::connection_base& connection) { return query(connection, *answer); },
        [this, answer, done = std::move(done)](absl::Status status) {
          Answer([answer, done, status = std::move(status)] {
            if (status.ok()) {
              done(std::move(*answer));
            } else {
              done(status);
            }
          });
        });
  }

  // Sends all waiting lookups as one query.
  void LookUp() {
    looking_up = true;
    auto lookups = std::make_shared<std::vector<NameLookup>>(std::exchange(waiting_lookups, {}));
    std::vector<NameKey> keys;
    for (const NameLookup& lookup : *lookups) keys.insert(keys.end(), lookup.keys.begin(), lookup.keys.end());
    using Found = std::vector<std::optional<IndexedExecution>>;
    Read<Found>([keys = std::move(keys)](pqxx::connection_base& connection,
                                         Found& found) { return QueryNames(connection, keys, found); },
                [this, lookups](absl::StatusOr<Found> found) {
                  looking_up = false;
                  if (!waiting_lookups.empty()) LookUp();
                  size_t at = 0;
                  for (NameLookup& lookup : *lookups) {
                    if (!found.ok()) {
                      lookup.done(found.status());
                      continue;
                    }
                    auto begin = found->begin() + static_cast<ptrdiff_t>(at);
                    at += lookup.keys.size();
                    lookup.done(Found(begin, begin + static_cast<ptrdiff_t>(lookup.keys.size())));
                  }
                });
  }
};

PostgresLog::PostgresLog(const std::string& conninfo, const PostgresLogOptions& options, base::Executor& executor)
    : shared_(std::make_shared<Shared>(conninfo, options, executor)) {}

PostgresLog::~PostgresLog() {
  shared_->alive = false;
  // Their threads end here; what they posted before finds the log gone.
  shared_->writer.reset();
  shared_->readers.reset();
}

void PostgresLog::Append(std::vector<PartitionBatch> batches, std::function<void(AppendResult)> done) {
  PAWL_CHECK(!shared_->appending, "one append is under way at a time");
  shared_->appending = true;
  const bool is_small = IsSmall(batches);
  auto given = std::make_shared<const std::vector<PartitionBatch>>(std::move(batches));
  auto append = [shared = shared_.get(), given, is_small, done = std::move(done)](AppendSession& session) {
    auto answer = shared->IfAlive([shared, done, result = session.Append(*given)] {
      shared->appending = false;
      done(result);
    });
    // What follows from little takes less than waking another thread. What follows from more must not keep this one
    // from the next append.
    if (is_small) return shared->executor.Lend(std::move(answer));
    shared->executor.Post(std::move(answer));
  };
  if (!is_small) return shared_->writer->Post(std::move(append));
  // The database begins while the writer's thread wakes up.
  shared_->writer->Post([given](AppendSession& session) { return session.SendAhead(*given); }, std::move(append));
}

void PostgresLog::Claim(ClaimRequest request, std::function<void(absl::StatusOr<std::vector<Claimed>>)> done) {
  shared_->writer->Post(
      [shared = shared_.get(), request = std::move(request), done = std::move(done)](AppendSession& session) {
        shared->Answer([done, claimed = session.Claim(request)] { done(claimed); });
      });
}

void PostgresLog::Renew(std::string node, std::chrono::milliseconds lease,
                        std::function<void(absl::StatusOr<std::vector<base::PartitionId>>)> done) {
  std::optional<pg::Rider> rider;
  if (shared_->options.on_renewal) rider = shared_->options.on_renewal(AppendSession::kRiderParameter);
  shared_->writer->Post([shared = shared_.get(), node = std::move(node), lease, rider = std::move(rider),
                         done = std::move(done)](AppendSession& session) {
    auto renewed = session.Renew(node, lease, rider ? &*rider : nullptr);
    shared->Answer([rider, done, renewed = std::move(renewed)] {
      if (!renewed.ok()) {
        if (rider) rider->heard(renewed.status());
        return done(renewed.status());
      }
      if (rider) rider->heard(renewed->value);
      done(renewed->held);
    });
  });
}

void PostgresLog::Release(std::string node, std::vector<base::PartitionId> partitions, std::function<void()> done) {
  shared_->writer->Post([shared = shared_.get(), node = std::move(node), partitions = std::move(partitions),
                         done = std::move(done)](AppendSession& session) {
    // Where it fails the leases run out by themselves.
    session.Release(node, partitions).IgnoreError();
    shared->Answer(done);
  });
}

void PostgresLog::Homes(std::function<void(absl::StatusOr<std::vector<base::PartitionId>>)> done) {
  shared_->Read<std::vector<base::PartitionId>>(
      [count = shared_->options.partition_count](pqxx::connection_base& connection,
                                                 std::vector<base::PartitionId>& homes) {
        return QueryHomes(connection, count, homes);
      },
      std::move(done));
}

void PostgresLog::Owners(std::function<void(absl::StatusOr<std::vector<PartitionOwner>>)> done) {
  shared_->Read<std::vector<PartitionOwner>>(QueryOwners, std::move(done));
}

void PostgresLog::Recover(base::PartitionId partition, std::function<void(StoredEntity)> each,
                          std::function<void(absl::Status)> done) {
  const SlotRange slots = SlotsOfPartition(partition, shared_->options.partition_count);
  Shared* shared = shared_.get();
  shared->readers->Submit(
      [shared, slots, each = std::move(each)](pqxx::connection_base& connection) {
        return QueryOpenEntities(connection, slots.first.value(), slots.last.value(),
                                 [&](std::vector<StoredEntity> chunk) {
                                   auto entities = std::make_shared<std::vector<StoredEntity>>(std::move(chunk));
                                   shared->Answer([each, entities] {
                                     for (StoredEntity& entity : *entities) each(std::move(entity));
                                   });
                                 });
      },
      [shared, done = std::move(done)](absl::Status status) {
        shared->Answer([done, status = std::move(status)] { done(status); });
      });
}

void PostgresLog::ReadOpen(std::vector<base::EntityId> entities,
                           std::function<void(absl::StatusOr<std::vector<StoredEntity>>)> done) {
  shared_->Read<std::vector<StoredEntity>>(
      [entities = std::move(entities)](pqxx::connection_base& connection, std::vector<StoredEntity>& open) {
        return QueryOpen(connection, entities, open);
      },
      std::move(done));
}

void PostgresLog::FindByName(std::vector<NameKey> keys,
                             std::function<void(absl::StatusOr<std::vector<std::optional<IndexedExecution>>>)> done) {
  shared_->waiting_lookups.push_back({std::move(keys), std::move(done)});
  if (!shared_->looking_up) shared_->LookUp();
}

void PostgresLog::ReadDecisions(base::EntityId entity, int64_t from_revision, int limit,
                                std::function<void(absl::StatusOr<std::vector<DecisionRow>>)> done) {
  shared_->Read<std::vector<DecisionRow>>(
      [entity, from_revision, limit](pqxx::connection_base& connection, std::vector<DecisionRow>& rows) {
        return QueryDecisions(connection, entity, from_revision, limit, rows);
      },
      std::move(done));
}

void PostgresLog::List(ListQuery query, std::function<void(absl::StatusOr<std::vector<IndexedExecution>>)> done) {
  shared_->Read<std::vector<IndexedExecution>>(
      [query = std::move(query), scope = ScopeOf(shared_->options)](pqxx::connection_base& connection,
                                                                    std::vector<IndexedExecution>& executions) {
        return QueryList(connection, scope, query, executions);
      },
      std::move(done));
}

}  // namespace pawl::history
