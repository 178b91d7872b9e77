#include "tests/simulation/worker.h"

#include <utility>

#include "tests/simulation/program.h"

namespace pawl::simulation {

using core::TaskRef;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {
constexpr int kNodesMax = 2;
}

Worker::Worker(World& world, std::string name, Nodes nodes, WorkerFaults faults)
    : world_(world),
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
  for (size_t i = 0; i < kNodesMax; ++i) PollNode(i);
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
  if (life->silent || index >= nodes.size()) {
    again(milliseconds(500));
    return;
  }
  PollRequest request{.worker = name_, .session = life->session, .handlers = {}, .held = {}, .slots = 2};
  request.handlers = {{"work", false}, {"safe", true}, {"call", false}};
  for (const auto& [task, held] : life->held) request.held.push_back(task);
  auto answered = std::make_shared<bool>(false);
  Send([this, life, answered, again, request = std::move(request), node = std::weak_ptr<Node>(nodes[index])] {
    auto there = node.lock();
    if (there == nullptr) return;
    there->Poll(request, [=, this](PollReply reply) {
      Send([=, this, reply = std::move(reply)] {
        if (!Is(life) || std::exchange(*answered, true)) return;
        OnPolled(life, reply);
        if (Is(life)) again(milliseconds(life->held.size() > 4 ? 1000 : 1));
      });
    });
  });
  // No answer within the wait and a little: a new poll.
  world_.After(seconds(8), [this, life, answered, again] {
    if (Is(life) && !std::exchange(*answered, true)) again(milliseconds(0));
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
  if (details.heartbeat_seconds) Beat(life, task);

  TaskAnswer answer = AnswerOf(nlohmann::json::parse(details.input));
  std::optional<std::string> output;
  if (answer.succeeds) output = answer.output.dump();
  milliseconds work(chance_.Between(1, 3'000));
  if (chance_.Happens(faults_.stall)) work = seconds(chance_.Between(10, 90));
  world_.After(work, [this, life, task, output] {
    if (!Is(life) || !life->held.contains(task)) return;
    Answer(life, task, output, false);
    if (chance_.Happens(faults_.answer_twice)) Answer(life, task, output, true);
  });
  if (task.attempt > 1 && chance_.Happens(faults_.answer_for_old_attempt)) {
    TaskRef old = task;
    --old.attempt;
    world_.After(milliseconds(chance_.Below(3'000)), [this, life, old] {
      if (Is(life)) Answer(life, old, R"({"n":-1})", true);
    });
  }
}

void Worker::Beat(const std::shared_ptr<Life>& life, const TaskRef& task) {
  auto held = life->held.find(task);
  if (!Is(life) || held == life->held.end()) return;
  if (held->second.beats && !life->silent) {
    for (const auto& node : nodes_()) {
      Send([this, life, task, there = std::weak_ptr<Node>(node)] {
        auto node = there.lock();
        if (node != nullptr && Is(life)) node->Beat(life->session, task, [](bool) {});
      });
    }
  }
  world_.After(milliseconds(*held->second.details.heartbeat_seconds * 300), [this, life, task] { Beat(life, task); });
}

// Sends the result until somebody records or refuses it.
void Worker::Answer(const std::shared_ptr<Life>& life, const TaskRef& task, std::optional<std::string> output,
                    bool once) {
  auto again = [=, this](milliseconds delay) {
    world_.After(delay, [=, this] {
      if (Is(life) && life->held.contains(task)) Answer(life, task, output, false);
    });
  };
  auto nodes = nodes_();
  if (nodes.empty() || life->silent) {
    if (!once) again(milliseconds(700));
    return;
  }
  auto answered = std::make_shared<bool>(false);
  Send([=, this, node = std::weak_ptr<Node>(nodes[chance_.Below(static_cast<int64_t>(nodes.size()))])] {
    auto there = node.lock();
    if (there == nullptr || !Is(life)) return;
    there->Complete(task, output, [=, this](const absl::Status& status) {
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
