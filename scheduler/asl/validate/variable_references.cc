#include "scheduler/asl/validate/variable_references.h"

#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "scheduler/asl/interpret/detail.h"

namespace pawl::asl {
namespace {

class Collector {
 public:
  void Add(const State& state) {
    const StateDetail& detail = *state.detail;
    AddField(detail.input_path);
    AddField(detail.output_path);
    AddForm(detail.parameters);
    AddForm(detail.result_selector);
    AddForm(detail.output);
    AddAssign(detail.assign);
    for (const Catcher& catcher : detail.catchers) {
      AddForm(catcher.output);
      AddAssign(catcher.assign);
    }
    std::visit([this](const auto& by_type) { AddType(by_type); }, detail.by_type);
  }

  std::vector<std::string> Names() const { return {names_.begin(), names_.end()}; }

 private:
  void AddType(const PassDetail&) {}
  void AddType(const SucceedDetail&) {}
  void AddType(const ParallelDetail&) {}
  void AddType(const TaskDetail& task) {
    AddNumber(task.timeout);
    AddNumber(task.heartbeat);
    AddForm(task.credentials);
  }
  void AddType(const ChoiceDetail& choice) {
    for (const Rule& rule : choice.rules) AddRule(rule);
  }
  void AddType(const WaitDetail& wait) {
    AddNumber(wait.seconds);
    AddText(wait.timestamp);
  }
  void AddType(const FailDetail& fail) {
    AddText(fail.error);
    AddText(fail.cause);
  }
  void AddType(const MapDetail& map) {
    AddPath(map.items_path);
    AddForm(map.items);
    AddForm(map.item_selector);
    AddNumber(map.max_concurrency);
    AddNumber(map.tolerated_failure_count);
    AddNumber(map.tolerated_failure_percentage);
    if (map.reader) {
      AddForm(map.reader->arguments);
      for (const NumberField& number : map.reader->numbers) AddNumber(number);
    }
    if (map.batcher) {
      AddForm(map.batcher->batch_input);
      for (const NumberField& number : map.batcher->numbers) AddNumber(number);
    }
    if (map.writer) AddForm(map.writer->arguments);
  }

  void AddRule(const Rule& rule) {
    AddPath(rule.variable);
    AddPath(rule.operand_path);
    AddExpression(rule.condition);
    AddForm(rule.output);
    if (rule.assign) AddAssign(*rule.assign);
    for (const Rule& part : rule.rules) AddRule(part);
  }
  void AddNumber(const NumberField& field) {
    AddPath(field.path);
    AddExpression(field.expression);
  }
  void AddText(const TextField& field) {
    if (field.query) AddQuery(*field.query);
    AddExpression(field.expression);
  }
  void AddField(const PathField& field) { AddPath(field.path); }
  void AddAssign(const AssignField& assign) {
    for (const TemplateMember& member : assign) AddTemplate(member.value);
  }
  void AddForm(const std::optional<Template>& form) {
    if (form) AddTemplate(*form);
  }
  void AddTemplate(const Template& form) {
    if (form.query) AddQuery(*form.query);
    AddExpression(form.expression);
    for (const TemplateMember& member : form.members) AddTemplate(member.value);
    for (const Template& item : form.items) AddTemplate(item);
  }
  void AddQuery(const Query& query) {
    if (const auto* path = std::get_if<PathRef>(&query)) return AddReference(path->reference);
    for (const auto& argument : std::get<intrinsics::Intrinsic>(query).paths()) AddReference(argument.reference);
  }
  void AddPath(const std::optional<PathRef>& path) {
    if (path) AddReference(path->reference);
  }
  void AddReference(const jsonpath::Reference& reference) {
    if (reference.source == jsonpath::Reference::Source::kVariable) names_.insert(reference.variable);
  }
  void AddExpression(const std::shared_ptr<const jsonata::Expression>& expression) {
    if (expression == nullptr) return;
    for (const std::string& name : expression->free_variables()) {
      if (name != "states") names_.insert(name);
    }
  }

  std::set<std::string> names_;
};

// Recursion is bounded by CompileOptions::nesting_max.
void Collect(const Block& block, std::map<std::string, std::vector<std::string>>& references) {
  for (const std::unique_ptr<State>& state : block.states) {
    Collector collector;
    collector.Add(*state);
    if (std::vector<std::string> names = collector.Names(); !names.empty()) references[state->name] = std::move(names);
    for (const Block& branch : state->branches) Collect(branch, references);
  }
}

}  // namespace

std::map<std::string, std::vector<std::string>> VariableReferences(const Program& program) {
  std::map<std::string, std::vector<std::string>> references;
  Collect(program.root(), references);
  return references;
}

}  // namespace pawl::asl
