// pawl admin accept-loss: lets partitions go on whose database lacks decisions that were committed.
#include <algorithm>
#include <memory>

#include "history/postgres/losses.h"
#include "scheduler/ctl/admin.h"

namespace pawl::ctl {
namespace {

struct LossCommand {
  std::vector<std::string> postgres;
  std::vector<int> partitions;  // none: all
  bool yes = false;
};

Json ToJson(const std::vector<history::Loss>& losses) {
  Json list = Json::array();
  for (const history::Loss& loss : losses) {
    list.push_back({{"partition", loss.partition.value()},
                    {"first_missing", loss.first_missing.value()},
                    {"last_missing", loss.last_missing.value()},
                    {"decisions", loss.decisions()},
                    {"node", loss.node}});
  }
  return list;
}

int Run(const Cli& cli, const LossCommand& command) {
  int accepted = 0;
  Json all = Json::array();
  for (const std::string& conninfo : command.postgres) {
    auto losses = history::ReadLosses(conninfo);
    if (!losses.ok()) return cli.Fail(losses.status());
    if (!command.partitions.empty()) {
      std::erase_if(*losses, [&](const history::Loss& loss) {
        return std::find(command.partitions.begin(), command.partitions.end(), loss.partition.value()) ==
               command.partitions.end();
      });
    }
    for (const Json& loss : ToJson(*losses)) all.push_back(loss);
    if (!command.yes) continue;
    const absl::StatusOr<int> done = history::AcceptLosses(conninfo, *losses);
    if (!done.ok()) return cli.Fail(done.status());
    accepted += *done;
  }
  if (cli.format == Format::kJson) {
    cli.PrintJson({{"losses", all}, {"accepted", accepted}});
    return kOk;
  }
  if (all.empty()) {
    cli.out << "No loss is waiting to be accepted.\n";
    return kOk;
  }
  std::vector<std::vector<std::string>> rows;
  for (const Json& loss : all) {
    rows.push_back({loss["partition"].dump(), loss["first_missing"].dump(), loss["last_missing"].dump(),
                    loss["decisions"].dump(), loss["node"].get<std::string>()});
  }
  PrintTable(cli.out, {"PARTITION", "FIRST MISSING", "LAST MISSING", "DECISIONS", "COMMITTED BY"}, rows);
  if (command.yes) {
    cli.out << "Accepted " << accepted << ". The schedulers go on by themselves.\n";
  } else {
    cli.out
        << "\nThese decisions were acknowledged and are gone for good, unless a server that has them can be brought\n"
           "back. With --yes the partitions go on without them; executions then repeat what they had done.\n";
  }
  return kOk;
}

}  // namespace

void AddAdminLoss(CLI::App& admin, Cli& cli) {
  CLI::App* command =
      AddCommand(admin, cli, "accept-loss",
                 "Show which decisions the database lost, and with --yes let their partitions go on without them",
                 "  pawl admin accept-loss\n  pawl admin accept-loss --partition 3 --yes");
  auto options = std::make_shared<LossCommand>();
  AddPostgresOption(*command, options->postgres);
  command->add_option("--partition", options->partitions, "Only of these partitions")->type_name("N");
  command->add_flag("--yes", options->yes, "Accept what is shown");
  AddOutputOption(*command, cli);
  command->callback([&cli, options] { cli.run = [&cli, options] { return Run(cli, *options); }; });
}

}  // namespace pawl::ctl
