// pawl explain: the way of the data through an execution of the service, found again from its history.
#include <cmath>
#include <utility>

#include "scheduler/asl/validate/compile.h"
#include "scheduler/ctl/cli.h"
#include "scheduler/ctl/flow_output.h"

namespace pawl::ctl {
namespace {

struct ExplainOptions {
  std::string execution;
  std::string state;
};

absl::StatusOr<std::vector<json::Value>> ReadHistory(ServiceClient& service, const std::string& arn) {
  std::vector<json::Value> events;
  Json request = {{"executionArn", arn}, {"maxResults", 1000}, {"includeExecutionData", true}};
  while (true) {
    const absl::StatusOr<Json> page = service.Call("GetExecutionHistory", request);
    if (!page.ok()) return page.status();
    for (const Json& event : page->value("events", Json::array())) {
      absl::StatusOr<json::Value> value = json::Parse(event.dump());
      if (!value.ok()) return value.status();
      events.push_back(*std::move(value));
    }
    if (!page->contains("nextToken")) return events;
    request["nextToken"] = (*page)["nextToken"];
  }
}

// The name in an ARN: what stands behind its last colon, without an execution's part after a slash.
std::string LastPart(const std::string& arn) { return arn.substr(arn.rfind(':') + 1); }

std::vector<StateVisit> OnlyOf(const std::string& state, std::vector<StateVisit> visits) {
  std::erase_if(visits, [&](const StateVisit& visit) { return visit.state != state; });
  return visits;
}

int Explain(const Cli& cli, const ExplainOptions& options) {
  ServiceClient service(cli.address);
  const std::string arn = service.ExecutionArn(options.execution);
  const Json request = {{"executionArn", arn}};
  const absl::StatusOr<Json> execution = service.Call("DescribeExecution", request);
  if (!execution.ok()) return cli.Fail(execution.status());
  const absl::StatusOr<Json> machine = service.Call("DescribeStateMachineForExecution", request);
  if (!machine.ok()) return cli.Fail(machine.status());
  const absl::StatusOr<std::vector<json::Value>> events = ReadHistory(service, arn);
  if (!events.ok()) return cli.Fail(events.status());
  const asl::CompileResult compiled = asl::Compile(machine->value("definition", ""));
  if (compiled.program == nullptr) {
    return cli.Fail(absl::InvalidArgumentError(asl::InvalidDefinitionMessage(compiled.diagnostics)));
  }

  const std::string machine_arn = execution->value("stateMachineArn", "");
  const ExecutionFacts facts{.arn = arn,
                             .name = execution->value("name", ""),
                             .role_arn = machine->value("roleArn", ""),
                             .machine_arn = machine_arn,
                             .machine_name = machine->value("name", LastPart(machine_arn))};
  std::vector<StateVisit> visits = ExplainHistory(*compiled.program, facts, *events);
  if (!options.state.empty()) {
    std::vector<StateVisit> of_state = OnlyOf(options.state, visits);
    if (of_state.empty()) {
      std::string entered;
      for (const StateVisit& visit : visits) entered += (entered.empty() ? "" : ", ") + visit.state;
      return cli.Fail(absl::NotFoundError("the execution has not entered a state named '" + options.state +
                                          "'; it has entered: " + (entered.empty() ? "none" : entered)));
    }
    visits = std::move(of_state);
  }
  if (cli.format == Format::kJson) {
    Json report = {{"executionArn", arn}, {"status", execution->value("status", "")}};
    report["states"] = VisitsToJson(*compiled.program, visits);
    cli.PrintJson(report);
    return kOk;
  }
  PrintVisits(cli.out, *compiled.program, visits);
  PrintFields(cli.out, {{"Status", execution->value("status", "")},
                        {"Output", execution->value("output", "")},
                        {"Error", execution->value("error", "")},
                        {"Cause", execution->value("cause", "")}});
  return kOk;
}

}  // namespace

void AddExplain(CLI::App& app, Cli& cli) {
  auto options = std::make_shared<ExplainOptions>();
  CLI::App* command =
      AddCommand(app, cli, "explain", "Show the way of the data through an execution, stage by stage",
                 "  pawl explain train/run-17\n"
                 "  pawl explain train/run-17 --state IsGood --output json\n"
                 "Shows the input, what each path, template and expression made of it, the rules of a Choice and why\n"
                 "they did not match, and which Retry or Catch took a failure.");
  command->add_option("EXECUTION", options->execution, "ARN, or MACHINE/NAME")->required();
  command->add_option("--state", options->state, "Only the stays in this state");
  AddOutputOption(*command, cli);
  AddEndpointOption(*command, cli);
  command->callback([&cli, options] { cli.run = [&cli, options] { return Explain(cli, *options); }; });
}

}  // namespace pawl::ctl
