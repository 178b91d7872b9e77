// pawl history: the events of an execution, once or as they come.
#include <algorithm>
#include <chrono>
#include <memory>
#include <thread>

#include "scheduler/ctl/cli.h"

namespace pawl::ctl {
namespace {

constexpr int kPage = 1000;
constexpr int kFollowPage = 100;
constexpr std::chrono::milliseconds kFollowPoll{250};
constexpr size_t kDetailCharactersMax = 120;

struct HistoryOptions {
  std::string execution;
  bool follow = false;
  bool reverse = false;
  bool without_data = false;
};

// What is worth a line of the event's details: names and resources first, then payloads.
std::string DetailOf(const Json& event) {
  std::string detail;
  for (const auto& [key, details] : event.items()) {
    if (!key.ends_with("EventDetails") || !details.is_object()) continue;
    for (const char* name :
         {"name", "index", "resource", "workerName", "error", "cause", "length", "output", "input"}) {
      const auto found = details.find(name);
      if (found == details.end()) continue;
      if (!detail.empty()) detail += " ";
      detail += std::string(name) + "=" + (found->is_string() ? found->get<std::string>() : found->dump());
    }
  }
  std::replace(detail.begin(), detail.end(), '\n', ' ');
  if (detail.size() > kDetailCharactersMax) detail = detail.substr(0, kDetailCharactersMax) + "...";
  return detail;
}

void PrintEvent(const Cli& cli, const Json& event) {
  if (cli.format == Format::kJson) {
    cli.out << event.dump() << std::endl;
    return;
  }
  const std::string id = std::to_string(event.value("id", 0));
  const std::string type = event.value("type", "");
  std::string line = std::string(id.size() < 5 ? 5 - id.size() : 0, ' ') + id + "  " +
                     FormatTime(event.value("timestamp", Json())) + "  " + type;
  const std::string detail = DetailOf(event);
  if (!detail.empty()) line += std::string(type.size() < 24 ? 24 - type.size() : 0, ' ') + "  " + detail;
  cli.out << line << std::endl;
}

// "ExecutionSucceeded" and its like; empty for other events.
std::string EndOf(const Json& event) {
  const std::string type = event.value("type", "");
  for (const char* end : {"ExecutionSucceeded", "ExecutionFailed", "ExecutionAborted", "ExecutionTimedOut"}) {
    if (type == end) return type;
  }
  return "";
}

class History {
 public:
  History(const Cli& cli, const HistoryOptions& options) : cli_(cli), options_(options), client_(cli.address) {
    request_ = {{"executionArn", client_.ExecutionArn(options.execution)},
                {"includeExecutionData", !options.without_data}};
  }

  int Run() {
    absl::Status status = PrintAll();
    while (status.ok() && options_.follow && end_.empty()) {
      std::this_thread::sleep_for(kFollowPoll);
      status = PrintNew();
    }
    if (!status.ok()) return cli_.Fail(status);
    return options_.follow && end_ != "ExecutionSucceeded" ? kFailed : kOk;
  }

 private:
  void Print(const Json& event) {
    last_id_ = std::max<int64_t>(last_id_, event.value("id", int64_t{0}));
    if (const std::string end = EndOf(event); !end.empty()) end_ = end;
    PrintEvent(cli_, event);
  }

  absl::Status PrintAll() {
    Json request = request_;
    request["maxResults"] = kPage;
    request["reverseOrder"] = options_.reverse;
    do {
      const absl::StatusOr<Json> page = client_.Call("GetExecutionHistory", request);
      if (!page.ok()) return page.status();
      for (const Json& event : page->at("events")) Print(event);
      request["nextToken"] = page->value("nextToken", Json());
    } while (request["nextToken"].is_string());
    return absl::OkStatus();
  }

  // The API cannot start at an event, so this reads from the end back to the last one printed.
  absl::Status PrintNew() {
    Json request = request_;
    request["maxResults"] = kFollowPage;
    request["reverseOrder"] = true;
    std::vector<Json> fresh;
    bool reached = false;
    do {
      const absl::StatusOr<Json> page = client_.Call("GetExecutionHistory", request);
      if (!page.ok()) return page.status();
      for (const Json& event : page->at("events")) {
        reached = reached || event.value("id", int64_t{0}) <= last_id_;
        if (!reached) fresh.push_back(event);
      }
      request["nextToken"] = page->value("nextToken", Json());
    } while (!reached && request["nextToken"].is_string());
    std::for_each(fresh.rbegin(), fresh.rend(), [this](const Json& event) { Print(event); });
    return absl::OkStatus();
  }

  const Cli& cli_;
  const HistoryOptions& options_;
  ServiceClient client_;
  Json request_;
  int64_t last_id_ = 0;
  std::string end_;
};

}  // namespace

void AddHistory(CLI::App& app, Cli& cli) {
  auto options = std::make_shared<HistoryOptions>();
  CLI::App* command = AddCommand(app, cli, "history", "Print an execution's events; with --follow, until it has ended",
                                 "  pawl history train/nightly-1\n"
                                 "  pawl history train/nightly-1 --follow --output json   (one event a line)");
  command->add_option("EXECUTION", options->execution, "ARN or MACHINE/NAME")->required();
  CLI::Option* follow =
      command->add_flag("--follow", options->follow, "Go on with new events; the exit code tells whether it succeeded");
  command->add_flag("--reverse", options->reverse, "Newest first")->excludes(follow);
  command->add_flag("--no-data", options->without_data, "Leave out inputs and outputs");
  AddOutputOption(*command, cli);
  AddEndpointOption(*command, cli);
  command->callback([&cli, options] { cli.run = [&cli, options] { return History(cli, *options).Run(); }; });
}

}  // namespace pawl::ctl
