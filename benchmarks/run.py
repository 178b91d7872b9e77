#!/usr/bin/env python3
"""Measures Pawl on this machine: a private PostgreSQL with stock durable settings, pawl-scheduler, a worker with a no-op
handler and the load, each a process of its own, over TCP.

    benchmarks/run.py [--quick] [--bin DIR]

Prints a table, then one JSON line per figure: {"metric": NAME, "value": NUMBER, "unit": ..., ...}. Ends within 30 minutes.
"""
import argparse
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "tests", "support"))
import postgres  # noqa: E402

ACCOUNT, REGION = "000000000000", "us-east-1"
SETTINGS = ["fsync", "synchronous_commit", "full_page_writes", "wal_level", "shared_buffers", "max_wal_size",
            "wal_sync_method"]


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def cpu_seconds(pids):
    """User and system time of the processes and of their children that still live."""
    ticks, total = os.sysconf("SC_CLK_TCK"), 0.0
    wanted = set(pids)
    stats = {}
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{entry}/stat") as f:
                fields = f.read().rsplit(")", 1)[1].split()
        except OSError:
            continue
        stats[int(entry)] = (int(fields[1]), (int(fields[11]) + int(fields[12])) / ticks)
    grew = True
    while grew:
        more = {pid for pid, (parent, _) in stats.items() if parent in wanted} - wanted
        wanted |= more
        grew = bool(more)
    for pid in wanted:
        total += stats.get(pid, (0, 0.0))[1]
    return total


def rss_mib(pid):
    with open(f"/proc/{pid}/status") as f:
        for line in f:
            if line.startswith("VmRSS"):
                return int(line.split()[1]) / 1024
    return 0.0


def chain(states, kind):
    body = {}
    for i in range(states):
        state = {"Type": "Pass"} if kind == "pass" else {
            "Type": "Task", "Resource": f"arn:aws:states:{REGION}:{ACCOUNT}:activity:noop"}
        state.update({"End": True} if i == states - 1 else {"Next": f"S{i + 1}"})
        body[f"S{i}"] = state
    return {"StartAt": "S0", "States": body}


def fan_out(concurrency):
    return {"StartAt": "M", "States": {"M": {
        "Type": "Map", "ItemsPath": "$.items", "MaxConcurrency": concurrency, "End": True,
        "ItemProcessor": {"StartAt": "T", "States": {"T": {
            "Type": "Task", "Resource": f"arn:aws:states:{REGION}:{ACCOUNT}:activity:noop", "End": True}}}}}}


class Service:
    """The scheduler and the bench worker."""

    def __init__(self, bin_dir, conninfo, slots=512):
        self.bin, self.http, self.grpc, self.ops = bin_dir, free_port(), free_port(), free_port()
        self.began = time.monotonic()
        self.log = open(os.path.join(bin_dir, "..", "bench-scheduler.log"), "ab")
        self.scheduler = subprocess.Popen(
            [f"{bin_dir}/pawl-scheduler", "--address", "127.0.0.1", "--http-port", str(self.http), "--grpc-port",
             str(self.grpc), "--ops-port", str(self.ops), "--postgres", conninfo], stderr=self.log)
        self.worker = subprocess.Popen([f"{bin_dir}/pawl-bench-worker", f"127.0.0.1:{self.grpc}", str(slots)],
                                       stderr=self.log)
        self.wait_ready()

    def wait_ready(self):
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.ops}/readyz", timeout=1) as answer:
                    if answer.status == 200:
                        return
            except OSError:
                pass
            if self.scheduler.poll() is not None:
                raise SystemExit("pawl-scheduler ended early; see build/release/bench-scheduler.log")
            time.sleep(0.005)
        raise SystemExit("pawl-scheduler was not ready within 30 s")

    def call(self, operation, body):
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.http}/", json.dumps(body).encode(),
            {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": f"AWSStepFunctions.{operation}"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def create(self, name, definition):
        return self.call("CreateStateMachine", {"name": name, "definition": json.dumps(definition),
                                                "roleArn": f"arn:aws:iam::{ACCOUNT}:role/bench"})["stateMachineArn"]

    def load(self, arn, count, concurrency, text="{}"):
        done = subprocess.run([f"{self.bin}/pawl-bench-load", f"127.0.0.1:{self.grpc}", arn, str(count),
                               str(concurrency), text], capture_output=True, text=True, timeout=300)
        if done.returncode != 0:
            raise SystemExit(f"pawl-bench-load failed: {done.stderr[-2000:]}")
        return json.loads(done.stdout)

    def stop(self):
        for process in (self.worker, self.scheduler):
            process.send_signal(signal.SIGTERM)
        for process in (self.worker, self.scheduler):
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
        self.log.close()


def verify_histories(service, arn, events_expected, share=0.01):
    """Reads 1% of the executions back and looks at their histories; returns how many were looked at."""
    looked, token = 0, None
    while True:
        page = service.call("ListExecutions", {"stateMachineArn": arn, "maxResults": 1000,
                                               **({"nextToken": token} if token else {})})
        for execution in page["executions"]:
            if execution["status"] != "SUCCEEDED":
                raise SystemExit(f"{execution['executionArn']} is {execution['status']}")
            if random.random() >= share and looked > 0:
                continue
            events = service.call("GetExecutionHistory", {"executionArn": execution["executionArn"],
                                                          "maxResults": 1000})["events"]
            ids = [event["id"] for event in events]
            if ids != list(range(1, events_expected + 1)) or events[-1]["type"] != "ExecutionSucceeded":
                raise SystemExit(f"the history of {execution['executionArn']} is not as expected: {ids}")
            looked += 1
        token = page.get("nextToken")
        if not token:
            return looked


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", default=os.path.join(HERE, "..", "build", "release", "bin"))
    parser.add_argument("--quick", action="store_true", help="a tenth of the work, to see that everything runs")
    arguments = parser.parse_args()
    bin_dir = os.path.abspath(arguments.bin)
    scale = 10 if arguments.quick else 1
    figures, rows = [], []

    def figure(name, value, unit, **more):
        figures.append({"metric": name, "value": round(value, 4), "unit": unit, **more})

    with postgres.Cluster() as cluster:
        conninfo = cluster.dsn
        shown = {name: cluster.sql(f"show {name}") for name in SETTINGS}
        print("PostgreSQL:", ", ".join(f"{k}={v}" for k, v in shown.items()), flush=True)
        ceilings = {}
        for per_transaction in (1, 10, 100, 1000):
            out = subprocess.run([f"{bin_dir}/pawl-bench-append", conninfo, str(per_transaction), "2" if scale > 1 else "4"],
                                 capture_output=True, text=True, check=True)
            ceilings[per_transaction] = float(out.stdout)
            print(f"append ceiling, {per_transaction} rows a transaction: {ceilings[per_transaction]:,.0f} rows/s", flush=True)
        ceiling = ceilings[100]
        figure("append_ceiling_rows_per_second", ceiling, "rows/s", rows_per_transaction=100)

        service = Service(bin_dir, conninfo)
        try:
            arns = {"chain10": service.create("chain10", chain(10, "task")), "pass10": service.create("pass10", chain(10, "pass")),
                    "empty": service.create("empty", chain(1, "pass")), "map": service.create("map", fan_out(100)),
                    "map_wide": service.create("map_wide", fan_out(1000))}
            service.load(arns["chain10"], 1, 1)
            figure("cold_start_seconds", time.monotonic() - service.began, "s",
                   of="scheduler and worker, PostgreSQL up, to the first finished chain of 10")
            time.sleep(1)
            figure("idle_rss_mib", rss_mib(service.scheduler.pid), "MiB")

            everybody = [service.scheduler.pid, service.worker.pid, cluster.pid]
            best, best_cpu = 0.0, 0.0
            for concurrency, count in ((1, 300), (16, 2000), (64, 6000), (256, 12000), (1024, 16000)):
                count = max(concurrency, count // scale)
                cpu = cpu_seconds(everybody)
                result = service.load(arns["chain10"], count, concurrency)
                cpu = cpu_seconds(everybody) - cpu
                steps = result["per_second"] * 10
                rows.append(("chain of 10 tasks", concurrency, f"{steps:,.0f} steps/s", result["p50_ms"], result["p99_ms"],
                             f"{cpu / count / 10 * 1e6:.0f} us CPU/step"))
                print(*rows[-1], flush=True)
                if concurrency == 1:
                    figure("chain10_p50_ms", result["p50_ms"], "ms", p99_ms=result["p99_ms"])
                if steps > best:
                    best, best_cpu, best_at = steps, cpu / count / 10 * 1e6, concurrency
            figure("chain10_steps_per_second", best, "steps/s", concurrency=best_at, ratio_to_ceiling=round(best / ceiling, 4))
            figure("cpu_us_per_step", best_cpu, "us", of="scheduler, PostgreSQL and worker", concurrency=best_at)

            for name, metric, steps, count in (("pass10", "pass10_steps_per_second", 10, 40000),
                                               ("empty", "empty_per_second", 1, 60000)):
                best = 0.0
                for concurrency in (64, 1024):
                    result = service.load(arns[name], count // scale, concurrency)
                    best = max(best, result["per_second"] * steps)
                    rows.append((name, concurrency, f"{result['per_second'] * steps:,.0f}/s", result["p50_ms"],
                                 result["p99_ms"], ""))
                    print(*rows[-1], flush=True)
                figure(metric, best, "1/s", ratio_to_ceiling=round(best / ceiling, 4))

            for name, size, arn, repeats in (("map1000_seconds", 1000, arns["map"], 5), ("map10000_seconds", 10000, arns["map_wide"], 3)):
                text = json.dumps({"items": list(range(size))})
                times = sorted(service.load(arn, 1, 1, text)["seconds"] for _ in range(repeats))
                figure(name, times[len(times) // 2], "s", lowest=times[0], highest=times[-1])
                print(name, times, flush=True)

            cluster.sql("vacuum")
            size = "select coalesce(sum(pg_total_relation_size(c.oid)), 0) from pg_class c join pg_namespace n on n.oid = " \
                   "c.relnamespace where n.nspname = 'pawl' and c.relkind = 'r'"
            before = float(cluster.sql(size))
            count = 5000 // scale
            service.load(arns["chain10"], count, 64)
            figure("bytes_per_chain10", (float(cluster.sql(size)) - before) / count, "bytes", executions=count)
            looked = verify_histories(service, arns["chain10"], 1 + 10 * 5 + 1)
            print(f"histories verified: {looked}", flush=True)
        finally:
            service.stop()

    print()
    for row in rows:
        print("  ".join(str(cell) for cell in row))
    print()
    for line in figures:
        print(json.dumps(line))


if __name__ == "__main__":
    main()
