// pawl start, list, describe, stop.
#include <algorithm>
#include <chrono>
#include <memory>
#include <thread>

#include "scheduler/ctl/cli.h"

namespace pawl::ctl {
namespace {

constexpr int kListMax = 1000;
constexpr std::chrono::milliseconds kWaitPollMin{20};
constexpr std::chrono::milliseconds kWaitPollMax{1'000};

struct ExecutionOptions {
  std::string machine;
  std::string execution;
  std::string name;
  std::string input = "{}";
  std::string input_file;
  bool wait = false;
  double timeout_seconds = 0;
  std::string status;
  int limit = 100;
  std::string error;
  std::string cause;
};

// "for a worker that serves train: nobody asks this node for it"
std::string WaitText(const Json& wait) {
  const std::string kind = wait.value("kind", "");
  const std::string until = FormatTime(wait.value("until", Json()));
  if (kind == "timer") return "a timer until " + until;
  if (kind == "retry") return "retry " + std::to_string(wait.value("attempt", 1)) + " at " + until;
  if (kind == "branches" || kind == "iterations") return kind + ", " + wait.value("progress", "") + " have ended";
  std::string text;
  const std::string handler = wait.value("handler", "");
  const std::string worker = wait.value("worker", "");
  const int64_t pollers = wait.value("pollers", 0);
  if (kind == "token") {
    text = "whoever has the task's token (" + handler + ")";
  } else if (wait.value("started", false)) {
    text = "worker " + (worker.empty() ? "without a name" : worker) + " to do " + handler;
  } else if (pollers > 0) {
    text = "a free worker for " + handler + ": " + std::to_string(pollers) + " ask this node";
  } else {
    text = "a worker for " + handler + ": nobody asks this node for it";
  }
  if (const int64_t attempt = wait.value("attempt", 1); attempt > 1) text += ", attempt " + std::to_string(attempt);
  return wait.contains("until") ? text + ", times out at " + until : text;
}

void PrintExecution(const Cli& cli, const Json& execution) {
  if (cli.format == Format::kJson) return cli.PrintJson(execution);
  PrintFields(cli.out, {{"Execution", execution.value("executionArn", "")},
                        {"Machine", execution.value("stateMachineArn", "")},
                        {"Status", execution.value("status", "")},
                        {"Started", FormatTime(execution.value("startDate", Json()))},
                        {"Stopped", execution.contains("stopDate") ? FormatTime(execution["stopDate"]) : ""},
                        {"Input", execution.value("input", "")},
                        {"Output", execution.value("output", "")},
                        {"Error", execution.value("error", "")},
                        {"Cause", execution.value("cause", "")}});
  for (const Json& wait : execution.value("waits", Json::array())) {
    cli.out << "Waits in " << wait.value("state", "") << " since " << FormatTime(wait.value("since", Json())) << ": "
            << WaitText(wait) << "\n";
  }
}

void PrintMachine(const Cli& cli, const Json& machine) {
  if (cli.format == Format::kJson) return cli.PrintJson(machine);
  PrintFields(cli.out, {{"Machine", machine.value("stateMachineArn", "")},
                        {"Status", machine.value("status", "")},
                        {"Type", machine.value("type", "")},
                        {"Created", FormatTime(machine.value("creationDate", Json()))},
                        {"Revision", machine.value("revisionId", "")},
                        {"Role", machine.value("roleArn", "")}});
  cli.out << "Definition:\n" << machine.value("definition", "") << "\n";
}

// Until the execution has ended, or the time is over.
absl::StatusOr<Json> WaitForEnd(ServiceClient& client, const std::string& arn, double timeout_seconds) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point deadline =
      timeout_seconds > 0 ? Clock::now() + std::chrono::milliseconds(static_cast<int64_t>(timeout_seconds * 1000))
                          : Clock::time_point::max();
  for (std::chrono::milliseconds pause = kWaitPollMin;; pause = std::min(pause * 3 / 2, kWaitPollMax)) {
    absl::StatusOr<Json> execution = client.Call("DescribeExecution", {{"executionArn", arn}});
    if (!execution.ok() || execution->value("status", "") != "RUNNING") return execution;
    if (Clock::now() > deadline) {
      return absl::DeadlineExceededError("the execution still runs after " + std::to_string(timeout_seconds) +
                                         " s: " + arn);
    }
    std::this_thread::sleep_for(pause);
  }
}

int Start(const Cli& cli, const ExecutionOptions& options) {
  std::string input = options.input;
  if (!options.input_file.empty()) {
    absl::StatusOr<std::string> text = ReadText(cli, options.input_file);
    if (!text.ok()) return cli.Fail(text.status());
    input = *std::move(text);
  }
  ServiceClient client(cli.address);
  Json request = {{"stateMachineArn", client.MachineArn(options.machine)}, {"input", input}};
  if (!options.name.empty()) request["name"] = options.name;
  const absl::StatusOr<Json> started = client.Call("StartExecution", request);
  if (!started.ok()) return cli.Fail(started.status());
  const std::string arn = started->value("executionArn", "");
  if (!options.wait) {
    cli.format == Format::kJson ? cli.PrintJson(*started) : void(cli.out << arn << "\n");
    return kOk;
  }
  const absl::StatusOr<Json> ended = WaitForEnd(client, arn, options.timeout_seconds);
  if (!ended.ok()) return cli.Fail(ended.status());
  PrintExecution(cli, *ended);
  return ended->value("status", "") == "SUCCEEDED" ? kOk : kFailed;
}

int List(const Cli& cli, const ExecutionOptions& options) {
  ServiceClient client(cli.address);
  Json executions = Json::array();
  Json request = {{"stateMachineArn", client.MachineArn(options.machine)}};
  if (!options.status.empty()) request["statusFilter"] = options.status;
  do {
    const int left = options.limit - static_cast<int>(executions.size());
    request["maxResults"] = std::min(left, kListMax);
    const absl::StatusOr<Json> page = client.Call("ListExecutions", request);
    if (!page.ok()) return cli.Fail(page.status());
    for (const Json& execution : page->at("executions")) executions.push_back(execution);
    request["nextToken"] = page->value("nextToken", Json());
  } while (request["nextToken"].is_string() && static_cast<int>(executions.size()) < options.limit);
  if (cli.format == Format::kJson) {
    cli.PrintJson(executions);
    return kOk;
  }
  std::vector<std::vector<std::string>> rows;
  for (const Json& execution : executions) {
    rows.push_back({execution.value("name", ""), execution.value("status", ""),
                    FormatTime(execution.value("startDate", Json())), FormatTime(execution.value("stopDate", Json()))});
  }
  PrintTable(cli.out, {"NAME", "STATUS", "STARTED", "STOPPED"}, rows);
  return kOk;
}

int Describe(const Cli& cli, const ExecutionOptions& options) {
  ServiceClient client(cli.address);
  const bool is_machine = options.execution.find(":stateMachine:") != std::string::npos ||
                          (!options.execution.starts_with("arn:") && options.execution.find('/') == std::string::npos);
  const absl::StatusOr<Json> described =
      is_machine ? client.Call("DescribeStateMachine", {{"stateMachineArn", client.MachineArn(options.execution)}})
                 : client.Call("DescribeExecution", {{"executionArn", client.ExecutionArn(options.execution)}});
  if (!described.ok()) return cli.Fail(described.status());
  is_machine ? PrintMachine(cli, *described) : PrintExecution(cli, *described);
  return kOk;
}

int Stop(const Cli& cli, const ExecutionOptions& options) {
  ServiceClient client(cli.address);
  Json request = {{"executionArn", client.ExecutionArn(options.execution)}};
  if (!options.error.empty()) request["error"] = options.error;
  if (!options.cause.empty()) request["cause"] = options.cause;
  const absl::StatusOr<Json> stopped = client.Call("StopExecution", request);
  if (!stopped.ok()) return cli.Fail(stopped.status());
  cli.format == Format::kJson
      ? cli.PrintJson(*stopped)
      : void(cli.out << "stopped at " << FormatTime(stopped->value("stopDate", Json())) << "\n");
  return kOk;
}

}  // namespace

void AddExecutionCommands(CLI::App& app, Cli& cli) {
  auto options = std::make_shared<ExecutionOptions>();
  const auto add = [&](CLI::App* command, int (*run)(const Cli&, const ExecutionOptions&)) {
    AddOutputOption(*command, cli);
    AddEndpointOption(*command, cli);
    command->callback([&cli, options, run] { cli.run = [&cli, options, run] { return run(cli, *options); }; });
  };

  CLI::App* start = AddCommand(app, cli, "start", "Start an execution and print its ARN; with --wait, its result",
                               "  pawl start train --input '{\"epochs\": 3}'\n"
                               "  pawl start train --name nightly-1 --input-file input.json --wait\n"
                               "Starting again under the same name with the same input starts nothing new.");
  start->add_option("MACHINE", options->machine, "Name or ARN")->required();
  start->add_option("--name", options->name, "The execution's name; made up where it is not given");
  CLI::Option* input = start->add_option("--input", options->input, "Input as JSON text, by default {}");
  start->add_option("--input-file", options->input_file, "Input from a file; - is standard input")->excludes(input);
  start->add_flag("--wait", options->wait, "Wait for the end; the exit code tells whether it succeeded");
  start
      ->add_option("--timeout", options->timeout_seconds,
                   "Give up waiting after so many seconds (the execution goes on)")
      ->check(CLI::NonNegativeNumber);
  add(start, Start);

  CLI::App* list = AddCommand(app, cli, "list", "List a state machine's executions, newest first",
                              "  pawl list train --status FAILED --limit 20");
  list->add_option("MACHINE", options->machine, "Name or ARN")->required();
  list->add_option("--status", options->status, "Only those in this status")
      ->check(CLI::IsMember({"RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"}));
  list->add_option("--limit", options->limit, "At most so many, by default 100")->check(CLI::PositiveNumber);
  add(list, List);

  CLI::App* describe = AddCommand(app, cli, "describe", "Show an execution, or a state machine with its definition",
                                  "  pawl describe train/nightly-1\n"
                                  "  pawl describe train");
  describe->add_option("WHAT", options->execution, "An execution (ARN or MACHINE/NAME) or a machine (ARN or name)")
      ->required();
  add(describe, Describe);

  CLI::App* stop = AddCommand(app, cli, "stop", "Stop an execution and the tasks it runs",
                              "  pawl stop train/nightly-1 --cause 'wrong data'");
  stop->add_option("EXECUTION", options->execution, "ARN or MACHINE/NAME")->required();
  stop->add_option("--error", options->error, "An error name to record");
  stop->add_option("--cause", options->cause, "A cause to record");
  add(stop, Stop);
}

}  // namespace pawl::ctl
