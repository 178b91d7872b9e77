#include "scheduler/ctl/flow_output.h"

#include <string>
#include <vector>

#include "scheduler/asl/interpret/detail.h"

namespace pawl::ctl {
namespace {

// As `1.5s`; people count in seconds here.
std::string Seconds(int64_t milliseconds) {
  std::string text = std::to_string(milliseconds / 1000);
  if (milliseconds % 1000 != 0) {
    std::string fraction = std::to_string(1000 + milliseconds % 1000).substr(1);
    while (fraction.back() == '0') fraction.pop_back();
    text += "." + fraction;
  }
  return text + "s";
}

const asl::StateDetail* DetailOf(const asl::Program& program, const StateVisit& visit) {
  const asl::State* state = program.Find(visit.state);
  return state == nullptr ? nullptr : state->detail.get();
}

const asl::ChoiceDetail* ChoiceOf(const asl::Program& program, const StateVisit& visit) {
  const asl::StateDetail* detail = DetailOf(program, visit);
  return detail == nullptr ? nullptr : std::get_if<asl::ChoiceDetail>(&detail->by_type);
}

// Where the rule would lead.
std::string NextOf(const asl::ChoiceDetail* choice, size_t rule) {
  return choice != nullptr && rule < choice->rules.size() ? choice->rules[rule].next : "";
}

void PrintLine(std::ostream& out, const std::string& name, const std::string& text) {
  constexpr size_t kWidth = 22;
  out << "    " << name << std::string(name.size() < kWidth ? kWidth - name.size() : 1, ' ') << text << "\n";
}

void PrintRules(std::ostream& out, const asl::Program& program, const StateVisit& visit) {
  const asl::ChoiceDetail* choice = ChoiceOf(program, visit);
  if (choice == nullptr) return;
  bool matched = false;
  for (const auto& rule : visit.rules) {
    matched = matched || rule.matched;
    std::string text = rule.matched ? "matched" : "did not match";
    if (!rule.why.empty()) text += ": " + rule.why;
    if (const std::string next = NextOf(choice, rule.index); !next.empty()) text += " (Next " + next + ")";
    PrintLine(out, "rule " + std::to_string(rule.index), text);
  }
  if (!matched) {
    PrintLine(out, "default",
              choice->default_next.empty() ? "none: no rule matched" : "taken (Default " + choice->default_next + ")");
  }
}

void PrintFailure(std::ostream& out, const StateVisit& visit, const VisitFailure& failure) {
  PrintLine(out, "failed", failure.error + (failure.cause.empty() ? "" : ": " + failure.cause));
  for (const auto& asked : failure.retriers) {
    const std::string name = "  Retry[" + std::to_string(asked.index) + "]";
    if (!asked.covers) {
      PrintLine(out, name, "does not cover " + failure.error);
    } else if (failure.retrier == asked.index) {
      std::string text = "takes it: retry number " + std::to_string(asked.used + 1);
      if (failure.delay_ms) text += " after " + Seconds(*failure.delay_ms);
      if (failure.waited_ms && failure.waited_ms != failure.delay_ms) {
        text += " (the history shows " + Seconds(*failure.waited_ms) + ")";
      }
      PrintLine(out, name, text);
    } else {
      PrintLine(out, name, "covers it, but was used " + std::to_string(asked.used) + " times already");
    }
  }
  for (const auto& asked : failure.catchers) {
    PrintLine(out, "  Catch[" + std::to_string(asked.index) + "]",
              asked.covers ? "catches it (Next " + visit.next + ")" : "does not cover " + failure.error);
  }
}

}  // namespace

Json ToCliJson(const json::Value& value) {
  return Json::parse(json::Serialize(value), nullptr, /*allow_exceptions=*/false);
}

void PrintVisits(std::ostream& out, const asl::Program& program, std::span<const StateVisit> visits) {
  for (const StateVisit& visit : visits) {
    out << visit.state << "  " << visit.type;
    if (!visit.where.empty()) out << "  in " << visit.where;
    out << "  event " << visit.entered_event;
    if (visit.exited_event != 0) out << " to " << visit.exited_event;
    out << "\n";
    auto failure = visit.failures.begin();
    const auto print_failures = [&](size_t stages) {
      for (; failure != visit.failures.end() && failure->after_stages <= stages; ++failure) {
        PrintFailure(out, visit, *failure);
      }
    };
    for (size_t i = 0; i < visit.stages.size(); ++i) {
      print_failures(i);
      if (visit.stages[i].name == "output") PrintRules(out, program, visit);
      PrintLine(out, visit.stages[i].name, json::Serialize(visit.stages[i].value));
    }
    if (visit.exited_event == 0) PrintRules(out, program, visit);
    print_failures(visit.stages.size());
    if (visit.exited_event == 0 && visit.failures.empty()) {
      PrintLine(out, "left", "no");
    } else if (!visit.next.empty()) {
      PrintLine(out, "next", visit.next);
    } else if (visit.is_end) {
      PrintLine(out, "next", "the end");
    }
    for (const std::string& note : visit.notes) PrintLine(out, "note", note);
    out << "\n";
  }
}

Json VisitsToJson(const asl::Program& program, std::span<const StateVisit> visits) {
  Json list = Json::array();
  for (const StateVisit& visit : visits) {
    Json one = {{"state", visit.state}, {"type", visit.type}};
    if (!visit.where.empty()) one["where"] = visit.where;
    one["enteredEventId"] = visit.entered_event;
    if (visit.exited_event != 0) one["exitedEventId"] = visit.exited_event;
    one["stages"] = Json::array();
    for (const auto& stage : visit.stages) {
      one["stages"].push_back({{"name", stage.name}, {"value", ToCliJson(stage.value)}});
    }
    if (visit.type == "Choice") {
      const asl::ChoiceDetail* choice = ChoiceOf(program, visit);
      one["rules"] = Json::array();
      for (const auto& rule : visit.rules) {
        one["rules"].push_back({{"index", rule.index},
                                {"matched", rule.matched},
                                {"why", rule.why},
                                {"next", NextOf(choice, rule.index)}});
      }
      if (choice != nullptr && !choice->default_next.empty()) one["default"] = choice->default_next;
    }
    for (const VisitFailure& failure : visit.failures) {
      Json shown = {{"error", failure.error}, {"cause", failure.cause}, {"afterStages", failure.after_stages}};
      for (const auto& asked : failure.retriers) {
        shown["retriers"].push_back({{"index", asked.index}, {"covers", asked.covers}, {"used", asked.used}});
      }
      if (failure.retrier) shown["retrier"] = *failure.retrier;
      if (failure.delay_ms) shown["delaySeconds"] = static_cast<double>(*failure.delay_ms) / 1000;
      if (failure.waited_ms) shown["waitedSeconds"] = static_cast<double>(*failure.waited_ms) / 1000;
      for (const auto& asked : failure.catchers) {
        shown["catchers"].push_back({{"index", asked.index}, {"covers", asked.covers}});
      }
      if (failure.catcher) shown["catcher"] = *failure.catcher;
      one["failures"].push_back(std::move(shown));
    }
    if (!visit.next.empty()) one["next"] = visit.next;
    if (visit.is_end) one["end"] = true;
    if (!visit.notes.empty()) one["notes"] = visit.notes;
    list.push_back(std::move(one));
  }
  return list;
}

}  // namespace pawl::ctl
