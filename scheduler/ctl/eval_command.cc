// pawl eval: evaluates expressions without a service, one or a file of them.
#include <pthread.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fstream>
#include <functional>
#include <random>
#include <utility>

#include "scheduler/ctl/cli.h"
#include "scheduler/ctl/eval.h"
#include "shared/json/lone_surrogates.h"

namespace pawl::ctl {
namespace {

using json::Member;
using json::Value;

struct EvalOptions {
  std::string language = "jsonata";
  std::string expression;
  std::string input;     // a file
  std::string bindings;  // a file
  std::string batch;     // a file
};

// Deeper than what the language walks (jsonata::kValueDepthMax), so that its own error names the trouble.
constexpr json::ParseLimits kCaseLimits{.depth_max = 100'000, .bytes_max = size_t{256} << 20};

EvalLanguage LanguageOf(const std::string& name) {
  if (name == "jsonpath") return EvalLanguage::kJsonPath;
  return name == "intrinsic" ? EvalLanguage::kIntrinsic : EvalLanguage::kJsonata;
}

// The engine leaves chance and time to its callers.
class Evaluation {
 public:
  explicit Evaluation(EvalLanguage language) : language_(language), random_(std::random_device{}()) {}

  EvalOutcome Run(const EvalCase& one) {
    const auto now = std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
    return Evaluate(language_, one, now, random_);
  }

 private:
  EvalLanguage language_;
  base::SeededRandom random_;
};

// Runs `work` on a thread with the stack that Evaluate needs. The stack is only reserved; what is not used costs no
// memory.
int OnDeepStack(std::function<int()> work) {
  struct Call {
    std::function<int()> work;
    int result = kFailed;
  } call{std::move(work)};
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, kEvalStackBytes);
  pthread_t thread;
  const int failed = pthread_create(
      &thread, &attributes,
      [](void* argument) -> void* {
        auto* started = static_cast<Call*>(argument);
        started->result = started->work();
        return nullptr;
      },
      &call);
  pthread_attr_destroy(&attributes);
  if (failed != 0) return kFailed;
  pthread_join(thread, nullptr);
  return call.result;
}

// ---- one line of a batch

absl::StatusOr<Value> ParseCase(const std::string& line) {
  absl::StatusOr<Value> parsed = json::Parse(line, kCaseLimits);
  if (!parsed.ok() && line.find("\\u") != std::string::npos) {
    absl::StatusOr<Value> again = json::Parse(json::DoubleLoneSurrogateEscapes(line), kCaseLimits);
    if (again.ok()) return again;
  }
  return parsed;
}

std::optional<int64_t> WholeNumber(const Value& line, std::string_view key) {
  const Value* value = line.Find(key);
  if (value == nullptr || !value->is_number()) return std::nullopt;
  constexpr double kMax = 1e15;
  return static_cast<int64_t>(std::clamp(value->as_double(), -kMax, kMax));
}

absl::StatusOr<EvalCase> CaseOf(const Value& line) {
  const Value* expression = line.Find("expression");
  if (expression == nullptr || !expression->is_string()) {
    return absl::InvalidArgumentError("expected an object with a string \"expression\"");
  }
  EvalCase one;
  one.expression = expression->as_string();
  if (const Value* input = line.Find("input")) one.input = *input;
  if (const Value* bindings = line.Find("bindings"); bindings != nullptr && bindings->is_object()) {
    for (const Member& member : bindings->members()) one.bindings.emplace_back(member.key, member.value);
  }
  one.time_limit_ms = WholeNumber(line, "timelimit");
  one.depth_max = WholeNumber(line, "depth");
  return one;
}

std::vector<Member> ToMembers(EvalOutcome outcome) {
  std::vector<Member> members;
  if (outcome.definite) members.push_back({"definite", Value::Bool(*outcome.definite)});
  if (outcome.result) members.push_back({"result", *std::move(outcome.result)});
  if (outcome.error) {
    std::vector<Member> error = {{"code", Value::String(outcome.error->code)},
                                 {"message", Value::String(outcome.error->message)}};
    if (outcome.error->position) error.push_back({"position", Value::Int(*outcome.error->position)});
    members.push_back({"error", Value::Object(std::move(error))});
  }
  return members;
}

Value AnswerTo(const std::string& line, Evaluation& evaluation) {
  const absl::StatusOr<Value> parsed = ParseCase(line);
  const Value* id = parsed.ok() ? parsed->Find("id") : nullptr;
  std::vector<Member> answer = {{"id", id == nullptr ? Value::Null() : *id}};
  const absl::StatusOr<EvalCase> one = parsed.ok() ? CaseOf(*parsed) : parsed.status();
  EvalOutcome outcome;
  if (one.ok()) {
    outcome = evaluation.Run(*one);
  } else {
    outcome.error = {"InvalidCase", "not a case: " + std::string(one.status().message()), std::nullopt};
  }
  std::vector<Member> members = ToMembers(std::move(outcome));
  std::move(members.begin(), members.end(), std::back_inserter(answer));
  return Value::Object(std::move(answer));
}

int RunBatch(const Cli& cli, const EvalOptions& options) {
  std::ifstream file;
  if (options.batch != "-") {
    file.open(options.batch, std::ios::binary);
    if (!file) return cli.Fail(absl::NotFoundError("cannot read the file " + options.batch));
  }
  std::istream& in = options.batch == "-" ? cli.in : file;
  Evaluation evaluation(LanguageOf(options.language));
  for (std::string line; std::getline(in, line);) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    // Flushed one by one, so that whoever feeds the lines may wait for each answer.
    cli.out << json::Serialize(AnswerTo(line, evaluation)) << "\n" << std::flush;
  }
  return kOk;
}

// ---- one expression

absl::StatusOr<Value> ReadJson(const Cli& cli, const std::string& path) {
  const absl::StatusOr<std::string> text = ReadText(cli, path);
  if (!text.ok()) return text.status();
  absl::StatusOr<Value> value = json::Parse(*text, kCaseLimits);
  if (!value.ok()) return absl::InvalidArgumentError(path + ": " + std::string(value.status().message()));
  return value;
}

// For people: on lines of their own, but for values so deep that the blanks in front of them would be most of the text.
std::string Pretty(const Value& value) {
  constexpr size_t kIndentedLevelsMax = 200;
  std::vector<std::pair<const Value*, size_t>> pending = {{&value, 1}};
  while (!pending.empty()) {
    const auto [one, level] = pending.back();
    pending.pop_back();
    if (level > kIndentedLevelsMax) return json::Serialize(value);
    if (one->is_array()) {
      for (const Value& item : one->items()) pending.emplace_back(&item, level + 1);
    } else if (one->is_object()) {
      for (const json::Member& member : one->members()) pending.emplace_back(&member.value, level + 1);
    }
  }
  return json::SerializePretty(value);
}

void PrintOutcome(const Cli& cli, EvalOutcome outcome) {
  if (cli.format == Format::kJson) {
    cli.out << Pretty(Value::Object(ToMembers(std::move(outcome)))) << "\n";
  } else if (outcome.error) {
    cli.err << "pawl: " << outcome.error->code;
    if (outcome.error->position) cli.err << " at position " << *outcome.error->position;
    cli.err << ": " << outcome.error->message << "\n";
  } else if (outcome.result) {
    cli.out << Pretty(*outcome.result) << "\n";
  } else {
    cli.err << "pawl: the result is undefined\n";
  }
}

int RunOne(const Cli& cli, const EvalOptions& options) {
  EvalCase one;
  one.expression = options.expression;
  if (!options.input.empty()) {
    absl::StatusOr<Value> input = ReadJson(cli, options.input);
    if (!input.ok()) return cli.Fail(input.status());
    one.input = *std::move(input);
  }
  if (!options.bindings.empty()) {
    const absl::StatusOr<Value> bindings = ReadJson(cli, options.bindings);
    if (!bindings.ok()) return cli.Fail(bindings.status());
    if (!bindings->is_object()) {
      return cli.Fail(absl::InvalidArgumentError(options.bindings + ": expected an object of variables"));
    }
    for (const Member& member : bindings->members()) one.bindings.emplace_back(member.key, member.value);
  }
  EvalOutcome outcome = Evaluation(LanguageOf(options.language)).Run(one);
  const int code = outcome.error ? kFailed : kOk;
  PrintOutcome(cli, std::move(outcome));
  return code;
}

}  // namespace

void AddEval(CLI::App& app, Cli& cli) {
  auto options = std::make_shared<EvalOptions>();
  CLI::App* command = AddCommand(
      app, cli, "eval", "Evaluate an expression, without a service",
      "  pawl eval --expression '$sum(items.price)' --input order.json\n"
      "  pawl eval --language jsonpath --expression '$.items[?(@.price > 10)]' --input - < order.json\n"
      "  pawl eval --language intrinsic --expression \"States.Format('{}!', $.name)\" --input order.json\n"
      "  pawl eval --language jsonata --batch cases.jsonl\n"
      "A line of a batch is {\"id\", \"expression\", \"input\", \"bindings\", \"timelimit\", \"depth\"}, all but the\n"
      "expression optional; its answer is {\"id\", \"result\"} or {\"id\", \"error\": {\"code\", \"message\", "
      "\"position\"}}.");
  command->add_option("--language", options->language, "What the expressions are written in")
      ->check(CLI::IsMember({"jsonata", "jsonpath", "intrinsic"}))
      ->capture_default_str();
  CLI::Option* expression = command->add_option("--expression,-e", options->expression, "The expression");
  CLI::Option* input =
      command->add_option("--input", options->input, "The document it reads, a JSON file; - is standard input");
  CLI::Option* bindings =
      command->add_option("--bindings", options->bindings, "A JSON file of variables, {\"name\": value}");
  command->add_option("--batch", options->batch, "A file of cases, one JSON object a line; - is standard input")
      ->excludes(expression)
      ->excludes(input)
      ->excludes(bindings);
  AddOutputOption(*command, cli);
  command->callback([&cli, options, expression] {
    if (options->batch.empty() && expression->empty()) {
      throw CLI::ValidationError("eval", "expected --expression or --batch");
    }
    cli.run = [&cli, options] {
      return OnDeepStack([&] { return options->batch.empty() ? RunOne(cli, *options) : RunBatch(cli, *options); });
    };
  });
}

}  // namespace pawl::ctl
