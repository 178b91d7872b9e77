#include "tests/simulation/worker.h"

#include <utility>

#include "tests/simulation/program.h"

namespace pawl::simulation {

using core::TaskRef;
using std::chrono::milliseconds;
using std::chrono::seconds;

Worker::Worker(World& world, Ledger& ledger, std::string name, Nodes nodes, WorkerFaults faults)
    : world_(world),
      ledger_(ledger),
      name_(std::move(name)),
      nodes_(std::move(nodes)),
      faults_(faults),
      chance_(world.Stream("worker/" + name_)) {}

void Worker::Run() { Begin(); }

void Worker::Begin() {
  life_ = std::make_shared<Life>();
  life_->number = ++lives_;
  life_->session = name_ + "#" + std::to_string(lives_);
  world_.Tell(name_, "begins as " + life_->session);
  for (size_t i = 0; i < nodes_().size(); ++i) PollNode(i);
}

void Worker::Die() {
  world_.Tell(name_, "dies holding " + std::to_string(life_->held.size()) + " tasks");
  life_ = nullptr;
  world_.After(milliseconds(chance_.Between(100, 8'000)), [this] { Begin(); });
}

void Worker::Send(std::function<void()> message) {
  if (chance_.Happens(faults_.lose_message)) return;
  world_.After(milliseconds(chance_.Below(20)), std::move(message));
}

void Worker::PollNode(size_t index) {
  std::shared_ptr<Life> life = life_;
  auto again = [this, life, index](milliseconds delay) {
    world_.After(delay, [this, life, index] {
      if (Is(life)) PollNode(index);
    });
  };
  auto nodes = nodes_();
  if (life->silent || nodes[index] == nullptr) {
    again(milliseconds(500));
    return;
  }
  const std::string name = nodes[index]->name();
  PollRequest request{.worker = name_, .session = life->session, .handlers = {}, .held = {}, .slots = 2};
  request.handlers = {{"work", false}, {"safe", true}, {"call", false}, {"sim:job.sync", true}, {"sim:call", false}};
  request.held_is_complete = !life->in_touch.contains(name);
  for (const auto& [task, held] : life->held) request.held.push_back(task);
  auto answered = std::make_shared<bool>(false);
  Send([this, life, answered, again, name, request = std::move(request), node = std::weak_ptr<Node>(nodes[index])] {
    auto there = node.lock();
    if (there == nullptr) return;
    there->Poll(request, [=, this](PollReply reply) {
      Send([=, this, reply = std::move(reply)] {
        if (!Is(life) || std::exchange(*answered, true)) return;
        life->in_touch.insert(name);
        OnPolled(life, reply);
        if (Is(life)) again(milliseconds(life->held.size() > 4 ? 1000 : 1));
      });
    });
  });
  // No answer within the wait and a little: a new poll.
  world_.After(seconds(8), [this, life, answered, again, name] {
    if (!Is(life) || std::exchange(*answered, true)) return;
    life->in_touch.erase(name);
    again(milliseconds(0));
  });
}

void Worker::OnPolled(const std::shared_ptr<Life>& life, const PollReply& reply) {
  for (const TaskRef& task : reply.cancelled) life->held.erase(task);
  for (const core::TaskDetails& details : reply.tasks) {
    if (!Is(life)) return;
    Take(life, details);
  }
}

void Worker::Take(const std::shared_ptr<Life>& life, const core::TaskDetails& details) {
  const TaskRef task = details.task;
  world_.Tell(name_, "takes " + Describe(task) + " of " + details.state_name);
  life->held[task] = {details, !chance_.Happens(faults_.forget_heartbeats)};
  if (chance_.Happens(faults_.die)) return Die();
  if (chance_.Happens(faults_.go_silent)) {
    world_.Tell(name_, "goes silent");
    life->silent = true;
    world_.After(seconds(chance_.Between(5, 25)), [life] { life->silent = false; });
  }
  ledger_.OnBegun(task);
  const bool hangs = (details.heartbeat_seconds || details.timeout_seconds) && chance_.Happens(faults_.hang);
  // What hangs stays silent where only a heartbeat ends it.
  if (hangs && !details.timeout_seconds) life->held[task].beats = false;
  Beat(life, task);

  TaskAnswer answer = AnswerOf(nlohmann::json::parse(details.input));
  std::optional<std::string> output;
  if (answer.succeeds) output = answer.output.dump();
  if (details.resource.ends_with(".waitForTaskToken") && output && !hangs) {
    // The call is made, which its answer by the token may overtake.
    world_.After(milliseconds(chance_.Between(1, 6'000)), [this, task, output] { AnswerByToken(task, *output); });
    output = R"({"sent":true})";
  }
  milliseconds work(chance_.Between(1, 3'000));
  if (chance_.Happens(faults_.stall)) work = seconds(chance_.Between(10, 90));
  if (!hangs) {
    world_.After(work, [this, life, task, output] {
      if (!Is(life) || !life->held.contains(task)) return;
      Answer(life, task, output, false);
      if (chance_.Happens(faults_.answer_twice)) Answer(life, task, output, true);
    });
  }
  if (task.attempt > 1 && chance_.Happens(faults_.answer_for_old_attempt)) {
    TaskRef old = task;
    --old.attempt;
    world_.After(milliseconds(chance_.Below(3'000)), [this, life, old] {
      if (Is(life)) Answer(life, old, R"({"n":-1})", true);
    });
  }
}

// Every held task is beaten for, as the worker runtime does; sometimes with something to go on from.
void Worker::Beat(const std::shared_ptr<Life>& life, const TaskRef& task) {
  auto held = life->held.find(task);
  if (!Is(life) || held == life->held.end()) return;
  const Held& state = held->second;
  if (state.beats && !life->silent) {
    const bool is_sync = state.details.resource.ends_with(".sync");
    std::string checkpoint = is_sync ? "round " + std::to_string(chance_.Below(3)) : "";
    for (const auto& node : nodes_()) {
      if (node == nullptr) continue;
      Send([this, life, task, checkpoint, there = std::weak_ptr<Node>(node)] {
        auto node = there.lock();
        if (node != nullptr && Is(life)) node->Beat(life->session, task, checkpoint, [](bool) {});
      });
    }
  }
  const int64_t every = state.details.heartbeat_seconds ? *state.details.heartbeat_seconds * 300 : 2'000;
  world_.After(milliseconds(every), [this, life, task] { Beat(life, task); });
}

std::shared_ptr<Node> Worker::AnyNode() {
  std::vector<std::shared_ptr<Node>> alive;
  for (const auto& node : nodes_()) {
    if (node != nullptr) alive.push_back(node);
  }
  if (alive.empty()) return nullptr;
  return alive[chance_.Below(static_cast<int64_t>(alive.size()))];
}

void Worker::AnswerByToken(const TaskRef& task, const std::string& output) {
  auto again = [this, task, output] { world_.After(milliseconds(900), [=, this] { AnswerByToken(task, output); }); };
  std::shared_ptr<Node> node = AnyNode();
  if (node == nullptr) return again();
  auto answered = std::make_shared<bool>(false);
  node->Complete(task, output, Node::Speaker::kTokenHolder, [=](const absl::Status& status) {
    if (!std::exchange(*answered, true) && absl::IsUnavailable(status)) again();
  });
  world_.After(seconds(2), [=] {
    if (!std::exchange(*answered, true)) again();
  });
}

// Sends the result until somebody records or refuses it.
void Worker::Answer(const std::shared_ptr<Life>& life, const TaskRef& task, std::optional<std::string> output,
                    bool once) {
  auto again = [=, this](milliseconds delay) {
    world_.After(delay, [=, this] {
      if (Is(life) && life->held.contains(task)) Answer(life, task, output, false);
    });
  };
  std::shared_ptr<Node> any = AnyNode();
  if (any == nullptr || life->silent) {
    if (!once) again(milliseconds(700));
    return;
  }
  auto answered = std::make_shared<bool>(false);
  Send([=, this, node = std::weak_ptr<Node>(any)] {
    auto there = node.lock();
    if (there == nullptr || !Is(life)) return;
    there->Complete(task, output, Node::Speaker::kHolder, [=, this](const absl::Status& status) {
      Send([=, this] {
        if (!Is(life) || once || std::exchange(*answered, true)) return;
        if (absl::IsUnavailable(status)) return again(milliseconds(200));
        life->held.erase(task);
      });
    });
  });
  if (once) return;
  world_.After(seconds(2), [=] {
    if (!std::exchange(*answered, true)) again(milliseconds(0));
  });
}

}  // namespace pawl::simulation
