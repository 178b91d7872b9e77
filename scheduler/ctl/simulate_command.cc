// pawl simulate: runs a definition on the laptop, with mocked tasks and virtual time.
#include <CLI/CLI.hpp>
#include <map>
#include <utility>

#include "history/view/view.h"
#include "scheduler/asl/validate/compile.h"
#include "scheduler/ctl/cli.h"
#include "scheduler/ctl/flow_output.h"
#include "scheduler/ctl/mock.h"
#include "scheduler/ctl/virtual_run.h"

namespace pawl::ctl {
namespace {

struct SimulateOptions {
  std::string file;
  std::string input;
  std::vector<std::string> mocks;  // STATE=FILE
  std::string type = "STANDARD";
  uint64_t seed = 1;
};

absl::StatusOr<std::map<std::string, Mock>> ReadMocks(const Cli& cli, const asl::Program& program,
                                                      const std::vector<std::string>& given) {
  std::map<std::string, Mock> mocks;
  for (const std::string& one : given) {
    const size_t equals = one.find('=');
    if (equals == std::string::npos || equals == 0) {
      return absl::InvalidArgumentError("expected --mock STATE=FILE, but got " + one);
    }
    const std::string state = one.substr(0, equals);
    const asl::State* known = program.Find(state);
    if (known == nullptr || known->type != asl::StateType::kTask) {
      return absl::InvalidArgumentError("--mock names '" + state + "', but the definition has no Task of that name");
    }
    const std::string file = one.substr(equals + 1);
    const absl::StatusOr<std::string> text = ReadText(cli, file);
    if (!text.ok()) return text.status();
    absl::StatusOr<Mock> mock = Mock::Parse(*text);
    if (!mock.ok()) return absl::InvalidArgumentError(file + ": " + std::string(mock.status().message()));
    mocks.insert_or_assign(state, *std::move(mock));
  }
  return mocks;
}

void PrintRun(const Cli& cli, const asl::Program& program, const VirtualRunResult& run,
              const std::vector<json::Value>& events, const std::vector<StateVisit>& visits) {
  const std::string status = run.stopped.ok() ? history::ExecutionStatusName(run.status) : "STOPPED";
  const auto seconds = static_cast<double>(run.elapsed.count()) / 1000;
  if (cli.format == Format::kJson) {
    Json report = {{"status", status}};
    if (run.output) report["output"] = Json::parse(*run.output, nullptr, /*allow_exceptions=*/false);
    if (run.error) report["error"] = *run.error;
    if (run.cause) report["cause"] = *run.cause;
    if (!run.stopped.ok()) report["stopped"] = std::string(run.stopped.message());
    report["virtualSeconds"] = seconds;
    report["path"] = Json::array();
    for (const StateVisit& visit : visits) report["path"].push_back(visit.state);
    report["states"] = VisitsToJson(program, visits);
    report["events"] = Json::array();
    for (const json::Value& event : events) report["events"].push_back(ToCliJson(event));
    cli.PrintJson(report);
    return;
  }
  PrintVisits(cli.out, program, visits);
  std::string path;
  for (const StateVisit& visit : visits) {
    if (visit.where.empty()) path += (path.empty() ? "" : " -> ") + visit.state;
  }
  PrintFields(cli.out, {{"Path", path},
                        {"Status", status},
                        {"Output", run.output.value_or("")},
                        {"Error", run.error.value_or("")},
                        {"Cause", run.cause.value_or("")},
                        {"Stopped", std::string(run.stopped.message())},
                        {"Virtual", Json(seconds).dump() + " s"}});
}

int Simulate(const Cli& cli, const SimulateOptions& options) {
  const absl::StatusOr<std::string> text = ReadText(cli, options.file);
  if (!text.ok()) return cli.Fail(text.status());
  asl::CompileOptions compile;
  compile.type = options.type == "EXPRESS" ? asl::MachineType::kExpress : asl::MachineType::kStandard;
  const asl::CompileResult compiled = asl::Compile(*text, compile);
  if (compiled.program == nullptr) {
    return cli.Fail(absl::InvalidArgumentError(asl::InvalidDefinitionMessage(compiled.diagnostics) +
                                               "\nSee it line by line with: pawl validate " + options.file));
  }
  const absl::StatusOr<std::string> input =
      options.input.empty() ? absl::StatusOr<std::string>("{}") : ReadText(cli, options.input);
  if (!input.ok()) return cli.Fail(input.status());
  const absl::StatusOr<json::Value> parsed = json::Parse(*input);
  if (!parsed.ok())
    return cli.Fail(absl::InvalidArgumentError("the input is " + std::string(parsed.status().message())));
  absl::StatusOr<std::map<std::string, Mock>> mocks = ReadMocks(cli, *compiled.program, options.mocks);
  if (!mocks.ok()) return cli.Fail(mocks.status());

  VirtualRunOptions run_options;
  run_options.input = json::Serialize(*parsed);
  run_options.seed = options.seed;
  run_options.start = std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
  run_options.run_task = [&](const std::string& state, const std::string&, int64_t asked_before) {
    const auto mock = mocks->find(state);
    if (mock == mocks->end()) {
      return TaskAnswer{absl::InvalidArgumentError("the Task '" + state + "' has no mock; give it one with --mock '" +
                                                   state + "=FILE', a file with its result")};
    }
    return mock->second.Answer(asked_before);
  };
  const VirtualRunResult run = RunVirtually(*compiled.program, run_options);

  std::vector<json::Value> events;
  for (const history::Event& event : run.events) {
    if (event.is_public()) events.push_back(json::Parse(history::ViewEvent(event, /*include_data=*/true)).value());
  }
  const ExecutionFacts facts{.arn = "arn:aws:states:us-east-1:000000000000:execution:simulated:simulation",
                             .name = run_options.name,
                             .role_arn = run_options.role_arn,
                             .machine_arn = "arn:aws:states:us-east-1:000000000000:stateMachine:simulated",
                             .machine_name = run_options.machine};
  PrintRun(cli, *compiled.program, run, events, ExplainHistory(*compiled.program, facts, events));
  return run.stopped.ok() && run.status == history::ExecutionStatus::kSucceeded ? kOk : kFailed;
}

}  // namespace

void AddSimulate(CLI::App& app, Cli& cli) {
  auto options = std::make_shared<SimulateOptions>();
  CLI::App* command = AddCommand(
      app, cli, "simulate", "Run a definition without a service: mocked tasks, virtual time",
      "  pawl simulate train.asl.json --input input.json --mock Train=trained.json\n"
      "  pawl simulate train.asl.json --input - --mock Train=- --output json\n"
      "A mock's file is the task's result. {\"Throw\": {\"Error\": \"E\", \"Cause\": \"c\"}} lets it fail, and\n"
      "{\"0-1\": {\"Throw\": {...}}, \"2\": {\"Return\": {...}}} answers call by call.");
  command->add_option("FILE", options->file, "The definition; - is standard input")->required();
  command->add_option("--input", options->input, "The execution's input, a JSON file; - is standard input");
  command->add_option("--mock", options->mocks, "What a Task answers; once for each Task that is reached")
      ->type_name("STATE=FILE")
      ->take_all();
  command->add_option("--type", options->type, "STANDARD or EXPRESS")->check(CLI::IsMember({"STANDARD", "EXPRESS"}));
  command->add_option("--seed", options->seed, "Of States.UUID, $random and the like: the same gives the same run");
  AddOutputOption(*command, cli);
  command->callback([&cli, options] { cli.run = [&cli, options] { return Simulate(cli, *options); }; });
}

}  // namespace pawl::ctl
