#include "scheduler/cluster/pg_member_store.h"

#include <algorithm>
#include <pqxx/pqxx>
#include <utility>

namespace pawl::cluster {
namespace {

// `gone` is the housekeeping: rows of nodes that ended long ago without saying so.
constexpr char kAnnounce[] =
    "with me as (insert into pawl.nodes (node, address, leaving, live_until) values ($1, $2, $3, "
    "clock_timestamp() + $4 * interval '1 millisecond') on conflict (node) do update set address = excluded.address, "
    "leaving = excluded.leaving, live_until = excluded.live_until), "
    "gone as (delete from pawl.nodes where live_until < now() - interval '1 day') "
    "select 0, node, address, leaving, 0::bigint, "
    "ceil(extract(epoch from live_until - clock_timestamp()) * 1000)::bigint "
    "from pawl.nodes where node <> $1 and live_until > clock_timestamp() "
    "union all ";

// The partitions that the database holds, and when the first lease of another node runs out.
constexpr char kPartitions[] =
    "select 1, node, '', lease_until <= clock_timestamp(), epoch, partition::bigint from pawl.partitions where here "
    "union all "
    "select 2, '', '', false, 0, ceil(extract(epoch from min(lease_until) - clock_timestamp()) * 1000)::bigint "
    "from pawl.partitions where here and node not in ('', $1) and lease_until > clock_timestamp() "
    "order by 1";

// Gives the rider's value, where there was one.
std::string Read(const pqxx::result& rows, View& view) {
  std::string rider;
  auto expires = [&](int64_t ms) {
    std::chrono::milliseconds in(std::max<int64_t>(ms, 1));
    if (!view.next_expiry || in < *view.next_expiry) view.next_expiry = in;
  };
  for (const pqxx::row& row : rows) {
    switch (row[0].as<int>()) {
      case 0:
        view.members.push_back({row[1].as<std::string>(), row[2].as<std::string>(), row[3].as<bool>()});
        expires(row[5].as<int64_t>());
        break;
      case 1:
        view.partitions.push_back({base::PartitionId(row[5].as<int32_t>()), base::Epoch(row[4].as<int64_t>()),
                                   row[1].as<std::string>(), row[3].as<bool>()});
        break;
      case 2:
        if (!row[5].is_null()) expires(row[5].as<int64_t>());
        break;
      default:
        rider = row[1].as<std::string>();
    }
  }
  return rider;
}

pg::PoolOptions OneConnection() {
  return {.threads = 1, .retry_last = std::chrono::seconds(1), .application_name = "pawl cluster"};
}

}  // namespace

struct PgMemberStore::Further {
  explicit Further(const std::string& conninfo) : pool(conninfo, OneConnection()) {}
  View last;
  pg::Pool pool;
};

PgMemberStore::PgMemberStore(const std::vector<std::string>& postgres, base::Executor& executor, Rider rider)
    : executor_(executor),
      rider_(std::move(rider)),
      pool_(std::make_unique<pg::Pool>(postgres.front(), OneConnection())) {
  for (size_t i = 1; i < postgres.size(); ++i) further_.push_back(std::make_unique<Further>(postgres[i]));
}

PgMemberStore::~PgMemberStore() {
  *alive_ = false;
  pool_.reset();
  further_.clear();
}

void PgMemberStore::Answer(std::function<void()> work) {
  executor_.Post([alive = alive_, work = std::move(work)] {
    if (*alive) work();
  });
}

void PgMemberStore::Announce(const Member& self, std::chrono::milliseconds ttl,
                             std::function<void(absl::StatusOr<View>)> done) {
  auto view = std::make_shared<View>();
  auto rider = std::make_shared<std::string>();
  pool_->Submit(
      [view, rider, self, ttl, rider_sql = rider_.sql](pqxx::connection_base& connection) {
        pqxx::nontransaction statement(connection);
        const std::string sql = kAnnounce + ("select 3, " + rider_sql) + ", '', false, 0, 0 union all " + kPartitions;
        *rider = Read(statement.exec_params(sql, self.node, self.address, self.leaving, ttl.count()), *view);
        view->members.push_back(self);
        return absl::OkStatus();
      },
      [this, view, rider, done = std::move(done), node = self.node](absl::Status status) {
        Answer([this, view, rider, done, node, status = std::move(status)] {
          if (status.ok()) {
            rider_.heard(*rider);
            ReadFurther(0, view, done, node);
          } else {
            done(status);
          }
        });
      });
}

void PgMemberStore::ReadFurther(size_t number, std::shared_ptr<View> view,
                                std::function<void(absl::StatusOr<View>)> done, const std::string& node) {
  if (number == further_.size()) return done(std::move(*view));
  auto found = std::make_shared<View>();
  further_[number]->pool.Submit(
      [found, node](pqxx::connection_base& connection) {
        pqxx::nontransaction statement(connection);
        Read(statement.exec_params(kPartitions, node), *found);
        return absl::OkStatus();
      },
      [this, number, view, found, done = std::move(done), node](absl::Status status) {
        Answer([=, this, status = std::move(status)] {
          View& last = further_[number]->last;
          if (status.ok()) last = std::move(*found);
          view->partitions.insert(view->partitions.end(), last.partitions.begin(), last.partitions.end());
          if (status.ok() && last.next_expiry && (!view->next_expiry || *last.next_expiry < *view->next_expiry)) {
            view->next_expiry = last.next_expiry;
          }
          ReadFurther(number + 1, view, done, node);
        });
      });
}

void PgMemberStore::Withdraw(const std::string& node, std::function<void()> done) {
  pool_->Submit(
      [node](pqxx::connection_base& connection) {
        pqxx::nontransaction(connection).exec_params("delete from pawl.nodes where node = $1", node);
        return absl::OkStatus();
      },
      [this, done = std::move(done)](const absl::Status&) { Answer(done); });
}

}  // namespace pawl::cluster
