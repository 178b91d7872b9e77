// pawl create, update, delete, machines.
#include <memory>

#include "scheduler/ctl/cli.h"

namespace pawl::ctl {
namespace {

constexpr char kDefaultRole[] = "arn:aws:iam::000000000000:role/pawl";

struct MachineOptions {
  std::string machine;
  std::string file;
  std::string role = kDefaultRole;
  std::string type = "STANDARD";
};

int Create(const Cli& cli, const MachineOptions& options) {
  const absl::StatusOr<std::string> definition = ReadText(cli, options.file);
  if (!definition.ok()) return cli.Fail(definition.status());
  const absl::StatusOr<Json> created = ServiceClient(cli.address)
                                           .Call("CreateStateMachine", {{"name", options.machine},
                                                                        {"definition", *definition},
                                                                        {"roleArn", options.role},
                                                                        {"type", options.type}});
  if (!created.ok()) return cli.Fail(created.status());
  cli.format == Format::kJson ? cli.PrintJson(*created)
                              : void(cli.out << created->value("stateMachineArn", "") << "\n");
  return kOk;
}

int Update(const Cli& cli, const MachineOptions& options) {
  const absl::StatusOr<std::string> definition = ReadText(cli, options.file);
  if (!definition.ok()) return cli.Fail(definition.status());
  ServiceClient client(cli.address);
  const absl::StatusOr<Json> updated = client.Call(
      "UpdateStateMachine", {{"stateMachineArn", client.MachineArn(options.machine)}, {"definition", *definition}});
  if (!updated.ok()) return cli.Fail(updated.status());
  if (cli.format == Format::kJson) {
    cli.PrintJson(*updated);
  } else {
    PrintFields(cli.out, {{"Updated", FormatTime(updated->value("updateDate", Json()))},
                          {"Revision", updated->value("revisionId", "")}});
  }
  return kOk;
}

int Delete(const Cli& cli, const MachineOptions& options) {
  ServiceClient client(cli.address);
  const absl::StatusOr<Json> deleted =
      client.Call("DeleteStateMachine", {{"stateMachineArn", client.MachineArn(options.machine)}});
  return deleted.ok() ? kOk : cli.Fail(deleted.status());
}

int ListMachines(const Cli& cli) {
  ServiceClient client(cli.address);
  Json machines = Json::array();
  Json request = Json::object();
  do {
    const absl::StatusOr<Json> page = client.Call("ListStateMachines", request);
    if (!page.ok()) return cli.Fail(page.status());
    for (const Json& machine : page->at("stateMachines")) machines.push_back(machine);
    request["nextToken"] = page->value("nextToken", Json());
  } while (request["nextToken"].is_string());
  if (cli.format == Format::kJson) {
    cli.PrintJson(machines);
    return kOk;
  }
  std::vector<std::vector<std::string>> rows;
  for (const Json& machine : machines) {
    rows.push_back({machine.value("name", ""), machine.value("type", ""),
                    FormatTime(machine.value("creationDate", Json())), machine.value("stateMachineArn", "")});
  }
  PrintTable(cli.out, {"NAME", "TYPE", "CREATED", "ARN"}, rows);
  return kOk;
}

}  // namespace

void AddMachineCommands(CLI::App& app, Cli& cli) {
  auto options = std::make_shared<MachineOptions>();
  const auto add = [&](CLI::App* command, int (*run)(const Cli&, const MachineOptions&)) {
    AddOutputOption(*command, cli);
    AddEndpointOption(*command, cli);
    command->callback([&cli, options, run] { cli.run = [&cli, options, run] { return run(cli, *options); }; });
  };

  CLI::App* create = AddCommand(app, cli, "create", "Create a state machine and print its ARN",
                                "  pawl create train train.asl.json\n"
                                "  generate | pawl create train -");
  create->add_option("NAME", options->machine, "The new machine's name")->required();
  create->add_option("FILE", options->file, "Its definition; - is standard input")->required();
  create->add_option("--role-arn", options->role, "The role ARN that Step Functions' API asks for");
  create->add_option("--type", options->type, "STANDARD or EXPRESS")->check(CLI::IsMember({"STANDARD", "EXPRESS"}));
  add(create, Create);

  CLI::App* update = AddCommand(app, cli, "update", "Give a state machine a new definition",
                                "  pawl update train train.asl.json\n"
                                "Executions under way keep the definition they started with.");
  update->add_option("MACHINE", options->machine, "Name or ARN")->required();
  update->add_option("FILE", options->file, "The definition; - is standard input")->required();
  add(update, Update);

  CLI::App* remove = AddCommand(app, cli, "delete", "Delete a state machine", "  pawl delete train");
  remove->add_option("MACHINE", options->machine, "Name or ARN")->required();
  add(remove, Delete);

  CLI::App* machines = AddCommand(app, cli, "machines", "List the state machines", "  pawl machines");
  add(machines, [](const Cli& shared, const MachineOptions&) { return ListMachines(shared); });
}

}  // namespace pawl::ctl
