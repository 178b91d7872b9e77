#!/usr/bin/env python3
"""Measures Pawl on this machine: a private PostgreSQL with stock durable settings, pawl-scheduler, a worker with a no-op
handler and the load, each a process of its own, over TCP.

    benchmarks/run.py [--quick] [--bin DIR] [--only PART,...]

Parts: ceiling, cold, chain, open, orchestration, map, size, flat, parked, nodes, idle, dev, language. Prints what it does,
a table, and one JSON line per figure: {"metric": NAME, "value": NUMBER, "unit": ..., ...}. CPU is that of the processes
themselves; beside each load stands the share of the machine that others took meanwhile. Ends within 30 minutes.
benchmarks/README.md tells how to read it.
"""
import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "tests", "support")]
import postgres  # noqa: E402
from bench import Bench  # noqa: E402
from idle import measure_idle  # noqa: E402
from nodes import look, measure_nodes  # noqa: E402
from processes import Profile, rss_mib  # noqa: E402
from scaling_model import SCHEDULER  # noqa: E402
from service import Service, call, chain, fan_out, free_port, long_wait, verify_histories, wait_until  # noqa: E402

SETTINGS = ["fsync", "synchronous_commit", "full_page_writes", "wal_level", "shared_buffers", "max_wal_size",
            "wal_sync_method"]
EVENTS_OF_CHAIN10 = 1 + 10 * 5 + 1
# A chain of ten waits for so many commits, one after another: its start, and each step's result.
COMMITS_OF_CHAIN10 = 11


def append_rate(bench, per_transaction, connections=2):
    out = subprocess.run([f"{bench.bin}/pawl-bench-append", bench.cluster.dsn, str(per_transaction),
                          "2" if bench.quick else "4", str(connections)], capture_output=True, text=True, check=True)
    return float(out.stdout)


def measure_ceiling(bench):
    for per_transaction in (1, 10, 100, 1000):
        rate = append_rate(bench, per_transaction)
        print(f"append ceiling, {per_transaction} rows a transaction: {rate:,.0f} rows/s", flush=True)
        if per_transaction == 100:
            bench.ceiling = rate
            bench.figure("append_ceiling_rows_per_second", rate, "rows/s", rows_per_transaction=100)


def measure_cold(bench):
    """Three starts; the first makes the schema too."""
    times = []
    for i in range(3):
        if bench.service is not None:
            bench.service.stop()
        bench.service = Service(bench.bin, bench.cluster.dsn)
        bench.service.load(bench.service.create(f"cold{i}", chain(10, "task")), 1, 1)
        times.append(time.monotonic() - bench.service.began)
    time.sleep(1)
    bench.figure("cold_start_seconds", sorted(times)[1], "s", lowest=min(times), highest=max(times),
                 of="scheduler and worker started together, PostgreSQL up, to the first finished chain of 10")
    bench.figure("idle_rss_mib", rss_mib(bench.service.scheduler.pid), "MiB")


def measure_chain(bench):
    arn = bench.machine("chain10", chain(10, "task"))
    best = None
    for concurrency, count in ((1, 500), (16, 3000), (64, 8000), (256, 16000), (1024, 40000)):
        result = bench.load("chain of 10 tasks", arn, max(concurrency, bench.count(count)), concurrency, 10)
        if concurrency == 1:
            # The machine's speed changes within minutes, so the floor is measured next to it.
            commit_ms = 1000 / append_rate(bench, 1, connections=1)
            floor_ms = COMMITS_OF_CHAIN10 * commit_ms
            bench.rows.append(("one row, one connection", f"{commit_ms:.2f} ms a commit", f"{floor_ms:.2f} ms for eleven"))
            bench.figure("chain10_p50_ms", result["p50_ms"], "ms", p99_ms=result["p99_ms"],
                         others=round(result["others"], 3), lone_commit_ms=round(commit_ms, 3),
                         over_eleven_commits=round(result["p50_ms"] / floor_ms, 2))
        if best is None or result["steps_per_second"] > best["steps_per_second"]:
            best, best_at = result, concurrency
    bench.capacity = best["per_second"]
    bench.figure("chain10_steps_per_second", best["steps_per_second"], "steps/s", concurrency=best_at,
                 others=round(best["others"], 3), **bench.ratio(best["steps_per_second"]))
    cpu = best["cpu_us"]
    bench.figure("cpu_us_per_step", sum(cpu.values()), "us", of="scheduler, PostgreSQL, worker and load",
                 concurrency=best_at, by_process=cpu)
    profile_chain(bench, arn, best_at)


def profile_chain(bench, arn, concurrency):
    """Where the CPU goes: the scheduler's by what it is spent on, all of it by function where perf is there."""
    count = max(2048, bench.count(20000))
    before, profile = look(bench), Profile()
    bench.service.load(arn, count, concurrency)
    after = look(bench)
    lines = profile.lines(["engine", "writer", "pawl-scheduler", "grpc", "default-executo", "postgres",
                           "pawl-bench-work"])
    spent = {name: (after[name] - before[name]) / count / 10 * 1e6 for name in SCHEDULER}
    print("scheduler, us CPU a step (engine: on any thread; writer: to PostgreSQL; rest: gRPC's most of all):", flush=True)
    for name, microseconds in sorted(spent.items(), key=lambda item: -item[1]):
        if microseconds > 0.05:
            print(f"  {microseconds:6.2f}  {name}")
    print("by function, share of the machine:")
    print("\n".join("  " + line for line in lines), flush=True)


def measure_open(bench):
    """Latency at half of what the chains reached; each start's time runs from when it was due."""
    arn = bench.machine("chain10", chain(10, "task"))
    rate = (bench.capacity or 1000) / 2
    result = bench.load("chain of 10, open loop", arn, int(rate * (4 if bench.quick else 20)), f"rate={rate:.0f}", 10)
    bench.figure("chain10_open_loop_p50_ms", result["p50_ms"], "ms", p99_ms=result["p99_ms"], max_ms=result["max_ms"],
                 executions_per_second=round(rate), others=round(result["others"], 3))


def measure_orchestration(bench):
    for name, metric, states, count in (("pass10", "pass10_steps_per_second", 10, 60000),
                                        ("empty", "empty_per_second", 1, 80000)):
        arn = bench.machine(name, chain(states, "pass"))
        results = [bench.load(f"{states} Pass", arn, bench.count(count), at_once, states) for at_once in (64, 1024)]
        best = max(results, key=lambda result: result["steps_per_second"])
        bench.figure(metric, best["steps_per_second"], "1/s", cpu_us=round(sum(best["cpu_us"].values()), 2),
                     others=round(best["others"], 3), **bench.ratio(best["steps_per_second"]))


def measure_map(bench):
    for metric, size, at_once, repeats in (("map1000_seconds", 1000, 100, 9), ("map10000_seconds", 10000, 1000, 5)):
        arn = bench.machine(f"map{at_once}", fan_out(at_once))
        text = json.dumps({"items": list(range(size))})
        times = sorted(round(bench.service.load(arn, 1, 1, text)["p50_ms"] / 1000, 4) for _ in range(repeats))
        print(f"Map of {size:,}, at most {at_once:,} at once, s:", times, flush=True)
        bench.figure(metric, times[len(times) // 2], "s", lowest=times[0], highest=times[-1], at_once=at_once)


def stored_bytes(cluster):
    return float(cluster.sql("select coalesce(sum(pg_total_relation_size(c.oid)), 0) from pg_class c join pg_namespace n on "
                             "n.oid = c.relnamespace where n.nspname = 'pawl' and c.relkind = 'r'"))


def measure_size(bench):
    arn, count = bench.machine("chain10_size", chain(10, "task")), bench.count(5000)
    bench.cluster.sql("vacuum")
    before = stored_bytes(bench.cluster)
    bench.service.load(arn, count, 64)
    bench.figure("bytes_per_chain10", (stored_bytes(bench.cluster) - before) / count, "bytes", executions=count)
    print("histories verified:", verify_histories(bench.service, arn, EVENTS_OF_CHAIN10), flush=True)


def measure_flat(bench):
    """Throughput and memory from the first to the last of a million executions, then beside many open ones."""
    arn, a_slice = bench.machine("flat", chain(1, "pass")), 4_000 if bench.quick else 100_000
    slices, memory = [], []
    for i in range(10):
        slices.append(bench.load(f"slice {i + 1} of 10, one Pass", arn, a_slice, 1024))
        memory.append(round(rss_mib(bench.service.scheduler.pid), 1))
    print("resident after each slice, MiB:", memory, flush=True)
    second, last = slices[1], slices[-1]
    bench.figure("flat_last_to_second_ratio", last["per_second"] / second["per_second"], "", executions=10 * a_slice,
                 cpu_ratio=round(sum(last["cpu_us"].values()) / sum(second["cpu_us"].values()), 4), rss_mib=memory,
                 others=[round(one["others"], 2) for one in slices])
    arn, count = bench.machine("chain10", chain(10, "task")), max(2048, bench.count(10000))
    alone = bench.load("chain of 10, few open", arn, count, 1024, 10)
    bench.service.load(bench.machine("wait", long_wait()), a_slice, "start")
    beside = bench.load(f"chain of 10, {a_slice:,} open", arn, count, 1024, 10)
    bench.figure("open_executions_rate_ratio", beside["per_second"] / alone["per_second"], "", open=a_slice,
                 cpu_ratio=round(sum(beside["cpu_us"].values()) / sum(alone["cpu_us"].values()), 4),
                 rss_mib=round(rss_mib(bench.service.scheduler.pid), 1))


def measure_parked(bench):
    """Many that wait for a year: what they take of memory, how soon another process has taken them all over, and how
    10,000 of them that wake at the same moment disturb the others."""
    count, wakers = (20_000, 1_000) if bench.quick else (1_000_000, 10_000)
    open_before = bench.service.metric("pawl_open_executions")
    bench.service.load(bench.machine("year", long_wait()), count, "start")
    due = time.time() + (70 if bench.quick else 90)
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(due))
    bench.service.load(bench.machine("wake", wait_until()), wakers, "start", json.dumps({"at": at}))
    due = int(due)
    before = rss_mib(bench.service.scheduler.pid)
    bench.service.stop()
    bench.service = Service(bench.bin, bench.cluster.dsn)
    took = time.monotonic() - bench.service.began
    resident = rss_mib(bench.service.scheduler.pid)
    bench.figure("parked_take_over_seconds", took, "s", parked=count + wakers,
                 of="scheduler launched to all partitions served")
    bench.figure("parked_rss_mib", resident, "MiB", parked=count + wakers, before_the_take_over=round(before, 1))
    arn, chains = bench.machine("chain10", chain(10, "task")), bench.count(2000)
    bench.service.load(arn, chains, 16)
    alone = bench.load("chain of 10, none wakes", arn, chains, 16, 10)
    time.sleep(max(0.0, due - 0.5 - time.time()))
    woken_at = []

    def watch():
        # Up to 16 chains are open beside them.
        while (still := bench.service.metric("pawl_open_executions") - open_before - count) > 16:
            if time.time() > due + 60:
                print(f"{still} executions did not wake", flush=True)
                return
            time.sleep(0.05)
        woken_at.append(time.time())

    watcher = threading.Thread(target=watch)
    watcher.start()
    beside = bench.load(f"chain of 10, {wakers:,} wake", arn, chains, 16, 10)
    watcher.join()
    if not woken_at:
        raise SystemExit("not all woke")
    bench.figure("parked_wake_seconds", woken_at[0] - due, "s", woken=wakers,
                 of="the moment they were due to the end of the last, chains beside them, to 0.05 s")
    for name in ("p50_ms", "p99_ms", "max_ms"):
        bench.figure(f"parked_wake_others_{name}", beside[name], "ms", without=alone[name])
    bench.rows.append(("chains beside those that wake", f"p50 {beside['p50_ms']:.0f} ms, p99 {beside['p99_ms']:.0f} ms, "
                       f"max {beside['max_ms']:.0f} ms", f"without {alone['p50_ms']:.0f}, {alone['p99_ms']:.0f}, "
                       f"{alone['max_ms']:.0f}", f"all {wakers:,} done in {woken_at[0] - due:.1f} s"))
    print("  ".join(bench.rows[-1]), flush=True)


def measure_dev(bench):
    """`pawl dev` in an empty folder to the first finished execution, PostgreSQL of its own included."""
    if not os.path.exists(f"{bench.bin}/pawl"):
        print("pawl is not built: no cold start of `pawl dev`")
        return
    folder, http = tempfile.mkdtemp(prefix="pawl-bench-dev-"), free_port()
    os.chmod(folder, 0o711)  # started by root, PostgreSQL runs as another user
    began = time.monotonic()
    process = subprocess.Popen([f"{bench.bin}/pawl", "dev", "--data-dir", f"{folder}/data", "--http-port", str(http),
                                "--grpc-port", str(free_port()), "--ops-port", str(free_port()), "--no-worker"],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    guard = threading.Timer(60, process.kill)
    guard.start()
    try:
        while not (line := process.stdout.readline()).startswith("ready "):
            if not line:
                raise SystemExit(f"pawl dev did not get ready: {process.stderr.read()[-2000:]}")
        arn = call(http, "CreateStateMachine", {"name": "m", "definition": json.dumps(chain(1, "pass")),
                                                "roleArn": "arn:aws:iam::000000000000:role/bench"})["stateMachineArn"]
        execution = call(http, "StartExecution", {"stateMachineArn": arn})["executionArn"]
        while call(http, "DescribeExecution", {"executionArn": execution})["status"] == "RUNNING":
            time.sleep(0.005)
        bench.figure("cold_start_dev_seconds", time.monotonic() - began, "s",
                     of="pawl dev with a PostgreSQL of its own, empty folder, to the first finished execution")
    finally:
        guard.cancel()
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
        shutil.rmtree(folder, ignore_errors=True)


def measure_language(bench):
    """The pure language (micro/language.py): its lines are figures; a missed bound is said, and the run goes on."""
    if not os.path.exists(os.path.join(bench.bin, "language_benchmark")):
        print("language_benchmark is not built: Google Benchmark was missing", flush=True)
        return
    script = os.path.join(HERE, "micro", "language.py")
    out = subprocess.run([sys.executable, script, "--bin", bench.bin], stdout=subprocess.PIPE, text=True, check=False)
    for line in out.stdout.splitlines():
        figure = json.loads(line)
        bench.figures.append({"part": "language", **figure})
        bound = f"bound {figure['bound']:,}" if "bound" in figure else ""
        bench.rows.append((figure["metric"], f"{figure['value']:,.1f} {figure['unit']}", bound))
        print("  ".join(bench.rows[-1]), flush=True)


PARTS = {"ceiling": measure_ceiling, "cold": measure_cold, "chain": measure_chain, "open": measure_open,
         "orchestration": measure_orchestration, "map": measure_map, "size": measure_size, "flat": measure_flat,
         "parked": measure_parked, "nodes": measure_nodes, "idle": measure_idle,
         "dev": measure_dev, "language": measure_language}
WITHOUT_SERVICE = {"ceiling", "cold", "nodes", "idle", "dev", "language"}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", default=os.path.join(HERE, "..", "build", "release", "bin"))
    parser.add_argument("--quick", action="store_true", help="a tenth of the work, to see that everything runs")
    parser.add_argument("--only", default=",".join(PARTS), help="parts to measure")
    arguments = parser.parse_args()
    wanted = arguments.only.split(",")
    if not set(wanted) <= set(PARTS):
        parser.error(f"parts are {', '.join(PARTS)}")
    with postgres.Cluster() as cluster:
        print("PostgreSQL:", ", ".join(f"{name}={cluster.sql(f'show {name}')}" for name in SETTINGS), flush=True)
        print("load average:", " ".join(f"{load:.2f}" for load in os.getloadavg()), flush=True)
        bench = Bench(os.path.abspath(arguments.bin), arguments.quick, cluster)
        try:
            for part in [part for part in PARTS if part in wanted]:
                if bench.service is None and part not in WITHOUT_SERVICE:
                    bench.service = Service(bench.bin, cluster.dsn)
                print(f"== {part}", flush=True)
                PARTS[part](bench)
        finally:
            if bench.service is not None:
                bench.service.stop()
    print()
    for row in bench.rows:
        print("  ".join(row))
    print()
    for line in bench.figures:
        print(json.dumps(line))


if __name__ == "__main__":
    main()
