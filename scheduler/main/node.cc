#include "scheduler/main/node.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <unistd.h>

#include <future>
#include <map>
#include <optional>
#include <random>
#include <thread>
#include <utility>

#include "history/migrations/migrator.h"
#include "history/postgres/multi_log.h"
#include "history/postgres/postgres_log.h"
#include "scheduler/api/aws/server.h"
#include "scheduler/api/grpc/cluster/peers.h"
#include "scheduler/api/grpc/server.h"
#include "scheduler/catalog/catalog.h"
#include "scheduler/catalog/live_settings.h"
#include "scheduler/catalog/pg_store.h"
#include "scheduler/cluster/cluster.h"
#include "scheduler/cluster/pg_member_store.h"
#include "scheduler/cluster/pg_permit_store.h"
#include "scheduler/gateway/admitting_gateway.h"
#include "scheduler/gateway/service.h"
#include "scheduler/loop/event_loop.h"
#include "scheduler/main/metrics.h"
#include "scheduler/partition/engine.h"
#include "scheduler/query/query.h"
#include "shared/base/status.h"
#include "shared/json/value.h"
#include "shared/net/ops_server.h"
#include "shared/pg/conninfo.h"
#include "shared/pg/pool.h"
#include "shared/telemetry/metrics.h"

namespace pawl::scheduler {

core::Limits LimitsOf(const std::string& profile) {
  core::Limits limits;
  if (profile == "strict") {
    limits.events_max = 25'000;
    limits.inline_map_concurrency_max = 40;
  }
  if (profile == "open") limits.payload_bytes_max = 64u << 20;
  return limits;
}

namespace {

uint64_t SystemSeed() {
  std::random_device device;
  return static_cast<uint64_t>(device()) << 32 | device();
}

std::string NodeName() {
  char host[256] = "node";
  gethostname(host, sizeof host - 1);
  base::SeededRandom random(SystemSeed());
  return std::string(host) + "-" + std::to_string(getpid()) + "-" + base::RandomUuid(random).substr(0, 8);
}

std::string HostName() {
  char host[256] = "localhost";
  gethostname(host, sizeof host - 1);
  return host;
}

// What nodes of one cluster show each other, made of what only they know.
std::string ClusterKey(const std::string& secret) {
  constexpr std::string_view kPurpose = "pawl cluster.v1";
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(kPurpose.data()), kPurpose.size(), digest, &size);
  std::string hex;
  for (unsigned int i = 0; i < size; ++i) {
    hex += "0123456789abcdef"[digest[i] >> 4];
    hex += "0123456789abcdef"[digest[i] & 15];
  }
  return hex;
}

// As `pawl admin` reads it.
std::string DirectoryJson(const cluster::Directory& directory) {
  auto text = [](const std::string& value) {
    std::string quoted;
    json::AppendQuoted(value, quoted);
    return quoted;
  };
  std::string nodes, partitions;
  for (const cluster::Member& member : directory.Members()) {
    nodes += std::string(nodes.empty() ? "" : ",") + "{\"node\":" + text(member.node) +
             ",\"address\":" + text(member.address) + ",\"leaving\":" + (member.leaving ? "true" : "false") + "}";
  }
  for (const cluster::Ownership& ownership : directory.Partitions()) {
    partitions += std::string(partitions.empty() ? "" : ",") +
                  "{\"partition\":" + std::to_string(ownership.partition.value()) +
                  ",\"epoch\":" + std::to_string(ownership.epoch.value()) + ",\"node\":" + text(ownership.node) + "}";
  }
  return "{\"nodes\":[" + nodes + "],\"partitions\":[" + partitions + "]}";
}

// Runs `work` on the loop and brings its answer here; the fallback where the loop does not answer in a second.
template <typename T>
T Ask(base::Executor& loop, std::function<T()> work, T fallback) {
  auto promise = std::make_shared<std::promise<T>>();
  std::future<T> answer = promise->get_future();
  loop.Post([promise, work = std::move(work)] { promise->set_value(work()); });
  if (answer.wait_for(std::chrono::seconds(1)) != std::future_status::ready) return fallback;
  return answer.get();
}

class RealNode : public Node {
 public:
  RealNode(const NodeOptions& options, telemetry::Logger log)
      : options_(options),
        log_(log),
        metrics_(registry_, log),
        engine_loop_(clock_, "engine"),
        query_loop_(clock_, "query") {}

  ~RealNode() override { Stop(); }

  absl::Status Start(const std::function<bool()>& stop_asked) {
    PAWL_ASSIGN_OR_RETURN(ops_, net::StartOpsServer(options_.address, options_.ops_port,
                                                    {.metrics = [this] { return registry_.Serialize(); },
                                                     .is_healthy = {},
                                                     .is_ready = [this] { return Ready(); },
                                                     .cluster = [this] { return ClusterJson(); }}));
    PAWL_RETURN_IF_ERROR(PrepareDatabases(stop_asked));
    const std::string& conninfo = options_.postgres.front();  // has the catalog and the nodes
    log_db_ = MakeLog(engine_loop_, true);
    query_db_ = MakeLog(query_loop_, false);
    pool_ = std::make_unique<pg::Pool>(conninfo, pg::PoolOptions{.threads = 1, .application_name = "pawl-catalog"});
    store_ = std::make_unique<catalog::PgStore>(*pool_, engine_loop_);
    catalog_ = std::make_unique<catalog::Catalog>(*store_, clock_, random_);
    query_ = std::make_unique<query::Query>(*query_db_);
    tokens_ = std::make_unique<gateway::TokenMaker>(cluster_.secret);

    partition::Settings settings;
    settings.node = NodeName();
    settings.partitions = cluster_.partition_count;
    settings.lease = options_.lease;
    settings.wants_all = false;
    settings.limits = LimitsOf(options_.limits);
    settings.binding.lambda_endpoint = options_.lambda_endpoint;
    settings.mailbox_max = options_.mailbox_max;
    settings.mailbox_bytes_max = options_.mailbox_bytes_max;
    permits_ = std::make_unique<cluster::PgPermitStore>(conninfo, engine_loop_);
    engine_ = std::make_unique<partition::Engine>(
        settings,
        partition::Engine::Parts{
            .executor = engine_loop_,
            .clock = clock_,
            .random = random_,
            .log = *log_db_,
            .load_program = [this](std::string digest, auto done) { catalog_->LoadProgram(digest, std::move(done)); },
            .token = [this](const core::TaskRef& task) { return tokens_->Make(task); },
            .observer = metrics_,
            .on_serving = [this](auto partition, auto epoch) { members_->OnServing(partition, epoch); },
            .on_released = [this](const auto& partitions) { members_->OnReleased(partitions); },
            .submit_elsewhere =
                [this](base::EntityId, core::Command command) {
                  members_->router().Submit(std::move(command), [](const absl::Status&) {});
                },
            .permits = permits_.get()});
    member_store_ = std::make_unique<cluster::PgMemberStore>(
        options_.postgres, engine_loop_,
        cluster::PgMemberStore::Rider{catalog::kLiveSettingsSql,
                                      [this](const std::string& settings) { live_settings_->Hear(settings); }});
    peers_ = api::rpc::MakeGrpcPeers(engine_loop_, ClusterKey(cluster_.secret));
    node_ = settings.node;
    members_ = std::make_unique<cluster::Cluster>(
        cluster::Member{node_, "", false}, options_.lease,
        cluster::Cluster::Parts{
            .executor = engine_loop_,
            .clock = clock_,
            .store = *member_store_,
            .peers = *peers_,
            .engine = *engine_,
            .load_program = [this](std::string digest, auto done) { catalog_->LoadProgram(digest, std::move(done)); },
            .log = [this](const std::string& sentence) { log_.Info(sentence); }});
    gateway_ = std::make_unique<gateway::Service>(
        gateway::Service::Parts{.executor = engine_loop_,
                                .query_executor = query_loop_,
                                .clock = clock_,
                                .random = random_,
                                .engine = *engine_,
                                .router = members_->router(),
                                .directory = members_->directory(),
                                .catalog = *catalog_,
                                .query = *query_,
                                .tokens = *tokens_,
                                .payload_bytes_max = settings.limits.payload_bytes_max});
    admission_ = std::make_unique<gateway::Admission>(
        options_.admission,
        [this](gateway::RequestKind kind, size_t count) { metrics_.Shed(gateway::RequestKindName(kind), count); });
    admitting_ = std::make_unique<gateway::AdmittingGateway>(*gateway_, *admission_);
    AddGauges();
    AddLimitGauges();
    PAWL_ASSIGN_OR_RETURN(aws_, api::aws::AwsApiServer::Start(
                                    {.address = options_.address,
                                     .port = options_.http_port,
                                     .payload_bytes_max = settings.limits.payload_bytes_max,
                                     .all_bodies_bytes_max = 2 * options_.admission.request_bytes_max,
                                     .connections_max = options_.http_connections_max,
                                     .does_own_calls = true,
                                     .on_request = [this](auto operation, auto error,
                                                          auto took) { metrics_.HttpRequest(operation, error, took); },
                                     .on_shed = [this](const char* what) { metrics_.Shed(what, 1); }},
                                    *admitting_));
    PAWL_ASSIGN_OR_RETURN(
        grpc_,
        api::rpc::GrpcApiServer::Start(
            {.address = options_.address,
             .port = options_.grpc_port,
             .caller = {},
             .on_request = [this](auto method, auto code, auto took) { metrics_.GrpcRequest(method, code, took); },
             .peers = members_.get(),
             .peers_executor = &engine_loop_,
             .cluster_key = ClusterKey(cluster_.secret)},
            *admitting_));
    // No task is handed out before it is known whether it may be.
    live_settings_ = std::make_unique<catalog::LiveSettingsWatch>(
        *pool_, engine_loop_, clock_, std::chrono::milliseconds(2500),
        [this, address = AdvertisedAddress()](const catalog::LiveSettings& settings) { Take(settings, address); });
    engine_loop_.Post([this] { live_settings_->Run(); });
    serving_ = true;
    return absl::OkStatus();
  }

  std::string Addresses() const override {
    return "http=" + options_.address + ":" + std::to_string(aws_->port()) + " grpc=" + options_.address + ":" +
           std::to_string(grpc_->port()) + " ops=" + options_.address + ":" + std::to_string(ops_->port());
  }

  // 1. the other nodes, if there are any, take the partitions over while requests are still answered; 2. no new
  // requests; 3. what is decided is committed and what is left is given up; 4. the threads end.
  void Stop() override {
    if (std::exchange(stopped_, true)) return;
    if (serving_) {
      auto left = std::make_shared<std::promise<void>>();
      std::future<void> done = left->get_future();
      engine_loop_.Post([this, left] {
        if (members_->directory().IsAlone()) return left->set_value();
        members_->Leave([left] { left->set_value(); });
      });
      done.wait_for(std::chrono::seconds(3));
    }
    if (aws_) aws_->Shutdown(std::chrono::seconds(3));
    if (grpc_) grpc_->Shutdown(std::chrono::seconds(3));
    if (engine_) {
      auto released = std::make_shared<std::promise<void>>();
      std::future<void> done = released->get_future();
      engine_loop_.Post([this, released] { engine_->Stop([released] { released->set_value(); }); });
      if (done.wait_for(std::chrono::seconds(5)) != std::future_status::ready) {
        log_.Warning("The database did not answer in time; the partitions stay leased until their leases end.");
      }
    }
    if (member_store_) {
      auto gone = std::make_shared<std::promise<void>>();
      std::future<void> done = gone->get_future();
      engine_loop_.Post([this, gone] { member_store_->Withdraw(node_, [gone] { gone->set_value(); }); });
      done.wait_for(std::chrono::seconds(1));
    }
    if (ops_) ops_->Shutdown(std::chrono::seconds(1));
    gauges_.clear();
    engine_loop_.Stop();
    query_loop_.Stop();
    member_store_.reset();
    permits_.reset();
    log_db_.reset();
    query_db_.reset();
    pool_.reset();
  }

 private:
  absl::Status Ready() {
    if (!serving_) return absl::UnavailableError("waiting for the database");
    return Ask<absl::Status>(
        engine_loop_,
        [this] {
          if (!losses_.empty()) return absl::UnavailableError(DescribeLosses());
          if (!members_->IsKnown()) return absl::UnavailableError("looking for the other members of the cluster");
          return engine_->Health();
        },
        absl::UnavailableError("the engine does not answer"));
  }

  // One server is used as it is; several are put together.
  std::unique_ptr<history::EventLog> MakeLog(EventLoop& loop, bool is_for_engine) {
    std::vector<std::unique_ptr<history::PostgresLog>> servers;
    for (size_t i = 0; i < options_.postgres.size(); ++i) {
      history::PostgresLogOptions options;
      options.partition_count = cluster_.partition_count;
      options.is_one_of_several = options_.postgres.size() > 1;
      if (is_for_engine) {
        options.session.on_losses = [this, i](std::vector<history::Loss> losses) {
          engine_loop_.Post([this, i, losses = std::move(losses)] { NoteLosses(i, losses); });
        };
        options.on_renewal = [this, i](int first_parameter) { return member_store_->Board(i, first_parameter); };
      }
      servers.push_back(std::make_unique<history::PostgresLog>(options_.postgres[i], options, loop));
    }
    if (servers.size() == 1) return std::move(servers.front());
    history::MultiLog::Parts parts{.executor = loop, .clock = clock_};
    if (is_for_engine) {
      parts.on_server = [this](size_t server, const absl::Status& status) {
        const std::string which = pg::DescribeConnection(options_.postgres[server]);
        if (status.ok()) {
          log_.Info("A database can be used again.", {{"database", which}});
        } else {
          log_.Warning("A database cannot be used; its partitions stand still.",
                       {{"database", which}, {"error", std::string(status.message())}});
        }
      };
    }
    return std::make_unique<history::MultiLog>(std::move(servers), cluster_.partition_count, std::move(parts));
  }

  void SetLimits(const catalog::TaskLimits& limits) {
    dispatch::Limits all;
    for (const auto& [key, limit] : limits) all[key] = {limit.handlers, limit.concurrency, limit.rate};
    engine_->SetLimits(all);
    if (!limits.empty()) log_.Info("Limits on tasks are set.", {{"keys", std::to_string(limits.size())}});
  }

  // On the engine's thread: that database lacks these decisions, which were committed.
  void NoteLosses(size_t server, const std::vector<history::Loss>& losses) {
    losses_by_server_[server] = losses;
    const bool had_some = !losses_.empty();
    losses_.clear();
    for (const auto& [number, some] : losses_by_server_) losses_.insert(losses_.end(), some.begin(), some.end());
    const bool is_over = losses_.empty() && had_some;
    if (!losses.empty()) {
      log_.Error(
          "Decisions that were committed are not in the database. Their partitions are not served before somebody "
          "brings them back or runs `pawl admin accept-loss`.",
          {{"losses", DescribeLosses()}});
    } else if (is_over) {
      log_.Info("The losses were accepted; all partitions can be served.");
    }
  }
  std::string DescribeLosses() const {
    constexpr size_t kNamedMax = 8;
    std::string text = "the database lacks decisions that were committed: ";
    for (size_t i = 0; i < std::min(losses_.size(), kNamedMax); ++i) {
      text += (i == 0 ? "" : "; ") + history::DescribeLoss(losses_[i]);
    }
    if (losses_.size() > kNamedMax) text += "; and " + std::to_string(losses_.size() - kNamedMax) + " more partitions";
    return text + "; see `pawl admin accept-loss`";
  }

  absl::Status PrepareDatabases(const std::function<bool()>& stop_asked) {
    for (bool told = false;; told = true) {
      PAWL_ASSIGN_OR_RETURN(
          cluster_, PrepareDatabase(options_.postgres.front(), {.partition_count = options_.partitions}, stop_asked));
      bool is_split_everywhere = true;
      for (size_t i = 1; i < options_.postgres.size(); ++i) {
        PAWL_ASSIGN_OR_RETURN(const history::ClusterInfo joined,
                              PrepareDatabase(options_.postgres[i], {.joins = cluster_}, stop_asked));
        is_split_everywhere = is_split_everywhere && joined.partition_count == cluster_.partition_count;
      }
      if (is_split_everywhere) return absl::OkStatus();
      if (!told) {
        log_.Warning(
            "Waiting for `pawl admin split` to come to its end: the databases have different numbers of partitions.");
      }
      PAWL_RETURN_IF_ERROR(Pause(stop_asked));
    }
  }

  static absl::Status Pause(const std::function<bool()>& stop_asked) {
    for (int i = 0; i < 5; ++i) {
      if (stop_asked()) return absl::CancelledError("stopped while waiting for the database");
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    return absl::OkStatus();
  }

  // On the engine's thread: what was set while it ran. The first time, the node begins to serve.
  void Take(const catalog::LiveSettings& settings, const std::string& address) {
    if (settings.partition_count != cluster_.partition_count) {
      log_.Info("The number of partitions has been raised; this node begins anew.",
                {{"partitions", std::to_string(settings.partition_count)}});
      if (options_.on_split) options_.on_split();
      return;
    }
    engine_->dispatcher().flows().SetWeights(settings.weights);
    if (limits_ != settings.limits) SetLimits(settings.limits);
    if (std::exchange(limits_, settings.limits)) return;
    engine_->Run();
    members_->Run(address);
  }

  absl::StatusOr<history::ClusterInfo> PrepareDatabase(const std::string& conninfo,
                                                       const history::MigrateOptions& migrate,
                                                       const std::function<bool()>& stop_asked) {
    for (bool told = false;; told = true) {
      auto cluster = history::Migrate(conninfo, migrate);
      if (cluster.ok()) {
        if (told) log_.Info("The database is there.");
        return cluster;
      }
      if (!absl::IsUnavailable(cluster.status())) return cluster.status();
      if (!told) {
        log_.Warning("Waiting for the database.", {{"error", std::string(cluster.status().message())}});
      }
      PAWL_RETURN_IF_ERROR(Pause(stop_asked));
    }
  }

  std::string ClusterJson() {
    if (!serving_) return R"({"nodes":[],"partitions":[]})";
    return Ask<std::string>(
        engine_loop_, [this] { return DirectoryJson(members_->directory()); }, R"({"nodes":[],"partitions":[]})");
  }

  std::string AdvertisedAddress() const {
    if (!options_.advertise_address.empty()) return options_.advertise_address;
    bool is_any = options_.address == "0.0.0.0" || options_.address == "::";
    return (is_any ? HostName() : options_.address) + ":" + std::to_string(grpc_->port());
  }

  void AddGauges() {
    auto stat = [this](std::function<double(const partition::Engine::Stats&)> pick) {
      return [this, pick]() -> std::vector<telemetry::Sample> {
        auto stats = Ask<partition::Engine::Stats>(engine_loop_, [this] { return engine_->stats(); }, {});
        return {{{}, pick(stats)}};
      };
    };
    gauges_.push_back(registry_.AddSampledGauge("pawl_open_executions", "Executions of this node that have not ended.",
                                                {}, stat([](const auto& s) { return double(s.open_executions); })));
    gauges_.push_back(registry_.AddSampledGauge("pawl_partitions_owned", "Partitions that this node owns.", {},
                                                stat([](const auto& s) { return double(s.partitions_owned); })));
    gauges_.push_back(registry_.AddSampledGauge(
        "pawl_engine_cpu_seconds", "CPU time of what the engine does, which is one thing at a time.", {},
        [this]() -> std::vector<telemetry::Sample> {
          return {{{}, std::chrono::duration<double>(engine_loop_.Cpu()).count()}};
        }));
    gauges_.push_back(registry_.AddSampledGauge("pawl_timers", "Timers armed on this node.", {},
                                                stat([](const auto& s) { return double(s.timers); })));
    gauges_.push_back(registry_.AddSampledGauge("pawl_mailbox_commands", "Commands waiting to be decided.", {},
                                                stat([](const auto& s) { return double(s.mailbox); })));
    gauges_.push_back(registry_.AddSampledGauge("pawl_mailbox_bytes", "Bytes of the commands waiting to be decided.",
                                                {}, stat([](const auto& s) { return double(s.mailbox_bytes); })));
    gauges_.push_back(registry_.AddSampledGauge(
        "pawl_requests_under_way", "Requests taken on and not answered yet, by kind.", {{"kind"}}, [this] {
          const gateway::Admission::Load load = admission_->load();
          std::vector<telemetry::Sample> samples;
          for (size_t i = 0; i < gateway::kRequestKinds; ++i) {
            const char* kind = gateway::RequestKindName(static_cast<gateway::RequestKind>(i));
            samples.push_back({{kind}, static_cast<double>(load.requests[i])});
          }
          return samples;
        }));
    gauges_.push_back(registry_.AddSampledGauge("pawl_request_bytes_under_way",
                                                "Bytes of the requests taken on and not answered yet.", {},
                                                [this]() -> std::vector<telemetry::Sample> {
                                                  return {{{}, static_cast<double>(admission_->load().bytes)}};
                                                }));
    gauges_.push_back(registry_.AddSampledGauge(
        "pawl_lost_decisions", "Committed decisions that the database lacks and whose loss nobody has accepted.", {},
        [this]() -> std::vector<telemetry::Sample> {
          return {{{},
                   Ask<double>(
                       engine_loop_,
                       [this] {
                         double lost = 0;
                         for (const history::Loss& loss : losses_) lost += std::max(1.0, double(loss.decisions()));
                         return lost;
                       },
                       0)}};
        }));
    auto queue = [this](std::function<double(const dispatch::QueueStats&)> pick) {
      return [this, pick]() -> std::vector<telemetry::Sample> {
        auto rows = Ask<std::vector<dispatch::QueueStats>>(engine_loop_, [this] { return engine_->QueueStats(); }, {});
        std::vector<telemetry::Sample> samples;
        for (const dispatch::QueueStats& row : rows) samples.push_back({{row.handler}, pick(row)});
        return samples;
      };
    };
    gauges_.push_back(registry_.AddSampledGauge("pawl_task_backlog", "Tasks waiting for a worker, by handler.",
                                                {{"handler"}}, queue([](const auto& q) { return double(q.backlog); })));
    gauges_.push_back(registry_.AddSampledGauge("pawl_task_pollers",
                                                "Polls waiting for a task, by handler; 0 where nobody serves it.",
                                                {{"handler"}}, queue([](const auto& q) { return double(q.pollers); })));
  }

  void AddLimitGauges() {
    auto limit = [this](std::function<int64_t(const dispatch::Limiter::Stats&)> pick) {
      return [this, pick]() -> std::vector<telemetry::Sample> {
        auto rows =
            Ask<std::vector<dispatch::Limiter::Stats>>(engine_loop_, [this] { return engine_->limiter().stats(); }, {});
        std::vector<telemetry::Sample> samples;
        for (const dispatch::Limiter::Stats& row : rows) samples.push_back({{row.key}, double(pick(row))});
        return samples;
      };
    };
    gauges_.push_back(registry_.AddSampledGauge("pawl_limit_tasks_waiting",
                                                "Tasks of this node's partitions that a limit holds back, by its key.",
                                                {{"key"}}, limit([](const auto& l) { return l.waiting; })));
    gauges_.push_back(
        registry_.AddSampledGauge("pawl_limit_tasks_granted",
                                  "Tasks of this node's partitions that run under a limit or are about to, by its key.",
                                  {{"key"}}, limit([](const auto& l) { return l.granted; })));
    gauges_.push_back(registry_.AddSampledGauge("pawl_limit_permits_held",
                                                "Permits of a limit that this node's partitions hold, by its key.",
                                                {{"key"}}, limit([](const auto& l) { return l.held; })));
  }

  const NodeOptions options_;
  telemetry::Logger log_;
  SystemClock clock_;
  base::SeededRandom random_{SystemSeed()};
  telemetry::Registry registry_;
  Metrics metrics_;
  history::ClusterInfo cluster_;
  std::atomic<bool> serving_ = false;
  bool stopped_ = false;
  // The engine's thread.
  std::map<size_t, std::vector<history::Loss>> losses_by_server_;
  std::vector<history::Loss> losses_;  // all of them

  // Whatever is under way counts here until it is dropped, even by a loop that ends.
  std::unique_ptr<gateway::Admission> admission_;
  // Destroyed in reverse order: front ends first, the loops last but for the clocks.
  EventLoop engine_loop_;
  EventLoop query_loop_;
  std::unique_ptr<pg::Pool> pool_;
  std::unique_ptr<history::EventLog> log_db_;
  std::unique_ptr<history::EventLog> query_db_;
  std::unique_ptr<catalog::PgStore> store_;
  std::unique_ptr<catalog::Catalog> catalog_;
  std::unique_ptr<query::Query> query_;
  std::unique_ptr<gateway::TokenMaker> tokens_;
  std::unique_ptr<cluster::PgPermitStore> permits_;
  std::unique_ptr<partition::Engine> engine_;
  std::unique_ptr<catalog::LiveSettingsWatch> live_settings_;
  std::optional<catalog::TaskLimits> limits_;  // as set; none before the first reading
  std::unique_ptr<cluster::PgMemberStore> member_store_;
  std::unique_ptr<cluster::Peers> peers_;
  std::unique_ptr<cluster::Cluster> members_;
  std::string node_;
  std::unique_ptr<gateway::Service> gateway_;
  std::unique_ptr<gateway::AdmittingGateway> admitting_;
  std::vector<std::shared_ptr<void>> gauges_;
  std::unique_ptr<net::HttpServer> ops_;
  std::unique_ptr<api::aws::AwsApiServer> aws_;
  std::unique_ptr<api::rpc::GrpcApiServer> grpc_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Node>> Node::Start(const NodeOptions& options, telemetry::Logger log,
                                                  std::function<bool()> stop_asked) {
  auto node = std::make_unique<RealNode>(options, std::move(log));
  PAWL_RETURN_IF_ERROR(node->Start(stop_asked));
  return std::unique_ptr<Node>(std::move(node));
}

}  // namespace pawl::scheduler
