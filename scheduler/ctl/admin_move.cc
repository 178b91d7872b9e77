// pawl admin move: brings partitions to another PostgreSQL server while the service works on them.
#include <algorithm>
#include <memory>

#include "history/migrations/migrator.h"
#include "history/postgres/mover.h"
#include "scheduler/ctl/admin.h"

namespace pawl::ctl {
namespace {

struct MoveCommand {
  std::vector<std::string> postgres;
  std::vector<int> partitions;
  int to = 0;  // counted from 1, as people do; 0: only shows
};

// Schema and membership of servers that no scheduler has prepared yet.
absl::Status Prepare(const std::vector<std::string>& servers) {
  auto home = history::Migrate(servers.front());
  if (!home.ok()) return home.status();
  for (size_t i = 1; i < servers.size(); ++i) {
    auto joined = history::Migrate(servers[i], {.joins = *home});
    if (!joined.ok()) return joined.status();
  }
  return absl::OkStatus();
}

int Show(const Cli& cli, history::Mover& mover) {
  Json list = Json::array();
  std::vector<std::vector<std::string>> rows;
  for (int32_t i = 0; i < mover.partition_count(); ++i) {
    const absl::StatusOr<size_t> where = mover.Where(base::PartitionId(i));
    if (!where.ok()) return cli.Fail(where.status());
    list.push_back({{"partition", i}, {"server", *where + 1}});
    rows.push_back({std::to_string(i), std::to_string(*where + 1)});
  }
  if (cli.format == Format::kJson) {
    cli.PrintJson(list);
  } else {
    PrintTable(cli.out, {"PARTITION", "SERVER"}, rows);
  }
  return kOk;
}

int Run(const Cli& cli, const MoveCommand& command) {
  const std::vector<std::string>& servers = command.postgres;
  if (command.to > static_cast<int>(servers.size())) {
    cli.err << "pawl: --to " << command.to << ", but --postgres names " << servers.size() << " servers\n";
    return kUsage;
  }
  if (absl::Status prepared = Prepare(servers); !prepared.ok()) return cli.Fail(prepared);
  auto mover = history::Mover::Connect(servers);
  if (!mover.ok()) return cli.Fail(mover.status());
  if (command.to == 0) return Show(cli, **mover);
  Json list = Json::array();
  for (int number : command.partitions) {
    if (number < 0 || number >= (*mover)->partition_count()) {
      cli.err << "pawl: there are partitions 0 to " << (*mover)->partition_count() - 1 << " only\n";
      return kUsage;
    }
    auto moved = (*mover)->Move(base::PartitionId(number), static_cast<size_t>(command.to - 1),
                                [](const history::MoveReport&) {});
    if (!moved.ok()) return cli.Fail(moved.status());
    list.push_back({{"partition", number},
                    {"decisions", moved->decisions},
                    {"rounds", moved->rounds},
                    {"stopped_ms", moved->stopped.count()}});
    if (cli.format != Format::kJson) {
      cli.out << "partition " << number << " is at server " << command.to << " (" << moved->decisions
              << " decisions; it stood still for " << moved->stopped.count() << " ms)\n"
              << std::flush;
    }
  }
  if (cli.format == Format::kJson) cli.PrintJson(list);
  return kOk;
}

}  // namespace

void AddAdminMove(CLI::App& admin, Cli& cli) {
  CLI::App* command =
      AddCommand(admin, cli, "move",
                 "Bring partitions to another PostgreSQL server, online; without --to show where they are. All "
                 "schedulers must have "
                 "been started with the same servers",
                 "  pawl admin move --postgres \"host=a dbname=pawl\" --postgres \"host=b dbname=pawl\"\n"
                 "  pawl admin move --postgres \"host=a dbname=pawl\" --postgres \"host=b dbname=pawl\" --to 2 "
                 "--partition 32 33 34");
  auto options = std::make_shared<MoveCommand>();
  AddPostgresOption(*command, options->postgres);
  auto* to =
      command->add_option("--to", options->to, "Which of the servers, counted from 1")->check(CLI::Range(1, 1000));
  command->add_option("--partition", options->partitions, "Which partitions")->type_name("N")->needs(to);
  AddOutputOption(*command, cli);
  command->callback([&cli, options] { cli.run = [&cli, options] { return Run(cli, *options); }; });
}

}  // namespace pawl::ctl
