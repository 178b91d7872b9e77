#include "scheduler/cluster/pg_member_store.h"

#include <algorithm>
#include <pqxx/pqxx>
#include <utility>

#include "shared/base/check.h"
#include "shared/base/status.h"
#include "shared/json/value.h"
#include "shared/pg/binary.h"

namespace pawl::cluster {
namespace {

std::string Dollar(int number) { return "$" + std::to_string(number); }

// The node makes itself known: its name, address, whether it leaves, and for how many milliseconds it lives.
// `gone` is the housekeeping: rows of nodes that ended long ago without saying so. It waits for nobody.
std::string AnnounceSql(int first) {
  return "me as (insert into pawl.nodes (node, address, leaving, live_until) values (" + Dollar(first) + ", " +
         Dollar(first + 1) + ", " + Dollar(first + 2) + "::integer <> 0, clock_timestamp() + " + Dollar(first + 3) +
         "::bigint * interval '1 millisecond') on conflict (node) do update set address = excluded.address, "
         "leaving = excluded.leaving, live_until = excluded.live_until), "
         "gone as (delete from pawl.nodes where node in (select node from pawl.nodes "
         "where live_until < now() - interval '1 day' for update skip locked)), ";
}

// Who else lives, and what rides along.
std::string MembersSql(int node, const std::string& rider) {
  return "'members', (select json_agg(json_build_array(node, address, leaving, "
         "ceil(extract(epoch from live_until - clock_timestamp()) * 1000)::bigint)) "
         "from pawl.nodes where node <> " +
         Dollar(node) + "::text and live_until > clock_timestamp()), 'rider', " + rider + ", ";
}

// The partitions that the database holds, and when the first lease of another node runs out.
std::string PartitionsSql(int node) {
  return "'partitions', (select json_agg(json_build_array(partition, epoch, node, lease_until <= clock_timestamp())) "
         "from pawl.partitions where here), "
         "'expires', (select ceil(extract(epoch from min(lease_until) - clock_timestamp()) * 1000)::bigint "
         "from pawl.partitions where here and node not in ('', " +
         Dollar(node) + "::text) and lease_until > clock_timestamp())";
}

// As a text, so that it is the same by whatever way it comes.
std::string Json(const std::string& pairs) { return "json_build_object(" + pairs + ")::text"; }

int64_t Int(const json::Value& value) {
  const std::optional<int64_t> number = value.as_int64();
  PAWL_CHECK(number.has_value(), "the statement gives whole numbers there");
  return *number;
}

absl::Status Read(const std::string& text, View& view, std::string& rider) {
  PAWL_ASSIGN_OR_RETURN(const json::Value said, json::Parse(text));
  auto expires = [&](const json::Value& ms) {
    if (ms.is_null()) return;
    std::chrono::milliseconds in(std::max<int64_t>(Int(ms), 1));
    if (!view.next_expiry || in < *view.next_expiry) view.next_expiry = in;
  };
  if (const json::Value* members = said.Find("members"); members != nullptr && members->is_array()) {
    for (const json::Value& one : members->items()) {
      view.members.push_back({one.items()[0].as_string(), one.items()[1].as_string(), one.items()[2].as_bool()});
      expires(one.items()[3]);
    }
  }
  if (const json::Value* rides = said.Find("rider")) rider = rides->as_string();
  if (const json::Value* partitions = said.Find("partitions"); partitions != nullptr && partitions->is_array()) {
    for (const json::Value& one : partitions->items()) {
      view.partitions.push_back({base::PartitionId(static_cast<int32_t>(Int(one.items()[0]))),
                                 base::Epoch(Int(one.items()[1])), one.items()[2].as_string(),
                                 one.items()[3].as_bool()});
    }
  }
  if (const json::Value* first = said.Find("expires")) expires(*first);
  return absl::OkStatus();
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

// An announcement on its way: what the servers have said so far.
struct PgMemberStore::Round {
  Announcement announcement;
  size_t open;  // servers that have not
  View view;
  absl::Status status;
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

// The first server's word decides. Of a further one that is away, its last word counts.
void PgMemberStore::Hear(const std::shared_ptr<Round>& round, size_t server, const absl::StatusOr<std::string>& text) {
  View said;
  std::string rider;
  absl::Status status = text.ok() ? Read(*text, said, rider) : text.status();
  if (server == 0) {
    round->status = status;
    round->view.members = std::move(said.members);
    round->view.members.push_back(round->announcement.self);
    if (status.ok()) rider_.heard(rider);
  } else if (View& last = further_[server - 1]->last; status.ok()) {
    last = said;
  } else {
    said.partitions = last.partitions;
  }
  View& view = round->view;
  view.partitions.insert(view.partitions.end(), said.partitions.begin(), said.partitions.end());
  if (said.next_expiry && (!view.next_expiry || *said.next_expiry < *view.next_expiry)) {
    view.next_expiry = said.next_expiry;
  }
  if (--round->open > 0) return;
  if (round == riding_ && after_ride_) std::exchange(after_ride_, nullptr)();
  if (round->status.ok()) {
    round->announcement.done(std::move(view));
  } else {
    round->announcement.done(round->status);
  }
}

void PgMemberStore::Announce(Announcement announcement) {
  if (is_withdrawn_) {
    return Answer([done = std::move(announcement.done)] { done(absl::UnavailableError("the node has gone")); });
  }
  auto round = std::make_shared<Round>(Round{std::move(announcement), 1 + further_.size(), {}, absl::OkStatus()});
  auto text = std::make_shared<std::string>();
  pool_->Submit(
      [text, self = round->announcement.self, ttl = round->announcement.ttl,
       rider = rider_.sql](pqxx::connection_base& connection) {
        pqxx::nontransaction statement(connection);
        const std::string sql =
            "with " + AnnounceSql(1) + "nothing as (select 1) select " + Json(MembersSql(1, rider) + PartitionsSql(1));
        *text = statement.exec_params1(sql, self.node, self.address, self.leaving ? 1 : 0, ttl.count())[0]
                    .as<std::string>();
        return absl::OkStatus();
      },
      [this, round, text](absl::Status status) {
        Answer([this, round, text, status = std::move(status)] {
          if (!status.ok()) {
            round->open = 1;
            return Hear(round, 0, status);
          }
          Hear(round, 0, *text);
          for (size_t i = 0; i < further_.size(); ++i) ReadFurther(round, i + 1);
        });
      });
}

void PgMemberStore::ReadFurther(const std::shared_ptr<Round>& round, size_t server) {
  auto text = std::make_shared<std::string>();
  further_[server - 1]->pool.Submit(
      [text, node = round->announcement.self.node](pqxx::connection_base& connection) {
        pqxx::nontransaction statement(connection);
        *text = statement.exec_params1("select " + Json(PartitionsSql(1)), node)[0].as<std::string>();
        return absl::OkStatus();
      },
      [this, round, server, text](absl::Status status) {
        Answer([this, round, server, text, status = std::move(status)] {
          status.ok() ? Hear(round, server, *text) : Hear(round, server, status);
        });
      });
}

std::optional<pg::Rider> PgMemberStore::Board(size_t server, int first_parameter) {
  if (is_withdrawn_) return std::nullopt;
  if (server == 0) {
    std::optional<Announcement> announcement = announcement_ ? announcement_() : std::nullopt;
    riding_ = announcement ? std::make_shared<Round>(Round{*announcement, 1 + further_.size(), {}, absl::OkStatus()})
                           : nullptr;
  }
  if (riding_ == nullptr) return std::nullopt;
  const Member& self = riding_->announcement.self;
  pg::Rider rider;
  rider.parameters = {pg::Text(self.node)};
  if (server == 0) {
    rider.name = "announce";
    rider.with = AnnounceSql(first_parameter);
    rider.value = Json(MembersSql(first_parameter, rider_.sql) + PartitionsSql(first_parameter));
    rider.parameters.push_back(pg::Text(self.address));
    rider.parameters.push_back(pg::Int4(self.leaving ? 1 : 0));
    rider.parameters.push_back(pg::Int8(riding_->announcement.ttl.count()));
  } else {
    rider.name = "look";
    rider.value = Json(PartitionsSql(first_parameter));
  }
  rider.heard = [this, alive = alive_, round = riding_, server](const absl::StatusOr<std::string>& text) {
    if (*alive) Hear(round, server, text);
  };
  return rider;
}

void PgMemberStore::Withdraw(const std::string& node, std::function<void()> done) {
  is_withdrawn_ = true;
  if (riding_ == nullptr || riding_->open == 0) return Delete(node, std::move(done));
  // That goes by another connection.
  after_ride_ = [this, node, done = std::move(done)] { Delete(node, done); };
}

void PgMemberStore::Delete(const std::string& node, std::function<void()> done) {
  pool_->Submit(
      [node](pqxx::connection_base& connection) {
        pqxx::nontransaction(connection).exec_params("delete from pawl.nodes where node = $1", node);
        return absl::OkStatus();
      },
      [this, done = std::move(done)](const absl::Status&) { Answer(done); });
}

}  // namespace pawl::cluster
