"""The part `idle`: what five schedulers that have nothing to do ask of PostgreSQL, while many executions wait."""
import collections
import re
import time

import postgres
from nodes import wait_until_spread
from service import Service, long_wait

STATEMENT = re.compile(r"LOG:  (?:statement|execute [^:]*): (.*)")
SECONDS = 30


def statements(path, offset):
    """Those that were logged since, by their beginnings; and where the log ends now."""
    with open(path, errors="replace") as log:
        log.seek(offset)
        text = log.read()
        return collections.Counter(found[1][:48] for found in STATEMENT.finditer(text)), log.tell()


def measure_idle(bench):
    waiting = bench.count(100_000)
    with postgres.Cluster(settings={"log_statement": "all"}) as cluster:
        service = Service(bench.bin, cluster.dsn, nodes=5, workers=5)
        try:
            wait_until_spread(service, int(cluster.sql("select partition_count from pawl.cluster")))
            service.load(service.create("year", long_wait()), waiting, "start")
            _, offset = statements(cluster.log, 0)
            while True:  # those that wait for long leave memory first, which is written down
                time.sleep(5)
                seen, offset = statements(cluster.log, offset)
                if sum(seen.values()) < 50:
                    break
            time.sleep(SECONDS)
            seen, _ = statements(cluster.log, offset)
        finally:
            service.stop()
    for text, count in seen.most_common():
        print(f"  {count / SECONDS:5.2f} a second: {text} ...", flush=True)
    bench.figure("idle_statements_per_second", sum(seen.values()) / SECONDS, "1/s", schedulers=5, waiting=waiting)
    bench.rows.append(("five idle schedulers", f"{sum(seen.values()) / SECONDS:.2f} statements a second"))
