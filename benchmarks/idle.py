"""The part `idle`: what five schedulers that have nothing to do cost, and what they ask of PostgreSQL, while many
executions wait and many workers poll. Each worker is an SDK worker with a session, a connection and a stream of polls of
its own; they share five processes, one for each scheduler that they poll."""
import collections
import re
import time

import postgres
from nodes import wait_until_spread
from processes import cpu_seconds, rss_mib
from service import Service, long_wait

STATEMENT = re.compile(r"LOG:  (?:statement|execute [^:]*): (.*)")
SECONDS = 30
NODES = 5


def statements(path, offset):
    """Those that were logged since, by their beginnings; and where the log ends now."""
    with open(path, errors="replace") as log:
        log.seek(offset)
        text = log.read()
        return collections.Counter(found[1][:48] for found in STATEMENT.finditer(text)), log.tell()


def wait_until_polling(service, workers):
    deadline = time.monotonic() + 120
    while (polling := service.metric("pawl_task_pollers", 'handler="noop"')) != workers:
        if time.monotonic() > deadline:
            raise SystemExit(f"{polling:.0f} of {workers} workers poll after 120 s")
        time.sleep(0.5)


def wait_until_idle(log):
    """Executions that wait for long leave memory first, which is written down. Gives where the log ends then."""
    _, offset = statements(log, 0)
    while True:
        time.sleep(5)
        seen, offset = statements(log, offset)
        if sum(seen.values()) < 50:
            return offset


def measure_idle(bench):
    waiting, workers = bench.count(100_000), bench.count(1000)
    with postgres.Cluster(settings={"log_statement": "all"}) as cluster:
        service = Service(bench.bin, cluster.dsn, slots=workers, nodes=NODES, workers=workers, worker_processes=NODES)
        try:
            wait_until_spread(service, int(cluster.sql("select partition_count from pawl.cluster")))
            service.load(service.create("year", long_wait()), waiting, "start")
            wait_until_polling(service, workers)
            offset = wait_until_idle(cluster.log)
            schedulers = [node.process.pid for node in service.nodes]
            spent, spent_by_workers = cpu_seconds(schedulers), cpu_seconds([one.pid for one in service.workers])
            time.sleep(SECONDS)
            seen, _ = statements(cluster.log, offset)
            spent = cpu_seconds(schedulers) - spent
            spent_by_workers = cpu_seconds([one.pid for one in service.workers]) - spent_by_workers
            wait_until_polling(service, workers)
            resident = [rss_mib(pid) for pid in schedulers]
        finally:
            service.stop()
    for text, count in seen.most_common():
        print(f"  {count / SECONDS:5.2f} a second: {text} ...", flush=True)
    of = {"schedulers": NODES, "waiting": waiting, "workers": workers}
    per_second = sum(seen.values()) / SECONDS
    bench.figure("idle_statements_per_second", per_second, "1/s", **of)
    bench.figure("idle_schedulers_rss_mib", max(resident), "MiB", each=[round(one, 1) for one in resident], **of)
    bench.figure("idle_scheduler_cpu_share", spent / SECONDS / NODES, "cores",
                 by_a_worker=round(spent_by_workers / SECONDS / workers, 6), **of)
    bench.rows.append((f"five idle schedulers, {waiting:,} waiting, {workers:,} workers",
                       f"{per_second:.2f} statements a second", f"at most {max(resident):.0f} MiB each",
                       f"{spent / SECONDS / NODES:.2%} of a core each"))
    print("  ".join(bench.rows[-1]), flush=True)
