"""The part `nodes`: one scheduler against two at equal cores, and what a larger machine could do (scaling_model.py).

All schedulers share one core, PostgreSQL, workers and load have the others, so that the schedulers are what limits: what
two of them do is then what a cluster costs. One core for each scheduler would need a third one for the rest; that is
what the model is for. Its costs are those measured here, and it is held against what was measured.
"""
import os
import time

import postgres
from processes import pin, thread_seconds
from scaling_model import SCHEDULER, Costs, bound, limits, table
from service import Service, chain

ALL = SCHEDULER + ("postgres", "worker", "load")
# Figure, machine, states in it, kind, at once, executions.
LOADS = (("chain10", 10, "task", 256, 6000), ("chain10", 10, "task", 1024, 12000), ("pass10", 10, "pass", 1024, 24000))


class Sum:
    """Several runs of one load."""

    def __init__(self):
        self.steps, self.seconds, self.others, self.cpu = 0, 0.0, 0.0, {}

    def add(self, steps, seconds, others, cpu_seconds_by_name):
        self.steps, self.seconds, self.others = self.steps + steps, self.seconds + seconds, max(self.others, others)
        for name, spent in cpu_seconds_by_name.items():
            self.cpu[name] = self.cpu.get(name, 0.0) + spent

    @property
    def rate(self):
        return self.steps / self.seconds

    def us(self, name):
        return self.cpu[name] / self.steps * 1e6

    def costs(self):
        return Costs(**{name: self.us(name) for name in ALL + ("commit",)})


def look(bench):
    """CPU seconds inside the schedulers, and the seconds in which their transactions were under way."""
    threads = [thread_seconds(node.process.pid) for node in bench.service.nodes]
    engine = bench.service.metric("pawl_engine_cpu_seconds")  # on its own thread and on those that are lent to it
    writer = sum(one.get("writer", 0.0) for one in threads)
    rest = sum(sum(one.values()) for one in threads) - engine - writer
    return {"engine": engine, "writer": writer, "rest": rest, "commit": bench.service.metric("pawl_commit_seconds_sum")}


def run(bench, what, total, scale):
    name, states, kind, at_once, count = what
    arn = bench.machine(name, chain(states, kind))
    nodes = len(bench.service.nodes)
    before = look(bench)
    result = bench.load(f"{nodes} node{'s' if nodes > 1 else ''}, chain of {states} {kind}", arn,
                        max(at_once, int(bench.count(count) * scale)), at_once, states)
    after = look(bench)
    steps = result["count"] * states
    spent = {part: after[part] - before[part] for part in after}
    spent.update({part: us * steps / 1e6 for part, us in result["cpu_us"].items()})
    total.add(steps, result["seconds"], result["others"], spent)


def wait_until_spread(service, partitions):
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        owned = [node.metric("pawl_partitions_owned") for node in service.nodes]
        if sum(owned) == partitions and max(owned) - min(owned) <= 1:
            return
        time.sleep(0.1)
    raise SystemExit(f"the nodes own {owned} of {partitions} partitions after 30 s")


def with_nodes(bench, nodes, cores, other_cores, sums, loads, scale=1.0):
    bench.service = Service(bench.bin, bench.cluster.dsn, nodes=nodes, workers=2, cores=cores, other_cores=other_cores)
    try:
        wait_until_spread(bench.service, int(bench.cluster.sql("select partition_count from pawl.cluster")))
        bench.service.load(bench.machine("chain10", chain(10, "task")), 1024, 256)  # warm
        for what in loads:
            run(bench, what, sums.setdefault((nodes, *what[:4]), Sum()), scale)
    finally:
        bench.service.stop()


def tell_ratios(bench, sums):
    for name, states, kind, at_once, _ in LOADS:
        one, two = sums[1, name, states, kind, at_once], sums[2, name, states, kind, at_once]
        cpu = {parts: {who: round(total.us(who), 2) for who in total.cpu if who != "commit"}
               for parts, total in (("one", one), ("two", two))}
        suffix = "" if at_once == 1024 else f"_at_{at_once}"
        bench.figure(f"nodes_two_over_one_{name}{suffix}", two.rate / one.rate, "", concurrency=at_once,
                     one_steps_per_second=round(one.rate), two_steps_per_second=round(two.rate), cpu_us=cpu,
                     others=round(max(one.others, two.others), 3))
        bench.rows.append((f"two nodes over one, {name}, {at_once} at once", f"{two.rate / one.rate:.2f}",
                           f"{one.rate:,.0f}/s and {two.rate:,.0f}/s"))
        print("  ".join(bench.rows[-1]), flush=True)


def tell_errors(bench, one, two, free, count):
    """What the model says of the runs that gave the costs, and of one on all cores that gave none of them."""
    apart = {"core of the schedulers": (SCHEDULER, 1), "other cores": (("postgres", "worker", "load"), count - 1)}
    for name, measured, costs, nodes, cores in (("one_node", one, one.costs(), 1, apart),
                                                ("two_nodes", two, two.costs(), 2, apart),
                                                ("one_node_all_cores", free, one.costs(), 1, {"all cores": (ALL, count)})):
        predicted, resource = bound(limits(costs, nodes, 1, cores))
        error = predicted / measured.rate - 1
        print(f"model, {name.replace('_', ' ')}: at most {predicted:,.0f} steps/s ({resource}); measured "
              f"{measured.rate:,.0f}: {error:+.0%}", flush=True)
        bench.figure(f"nodes_model_error_{name}", error, "", predicted=round(predicted), measured=round(measured.rate),
                     limit=resource)


def tell_table(bench, one, two):
    print("model of a larger machine: 4 cores a node and one for its workers, 4 cores a PostgreSQL server; us a step:")
    for name, costs in (("one node", one), ("two", two)):
        print(f"  {name}: " + ", ".join(f"{part} {us:.1f}" for part, us in vars(costs).items()))
    servers_max, rows = 3, table(one, two)
    print("nodes  " + "".join(f"{f'{servers} PostgreSQL, steps/s':<38}" for servers in range(1, servers_max + 1)))
    for i in range(0, len(rows), servers_max):
        print(f"{rows[i][0]:>5}  " + "".join(f"{f'{steps:>9,.0f} {limit}':<38}"
                                             for _, _, steps, limit in rows[i:i + servers_max]).rstrip(), flush=True)
    for nodes, servers, steps, limit in rows:
        bench.figure("nodes_model_steps_per_second", steps, "steps/s", nodes=nodes, servers=servers, limit=limit)


def measure_nodes(bench):
    count = os.cpu_count()
    if count < 2:
        print("one core only: schedulers cannot have one of their own", flush=True)
        return
    mine, others = {0}, set(range(1, count))
    with postgres.Cluster() as cluster:
        inner = type(bench)(bench.bin, bench.quick, cluster)
        inner.rows, inner.figures = bench.rows, bench.figures
        sums, free = {}, {}
        # There and back: a machine whose speed changes meanwhile changes it for all of them.
        for nodes, is_pinned in ((1, True), (2, True), (1, False), (2, True), (1, True)):
            if is_pinned:
                pin(cluster.pid, others)
                with_nodes(inner, nodes, mine, others, sums, LOADS)
            else:
                pin(cluster.pid, mine | others)
                with_nodes(inner, nodes, None, None, free, LOADS[1:2], 2.0)
    tell_ratios(bench, sums)
    one, two, free = sums[1, *LOADS[1][:4]], sums[2, *LOADS[1][:4]], free[1, *LOADS[1][:4]]
    tell_errors(bench, one, two, free, count)
    tell_table(bench, one.costs(), two.costs())
