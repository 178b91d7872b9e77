// pawl admin weight, weights: how much of what is scarce a state machine or a queue gets beside others.
#include <algorithm>
#include <memory>

#include "scheduler/catalog/live_settings.h"
#include "scheduler/ctl/admin.h"

namespace pawl::ctl {
namespace {

struct WeightCommand {
  std::vector<std::string> postgres;
  std::string kind;
  std::string name;
  int weight = 1;
};

// "machine:ACCOUNT:REGION:NAME" of a state machine's name or ARN; "queue:HANDLER".
std::string FlowOf(const Cli& cli, const WeightCommand& command) {
  if (command.kind == "queue") return "queue:" + command.name;
  if (!command.name.starts_with("arn:")) {
    return "machine:" + cli.address.account() + ":" + cli.address.region + ":" + command.name;
  }
  std::vector<std::string> parts(1);
  for (char c : command.name) {
    if (c == ':') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  parts.resize(std::max<size_t>(parts.size(), 7));
  return "machine:" + parts[4] + ":" + parts[3] + ":" + parts[6];
}

int Set(const Cli& cli, const WeightCommand& command) {
  const std::string flow = FlowOf(cli, command);
  for (const std::string& conninfo : command.postgres) {
    const absl::Status done = catalog::WriteWeight(conninfo, flow, static_cast<uint32_t>(command.weight));
    if (!done.ok()) return cli.Fail(done);
  }
  if (cli.format == Format::kJson) {
    cli.PrintJson({{"flow", flow}, {"weight", command.weight}});
  } else {
    cli.out << flow << " has weight " << command.weight << "; the schedulers take it over within seconds.\n";
  }
  return kOk;
}

int List(const Cli& cli, const WeightCommand& command) {
  const auto settings = catalog::ReadLiveSettings(command.postgres.front());
  if (!settings.ok()) return cli.Fail(settings.status());
  Json list = Json::array();
  std::vector<std::vector<std::string>> rows;
  for (const auto& [flow, weight] : settings->weights) {
    list.push_back({{"flow", flow}, {"weight", weight}});
    rows.push_back({flow, std::to_string(weight)});
  }
  if (cli.format == Format::kJson) {
    cli.PrintJson(list);
  } else if (rows.empty()) {
    cli.out << "All state machines and queues have weight 1.\n";
  } else {
    PrintTable(cli.out, {"FLOW", "WEIGHT"}, rows);
  }
  return kOk;
}

}  // namespace

void AddAdminWeight(CLI::App& admin, Cli& cli) {
  auto command = std::make_shared<WeightCommand>();
  CLI::App* set =
      AddCommand(admin, cli, "weight", "Set what a state machine or a queue gets beside others",
                 "  pawl admin weight machine nightly-batch 1 --postgres \"host=db dbname=pawl user=pawl\"\n"
                 "  pawl admin weight queue train 5");
  set->add_option("kind", command->kind, "machine: of a queue's tasks, and of decisions; queue: of a worker's slots")
      ->required()
      ->check(CLI::IsMember({"machine", "queue"}));
  set->add_option("name", command->name, "A state machine's name or ARN; a handler's name")->required();
  set->add_option("weight", command->weight, "1 where nothing is set; twice the weight gets twice as much")
      ->required()
      ->check(CLI::Range(1, static_cast<int>(catalog::kWeightMax)));
  AddPostgresOption(*set, command->postgres);
  AddOutputOption(*set, cli);
  set->callback([&cli, command] { cli.run = [&cli, command] { return Set(cli, *command); }; });

  CLI::App* list = AddCommand(admin, cli, "weights", "List the weights that are set", "  pawl admin weights");
  AddPostgresOption(*list, command->postgres);
  AddOutputOption(*list, cli);
  list->callback([&cli, command] { cli.run = [&cli, command] { return List(cli, *command); }; });
}

}  // namespace pawl::ctl
