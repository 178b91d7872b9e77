#include "tests/simulation/program.h"

#include <optional>
#include <utility>
#include <vector>

namespace pawl::simulation {
namespace {

using nlohmann::json;

// What a block makes of a number: a value, or the one failure.
using Result = std::optional<json>;

class Generator {
 public:
  Generator(Chance& chance, const ProgramShape& shape) : chance_(chance), shape_(shape), left_(shape.size) {}

  // A States block that is given {"n": n} and what it makes of it. `results` is computed for each of the inputs, since
  // a Map's processor runs with several.
  json Block(const std::vector<int64_t>& inputs, std::vector<Result>& results, int depth) {
    json states = json::object();
    std::vector<Result> now;
    for (int64_t n : inputs) now.push_back(json{{"n", n}});
    int length = static_cast<int>(chance_.Between(1, depth == 0 ? std::max(2, left_) : 3));
    std::string first = NewName();
    std::string name = first;
    for (int i = 0; i < length && left_ > 0; ++i) {
      std::string next = NewName();
      Add(states, name, next, now, depth);
      name = next;
    }
    if (shape_.failures && depth > 0 && chance_.Happens(0.08)) {
      states[name] = {{"Type", "Fail"}, {"Error", kBoom}, {"Cause", kBoomCause}};
      for (Result& result : now) result.reset();
    } else if (chance_.Happens(0.5)) {
      states[name] = {{"Type", "Succeed"}};
    } else {
      states[name] = {{"Type", "Pass"}, {"End", true}};
    }
    results = std::move(now);
    return {{"StartAt", first}, {"States", std::move(states)}};
  }

 private:
  std::string NewName() { return "S" + std::to_string(++names_); }

  void Add(json& states, const std::string& name, const std::string& next, std::vector<Result>& now, int depth) {
    --left_;
    std::vector<std::pair<int, bool>> kinds = {{0, true},
                                               {1, shape_.tasks},
                                               {1, shape_.tasks},
                                               {2, shape_.waits},
                                               {3, shape_.choices},
                                               {4, shape_.containers && depth < 3},
                                               {5, shape_.containers && depth < 3}};
    std::erase_if(kinds, [](const auto& kind) { return !kind.second; });
    switch (kinds[chance_.Below(static_cast<int64_t>(kinds.size()))].first) {
      case 0:
        return Pass(states, name, next, now);
      case 1:
        return Task(states, name, next, now);
      case 2:
        states[name] = {{"Type", "Wait"}, {"Seconds", chance_.Between(0, 40)}, {"Next", next}};
        return;
      case 3:
        return Choice(states, name, next, now);
      case 4:
        return Parallel(states, name, next, now, depth);
      default:
        return Map(states, name, next, now, depth);
    }
  }

  void Pass(json& states, const std::string& name, const std::string& next, std::vector<Result>& now) {
    int64_t mark = chance_.Below(100);
    states[name] = {{"Type", "Pass"}, {"Result", mark}, {"ResultPath", "$.mark"}, {"Next", next}};
    for (Result& result : now) {
      if (result) (*result)["mark"] = mark;
    }
  }

  // The failure of the state comes to `next` as well, marked.
  void CatchBoom(json& state, const std::string& next) {
    state["Catch"] = json::array({{{"ErrorEquals", {kBoom}}, {"ResultPath", "$.caught"}, {"Next", next}}});
  }
  static json Caught(json before) {
    before["caught"] = {{"Error", kBoom}, {"Cause", kBoomCause}};
    return before;
  }

  void Task(json& states, const std::string& name, const std::string& next, std::vector<Result>& now) {
    int64_t add = chance_.Between(1, 9);
    json parameters = {{"n.$", "$.n"}, {"add", add}, {"do", "succeed"}};
    json retry = json::array();
    bool fails = false;
    if (shape_.failures && chance_.Happens(0.15)) {
      fails = true;
      parameters["do"] = "fail";
      if (chance_.Happens(0.5)) retry.push_back(Retrier({kBoom}, chance_.Between(0, 2)));
    } else if (shape_.failures && chance_.Happens(0.2)) {
      int64_t until = chance_.Between(1, 3);
      parameters["do"] = "flaky";
      parameters["until"] = until;
      parameters["tries.$"] = "$$.State.RetryCount";
      retry.push_back(Retrier({kBoom}, until));
    }
    // What the world does to workers.
    retry.push_back(Retrier({"Pawl.WorkerLost", "States.Timeout", "States.HeartbeatTimeout"}, 99'999));
    static const char* const kResources[] = {"arn:aws:states:us-east-1:000000000000:activity:work",
                                             "arn:aws:states:us-east-1:000000000000:activity:safe",
                                             "arn:aws:lambda:us-east-1:000000000000:function:call"};
    json state = {{"Type", "Task"},           {"Resource", kResources[chance_.Below(3)]},
                  {"Parameters", parameters}, {"ResultPath", "$.task"},
                  {"Retry", retry},           {"Next", next}};
    if (shape_.timeouts && chance_.Happens(0.5)) state["TimeoutSeconds"] = chance_.Between(20, 60);
    if (shape_.heartbeats && chance_.Happens(0.4)) state["HeartbeatSeconds"] = chance_.Between(4, 15);
    bool caught = fails && chance_.Happens(0.6);
    if (caught) CatchBoom(state, next);
    states[name] = std::move(state);
    for (Result& result : now) {
      if (!result) continue;
      if (!fails) {
        (*result)["task"] = {{"n", (*result)["n"].get<int64_t>() + add}};
      } else if (caught) {
        result = Caught(*result);
      } else {
        result.reset();
      }
    }
  }

  static json Retrier(std::vector<std::string> errors, int64_t attempts) {
    return {
        {"ErrorEquals", std::move(errors)}, {"IntervalSeconds", 1}, {"BackoffRate", 1.0}, {"MaxAttempts", attempts}};
  }

  void Choice(json& states, const std::string& name, const std::string& next, std::vector<Result>& now) {
    std::string small = NewName();
    int64_t limit = chance_.Between(0, 50);
    states[name] = {{"Type", "Choice"},
                    {"Choices", json::array({{{"Variable", "$.n"}, {"NumericLessThan", limit}, {"Next", small}}})},
                    {"Default", next}};
    states[small] = {{"Type", "Pass"}, {"Result", "small"}, {"ResultPath", "$.size"}, {"Next", next}};
    for (Result& result : now) {
      if (result && (*result)["n"].get<int64_t>() < limit) (*result)["size"] = "small";
    }
  }

  void Parallel(json& states, const std::string& name, const std::string& next, std::vector<Result>& now, int depth) {
    int64_t count = chance_.Between(1, 3);
    std::vector<int64_t> inputs = Inputs(now);
    json branches = json::array();
    std::vector<std::vector<Result>> outputs(count);
    for (int64_t i = 0; i < count; ++i) branches.push_back(Block(inputs, outputs[i], depth + 1));
    json state = {{"Type", "Parallel"},
                  {"Parameters", {{"n.$", "$.n"}}},
                  {"Branches", std::move(branches)},
                  {"ResultPath", "$.parallel"},
                  {"Next", next}};
    bool caught = Guard(state, next);
    states[name] = std::move(state);
    for (size_t k = 0; k < now.size(); ++k) {
      if (!now[k]) continue;
      json all = json::array();
      bool fails = false;
      for (int64_t i = 0; i < count; ++i) {
        fails = fails || !outputs[i][k];
        if (outputs[i][k]) all.push_back(*outputs[i][k]);
      }
      Merge(now[k], fails, caught, "parallel", std::move(all));
    }
  }

  void Map(json& states, const std::string& name, const std::string& next, std::vector<Result>& now, int depth) {
    std::string items_state = name;
    std::string map_state = NewName();
    int64_t count = chance_.Between(0, 5);
    json items = json::array();
    std::vector<int64_t> inputs;
    for (int64_t i = 0; i < count; ++i) {
      inputs.push_back(chance_.Below(60));
      items.push_back({{"n", inputs.back()}});
    }
    std::vector<Result> outputs;
    json processor = Block(inputs, outputs, depth + 1);
    processor["ProcessorConfig"] = {{"Mode", "INLINE"}};
    states[items_state] = {{"Type", "Pass"}, {"Result", items}, {"ResultPath", "$.items"}, {"Next", map_state}};
    json state = {{"Type", "Map"},
                  {"ItemsPath", "$.items"},
                  {"MaxConcurrency", chance_.Between(0, 3)},
                  {"ItemProcessor", std::move(processor)},
                  {"ResultPath", "$.map"},
                  {"Next", next}};
    bool caught = Guard(state, next);
    states[map_state] = std::move(state);
    json all = json::array();
    bool fails = false;
    for (const Result& output : outputs) {
      fails = fails || !output;
      if (output) all.push_back(*output);
    }
    for (Result& result : now) {
      if (!result) continue;
      (*result)["items"] = items;
      Merge(result, fails, caught, "map", all);
    }
  }

  // Gives a container a retrier and a catcher, sometimes; true where it catches.
  bool Guard(json& state, const std::string& next) {
    if (!shape_.failures) return false;
    if (chance_.Happens(0.3)) state["Retry"] = json::array({Retrier({kBoom}, 1)});
    if (!chance_.Happens(0.5)) return false;
    CatchBoom(state, next);
    return true;
  }

  static void Merge(Result& result, bool fails, bool caught, const char* key, json all) {
    if (!fails) {
      (*result)[key] = std::move(all);
    } else if (caught) {
      result = Caught(*result);
    } else {
      result.reset();
    }
  }

  // Inputs that a failed path never brings still need a number.
  static std::vector<int64_t> Inputs(const std::vector<Result>& now) {
    std::vector<int64_t> inputs;
    for (const Result& result : now) inputs.push_back(result ? (*result)["n"].get<int64_t>() : 0);
    return inputs;
  }

  Chance& chance_;
  const ProgramShape shape_;
  int left_;
  int names_ = 0;
};

}  // namespace

GeneratedProgram GenerateProgram(Chance& chance, const ProgramShape& shape) {
  int64_t n = chance.Below(60);
  std::vector<Result> results;
  json definition = Generator(chance, shape).Block({n}, results, 0);
  GeneratedProgram program{.text = definition.dump(), .input = {{"n", n}}, .intended = {}};
  program.intended.succeeds = results[0].has_value();
  if (results[0]) program.intended.output = *results[0];
  return program;
}

TaskAnswer AnswerOf(const nlohmann::json& parameters) {
  const std::string todo = parameters.at("do");
  bool fails = todo == "fail" ||
               (todo == "flaky" && parameters.at("tries").get<int64_t>() < parameters.at("until").get<int64_t>());
  if (fails) return {.succeeds = false, .output = {}};
  return {.succeeds = true, .output = {{"n", parameters.at("n").get<int64_t>() + parameters.at("add").get<int64_t>()}}};
}

}  // namespace pawl::simulation
