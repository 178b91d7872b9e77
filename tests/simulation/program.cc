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

  // A States block that is given objects with a number "n", and what it makes of them. `results` is computed for each
  // of the inputs, since a Map's processor runs with several.
  json Block(const std::vector<json>& inputs, std::vector<Result>& results, int depth) {
    json states = json::object();
    std::vector<Result> now(inputs.begin(), inputs.end());
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
                                               {5, shape_.containers && depth < 3},
                                               {6, shape_.variables},
                                               {7, shape_.loops}};
    std::erase_if(kinds, [](const auto& kind) { return !kind.second; });
    switch (kinds[chance_.Below(static_cast<int64_t>(kinds.size()))].first) {
      case 0:
        return Pass(states, name, next, now);
      case 1:
        return Task(states, name, next, now);
      case 2:
        return Wait(states, name, next);
      case 3:
        return Choice(states, name, next, now);
      case 4:
        return Parallel(states, name, next, now, depth);
      case 6:
        return Variable(states, name, next, now);
      case 7:
        return Loop(states, name, next, now);
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

  void Wait(json& states, const std::string& name, const std::string& next) {
    json state = {{"Type", "Wait"}, {"Next", next}};
    switch (chance_.Below(4)) {
      case 0:
        state["SecondsPath"] = "$.n";
        break;
      case 1:
        state["Timestamp"] = "2020-01-01T00:00:00Z";  // over
        break;
      default:
        state["Seconds"] = chance_.Between(0, 40);
    }
    states[name] = std::move(state);
  }

  // A variable of the block's scope, written and read again.
  void Variable(json& states, const std::string& name, const std::string& next, std::vector<Result>& now) {
    std::string read = NewName();
    std::string variable = "v" + name;
    states[name] = {{"Type", "Pass"}, {"Assign", {{variable + ".$", "$.n"}}}, {"Next", read}};
    states[read] = {
        {"Type", "Pass"}, {"Parameters", {{"v.$", "$" + variable}}}, {"ResultPath", "$.read"}, {"Next", next}};
    for (Result& result : now) {
      if (result) (*result)["read"] = {{"v", (*result)["n"]}};
    }
  }

  void Loop(json& states, const std::string& name, const std::string& next, std::vector<Result>& now) {
    std::string body = NewName();
    std::string again = NewName();
    int64_t times = chance_.Between(1, 12);
    states[name] = {{"Type", "Pass"}, {"Result", {{"k", 0}}}, {"ResultPath", "$.loop"}, {"Next", body}};
    states[body] = {{"Type", "Pass"},
                    {"Parameters", {{"k.$", "States.MathAdd($.loop.k, 1)"}}},
                    {"ResultPath", "$.loop"},
                    {"Next", again}};
    states[again] = {{"Type", "Choice"},
                     {"Choices", json::array({{{"Variable", "$.loop.k"}, {"NumericLessThan", times}, {"Next", body}}})},
                     {"Default", next}};
    for (Result& result : now) {
      if (result) (*result)["loop"] = {{"k", times}};
    }
  }

  // The failure of the state comes to `next` as well, marked. What the world does to workers never gets here, so it
  // does not matter how widely the catcher catches.
  void CatchBoom(json& state, const std::string& next) {
    static const char* const kErrors[] = {kBoom, "States.ALL", "States.TaskFailed"};
    state["Catch"] =
        json::array({{{"ErrorEquals", {kErrors[chance_.Below(3)]}}, {"ResultPath", "$.caught"}, {"Next", next}}});
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
    static const char* const kResources[] = {
        "arn:aws:states:us-east-1:000000000000:activity:work", "arn:aws:states:us-east-1:000000000000:activity:safe",
        "arn:aws:lambda:us-east-1:000000000000:function:call", "arn:aws:states:::sim:job.sync",
        "arn:aws:states:::sim:call.waitForTaskToken"};
    const std::string resource = kResources[chance_.Below(shape_.services ? 5 : 3)];
    if (resource.ends_with(".waitForTaskToken")) parameters["token.$"] = "$$.Task.Token";
    json state = {{"Type", "Task"},         {"Resource", resource}, {"Parameters", parameters},
                  {"ResultPath", "$.task"}, {"Retry", retry},       {"Next", next}};
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

  json Retrier(std::vector<std::string> errors, int64_t attempts) {
    json retrier = {
        {"ErrorEquals", std::move(errors)}, {"IntervalSeconds", 1}, {"BackoffRate", 1.0}, {"MaxAttempts", attempts}};
    if (chance_.Happens(0.3)) {
      retrier["BackoffRate"] = 2.0;
      retrier["MaxDelaySeconds"] = 4;
    }
    if (chance_.Happens(0.2)) retrier["JitterStrategy"] = "FULL";
    return retrier;
  }

  void Choice(json& states, const std::string& name, const std::string& next, std::vector<Result>& now) {
    std::string small = NewName();
    int64_t limit = chance_.Between(0, 50);
    json less = {{"Variable", "$.n"}, {"NumericLessThan", limit}};
    const json at_least = {{"Variable", "$.n"}, {"NumericGreaterThanEquals", limit}};
    // The same rule, said differently.
    switch (chance_.Below(4)) {
      case 0:
        less = {{"Not", at_least}};
        break;
      case 1:
        less = {{"And", {less, {{"Variable", "$.n"}, {"IsNumeric", true}}}}};
        break;
      case 2:
        less = {{"Or", {{{"Variable", "$.absent"}, {"IsPresent", true}}, less}}};
        break;
      default:
        break;
    }
    less["Next"] = small;
    states[name] = {{"Type", "Choice"}, {"Choices", json::array({less})}, {"Default", next}};
    states[small] = {{"Type", "Pass"}, {"Result", "small"}, {"ResultPath", "$.size"}, {"Next", next}};
    for (Result& result : now) {
      if (result && (*result)["n"].get<int64_t>() < limit) (*result)["size"] = "small";
    }
  }

  void Parallel(json& states, const std::string& name, const std::string& next, std::vector<Result>& now, int depth) {
    int64_t count = chance_.Between(1, 3);
    std::vector<json> inputs = Inputs(now);
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
    bool selects = chance_.Happens(0.4);
    json items = json::array();
    std::vector<json> inputs;
    for (int64_t i = 0; i < count; ++i) {
      items.push_back({{"n", chance_.Below(60)}});
      inputs.push_back(items.back());
      if (selects) inputs.back()["i"] = i;
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
    if (selects) state["ItemSelector"] = {{"n.$", "$$.Map.Item.Value.n"}, {"i.$", "$$.Map.Item.Index"}};
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
  static std::vector<json> Inputs(const std::vector<Result>& now) {
    std::vector<json> inputs;
    for (const Result& result : now) inputs.push_back({{"n", result ? (*result)["n"] : json(0)}});
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
  json definition = Generator(chance, shape).Block({json{{"n", n}}}, results, 0);
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
