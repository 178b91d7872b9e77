#include "scheduler/cluster/pg_permit_store.h"

#include <map>
#include <optional>
#include <pqxx/pqxx>
#include <set>
#include <utility>
#include <vector>

#include "shared/pg/array_text.h"

namespace pawl::cluster {
namespace {

using dispatch::PermitAnswer;
using dispatch::PermitAsk;
using dispatch::PermitRequest;
using dispatch::PermitResponse;
using dispatch::PermitRow;
using dispatch::PermitRows;
using dispatch::TokenAsk;
using dispatch::TokenBucket;
using std::chrono::milliseconds;

// The clock is the server's; milliseconds since the Unix epoch.
constexpr char kMs[] = "(extract(epoch from $1) * 1000)::bigint";

std::string Ms(const std::string& time) {
  std::string text = kMs;
  return text.replace(text.find("$1"), 2, time);
}

struct LockedLimit {
  std::optional<int64_t> concurrency;
  std::optional<double> rate;
  TokenBucket bucket;
  milliseconds now;
};

std::optional<LockedLimit> Lock(pqxx::work& work, const std::string& key) {
  const pqxx::result rows =
      work.exec_params("select concurrency, rate, tokens, " + Ms("filled_at") + ", " + Ms("clock_timestamp()") +
                           " from pawl.limits where key = $1 for no key update",
                       key);
  if (rows.empty()) return std::nullopt;
  const pqxx::row row = rows[0];
  LockedLimit limit{
      {}, {}, {row[2].as<double>(), milliseconds(row[3].as<int64_t>())}, milliseconds(row[4].as<int64_t>())};
  if (!row[0].is_null()) limit.concurrency = row[0].as<int64_t>();
  if (!row[1].is_null()) limit.rate = row[1].as<double>();
  return limit;
}

PermitRows ReadRows(pqxx::work& work, const std::string& key) {
  PermitRows rows;
  for (const pqxx::row& row : work.exec_params("select partition, epoch, number, held, wanted, " + Ms("asked_at") +
                                                   ", " + Ms("wanted_since") + " from pawl.permits where key = $1",
                                               key)) {
    rows[base::PartitionId(row[0].as<int32_t>())] = {base::Epoch(row[1].as<int64_t>()),
                                                     row[2].as<int64_t>(),
                                                     row[3].as<int64_t>(),
                                                     row[4].as<int64_t>(),
                                                     milliseconds(row[5].as<int64_t>()),
                                                     milliseconds(row[6].as<int64_t>())};
  }
  return rows;
}

void WriteRows(pqxx::work& work, const std::string& key, const std::set<base::PartitionId>& changed,
               const PermitRows& rows) {
  std::vector<std::vector<int64_t>> columns(7);
  for (base::PartitionId partition : changed) {
    const PermitRow& row = rows.at(partition);
    const int64_t values[] = {partition.value(),    row.epoch.value(),       row.number, row.held, row.wanted,
                              row.asked_at.count(), row.wanted_since.count()};
    for (size_t i = 0; i < columns.size(); ++i) columns[i].push_back(values[i]);
  }
  work.exec_params(
      "insert into pawl.permits select $1, p, e, n, h, w, to_timestamp(a / 1000.0), to_timestamp(s / 1000.0) from "
      "unnest($2::integer[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[]) "
      "u (p, e, n, h, w, a, s) on conflict (key, partition) do update set epoch = excluded.epoch, number = "
      "excluded.number, held = excluded.held, wanted = excluded.wanted, asked_at = excluded.asked_at, "
      "wanted_since = excluded.wanted_since",
      key, pg::ArrayText(columns[0]), pg::ArrayText(columns[1]), pg::ArrayText(columns[2]), pg::ArrayText(columns[3]),
      pg::ArrayText(columns[4]), pg::ArrayText(columns[5]), pg::ArrayText(columns[6]));
}

struct OfKey {
  std::vector<size_t> permits;  // places in the request
  std::vector<size_t> tokens;
};

void Serve(pqxx::work& work, const std::string& key, const OfKey& places, const PermitRequest& request,
           PermitResponse& response) {
  std::optional<LockedLimit> limit = Lock(work, key);
  for (size_t place : places.permits) response.permits[place].is_refused = true;
  if (!limit) return;
  if (limit->concurrency && !places.permits.empty()) {
    std::vector<PermitAsk> asks;
    for (size_t place : places.permits) asks.push_back(request.permits[place]);
    PermitRows rows = ReadRows(work, key);
    std::vector<PermitAnswer> answers;
    response.contended[key] = dispatch::AllocatePermits(*limit->concurrency, limit->now, asks, rows, answers);
    std::set<base::PartitionId> changed;
    for (size_t i = 0; i < asks.size(); ++i) {
      response.permits[places.permits[i]] = answers[i];
      if (!answers[i].is_refused) changed.insert(asks[i].partition);
    }
    if (!changed.empty()) WriteRows(work, key, changed, rows);
  }
  if (!limit->rate || places.tokens.empty()) return;
  for (size_t place : places.tokens) {
    response.tokens[place] = dispatch::TakeTokens(*limit->rate, limit->now, request.tokens[place], limit->bucket);
  }
  work.exec_params("update pawl.limits set tokens = $2, filled_at = to_timestamp($3 / 1000.0) where key = $1", key,
                   limit->bucket.level, limit->bucket.filled_at.count());
}

}  // namespace

PgPermitStore::PgPermitStore(const std::string& postgres, base::Executor& executor)
    : executor_(executor),
      pool_(std::make_unique<pg::Pool>(
          postgres,
          pg::PoolOptions{.threads = 1, .retry_last = std::chrono::seconds(1), .application_name = "pawl permits"})) {}

PgPermitStore::~PgPermitStore() {
  *alive_ = false;
  pool_.reset();
}

void PgPermitStore::Exchange(PermitRequest request, std::function<void(absl::StatusOr<PermitResponse>)> done) {
  auto response = std::make_shared<PermitResponse>();
  pool_->Submit(
      [request = std::move(request), response](pqxx::connection_base& connection) {
        *response = {};
        response->permits.resize(request.permits.size());
        response->tokens.resize(request.tokens.size());
        std::map<std::string, OfKey> keys;
        for (size_t i = 0; i < request.permits.size(); ++i) keys[request.permits[i].key].permits.push_back(i);
        for (size_t i = 0; i < request.tokens.size(); ++i) keys[request.tokens[i].key].tokens.push_back(i);
        pqxx::work work(connection);
        for (const auto& [key, places] : keys) Serve(work, key, places, request, *response);
        work.commit();
        return absl::OkStatus();
      },
      [alive = alive_, &executor = executor_, response, done = std::move(done)](const absl::Status& status) {
        executor.Post([alive, response, status, done] {
          if (!*alive) return;
          status.ok() ? done(std::move(*response)) : done(status);
        });
      });
}

}  // namespace pawl::cluster
