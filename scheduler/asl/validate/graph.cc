// Transitions within one block.
#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "scheduler/asl/validate/states.h"

namespace pawl::asl {

namespace {

struct Target {
  std::string name;
  Place place;  // of the field that names it
};

// Where a state can go, with the fields that say so. Absent and mistyped ones are reported elsewhere.
std::vector<Target> TargetsOf(const State& state, const Place& place) {
  std::vector<Target> targets;
  const auto add = [&](const Place& object, std::string_view field) {
    const syntax::Node* node = object.node->Find(field);
    if (node != nullptr && node->value.is_string()) targets.push_back({node->value.as_string(), object.Member(field)});
  };
  const auto add_each = [&](std::string_view field) {
    const syntax::Node* list = place.node->Find(field);
    if (list == nullptr) return;
    const Place at = place.Member(field);
    for (size_t i = 0; i < list->items.size(); ++i) add(at.Item(i), "Next");
  };
  switch (state.type) {
    case StateType::kSucceed:
    case StateType::kFail:
      break;
    case StateType::kChoice:
      add_each("Choices");
      add(place, "Default");
      break;
    case StateType::kTask:
    case StateType::kParallel:
    case StateType::kMap:
      add(place, "Next");
      add_each("Catch");
      break;
    case StateType::kPass:
    case StateType::kWait:
      add(place, "Next");
      break;
  }
  return targets;
}

bool IsTerminal(const State& state, const Place& place) {
  if (state.type == StateType::kSucceed || state.type == StateType::kFail) return true;
  const syntax::Node* end = place.node->Find("End");
  return end != nullptr && end->value.is_bool() && end->value.as_bool();
}

}  // namespace

// Specification, "Transitions": targets are states of the same block. Codes: STEP_FUNCTIONS.md 1.3.
void CheckGraph(const Block& block, const Place& place, bool is_machine, Report& report) {
  const syntax::Node* states = place.node->Find("States");
  const syntax::Node* start = place.node->Find("StartAt");
  if (states == nullptr || !states->value.is_object() || block.states.empty()) return;
  const Place states_place = place.Member("States");

  std::unordered_map<std::string_view, const State*> by_name;
  for (const std::unique_ptr<State>& state : block.states) by_name.emplace(state->name, state.get());
  std::set<std::string, std::less<>> reached;
  std::vector<const State*> open;
  const auto reach = [&](const std::string& name) {
    const auto found = by_name.find(name);
    if (found == by_name.end()) return false;
    if (reached.insert(name).second) open.push_back(found->second);
    return true;
  };
  const auto require = [&](const Target& target) {
    if (!reach(target.name)) {
      report.Error("MISSING_TRANSITION_TARGET", target.place, "Missing 'Next' target: " + target.name);
    }
  };
  if (start != nullptr && start->value.is_string()) require({start->value.as_string(), place.Member("StartAt")});
  while (!open.empty()) {
    const State& state = *open.back();
    open.pop_back();
    for (const Target& target : TargetsOf(state, states_place.Member(state.name))) require(target);
  }

  // Measured on AWS: the machine as a whole must be able to end, inner blocks need not; a machine that cannot is not
  // told besides which of its states are out of reach.
  const bool can_end = std::any_of(block.states.begin(), block.states.end(), [&](const auto& state) {
    return IsTerminal(*state, states_place.Member(state->name));
  });
  if (is_machine && !can_end) {
    report.ErrorAt("MISSING_END_STATE", "", Report::kNowhere, "Workflow has no terminal state");
    return;
  }
  if (start == nullptr) return;  // what can be reached is not known then
  for (const auto& state : block.states) {
    if (reached.contains(state->name)) continue;
    const Place at = states_place.Member(state->name);
    report.Error("MISSING_TRANSITION_TARGET", at, absl::StrCat("State \"", state->name, "\" is not reachable."));
    // Its own targets are checked all the same.
    for (const Target& target : TargetsOf(*state, at)) {
      if (by_name.contains(target.name)) continue;
      report.Error("MISSING_TRANSITION_TARGET", target.place, "Missing 'Next' target: " + target.name);
    }
  }
}

}  // namespace pawl::asl
