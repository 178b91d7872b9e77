#include "tests/simulation/simulation.h"

#include <memory>
#include <set>
#include <utility>

#include "scheduler/asl/validate/compile.h"
#include "shared/base/check.h"
#include "shared/json/value.h"
#include "tests/simulation/node.h"
#include "tests/simulation/story.h"

namespace pawl::simulation {

using history::CallFate;
using history::ExecutionStatus;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

// What goes wrong between one node and the store.
class Faults : public history::FaultPlan {
 public:
  Faults(World& world, const std::string& node, LogFaults faults)
      : world_(world), chance_(world.Stream("log/" + node)), faults_(faults) {}

  CallFate Next(history::CallKind) override {
    CallFate fate;
    fate.delay = milliseconds(chance_.Below(faults_.delay_max.count() + 1));
    fate.answer_delay = milliseconds(chance_.Below(5));
    if (world_.now() < away_until_) {
      fate.outcome = CallFate::Outcome::kLostBefore;
      return fate;
    }
    double draw = chance_.NextDouble();
    if ((draw -= faults_.lost_before) < 0) {
      fate.outcome = CallFate::Outcome::kLostBefore;
    } else if ((draw -= faults_.lost_after) < 0) {
      fate.outcome = CallFate::Outcome::kLostAfter;
    } else if ((draw -= faults_.lost_meanwhile) < 0) {
      fate.outcome = CallFate::Outcome::kLostMeanwhile;
      fate.delay = milliseconds(chance_.Below(3'000));
    }
    return fate;
  }
  void Away(seconds howlong) { away_until_ = world_.now() + howlong; }
  void Stop() {
    faults_ = {};
    away_until_ = {};
  }

 private:
  World& world_;
  Chance chance_;
  LogFaults faults_;
  base::MonotonicTime away_until_;
};

// One execution as its client sees it.
struct Client {
  std::string name;
  std::string digest;
  nlohmann::json input;
  Intended intended;
  std::optional<base::EntityId> entity;
  bool stop_sent = false;
};

class Simulation {
 public:
  Simulation(uint64_t seed, const Scenario& scenario, bool keep_trace)
      : scenario_(scenario),
        world_(seed),
        chance_(world_.Stream("clients")),
        nemesis_(world_.Stream("nemesis")),
        network_(world_),
        store_(std::make_shared<history::MemoryStore>(world_)),
        ledger_(store_) {
    if (keep_trace) world_.KeepTrace();
  }

  RunResult Run() {
    MakePrograms();
    nodes_.resize(scenario_.nodes);
    wanted_by_.resize(scenario_.nodes);
    for (int i = 0; i < scenario_.nodes; ++i) {
      faults_.push_back(std::make_unique<Faults>(world_, std::to_string(i), scenario_.log_faults));
      BootNode(i);
    }
    for (int i = 0; i < scenario_.workers; ++i) {
      workers_.push_back(std::make_unique<Worker>(
          world_, ledger_, "worker-" + std::to_string(i), [this] { return nodes_; }, scenario_.worker_faults));
      workers_.back()->Run();
    }
    for (int i = 0; i < scenario_.executions; ++i) MakeClient(i);
    PlanTrouble();

    auto watch = [this] { return Watch(); };
    world_.RunUntil(world_.now() + scenario_.safety, watch);
    if (ledger_.violation().empty()) {
      world_.Tell("nemesis", "stops");
      for (auto& faults : faults_) faults->Stop();
      for (auto& worker : workers_) worker->Behave();
      // Whoever lives may have everything.
      for (auto& wanted : wanted_by_) wanted.reset();
      for (int i = 0; i < scenario_.nodes; ++i) Want(i);
      base::MonotonicTime deadline = world_.now() + std::chrono::hours(4);
      while (world_.now() < deadline && !AllEnded() && ledger_.violation().empty()) {
        world_.RunUntil(world_.now() + seconds(10), watch);
      }
      // Sessions and look-ups settle.
      if (ledger_.violation().empty()) world_.RunUntil(world_.now() + seconds(30), watch);
      CheckEnd();
    }
    return Report();
  }

 private:
  void MakePrograms() {
    Chance chance = world_.Stream("programs");
    for (int i = 0; i < scenario_.programs; ++i) {
      GeneratedProgram generated = GenerateProgram(chance, scenario_.shape);
      asl::CompileResult compiled = asl::Compile(generated.text);
      if (compiled.program == nullptr) {
        ledger_.Accuse("a generated program is refused: " + asl::InvalidDefinitionMessage(compiled.diagnostics) + "\n" +
                       generated.text);
        continue;
      }
      world_.Tell("program-" + std::to_string(i), generated.text);
      programs_["digest-" + std::to_string(i)] = compiled.program;
      generated_.push_back(std::move(generated));
    }
  }

  std::vector<std::shared_ptr<Node>> Alive() {
    std::vector<std::shared_ptr<Node>> alive;
    for (const auto& node : nodes_) {
      if (node != nullptr) alive.push_back(node);
    }
    return alive;
  }

  void BootNode(int index) {
    partition::Settings settings{.node = "node-" + std::to_string(index) + "." + std::to_string(++boots_),
                                 .partitions = scenario_.partitions};
    settings.batch_decisions_max = scenario_.batch_decisions_max;
    settings.park_after = scenario_.park_after;
    if (settings.park_after < seconds(1)) {
      // As if very many were due at once.
      settings.unpark_at_once = 1 + static_cast<size_t>(boots_ % 3);
      settings.timers_at_once = settings.unpark_at_once;
    }
    settings.snapshot_decisions_min = 2;
    settings.limits.transitions_per_decision_max = scenario_.transitions_per_decision_max;
    settings.wants_all = !wanted_by_[index].has_value();
    int64_t drift = scenario_.drift_ppm == 0 ? 0 : nemesis_.Between(-scenario_.drift_ppm, scenario_.drift_ppm);
    world_.Tell(settings.node, "boots");
    nodes_[index] = std::make_shared<Node>(std::move(settings),
                                           Node::Parts{.world = world_,
                                                       .ledger = ledger_,
                                                       .store = store_,
                                                       .network = network_,
                                                       .faults = *faults_[index],
                                                       .programs = programs_},
                                           drift);
    if (wanted_by_[index]) Want(index);
  }

  // Tells a node which partitions to own.
  void Want(int index) {
    if (nodes_[index] == nullptr) return;
    std::set<base::PartitionId> wanted;
    for (int32_t i = 0; i < scenario_.partitions; ++i) {
      if (!wanted_by_[index] || wanted_by_[index]->contains(base::PartitionId(i))) wanted.emplace(i);
    }
    nodes_[index]->process().Post(
        [engine = &nodes_[index]->engine(), wanted = std::move(wanted)] { engine->SetWanted(wanted); });
  }

  void MakeClient(int index) {
    if (generated_.empty()) return;
    size_t program = static_cast<size_t>(chance_.Below(static_cast<int64_t>(generated_.size())));
    auto client = std::make_shared<Client>(Client{.name = "run-" + std::to_string(index),
                                                  .digest = "digest-" + std::to_string(program),
                                                  .input = generated_[program].input,
                                                  .intended = generated_[program].intended});
    clients_.push_back(client);
    milliseconds at(chance_.Below(scenario_.safety.count() * 500));
    world_.After(at, [this, client] { Start(client); });
    if (chance_.Happens(scenario_.duplicate_start)) {
      world_.After(at + milliseconds(chance_.Below(60)), [this, client] { Start(client); });
      // Another one wants the name for something else.
      world_.After(at + milliseconds(chance_.Below(60)), [this, client] { StartOther(client); });
    }
    if (chance_.Happens(scenario_.stop)) {
      world_.After(at + milliseconds(chance_.Below(60'000)), [this, client] { StopIt(client); });
    }
  }

  partition::StartRequest RequestOf(const Client& client, const nlohmann::json& input) {
    partition::StartRequest request;
    request.start.input = history::Payload::FromText(input.dump());
    request.start.account = "000000000000";
    request.start.region = "us-east-1";
    request.start.machine = "sim";
    request.start.name = client.name;
    request.start.definition_digest = client.digest;
    request.program = programs_.at(client.digest);
    return request;
  }

  void Start(const std::shared_ptr<Client>& client) {
    auto again = [this, client](milliseconds delay) { world_.After(delay, [this, client] { Start(client); }); };
    auto nodes = Alive();
    if (nodes.empty()) return again(milliseconds(300));
    auto node = nodes[chance_.Below(static_cast<int64_t>(nodes.size()))];
    auto answered = std::make_shared<bool>(false);
    node->Start(RequestOf(*client, client->input), [=, this](absl::StatusOr<partition::Started> started) {
      if (std::exchange(*answered, true)) return;
      world_.Tell(client->name, started.ok() ? "started" : started.status().ToString());
      if (started.ok()) {
        if (client->entity && *client->entity != started->entity)
          ledger_.Accuse("one name was given to two executions");
        client->entity = started->entity;
      } else if (absl::IsAlreadyExists(started.status())) {
        if (!Exists(client->name)) ledger_.Accuse("a name is said to exist that is not in the log");
      } else {
        again(milliseconds(250));
      }
    });
    world_.After(seconds(3), [=] {
      if (!std::exchange(*answered, true)) again(milliseconds(0));
    });
  }

  void StartOther(const std::shared_ptr<Client>& client) {
    auto nodes = Alive();
    if (nodes.empty() || !Exists(client->name)) return;
    nodes[0]->Start(RequestOf(*client, {{"n", -5}}), [=, this](absl::StatusOr<partition::Started> started) {
      if (started.ok()) ledger_.Accuse("a name was given away twice");
    });
  }

  // Whether the log has an execution of that name.
  bool Exists(const std::string& name) {
    history::NameKey key = partition::MakeNameKey("000000000000", "us-east-1", "sim", name);
    return store_->FindByName({key})[0].has_value();
  }

  void StopIt(const std::shared_ptr<Client>& client) {
    auto nodes = Alive();
    if (!client->entity || nodes.empty()) return;
    client->stop_sent = true;
    world_.Tell(client->name, "is stopped");
    nodes[chance_.Below(static_cast<int64_t>(nodes.size()))]->Stop(*client->entity, [](const absl::Status&) {});
  }

  void PlanTrouble() {
    auto plan = [&](int times, std::function<void()> trouble) {
      for (int i = 0; i < times; ++i) {
        world_.After(milliseconds(nemesis_.Below(scenario_.safety.count() * 1'000 - 10'000)), trouble);
      }
    };
    plan(scenario_.crashes, [this] {
      int index = static_cast<int>(nemesis_.Below(scenario_.nodes));
      if (nodes_[index] == nullptr) return;
      world_.Tell("nemesis", "crashes " + nodes_[index]->name());
      nodes_[index].reset();
      world_.After(milliseconds(nemesis_.Below(8'000)), [this, index] { BootNode(index); });
    });
    plan(scenario_.outages, [this] {
      int index = static_cast<int>(nemesis_.Below(scenario_.nodes));
      world_.Tell("nemesis", "takes the database away from node " + std::to_string(index));
      faults_[index]->Away(seconds(nemesis_.Between(1, 12)));
    });
    plan(scenario_.usurpations, [this] {
      base::PartitionId partition(static_cast<int32_t>(nemesis_.Below(scenario_.partitions)));
      world_.Tell("nemesis", "claims partition " + std::to_string(partition.value()));
      store_->Usurp(partition, "usurper", true);
    });
    plan(scenario_.pauses, [this] {
      auto nodes = Alive();
      if (nodes.empty()) return;
      auto node = nodes[nemesis_.Below(static_cast<int64_t>(nodes.size()))];
      milliseconds howlong(nemesis_.Between(50, 15'000));
      world_.Tell("nemesis", "pauses " + node->name() + " for " + std::to_string(howlong.count()) + " ms");
      node->process().PauseUntil(world_.now() + howlong);
    });
    plan(scenario_.moves, [this] {
      world_.Tell("nemesis", "spreads the partitions anew");
      for (auto& wanted : wanted_by_) wanted.emplace();
      for (int32_t i = 0; i < scenario_.partitions; ++i) {
        wanted_by_[nemesis_.Below(scenario_.nodes)]->emplace(i);
      }
      for (int i = 0; i < scenario_.nodes; ++i) Want(i);
    });
    plan(scenario_.wall_steps, [this] {
      auto nodes = Alive();
      if (nodes.empty()) return;
      milliseconds by(nemesis_.Between(-4'000, 4'000));
      world_.Tell("nemesis", "steps a wall clock by " + std::to_string(by.count()) + " ms");
      nodes[0]->process().StepWall(by);
    });
  }

  bool Watch() {
    if (world_.steps() % 64 == 0) {
      ledger_.CatchUp();
      for (const auto& node : Alive()) node->CompareWithLog();
    }
    return ledger_.violation().empty();
  }

  bool AllEnded() {
    ledger_.CatchUp();
    for (const auto& client : clients_) {
      if (!client->entity && !Exists(client->name)) return false;
    }
    for (const auto& [id, state] : ledger_.executions()) {
      if (state.is_running()) return false;
    }
    return true;
  }

  void CheckEnd() {
    ledger_.CatchUp();
    for (const auto& client : clients_) CheckOutcome(*client);
    if (ledger_.executions().size() > clients_.size()) ledger_.Accuse("more executions than were asked for");
    for (const auto& node : Alive()) {
      partition::Engine::Stats stats = node->engine().stats();
      if (stats.open_executions != 0 || stats.timers != 0 || stats.mailbox != 0) {
        ledger_.Accuse("crumbs: " + std::to_string(stats.open_executions) + " executions, " +
                       std::to_string(stats.timers) + " timers, " + std::to_string(stats.mailbox) + " commands left");
      }
      for (const dispatch::QueueStats& queue : node->engine().dispatcher().Stats()) {
        if (scenario_.nodes == 1 && queue.backlog != 0) ledger_.Accuse("crumbs: tasks left in queue " + queue.handler);
      }
    }
  }

  void CheckOutcome(const Client& client) {
    const history::ExecutionState* state = nullptr;
    for (const auto& [id, execution] : ledger_.executions()) {
      if (execution.start.name == client.name) state = &execution;
    }
    if (state == nullptr) return ledger_.Accuse(client.name + " was lost");
    if (state->status == ExecutionStatus::kRunning) {
      return ledger_.Accuse(client.name + " does not end: " + DescribeWaiting(*state));
    }
    if (!state->frames.empty()) return ledger_.Accuse("crumbs: " + client.name + " has ended and has frames");
    if (state->status == ExecutionStatus::kAborted && client.stop_sent) return;
    std::string found = history::ExecutionStatusName(state->status);
    if (client.intended.succeeds) {
      if (state->status != ExecutionStatus::kSucceeded) {
        return ledger_.Accuse(client.name + " should succeed, but " + found + ": " + state->error.value_or("") + " " +
                              state->cause.value_or(""));
      }
      nlohmann::json output = nlohmann::json::parse(state->output->text());
      if (output != client.intended.output) {
        ledger_.Accuse(client.name + " should give " + client.intended.output.dump() + ", but gave " + output.dump());
      }
    } else if (state->status != ExecutionStatus::kFailed || state->error != kBoom || state->cause != kBoomCause) {
      ledger_.Accuse(client.name + " should fail with " + kBoom + ", but " + found + ": " + state->error.value_or("") +
                     " " + state->cause.value_or(""));
    }
  }

  RunResult Report() {
    RunResult result{.violation = ledger_.violation(),
                     .trace_hash = world_.trace_hash(),
                     .steps = world_.steps(),
                     .rows = ledger_.rows(),
                     .ended = static_cast<int>(ledger_.executions().size()),
                     .simulated = world_.now() - began_,
                     .trace = world_.trace(),
                     .histories = {}};
    for (const auto& client : clients_) {
      if (client->entity) result.histories.push_back(TellHistory(*store_, *client->entity));
    }
    return result;
  }

  const Scenario scenario_;
  World world_;
  Chance chance_;
  Chance nemesis_;
  Process network_;
  std::shared_ptr<history::MemoryStore> store_;
  Ledger ledger_;
  Programs programs_;
  std::vector<GeneratedProgram> generated_;
  std::vector<std::unique_ptr<Faults>> faults_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::shared_ptr<Client>> clients_;
  std::vector<std::shared_ptr<Node>> nodes_;
  std::vector<std::optional<std::set<base::PartitionId>>> wanted_by_;  // by place; nothing: all
  const base::MonotonicTime began_ = world_.now();
  int boots_ = 0;
};

}  // namespace

RunResult Simulate(uint64_t seed, const Scenario& scenario, bool keep_trace) {
  return Simulation(seed, scenario, keep_trace).Run();
}

}  // namespace pawl::simulation
