"""For each rule a source that breaks it and one that comes close and doesn't: the proof that the rule can fail."""

# Rule -> ((path, text) that breaks it, (path, text) that obeys it).
EXAMPLES = {
    "arrows_point_downwards": (
        ("history/state/a.cc", '#include "scheduler/asl/program.h"\n'),
        ("scheduler/core/a.cc", '#include "history/state/state.h"\n#include "absl/status/status.h"\n')),
    "includes_name_the_path_from_the_root": (
        ("shared/pg/a.cc", '#include "pool.h"\n'),
        ("shared/pg/a.cc", '#include "shared/pg/pool.h"\n#include <vector>\n')),
    "headers_are_included_once": (
        ("shared/pg/a.h", "// #pragma once\nint a();\n"),
        ("shared/pg/a.h", "// Purpose.\n#pragma once\nint a();\n")),
    "files_hold_one_idea": (
        ("shared/pg/a.cc", "int a;\n" * 601),
        ("shared/pg/a.cc", "int a;\n" * 600)),
    "pure_folders_do_no_io": (
        ("scheduler/core/a.cc", "#include <mutex>\n"),
        ("scheduler/core/a.cc", "#include <map>\n// #include <mutex> would be wrong\n")),
    "time_comes_through_clock": (
        ("scheduler/partition/a.cc", "auto t = std::chrono::steady_clock::now();\n"),
        ("scheduler/main/a.cc", "auto t = std::chrono::steady_clock::now();\n")),
    "nothing_sleeps": (
        ("scheduler/dispatch/a.cc", "std::this_thread::sleep_for(x);\n"),
        ("scheduler/dispatch/a.cc", 'log("sleep_for"); reader.asleep(); sleeper(1);\n')),
    "chance_comes_through_random": (
        ("scheduler/partition/a.cc", "std::random_device device;\n"),
        ("scheduler/partition/a.cc", "int brand(int); random.NextUint64();\n")),
    "threads_start_in_mains_and_adapters": (
        ("scheduler/partition/a.cc", "std::thread thread(f);\n"),
        ("shared/net/a.cc", "std::thread thread(f);\n")),
    "grpc_stays_in_its_adapters": (
        ("scheduler/gateway/a.h", "#pragma once\n#include <grpcpp/server.h>\n"),
        ("shared/rpc/a.h", "#pragma once\n#include <grpcpp/server.h>\n")),
    "generated_messages_stay_at_the_edges": (
        ("scheduler/partition/a.cc", '#include "proto/history/v1/history.pb.h"\n'),
        ("history/codec/a.cc", '#include "proto/history/v1/history.pb.h"\n')),
    "libpq_stays_in_its_adapter": (
        ("scheduler/partition/a.cc", "#include <pqxx/pqxx>\n"),
        ("history/postgres/a.cc", "#include <pqxx/pqxx>\n")),
    "libpq_itself_is_in_one_file": (
        ("history/postgres/a.cc", "#include <libpq-fe.h>\n"),
        ("shared/pg/a.cc", "#include <libpq-fe.h>\n")),
    "nlohmann_stays_out_of_headers": (
        ("worker/activities/train/a.h", "#pragma once\n#include <nlohmann/json.hpp>\n"),
        ("worker/activities/train/a.h", "#pragma once\n#include <nlohmann/json_fwd.hpp>\n")),
    "payloads_are_json_values": (
        ("scheduler/core/a.cc", "#include <nlohmann/json.hpp>\n"),
        ("scheduler/api/aws/a.cc", "#include <nlohmann/json.hpp>\n")),
    "transport_stays_in_shared_net": (
        ("worker/integrations/a.cc", "#include <curl/curl.h>\n"),
        ("shared/net/a.cc", "#include <curl/curl.h>\n")),
    "logs_and_metrics_have_one_adapter": (
        ("scheduler/main/a.cc", "#include <spdlog/spdlog.h>\n"),
        ("shared/telemetry/a.cc", "#include <spdlog/spdlog.h>\n")),
    "command_line_has_its_adapters": (
        ("scheduler/main/a.cc", "#include <CLI/CLI.hpp>\n"),
        ("scheduler/ctl/a.cc", "#include <CLI/CLI.hpp>\n")),
    "xgboost_has_one_adapter": (
        ("worker/activities/train/a.cc", "#include <xgboost/c_api.h>\n"),
        ("worker/activities/xgboost/a.cc", "#include <xgboost/c_api.h>\n")),
    "abseil_is_used_in_part": (
        ("shared/pg/a.h", "#pragma once\nvoid f(absl::string_view);\n"),
        ("shared/pg/a.h", "#pragma once\nvoid f(std::string_view);  // not absl::string_view\n")),
    "only_programs_print": (
        ("scheduler/partition/a.cc", 'std::cerr << "lost";\n'),
        ("scheduler/partition/a.cc", 'snprintf(buffer, 8, "%d", 1); std::fprintf(file, "x");\n')),
    "promises_carry_an_issue_number": (
        ("scheduler/core/a.cc", "// TODO: later\n"),
        ("scheduler/core/a.cc", "// TODO(#12): when the log is sharded\nint todo;\n")),
}
