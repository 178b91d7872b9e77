#include "tests/simulation/cluster_node.h"

#include <utility>

#include "tests/simulation/story.h"

namespace pawl::simulation {

using core::TaskRef;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds kLease{5'000};
constexpr milliseconds kTimeout{2'000};

}  // namespace

class ClusterNode::Observer : public partition::Observer {
 public:
  Observer(World& world, std::string name) : world_(world), name_(std::move(name)) {}
  void LogLine(const std::string& sentence) override { world_.Tell(name_, sentence); }

 private:
  World& world_;
  const std::string name_;
};

class ClusterNode::Members : public cluster::MemberStore {
 public:
  Members(Network& network, std::string name) : network_(network), name_(std::move(name)) {}

  void Ride(std::function<std::optional<cluster::Announcement>()> announcement) override {
    announcement_ = std::move(announcement);
  }
  std::optional<history::MemoryLog::Rider> Board() {
    std::optional<cluster::Announcement> announcement = announcement_();
    if (!announcement) return std::nullopt;
    auto view = std::make_shared<cluster::View>();
    return history::MemoryLog::Rider{
        .act = [&network = network_, partitions = partitions, self = announcement->self, ttl = announcement->ttl,
                view] { *view = MakeKnown(network, partitions, self, ttl); },
        .heard =
            [done = announcement->done, view](bool lost) {
              if (lost) return done(absl::UnavailableError("the database is away"));
              done(*view);
            }};
  }
  void Announce(cluster::Announcement announcement) override {
    ++network_.statements;
    if (!network_.ReachesDatabase(name_) || network_.IsTroubled()) {
      network_.Deliver(
          name_, [done = announcement.done](ClusterNode&) { done(absl::UnavailableError("the database is away")); });
      return;
    }
    cluster::View view = MakeKnown(network_, partitions, announcement.self, announcement.ttl);
    network_.Deliver(name_, [done = announcement.done, view](ClusterNode&) { done(view); });
  }
  void Withdraw(const std::string& node, std::function<void()> done) override {
    network_.members.erase(node);
    done();
  }
  int32_t partitions = 0;

 private:
  // The announcement at the database.
  static cluster::View MakeKnown(Network& network, int32_t partitions, const cluster::Member& self, milliseconds ttl) {
    base::MonotonicTime now = network.world().now();
    network.members[self.node] = {self, now + ttl};
    cluster::View view;
    for (const auto& [node, row] : network.members) {
      if (row.live_until <= now) continue;
      view.members.push_back(row.member);
      auto left = std::chrono::ceil<milliseconds>(row.live_until - now);
      if (node != self.node && (!view.next_expiry || left < *view.next_expiry)) view.next_expiry = left;
    }
    std::map<base::PartitionId, history::PartitionOwner> owners;
    for (const history::PartitionOwner& owner : network.store->Owners()) owners[owner.partition] = owner;
    for (int32_t i = 0; i < partitions; ++i) {
      const history::PartitionOwner& owner = owners[base::PartitionId(i)];
      view.partitions.push_back({base::PartitionId(i), owner.epoch, owner.node, owner.expired});
    }
    return view;
  }

  Network& network_;
  const std::string name_;
  std::function<std::optional<cluster::Announcement>()> announcement_;
};

// Calls of one node to others: each way delayed, each way lost now and then.
class ClusterNode::Wires : public cluster::Peers {
 public:
  Wires(Network& network, std::string name) : network_(network), name_(std::move(name)) {}

  void Tell(const cluster::Member& to, const cluster::Notice& notice, std::function<void(absl::Status)> done) override {
    Call<bool>(
        to, kTimeout,
        [notice](cluster::PeerHandler& handler, const auto& reply) {
          handler.OnNotice(notice);
          reply(true);
        },
        [done](const absl::StatusOr<bool>& answer) { done(answer.status()); });
  }
  void Carry(const cluster::Member& to, std::vector<cluster::Call> calls,
             Done<std::vector<cluster::Answer>> done) override {
    Call<std::vector<cluster::Answer>>(
        to, 2 * kTimeout, [calls](cluster::PeerHandler& handler, const auto& reply) { handler.OnCarry(calls, reply); },
        std::move(done));
  }
  void AwaitEnd(const cluster::Member& to, const history::NameKey& name, milliseconds wait,
                Done<cluster::Awaited> done) override {
    Call<absl::StatusOr<cluster::Awaited>>(
        to, wait + kTimeout,
        [name, wait](cluster::PeerHandler& handler, const auto& reply) { handler.OnAwaitEnd(name, wait, reply); },
        [done](const absl::StatusOr<absl::StatusOr<cluster::Awaited>>& answer) {
          done(answer.ok() && answer->ok() ? *answer : partition::NotServed("moved"));
        });
  }
  void AwaitEnds(const cluster::Member& to, cluster::AwaitEndsRequest request,
                 Done<std::vector<cluster::EndAnswer>> done) override {
    Call<std::vector<cluster::EndAnswer>>(
        to, kTimeout,
        [request](cluster::PeerHandler& handler, const auto& reply) { handler.OnAwaitEnds(request, reply); },
        std::move(done));
  }
  void TellEnds(const cluster::Member& to, const std::vector<cluster::EndAnswer>& ends,
                std::function<void(absl::Status)> done) override {
    Call<bool>(
        to, kTimeout,
        [ends](cluster::PeerHandler& handler, const auto& reply) {
          handler.OnEnds(ends);
          reply(true);
        },
        [done](const absl::StatusOr<bool>& answer) { done(answer.status()); });
  }
  void AwaitChange(const cluster::Member&, const history::NameKey&, milliseconds, Done<cluster::Awaited>) override {}
  void Lend(const cluster::Member& to, cluster::LendRequest request, Done<cluster::LendResponse> done) override {
    Call<cluster::LendResponse>(
        to, kTimeout, [request](cluster::PeerHandler& handler, const auto& reply) { handler.OnLend(request, reply); },
        std::move(done));
  }
  void Watch(const cluster::Member& to, cluster::WatchRequest request, Done<cluster::WatchResponse> done) override {
    Call<cluster::WatchResponse>(
        to, kTimeout, [request](cluster::PeerHandler& handler, const auto& reply) { handler.OnWatch(request, reply); },
        std::move(done));
  }

 private:
  template <typename T>
  void Call(const cluster::Member& to, milliseconds timeout,
            std::function<void(cluster::PeerHandler&, std::function<void(T)>)> act, Done<T> done) {
    auto answered = std::make_shared<bool>(false);
    auto finish = [&network = network_, caller = name_, answered, done](absl::StatusOr<T> answer) {
      network.Deliver(caller, [answered, done, answer = std::move(answer)](ClusterNode&) {
        if (!std::exchange(*answered, true)) done(answer);
      });
    };
    auto found = network_.nodes.find(to.address);
    if (found == network_.nodes.end() || found->second.expired()) {
      return finish(partition::NotServed("no such node"));
    }
    network_.world().After(timeout, [finish] { finish(absl::UnavailableError("no answer")); });
    auto carry_out = [&network = network_, from = name_, to = to.address, act, finish](ClusterNode& there) {
      act(there.cluster(), [&network, from, to, finish](T answer) {
        network.Carry(to, from, [finish, answer = std::move(answer)] { finish(answer); });
      });
    };
    if (network_.IsDoubled()) network_.Send(name_, to.address, carry_out);
    network_.Send(name_, to.address, carry_out);
  }

  Network& network_;
  const std::string name_;
};

ClusterNode::ClusterNode(const std::string& name, int partitions, Network& network, Ledger& ledger, Process& wires,
                         history::FaultPlan& faults, const Programs& programs, int64_t drift_ppm)
    : name_(name),
      network_(network),
      ledger_(ledger),
      process_(network.world(), drift_ppm),
      chance_(network.world().Stream("node/" + name)),
      observer_(std::make_unique<Observer>(network.world(), name)),
      members_(std::make_unique<Members>(network, name)),
      peers_(std::make_unique<Wires>(network, name)),
      log_(std::make_unique<history::MemoryLog>(network.store, wires, network.world(), &faults,
                                                [this] { return members_->Board(); })) {
  members_->partitions = partitions;
  auto load = [this, &programs](const std::string& digest, auto done) {
    process_.Post([&programs, digest, done = std::move(done)] { done(programs.at(digest)); });
  };
  if (network.permits != nullptr) permits_ = std::make_unique<ClusterPermits>(network, name, *network.permits);
  partition::Settings settings{.node = name, .partitions = partitions, .lease = kLease, .wants_all = false};
  engine_ = std::make_unique<partition::Engine>(
      settings, partition::Engine::Parts{
                    .executor = process_,
                    .clock = process_,
                    .random = chance_,
                    .log = *log_,
                    .load_program = load,
                    .token = [](const TaskRef& task) { return Describe(task); },
                    .observer = *observer_,
                    .on_serving = [this](auto partition, auto epoch) { cluster_->OnServing(partition, epoch); },
                    .on_released = [this](const auto& partitions) { cluster_->OnReleased(partitions); },
                    .submit_elsewhere =
                        [this](base::EntityId, core::Command command) {
                          cluster_->router().Submit(std::move(command), [](const absl::Status&) {});
                        },
                    .permits = permits_.get()});
  cluster_ = std::make_unique<cluster::Cluster>(
      cluster::Member{name, name, false}, kLease,
      cluster::Cluster::Parts{.executor = process_,
                              .clock = process_,
                              .store = *members_,
                              .peers = *peers_,
                              .engine = *engine_,
                              .load_program = load,
                              .log = [this](const std::string& sentence) { network_.world().Tell(name_, sentence); }});
}

ClusterNode::~ClusterNode() { process_.Kill(); }

void ClusterNode::Run(const std::shared_ptr<ClusterNode>& self) {
  network_.nodes[name_] = self;
  process_.Post([this] {
    if (permits_ != nullptr) ReadLimits();  // before it serves anything
    engine_->Run();
    cluster_->Run(name_);
  });
}

// Every two seconds, as what is set live is read.
void ClusterNode::ReadLimits() {
  if (network_.ReachesDatabase(name_) && limits_version_ < network_.permits->version) {
    limits_version_ = network_.permits->version;
    engine_->SetLimits(network_.permits->limits);
  }
  process_.PostAt(process_.MonotonicNow() + milliseconds(2'000), [this] { ReadLimits(); });
}

struct ClusterNode::PollCall {
  dispatch::Dispatcher::PollId id = 0;
  bool gone = false;
  bool finished = false;
};

void ClusterNode::Leave(std::function<void()> done) {
  cluster_->Leave([this, done = std::move(done)] {
    has_left_ = true;
    for (const auto& [session, calls] : polls_) {
      for (const auto& call : calls) engine_->dispatcher().Hurry(call->id);
    }
    engine_->dispatcher().Flush();
    done();
  });
}

// As the gateway does when a session says that it has no other poll under way.
void ClusterNode::DropPolls(const std::string& session) {
  for (const auto& call : std::exchange(polls_[session], {})) {
    if (call->finished) continue;
    call->gone = true;
    if (!engine_->dispatcher().CancelPoll(call->id)) continue;
    call->finished = true;
    engine_->sessions().PollEnded(session, process_.MonotonicNow());
  }
}

void ClusterNode::TakePoll(Poll poll, std::function<void(std::vector<core::TaskDetails>, std::vector<TaskRef>)> done) {
  if (has_left_) return;
  dispatch::Sessions& sessions = engine_->sessions();
  base::MonotonicTime now = process_.MonotonicNow();
  sessions.PollBegan(poll.session, now);
  for (const TaskRef& task : poll.held) sessions.Expect(poll.session, task, now, std::nullopt);
  if (poll.held_is_complete) {
    DropPolls(poll.session);
    for (const TaskRef& missing : sessions.Missing(poll.session, poll.held, now, milliseconds(0))) {
      cluster_->router().Submit(core::ReleaseTask{missing, false}, [](const absl::Status&) {});
    }
  }
  engine_->SessionsChanged();
  dispatch::Poll asked{
      .worker = poll.session,
      .session = poll.session,
      .handlers = {{"work", false}, {"safe", true}, {"call", false}, {"sim:call", false}, {"sim:job.sync", true}},
      .activity_arn = {},
      .slots = 2,
      .respond = {}};
  auto call = std::make_shared<PollCall>();
  polls_[poll.session].push_back(call);
  asked.respond = [this, call, session = poll.session, done = std::move(done)](auto tasks) {
    call->finished = true;
    std::erase(polls_[session], call);
    if (tasks.size() > 2) ledger_.Accuse("a poll is given more tasks than it has slots");
    for (const core::TaskDetails& task : tasks) {
      ledger_.OnHandedOut(task.task);
      if (!call->gone) continue;
      engine_->sessions().Drop(task.task, false);
      cluster_->router().Submit(core::ReleaseTask{task.task, false}, [](const absl::Status&) {});
    }
    engine_->sessions().PollEnded(session, process_.MonotonicNow());
    engine_->SessionsChanged();
    if (!call->gone) done(std::move(tasks), engine_->sessions().TakeCancelled(session));
  };
  call->id = engine_->dispatcher().AddPoll(std::move(asked));
  process_.PostAt(now + milliseconds(5'000), [this, call] {
    if (call->finished) return;
    engine_->dispatcher().Hurry(call->id);
    engine_->dispatcher().Flush();
  });
}

void ClusterNode::Complete(const TaskRef& task, std::optional<std::string> output,
                           std::function<void(absl::Status)> done) {
  core::CompleteTask command{.task = task, .outcome = core::TaskFailure{"Sim.Boom", "boom"}, .from_holder = true};
  const bool is_success = output.has_value();
  if (output) command.outcome = core::TaskSuccess{*std::move(output)};
  cluster_->router().Submit(std::move(command), [=, this, done = std::move(done)](const absl::Status& status) {
    if (status.ok()) {
      ledger_.OnResultAccepted(task, is_success);
    } else if (!absl::IsUnavailable(status)) {
      ledger_.OnTaskRefused(task, true, status.ToString());
    }
    if (!absl::IsUnavailable(status)) engine_->sessions().Drop(task, false);
    done(status);
  });
}

void ClusterNode::Beat(const std::string& session, const TaskRef& task) {
  base::MonotonicTime now = process_.MonotonicNow();
  engine_->sessions().Heard(session, now);
  if (!engine_->Serves(task.entity.slot()) || engine_->HasTask(task)) {
    engine_->sessions().Expect(session, task, now, std::nullopt);
    engine_->sessions().Beat(task, now);
  }
  engine_->SessionsChanged();
}

void ClusterNode::Start(partition::StartRequest request,
                        std::function<void(absl::StatusOr<cluster::Router::Begun>)> done) {
  cluster_->router().Start(std::move(request), true, [this, done = std::move(done)](const auto& begun) {
    if (begun.ok()) ledger_.OnStarted(begun->started.entity);
    done(begun);
  });
}

void ClusterNode::AwaitEnd(const history::NameKey& name, std::function<void(absl::StatusOr<cluster::Awaited>)> done) {
  cluster_->router().AwaitEnd(name, milliseconds(30'000), std::move(done));
}

}  // namespace pawl::simulation
