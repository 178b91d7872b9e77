// pawl admin split: raises the number of partitions.
#include <memory>

#include "history/postgres/splitter.h"
#include "scheduler/ctl/admin.h"

namespace pawl::ctl {
namespace {

struct SplitCommand {
  std::vector<std::string> postgres;
  int32_t partitions = 0;
};

int Run(const Cli& cli, const SplitCommand& command) {
  const auto report = history::SplitPartitions(command.postgres, command.partitions);
  if (!report.ok()) return cli.Fail(report.status());
  if (cli.format == Format::kJson) {
    cli.PrintJson({{"before", report->before},
                   {"after", report->after},
                   {"decisions", report->decisions},
                   {"stopped_ms", report->stopped.count()}});
  } else if (report->decisions == 0 && report->before == report->after) {
    cli.out << "There are " << report->after << " partitions already.\n";
  } else {
    cli.out << report->before << " partitions have become " << report->after << " (" << report->decisions
            << " decisions counted in " << report->stopped.count()
            << " ms); the schedulers take them up within seconds.\n";
  }
  return kOk;
}

}  // namespace

void AddAdminSplit(CLI::App& admin, Cli& cli) {
  CLI::App* command = AddCommand(admin, cli, "split",
                                 "Raise the number of partitions while the schedulers run; all executions stand still "
                                 "for a few seconds",
                                 "  pawl admin split --partitions 128 --postgres \"host=db dbname=pawl user=pawl\"");
  auto options = std::make_shared<SplitCommand>();
  command->add_option("--partitions", options->partitions, "How many there are to be: a multiple of how many there are")
      ->required()
      ->check(CLI::Range(1, 16384));
  AddPostgresOption(*command, options->postgres);
  AddOutputOption(*command, cli);
  command->callback([&cli, options] { cli.run = [&cli, options] { return Run(cli, *options); }; });
}

}  // namespace pawl::ctl
