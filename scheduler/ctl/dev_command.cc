// pawl dev: everything on one machine, with a PostgreSQL of its own.
#include <filesystem>
#include <memory>
#include <system_error>

#include "scheduler/ctl/cli.h"
#include "scheduler/ctl/dev/dev.h"

namespace pawl::ctl {

void AddDev(CLI::App& app, Cli& cli) {
  auto options = std::make_shared<dev::DevOptions>();
  auto without_worker = std::make_shared<bool>(false);
  CLI::App* command = AddCommand(
      app, cli, "dev", "Run a private PostgreSQL, a scheduler and a worker until Ctrl-C",
      "  pawl dev\n"
      "  pawl dev --data-dir ~/pawl-data\n"
      "  pawl dev --http-port 0 --grpc-port 0 --ops-port 0      (free ports; see the line 'ready ...')\n"
      "Prints one line 'ready http=... grpc=... ops=...' when calls are answered. Data in --data-dir survives\n"
      "a restart. A child that dies is started again.");
  command->add_option("--data-dir", options->data_dir, "Where data is kept; by default temporary, removed at the end")
      ->type_name("DIR");
  const auto port = [&](const std::string& flag, int& value, const std::string& what) {
    return command->add_option(flag, value, what + ", by default " + std::to_string(value) + "; 0 takes a free port")
        ->check(CLI::Range(0, 65535))
        ->type_name("N");
  };
  port("--http-port", options->http_port, "The AWS API");
  port("--grpc-port", options->grpc_port, "The gRPC API");
  CLI::Option* ops = port("--ops-port", options->ops_port, "The scheduler's /metrics, /healthz and /readyz");
  CLI::Option* worker_ops = port("--worker-ops-port", options->worker_ops_port, "The same of the worker");
  command->add_flag("--no-worker", *without_worker, "Start no worker");
  command->add_option("--programs", options->programs, "Where pawl-scheduler and pawl-worker are")->group("");
  command->callback([&cli, options, without_worker, ops, worker_ops] {
    options->with_worker = !*without_worker;
    // Who asks for a free operations port wants no fixed one for the worker either.
    if (ops->count() > 0 && options->ops_port == 0 && worker_ops->count() == 0) options->worker_ops_port = 0;
    cli.run = [&cli, options] {
      std::error_code error;
      if (options->programs.empty()) {
        options->programs = std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
      }
      const absl::Status status = dev::RunDev(
          *options, [&cli](const std::string& line) { cli.out << line << std::endl; },
          [&cli](const std::string& text) { cli.err << "pawl dev: " << text << std::endl; });
      return status.ok() ? kOk : (cli.Fail(status), kFailed);
    };
  });
}

}  // namespace pawl::ctl
