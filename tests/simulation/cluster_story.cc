#include "tests/simulation/cluster_story.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "scheduler/asl/validate/compile.h"
#include "tests/simulation/cluster_node.h"
#include "tests/simulation/limit_checker.h"
#include "tests/simulation/program.h"
#include "tests/simulation/story.h"

namespace pawl::simulation {

using history::ExecutionStatus;
using std::chrono::milliseconds;
using std::chrono::seconds;

ClusterScenario ClusterScenarioOf(uint64_t seed) {
  Chance chance = World(seed).Stream("scenario");
  auto sometimes = [&](double value, double share) { return chance.Happens(share) ? value : 0.0; };
  auto some = [&](int most, double share) {
    return chance.Happens(share) ? static_cast<int>(chance.Between(1, most)) : 0;
  };
  ClusterScenario scenario;
  scenario.nodes = static_cast<int>(chance.Between(2, 4));
  scenario.partitions = static_cast<int>(chance.Between(1, 12));
  scenario.workers = static_cast<int>(chance.Between(1, 4));
  scenario.clients = static_cast<int>(chance.Between(2, 10));
  scenario.program_size = static_cast<int>(chance.Between(1, 8));
  scenario.log.delay_max = milliseconds(chance.Happens(0.2) ? 400 : 15);
  scenario.worker.roam = sometimes(0.02, 0.5);
  scenario.worker.beat_by_token = sometimes(0.5, 0.5);
  scenario.leaves = some(3, 0.5);
  scenario.drift_ppm = chance.Happens(0.3) ? 10'000 : 0;
  if (chance.Happens(0.2)) {
    scenario.rushes = static_cast<int>(chance.Between(2, 5));
    scenario.nodes = static_cast<int>(chance.Between(3, 4));
    scenario.workers = static_cast<int>(chance.Between(3, 6));
    scenario.clients = static_cast<int>(chance.Between(10, 25));
    scenario.log.delay_max = milliseconds(400);
  }
  if (chance.Happens(0.2)) return scenario;
  scenario.timeouts = chance.Happens(0.5);
  scenario.network = {.lose = sometimes(0.03, 0.5), .duplicate = sometimes(0.03, 0.3), .slow = sometimes(0.02, 0.3)};
  scenario.log.lost_before = sometimes(0.01, 0.3);
  scenario.log.lost_after = sometimes(0.01, 0.3);
  scenario.log.lost_meanwhile = sometimes(0.01, 0.3);
  scenario.worker.die = sometimes(0.05, 0.3);
  scenario.kills = some(4, 0.6);
  scenario.freezes = some(3, 0.5);
  scenario.cuts = some(4, 0.5);
  scenario.outages = some(2, 0.3);
  scenario.fail_overs = some(2, 0.3);
  scenario.wall_steps = some(3, scenario.timeouts ? 0.7 : 0.2);
  return scenario;
}

ClusterScenario LimitedClusterScenarioOf(uint64_t seed) {
  ClusterScenario scenario = ClusterScenarioOf(seed);
  Chance chance = World(seed).Stream("limits");
  scenario.partitions = static_cast<int>(chance.Between(2, 12));
  scenario.workers = static_cast<int>(chance.Between(2, 6));
  scenario.clients = static_cast<int>(chance.Between(10, 30));
  const int64_t most = chance.Between(1, 4);
  const double rate = chance.Happens(0.3) ? 0.5 : static_cast<double>(chance.Between(1, 10));
  switch (chance.Below(4)) {
    case 0:
      scenario.limits["pool"] = {{"work", "safe"}, most, rate};
      break;
    case 1:
      scenario.limits["pool"] = {{"work"}, most, {}};
      scenario.limits["gate"] = {{"safe"}, {}, rate};
      break;
    default:
      scenario.limits["pool"] = {{"work", "safe"}, most, {}};
  }
  if (chance.Happens(0.3)) scenario.limit_changes = static_cast<int>(chance.Between(1, 3));
  if (scenario.IsHarmless()) return scenario;
  if (chance.Happens(0.6)) scenario.permit_faults = {.lost_before = 0.05, .lost_after = 0.1, .lost_meanwhile = 0.05};
  if (chance.Happens(0.3)) scenario.permit_faults.delay_max = milliseconds(1'500);
  return scenario;
}

bool ClusterScenario::IsHarmless() const {
  return network.lose + network.slow + network.duplicate + log.lost_before + log.lost_after + log.lost_meanwhile +
                 worker.die ==
             0 &&
         kills + freezes + cuts + outages + fail_overs + wall_steps == 0;
}

namespace {

class Story {
 public:
  Story(uint64_t seed, const ClusterScenario& scenario, bool keep_trace)
      : scenario_(scenario),
        worker_faults_(scenario.worker),
        log_faults_(scenario.log),
        world_(seed),
        chance_(world_.Stream("run")),
        nemesis_(world_.Stream("nemesis")),
        wires_(world_),
        store_(std::make_shared<history::MemoryStore>(world_)),
        ledger_(store_),
        network_(world_, store_),
        nodes_(static_cast<size_t>(scenario.nodes)) {
    if (keep_trace) world_.KeepTrace();
    if (!scenario_.limits.empty()) SetUpLimits();
  }

  ClusterResult Go() {
    MakePrograms();
    if (!programs_.empty()) Run();
    return {ledger_.violation(),   world_.trace_hash(), world_.steps(),
            world_.now() - began_, statements_,         world_.trace()};
  }

 private:
  struct Client {
    size_t program = 0;
    bool started = false;
    // What it was told of the end, and the output where that was told too.
    std::vector<std::pair<ExecutionStatus, std::optional<std::string>>> ends_heard;
  };

  void Run() {
    network_.faults = scenario_.network;
    for (size_t i = 0; i < nodes_.size(); ++i) Boot(i);
    for (int i = 0; i < scenario_.workers; ++i) {
      workers_.push_back(
          std::make_unique<ClusterWorker>(network_, ledger_, "worker-" + std::to_string(i), nodes_, worker_faults_));
      workers_.back()->Begin();
    }
    clients_.resize(static_cast<size_t>(scenario_.clients));
    for (size_t i = 0; i < clients_.size(); ++i) {
      clients_[i].program = static_cast<size_t>(chance_.Below(static_cast<int64_t>(generated_.size())));
      const int64_t rush = scenario_.rushes > 0 ? chance_.Below(scenario_.rushes) : 0;
      const milliseconds at(scenario_.rushes > 0 ? rush * 20'000 + chance_.Below(500) : chance_.Below(60'000));
      world_.After(at, [this, i] { Start(i); });
      if (chance_.Happens(0.4)) world_.After(milliseconds(chance_.Below(60'000)), [this, i] { Start(i); });
    }
    PlanTrouble();
    RunFor(seconds(60));
    const uint64_t statements = network_.statements;
    RunFor(seconds(60));
    statements_ = network_.statements - statements;
    world_.Tell("nemesis", "stops");
    calm_ = true;
    CheckPauses();
    network_.Calm();
    log_faults_ = {};
    permits_.faults = {};
    worker_faults_ = {};
    // A deadline that was given by a clock that ran hours ahead is waited for.
    for (int minutes = 0; minutes < 24 * 60 && !AllEnded() && ledger_.violation().empty(); ++minutes)
      RunFor(seconds(60));
    RunFor(seconds(30));
    if (ledger_.violation().empty()) CheckEnd();
  }

  void RunFor(seconds time) {
    world_.RunUntil(world_.now() + time, [this] {
      if (limit_checker_) ledger_.CatchUp();  // it looks at when things become durable
      return ledger_.violation().empty();
    });
  }

  // ---- limits on tasks

  void SetUpLimits() {
    permits_.limits = scenario_.limits;
    permits_.faults = scenario_.permit_faults;
    const auto now = std::chrono::duration_cast<milliseconds>(world_.now().time_since_epoch());
    for (const auto& [key, limit] : scenario_.limits) permits_.buckets[key].filled_at = now;
    network_.permits = &permits_;
    // What a poll has taken waits until two batches before it are durable: one is on its way, one is decided.
    const milliseconds commit_max =
        3 * (scenario_.log.delay_max + milliseconds(5)) + milliseconds(scenario_.log.lost_meanwhile > 0 ? 3'000 : 0);
    limit_checker_.emplace(
        LimitChecker::Parts{.world = world_,
                            .ledger = ledger_,
                            .table = permits_,
                            .is_known_everywhere =
                                [this] {
                                  return std::all_of(nodes_.begin(), nodes_.end(), [&](const auto& node) {
                                    return node == nullptr || node->limits_version() == permits_.version;
                                  });
                                },
                            .commit_max = commit_max});
    ledger_.Watch([this](const history::ExecutionState& state) { limit_checker_->OnRow(state); });
    for (int i = 0; i < scenario_.limit_changes; ++i) {
      world_.After(milliseconds(nemesis_.Between(2'000, 100'000)), [this] { ChangeLimits(); });
    }
  }

  void ChangeLimits() {
    dispatch::Limits next = permits_.limits;
    for (auto& [key, limit] : next) {
      if (limit.concurrency) limit.concurrency = nemesis_.Between(1, 5);
      if (limit.concurrency) world_.Tell("admin", "limits " + key + " to " + std::to_string(*limit.concurrency));
    }
    limit_checker_->BeforeChange(next);
    permits_.limits = std::move(next);
    ++permits_.version;
  }

  // What a task that does not begin may wait for.
  std::string DescribeLimits() const {
    std::string text;
    for (const auto& node : nodes_) {
      if (node == nullptr) continue;
      for (const auto& one : node->engine().limiter().stats()) {
        text += "; " + node->name() + " has of " + one.key + " " + std::to_string(one.waiting) + " waiting, " +
                std::to_string(one.granted) + " granted, " + std::to_string(one.held) + " permits";
      }
    }
    for (const auto& [key, rows] : permits_.rows) {
      text += "; the table of " + key;
      for (const auto& [partition, row] : rows) {
        text +=
            " " + std::to_string(partition.value()) + ":" + std::to_string(row.held) + "+" + std::to_string(row.wanted);
      }
    }
    return text;
  }

  void MakePrograms() {
    Chance chance = world_.Stream("programs");
    // The log does not tell a timeout from a missed heartbeat.
    ProgramShape shape{.size = scenario_.program_size,
                       .heartbeats = !scenario_.timeouts,
                       .timeouts = scenario_.timeouts,
                       .services = false};
    for (int i = 0; i < 2; ++i) {
      GeneratedProgram generated = GenerateProgram(chance, shape);
      asl::CompileResult compiled = asl::Compile(generated.text);
      if (compiled.program == nullptr) {
        ledger_.Accuse("a generated program is refused: " + generated.text);
        return;
      }
      programs_["digest-" + std::to_string(i)] = compiled.program;
      generated_.push_back(std::move(generated));
    }
  }

  void Boot(size_t index) {
    std::string name = "node-" + std::to_string(index) + "." + std::to_string(++boots_);
    world_.Tell(name, "boots");
    faults_.push_back(std::make_unique<DatabaseFaults>(network_, name, log_faults_));
    int64_t drift = scenario_.drift_ppm == 0 ? 0 : nemesis_.Between(-scenario_.drift_ppm, scenario_.drift_ppm);
    nodes_[index] = std::make_shared<ClusterNode>(name, scenario_.partitions, network_, ledger_, wires_,
                                                  *faults_.back(), programs_, drift);
    nodes_[index]->Run(nodes_[index]);
  }

  // ---- harm

  void PlanTrouble() {
    auto plan = [&](int times, void (Story::*trouble)(size_t)) {
      for (int i = 0; i < times; ++i) {
        world_.After(milliseconds(nemesis_.Between(2'000, 100'000)), [this, trouble] {
          size_t index = static_cast<size_t>(nemesis_.Below(static_cast<int64_t>(nodes_.size())));
          if (nodes_[index] != nullptr) (this->*trouble)(index);
        });
      }
    };
    plan(scenario_.kills, &Story::Kill);
    plan(scenario_.freezes, &Story::Freeze);
    plan(scenario_.leaves, &Story::Leave);
    plan(scenario_.cuts, &Story::Cut);
    plan(scenario_.outages, &Story::CutOffDatabase);
    plan(scenario_.fail_overs, &Story::FailOver);
    plan(scenario_.wall_steps, &Story::StepWall);
  }

  void BootLater(size_t index) {
    world_.After(milliseconds(nemesis_.Below(12'000)), [this, index] {
      if (nodes_[index] == nullptr) Boot(index);
      world_.After(seconds(1), [this] { is_leaving_ = false; });
    });
  }

  void Kill(size_t index) {
    world_.Tell("nemesis", "kills " + nodes_[index]->name());
    nodes_[index].reset();
    BootLater(index);
  }

  void Freeze(size_t index) {
    milliseconds pause(nemesis_.Between(500, 15'000));
    world_.Tell("nemesis", "freezes " + nodes_[index]->name() + " for " + std::to_string(pause.count()) + " ms");
    nodes_[index]->process().PauseUntil(world_.now() + pause);
  }

  void Leave(size_t index) {
    // Where no harm is meant, there is always a node.
    if (scenario_.IsHarmless() && is_leaving_) return;
    is_leaving_ = true;
    const std::string name = nodes_[index]->name();
    // Whoever takes its partitions over finds that all deadlines have passed.
    if (scenario_.wall_steps > 0 && nemesis_.Happens(0.8)) {
      for (size_t i = 0; i < nodes_.size(); ++i) {
        if (nodes_[i] != nullptr && i != index) StepWallBy(i, milliseconds(nemesis_.Between(600'000, 3'600'000)));
      }
    }
    world_.Tell("nemesis", "asks " + name + " to leave");
    auto end = [this, index, name] {
      if (nodes_[index] == nullptr || nodes_[index]->name() != name) return;
      nodes_[index].reset();
      BootLater(index);
    };
    nodes_[index]->process().Post([this, name, end, node = nodes_[index].get()] {
      node->Leave([this, name, end] {
        world_.Tell(name, "has left");
        world_.After(seconds(3), end);
      });
    });
    // One that cannot leave in time is killed.
    world_.After(seconds(20), end);
  }

  void Cut(size_t index) {
    const std::string name = nodes_[index]->name();
    const bool both_ways = nemesis_.Happens(0.7), from_all = nemesis_.Happens(0.4);
    milliseconds howlong(nemesis_.Between(500, 20'000));
    size_t other = static_cast<size_t>(nemesis_.Below(static_cast<int64_t>(nodes_.size())));
    world_.Tell("nemesis", "cuts " + name + " off for " + std::to_string(howlong.count()) + " ms");
    for (size_t i = 0; i < nodes_.size(); ++i) {
      if (nodes_[i] == nullptr || (i != other && !from_all)) continue;
      network_.Cut(name, nodes_[i]->name(), howlong);
      if (both_ways) network_.Cut(nodes_[i]->name(), name, howlong);
    }
  }

  void CutOffDatabase(size_t index) {
    milliseconds howlong(nemesis_.Between(500, 15'000));
    world_.Tell("nemesis",
                "takes the database from " + nodes_[index]->name() + " for " + std::to_string(howlong.count()) + " ms");
    network_.CutOffDatabase(nodes_[index]->name(), howlong);
  }

  // The standby has all that was acknowledged; everybody's sessions are gone, and come back one by one.
  void FailOver(size_t) {
    world_.Tell("nemesis", "fails the database over");
    milliseconds howlong(nemesis_.Between(500, 6'000));
    for (const auto& node : nodes_) {
      if (node != nullptr) network_.CutOffDatabase(node->name(), howlong + milliseconds(nemesis_.Below(2'000)));
    }
  }

  void StepWall(size_t index) {
    milliseconds by(nemesis_.Happens(0.3) ? nemesis_.Between(-5'000, 5'000) : nemesis_.Between(11'000, 3'600'000));
    if (by.count() > 10'000 && nemesis_.Happens(0.5)) by = -by;
    StepWallBy(index, by);
  }

  void StepWallBy(size_t index, milliseconds by) {
    Process& process = nodes_[index]->process();
    world_.Tell("nemesis",
                "steps the wall clock of " + nodes_[index]->name() + " by " + std::to_string(by.count()) + " ms");
    process.StepWall(by);
    // What was due just before may be on its way; the clock may run fast. Times that another one shows tell nothing.
    const base::WallTime now = process.WallNow();
    std::erase_if(pauses_, [&](const auto& pause) { return pause.second > now && pause.first < now + seconds(150); });
    const bool is_new = std::none_of(stepped_to_.begin(), stepped_to_.end(), [&](base::WallTime other) {
      return other < now + seconds(5) && now < other + seconds(150);
    });
    stepped_to_.push_back(now);
    if (is_new && by > seconds(300)) pauses_.emplace_back(now + milliseconds(50), now + milliseconds(4'800));
  }

  // ---- clients

  partition::StartRequest RequestOf(size_t index) {
    partition::StartRequest request;
    request.start.input = history::Payload::FromText(generated_[clients_[index].program].input.dump());
    request.start.account = "000000000000";
    request.start.region = "us-east-1";
    request.start.machine = "sim";
    request.start.name = "run-" + std::to_string(index);
    request.start.definition_digest = "digest-" + std::to_string(clients_[index].program);
    request.program = programs_.at(request.start.definition_digest);
    return request;
  }

  void Start(size_t index) {
    auto again = [this, index](milliseconds delay) { world_.After(delay, [this, index] { Start(index); }); };
    auto node = nodes_[static_cast<size_t>(chance_.Below(static_cast<int64_t>(nodes_.size())))];
    if (node == nullptr) return again(milliseconds(300));
    auto answered = std::make_shared<bool>(false);
    network_.Send("client", node->name(), [=, this, from = node->name()](ClusterNode& there) {
      there.Start(RequestOf(index), [=, this](const absl::StatusOr<cluster::Router::Begun>& begun) {
        network_.Carry(from, "client",
                       [=, this, status = begun.status(), ended = begun.ok() ? begun->ended : std::nullopt] {
                         if (std::exchange(*answered, true)) return;
                         if (status.ok()) {
                           if (!std::exchange(clients_[index].started, true) && !ended) Await(index);
                           if (ended) clients_[index].ends_heard.emplace_back(*ended, std::nullopt);
                         } else if (absl::IsAlreadyExists(status)) {
                           if (!Exists(index)) ledger_.Accuse("a name is said to exist that is not in the log");
                         } else {
                           again(milliseconds(250));
                         }
                       });
      });
    });
    world_.After(seconds(10), [=] {
      if (!std::exchange(*answered, true)) again(milliseconds(0));
    });
  }

  // Waits for the end, at any node; what is told of it has to be what the log tells.
  void Await(size_t index) {
    auto again = [this, index](milliseconds delay) { world_.After(delay, [this, index] { Await(index); }); };
    auto node = nodes_[index % nodes_.size()];
    if (node == nullptr) return again(milliseconds(300));
    auto answered = std::make_shared<bool>(false);
    network_.Send("client", node->name(), [=, this, from = node->name()](ClusterNode& there) {
      there.AwaitEnd(NameOf(index), [=, this](const absl::StatusOr<cluster::Awaited>& awaited) {
        network_.Carry(from, "client", [=, this] {
          if (std::exchange(*answered, true)) return;
          if (!awaited.ok()) return ledger_.Accuse("nobody knows of an end that is waited for");
          if (!awaited->outcome) {
            if (awaited->is_open) again(milliseconds(0));
            return;  // it ended before, and would be read
          }
          clients_[index].ends_heard.emplace_back(awaited->outcome->status, awaited->outcome->output);
        });
      });
    });
    world_.After(seconds(35), [=] {
      if (!std::exchange(*answered, true)) again(milliseconds(0));
    });
  }

  history::NameKey NameOf(size_t index) const {
    return partition::MakeNameKey("000000000000", "us-east-1", "sim", "run-" + std::to_string(index));
  }

  bool Exists(size_t index) { return store_->FindByName({NameOf(index)})[0].has_value(); }

  // ---- the end

  bool AllEnded() {
    ledger_.CatchUp();
    size_t ended = 0;
    for (const auto& [id, state] : ledger_.executions()) {
      if (state.is_running()) return false;
      ++ended;
    }
    return ended == clients_.size();
  }

  // Later on some other clock may show those times.
  void CheckPauses() {
    ledger_.CatchUp();
    for (const Ledger::TimedOut& timed_out : ledger_.timed_out()) {
      if (!scenario_.timeouts || timed_out.clock_stands) continue;
      for (const auto& [from, to] : pauses_) {
        if (timed_out.at < from || timed_out.at >= to) continue;
        return ledger_.Accuse("timed out although the wall clock had just jumped: " + timed_out.task);
      }
    }
  }

  void CheckEnd() {
    ledger_.CatchUp();
    if (ledger_.executions().size() != clients_.size()) return ledger_.Accuse("an execution too few or too many");
    for (const auto& [id, state] : ledger_.executions()) {
      const Client& client = clients_[std::stoul(state.start.name.substr(4))];
      const Intended& intended = generated_[client.program].intended;
      std::string found = state.start.name + " " + history::ExecutionStatusName(state.status) + " " +
                          state.error.value_or("") + " " + state.cause.value_or("");
      for (const auto& [status, output] : client.ends_heard) {
        const bool is_told = status == state.status && (!output || (state.output && *output == state.output->text()));
        if (!is_told) return ledger_.Accuse(found + ", but somebody who waited was told otherwise");
      }
      if (state.is_running()) {
        ledger_.Accuse(found + " does not end: " + DescribeWaiting(state) + DescribeLimits());
      } else if (intended.succeeds) {
        if (state.status != ExecutionStatus::kSucceeded) return ledger_.Accuse(found + ", but should succeed");
        if (nlohmann::json::parse(state.output->text()) != intended.output) ledger_.Accuse(found + ": wrong output");
      } else if (state.status != ExecutionStatus::kFailed || state.error != kBoom) {
        ledger_.Accuse(found + ", but should fail");
      }
    }
    if (scenario_.IsHarmless() && !ledger_.workers_lost().empty()) {
      return ledger_.Accuse("no harm was done, but a worker was taken for lost: " + ledger_.workers_lost().front());
    }
    for (const Ledger::TimedOut& timed_out : ledger_.timed_out()) {
      if (!scenario_.timeouts && scenario_.IsHarmless()) {
        return ledger_.Accuse("no harm was done, but a heartbeat was missed: " + timed_out.task);
      }
    }
    if (limit_checker_) limit_checker_->CheckEnd();
    size_t alive = 0, owned = 0;
    for (const auto& node : nodes_) alive += node != nullptr ? 1 : 0;
    size_t share = (static_cast<size_t>(scenario_.partitions) + alive - 1) / alive;
    for (const auto& node : nodes_) {
      if (node == nullptr) continue;
      partition::Engine::Stats stats = node->engine().stats();
      owned += stats.partitions_owned;
      if (stats.partitions_owned > share) ledger_.Accuse("a node owns more than its share");
      if (stats.open_executions + stats.timers + stats.mailbox > 0) {
        ledger_.Accuse("crumbs are left on a node: open executions, timers, mail " +
                       std::to_string(stats.open_executions) + ", " + std::to_string(stats.timers) + ", " +
                       std::to_string(stats.mailbox));
      }
      for (const dispatch::QueueStats& queue : node->engine().dispatcher().Stats()) {
        if (queue.backlog != 0) ledger_.Accuse("tasks are left in a queue");
      }
    }
    if (owned == static_cast<size_t>(scenario_.partitions)) return;
    std::string found;
    for (const history::PartitionOwner& owner : store_->Owners()) {
      found += " " + std::to_string(owner.partition.value()) + ":" + owner.node + (owner.expired ? "(expired)" : "");
    }
    for (const auto& node : nodes_) {
      if (node == nullptr) continue;
      found += "; " + node->name() + " has " + std::to_string(node->engine().stats().partitions_owned) + ", " +
               node->engine().Health().ToString();
    }
    ledger_.Accuse("a partition has no owner, or two:" + found);
  }

  const ClusterScenario scenario_;
  ClusterWorker::Faults worker_faults_;
  LogFaults log_faults_;
  World world_;
  Chance chance_;
  Chance nemesis_;
  Process wires_;
  std::shared_ptr<history::MemoryStore> store_;
  Ledger ledger_;
  Network network_;
  PermitTable permits_;
  std::optional<LimitChecker> limit_checker_;
  ClusterNode::Programs programs_;
  std::vector<GeneratedProgram> generated_;
  std::vector<Client> clients_;
  std::vector<std::unique_ptr<DatabaseFaults>> faults_;
  ClusterWorker::Nodes nodes_;
  std::vector<std::unique_ptr<ClusterWorker>> workers_;
  const base::MonotonicTime began_ = world_.now();
  std::vector<std::pair<base::WallTime, base::WallTime>> pauses_;  // when nothing may time out, by a node's own clock
  std::vector<base::WallTime> stepped_to_;                         // by wall clocks
  int boots_ = 0;
  uint64_t statements_ = 0;
  bool is_leaving_ = false;
  bool calm_ = false;
};

}  // namespace

ClusterResult SimulateCluster(uint64_t seed, const ClusterScenario& scenario, bool keep_trace) {
  return Story(seed, scenario, keep_trace).Go();
}

}  // namespace pawl::simulation
