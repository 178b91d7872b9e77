// pawl admin check: reads a log end to end and says what in it cannot be.
#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <thread>

#include "history/check/check.h"
#include "scheduler/ctl/admin.h"
#include "scheduler/partition/engine.h"

namespace pawl::ctl {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kTell{5};
// Findings that are kept and printed; all are counted.
constexpr size_t kPrintedMax = 1'000;

struct CheckCommand {
  std::vector<std::string> postgres;
  int share = 50;
  bool no_count = false;
};

Json ToJson(const history::Finding& finding) {
  Json json = {{"kind", finding.kind}, {"database", finding.database}};
  if (finding.partition >= 0) json["partition"] = finding.partition;
  if (!finding.execution.empty()) json["execution"] = finding.execution;
  if (!finding.name.empty()) json["name"] = finding.name;
  if (finding.revision > 0) json["revision"] = finding.revision;
  json["sentence"] = finding.sentence;
  return json;
}

std::string ToLine(const history::Finding& finding) {
  std::string line = finding.kind + ": ";
  if (finding.partition >= 0) line += "partition " + std::to_string(finding.partition) + ": ";
  if (!finding.execution.empty()) line += "execution " + finding.execution + ": ";
  if (!finding.name.empty()) line += finding.name + ": ";
  if (finding.revision > 0) line += "revision " + std::to_string(finding.revision) + ": ";
  return line + finding.sentence;
}

std::string Counts(const history::CheckProgress& progress) {
  return std::to_string(progress.executions) + " executions, " + std::to_string(progress.decisions) + " decisions, " +
         std::to_string(progress.findings) + " findings";
}

// After a batch: tells how far it is, and rests so long that it works for its share of the time only.
class Pace {
 public:
  Pace(const Cli& cli, int share) : cli_(cli), share_(share) {}

  bool AfterBatch(const history::CheckProgress& progress) {
    const Clock::time_point now = Clock::now();
    if (now - told_ > kTell) {
      cli_.err << "checked " << Counts(progress) << " so far\n" << std::flush;
      told_ = now;
    }
    std::this_thread::sleep_for((now - began_) * (100 - share_) / share_);
    began_ = Clock::now();
    return true;
  }

 private:
  const Cli& cli_;
  const int share_;
  Clock::time_point began_ = Clock::now();
  Clock::time_point told_ = began_;
};

int Run(const Cli& cli, const CheckCommand& command) {
  history::CheckProgress sum;
  std::vector<history::Finding> findings;
  Pace pace(cli, command.share);
  std::map<int32_t, int> homes;
  for (const std::string& conninfo : command.postgres) {
    history::CheckOptions options;
    options.has_definitions = conninfo == command.postgres.front();
    options.name_key = partition::MakeNameKey;
    options.input_digest = partition::MakeInputDigest;
    options.counts_rows = !command.no_count;
    options.after_batch = [&](const history::CheckProgress& progress) { return pace.AfterBatch(progress); };
    options.on_finding = [&](const history::Finding& finding) {
      if (findings.size() < kPrintedMax) findings.push_back(finding);
      if (cli.format != Format::kJson && findings.size() < kPrintedMax) {
        cli.out << ToLine(finding) << "\n" << std::flush;
      }
    };
    const absl::StatusOr<history::CheckProgress> checked = history::CheckLog(conninfo, options);
    if (!checked.ok()) return cli.Fail(checked.status());
    sum.executions += checked->executions;
    sum.decisions += checked->decisions;
    sum.open_executions += checked->open_executions;
    sum.snapshots += checked->snapshots;
    sum.partitions = std::max(sum.partitions, checked->partitions);
    sum.findings += checked->findings;
    for (int32_t partition : checked->homes) ++homes[partition];
  }
  // A partition that moves during the check may be seen twice or not at all: only a second look tells.
  for (int32_t partition = 0; partition < sum.partitions; ++partition) {
    const int times = homes[partition];
    if (times == 1) continue;
    ++sum.findings;
    findings.push_back({.kind = "owner",
                        .partition = partition,
                        .sentence = times == 0
                                        ? "none of the given databases holds its log"
                                        : std::to_string(times) + " of the databases say that they hold its log"});
    if (cli.format != Format::kJson) cli.out << ToLine(findings.back()) << "\n";
  }
  if (cli.format == Format::kJson) {
    Json list = Json::array();
    for (const history::Finding& finding : findings) list.push_back(ToJson(finding));
    cli.PrintJson({{"clean", sum.findings == 0},
                   {"executions", sum.executions},
                   {"open_executions", sum.open_executions},
                   {"decisions", sum.decisions},
                   {"snapshots", sum.snapshots},
                   {"partitions", sum.partitions},
                   {"findings_count", sum.findings},
                   {"findings", list}});
  } else {
    cli.out << (sum.findings == 0 ? "clean: " : "NOT clean: ") << Counts(sum) << " in " << sum.partitions
            << " partitions\n";
  }
  return sum.findings == 0 ? kOk : kFailed;
}

}  // namespace

void AddPostgresOption(CLI::App& command, std::vector<std::string>& postgres) {
  command
      .add_option_function<std::vector<std::string>>(
          "--postgres",
          [&postgres](const std::vector<std::string>& given) {
            postgres.clear();
            for (const std::string& one : given) {
              // As the scheduler's variable has several: a JSON array of strings.
              const Json list = one.starts_with("[") ? Json::parse(one, nullptr, false) : Json();
              if (!list.is_array()) {
                postgres.push_back(one);
                continue;
              }
              for (const Json& item : list)
                postgres.push_back(item.is_string() ? item.get<std::string>() : item.dump());
            }
          },
          "PostgreSQL connection string, as the scheduler has it; once for each server. Also by PAWL_POSTGRES")
      ->envname("PAWL_POSTGRES")
      ->required()
      ->type_name("CONNINFO")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

void AddAdminCheck(CLI::App& admin, Cli& cli) {
  CLI::App* command = AddCommand(
      admin, cli, "check",
      "Verify the log end to end, on a live system: gaps, forks, dangling references, replay. Reads only, in batches",
      "  pawl admin check --postgres \"host=db dbname=pawl user=pawl\"\n"
      "  pawl admin check --share 10 --output json > findings.json\n\n"
      "Exit code 1 where something is wrong with the log. What each kind of finding means: deploy/RUNBOOK.md.");
  auto options = std::make_shared<CheckCommand>();
  AddPostgresOption(*command, options->postgres);
  command->add_option("--share", options->share, "Percent of the time to work; it rests for the others")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  command->add_flag("--no-count", options->no_count,
                    "Leave out the count of all rows, which reads the whole log once more");
  AddOutputOption(*command, cli);
  command->callback([&cli, options] { cli.run = [&cli, options] { return Run(cli, *options); }; });
}

}  // namespace pawl::ctl
