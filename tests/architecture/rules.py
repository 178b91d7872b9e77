"""The table that architecture_test.py holds the sources against: who may include whom, and what only adapters may use.

Paths are from the root. A folder's entry covers what is below it unless a longer path has an entry of its own.
"""
import re

# What the gateway's front ends and its parts share; the service that joins the parts is not among them.
GATEWAY_INTERFACE = ["scheduler/gateway/gateway.h", "scheduler/gateway/arn.h", "scheduler/gateway/reason.h"]

# Folder -> the folders of ours that its files may include, besides itself. Arrows point downwards only.
ARROWS = {
    "shared/base": [],
    "shared/json": ["shared/base"],
    "shared/telemetry": ["shared/base", "shared/json"],
    "shared/config": ["shared/base", "shared/json"],
    "shared/net": ["shared/base"],
    "shared/pg": ["shared/base"],
    "shared/wait": ["shared/base"],
    "shared/rpc": ["shared/base", "shared/wait"],
    "history/event": ["shared/base", "shared/json"],
    "history/state": ["history/event", "shared/base", "shared/json"],
    "history/codec": ["history/event", "history/state", "proto/history", "shared/base", "shared/json"],
    "history/log": ["history/event", "shared/base"],
    "history/memory": ["history/log", "shared/base"],
    "history/migrations": ["shared/base", "shared/pg"],
    "history/postgres": ["history/log", "history/migrations", "shared/base", "shared/pg", "shared/telemetry",
                         "shared/wait"],
    "history/check": ["history/codec", "history/event", "history/log", "history/state", "shared/base", "shared/pg"],
    "history/view": ["history/event", "history/state", "shared/base", "shared/json"],
    "scheduler/asl": ["shared/base", "shared/json"],
    "scheduler/asl/syntax": ["scheduler/asl/program.h", "shared/base", "shared/json"],
    "scheduler/asl/jsonpath": ["shared/base", "shared/json"],
    "scheduler/asl/intrinsics": ["scheduler/asl/jsonpath", "shared/base", "shared/json"],
    "scheduler/asl/jsonata": ["scheduler/asl/intrinsics", "shared/base", "shared/json"],
    "scheduler/asl/validate": ["scheduler/asl", "shared/base", "shared/json"],
    "scheduler/asl/interpret": ["scheduler/asl", "shared/base", "shared/json"],
    "scheduler/asl/test_state": ["scheduler/asl", "shared/base", "shared/json"],
    "scheduler/core": ["scheduler/asl", "history/event", "history/state", "shared/base", "shared/json"],
    "scheduler/timers": ["shared/base"],
    "scheduler/loop": ["shared/base"],
    "scheduler/dispatch": ["scheduler/core", "scheduler/timers", "history/event", "shared/base"],
    "scheduler/partition": ["scheduler/core", "scheduler/dispatch", "scheduler/timers", "scheduler/asl", "history/log",
                            "history/codec", "history/event", "history/state", "shared/base", "shared/json"],
    "scheduler/cluster": ["scheduler/partition", "scheduler/dispatch", "scheduler/core", "scheduler/asl",
                          "history/event", "history/log", "shared/base", "shared/json", "shared/pg"],
    # The interface and its small types are what those below implement with; service.h puts them together.
    "scheduler/gateway": ["scheduler/asl/validate", "scheduler/asl/test_state", "scheduler/catalog",
                          "scheduler/cluster", "scheduler/core", "scheduler/partition", "scheduler/query",
                          "history/event", "shared/base", "shared/json"],
    "scheduler/catalog": ["scheduler/asl", *GATEWAY_INTERFACE, "shared/base", "shared/json", "shared/pg",
                          "shared/telemetry"],
    "scheduler/query": ["history", *GATEWAY_INTERFACE, "scheduler/partition", "shared/base", "shared/json"],
    "scheduler/api": ["scheduler/gateway", "shared"],
    "scheduler/api/grpc": ["scheduler/api", "scheduler/cluster", "scheduler/gateway", "shared", "proto"],
    "scheduler/api/grpc/cluster": ["scheduler/api/grpc", "scheduler/cluster", "scheduler/core", "scheduler/partition",
                                   "history/event", "history/log", "shared", "proto"],
    "scheduler/api/aws": ["scheduler/api", "scheduler/gateway", "shared"],
    # `pawl admin` works on the log itself.
    "scheduler/ctl": ["scheduler/asl", "scheduler/catalog", "scheduler/core", "scheduler/partition", "history", "shared",
                      "proto"],
    "scheduler/main": ["scheduler", "history", "shared", "proto"],
    "worker/sdk": ["shared", "proto/worker"],
    "worker/sdk/example": ["worker/sdk", "worker/runtime", "shared"],
    "worker/runtime": ["worker/sdk", "shared", "proto/worker"],
    "worker/activities": ["worker/sdk", "shared"],
    "worker/integrations": ["worker/sdk", "worker/activities", "shared"],
    "worker/main": ["worker", "shared", "proto/worker"],
    "benchmarks": ["shared", "history", "scheduler", "worker", "proto", "tests/support"],
    "tests": ["shared", "history", "scheduler", "worker", "proto"],
}

# What a unit test beside the code may include on top: fakes, the log in memory, and whatever makes inputs.
ARROWS_OF_TESTS = ["shared", "history/event", "history/state", "history/log", "history/memory", "history/codec",
                   "scheduler/asl", "scheduler/core", "scheduler/gateway", "scheduler/api", "worker/sdk", "proto",
                   "tests/support"]

PURE = ["shared/base", "shared/json", "history/event", "history/state", "scheduler/asl", "scheduler/core",
        "scheduler/timers"]

# Where processes begin, and where threads, sockets and clocks are wrapped.
MAINS = ["scheduler/main", "scheduler/ctl", "worker/main"]
ADAPTERS = ["history/postgres", "scheduler/loop", "shared/net", "shared/pg", "shared/rpc", "shared/telemetry", "shared/wait",
            "scheduler/api/grpc", "worker/runtime"]
AROUND = ["tests", "benchmarks"]

FILE_LINES_MAX = 600


class Ban:
    """A pattern that only some folders may contain. `tests_too`: whether unit tests beside the code must obey."""

    def __init__(self, name, pattern, allowed, why, only=None, headers_only=False, tests_too=True):
        self.name = name
        self.pattern = re.compile(pattern)
        self.allowed = allowed
        self.only = only
        self.headers_only = headers_only
        self.tests_too = tests_too
        self.why = why


# Patterns are matched against lines without comments; string literals stay, their content does not (see sources.py).
BANS = [
    Ban("pure_folders_do_no_io",
        r"#include <(thread|mutex|shared_mutex|condition_variable|future|fstream|filesystem|iostream|random|ctime|"
        r"csignal|unistd\.h|fcntl\.h|poll\.h|sys/.*|netinet/.*|arpa/.*|pqxx.*|libpq.*|grpcpp.*|spdlog.*|boost/.*|"
        r"curl/.*|prometheus/.*)>|#include \"(shared/(net|pg|rpc|telemetry|config)/|proto/)",
        [], "A pure folder touches no thread, lock, file, socket, clock, database or log: what it needs is handed in, so "
        "that the simulator can hand it in too.", only=PURE, tests_too=False),
    Ban("time_comes_through_clock",
        r"\b(system_clock|steady_clock|high_resolution_clock)::now\b|\b(gettimeofday|clock_gettime)\s*\(|\babsl::Now\b|"
        r"[^_\w.>]time\s*\((nullptr|NULL|0)\)",
        MAINS + ADAPTERS + AROUND + ["worker/activities/common", "worker/integrations"],
        "Time comes through base::Clock, so that tests can supply it; only the mains, the adapters and the activities' "
        "common folder read a clock.", tests_too=False),
    Ban("nothing_sleeps",
        r"\bsleep_(for|until)\b|\b(usleep|nanosleep|absl::SleepFor)\s*\(|[^_\w]sleep\s*\(",
        MAINS + AROUND + ["worker/activities/train"],  # its users may ask for slow rounds
        "Nothing waits by sleeping: wait on a condition, or on a timer of the Executor.",
        tests_too=False),
    Ban("chance_comes_through_random",
        r"\brandom_device\b|\bs?rand\s*\(",
        MAINS + ADAPTERS + AROUND + ["scheduler/api/aws/server.cc"],
        "Chance comes through base::Random, seeded where a process or a server starts, so that a run can be repeated from its seed.",
        tests_too=False),
    Ban("threads_start_in_mains_and_adapters",
        r"\bstd::(thread|jthread|async)\b|\bpthread_create\b",
        MAINS + ADAPTERS + AROUND + ["worker/activities/common", "worker/activities/train", "worker/integrations"],
        "Threads are started by the mains and the adapters only: the engine runs on one Executor and needs no locks.",
        tests_too=False),
    Ban("grpc_stays_in_its_adapters",
        r"#include [<\"](grpcpp|grpc)/",
        ["shared/rpc", "scheduler/api/grpc", "worker/runtime"] + AROUND,
        "gRPC's headers are included by shared/rpc, scheduler/api/grpc and worker/runtime only."),
    Ban("generated_messages_stay_at_the_edges",
        r"#include [<\"](proto/|google/protobuf)",
        ["history/codec", "shared/rpc", "scheduler/api/grpc", "scheduler/ctl", "worker/runtime", "worker/main"] + AROUND,
        "Generated protobuf headers are included where bytes become our own structs, and nowhere else.",
        tests_too=False),
    Ban("libpq_stays_in_its_adapter",
        r"#include [<\"](pqxx|libpq|postgresql/)",
        ["shared/pg", "history/check", "history/postgres", "history/migrations", "scheduler/catalog", "scheduler/cluster",
         "scheduler/query"] + AROUND,
        "libpq's and libpqxx's headers are included by shared/pg and by the files that write SQL."),
    Ban("libpq_itself_is_in_one_file",
        r"#include [<\"]libpq-fe\.h",
        ["shared/pg"] + AROUND,
        "libpq itself is used by shared/pg only; everybody else goes through libpqxx."),
    Ban("nlohmann_stays_out_of_headers",
        r"#include [<\"]nlohmann/json\.hpp",
        AROUND + ["scheduler/ctl", "worker/activities/data_validate", "worker/integrations/sagemaker",
                  "worker/runtime"],
        "A header that others include has nlohmann/json_fwd.hpp: the whole of it costs every includer two seconds.",
        headers_only=True, tests_too=False),
    Ban("payloads_are_json_values",
        r"#include [<\"]nlohmann/",
        ["shared/json", "scheduler/api", "scheduler/catalog", "scheduler/ctl", "worker"] + AROUND,
        "Payloads are json::Value: nlohmann's own value rounds large integers, sorts keys and overflows the stack."),
    Ban("transport_stays_in_shared_net",
        r"#include [<\"](boost/(asio|beast)|curl/)",
        ["shared/net"] + AROUND, "Boost.Asio, Boost.Beast and libcurl are wrapped by shared/net."),
    Ban("logs_and_metrics_have_one_adapter",
        r"#include [<\"](spdlog|prometheus)/",
        ["shared/telemetry"], "spdlog and prometheus-cpp are wrapped by shared/telemetry."),
    Ban("command_line_has_its_adapters",
        r"#include [<\"]CLI/",
        ["shared/config", "scheduler/ctl", "benchmarks"],
        "CLI11 is wrapped by shared/config for the services and by scheduler/ctl for `pawl`."),
    Ban("xgboost_has_one_adapter",
        r"#include [<\"]xgboost/", ["worker/activities/xgboost"],
        "XGBoost's C API is wrapped by worker/activities/xgboost."),
    Ban("abseil_is_used_in_part",
        r"\babsl::(string_view|Mutex|CondVar|Notification|optional|variant|Span)\b",
        [], "std::string_view, std::mutex, std::optional and std::span: Debian's Abseil has its own string_view, and "
        "ThreadSanitizer misreads its Mutex."),
    Ban("only_programs_print",
        r"\bstd::(cout|cerr|clog)\b|\b(printf|puts|perror)\s*\(|\bfprintf\s*\(\s*std(out|err)",
        MAINS + AROUND + ["shared/base/check.cc"], "Libraries log through telemetry::Logger or return a status; programs print."),
    Ban("promises_carry_an_issue_number",
        r"\b(TODO|FIXME|XXX)\b(?!\(#\d+\))",
        [], "A comment that promises work names its issue: TODO(#12)."),
]
BANS_ON_COMMENTS = {"promises_carry_an_issue_number"}
