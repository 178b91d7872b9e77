"""PostgreSQL's primary dies for good under load and its synchronous standby is promoted: nothing acknowledged is lost."""
import time
import unittest

from harness import load, world
from harness.processes import wait_until

EXECUTIONS = 60


class Failover(unittest.TestCase):
    def test_a_promoted_synchronous_standby_has_everything(self):
        with world.World(nodes=2, workers=2, standby=True) as here:
            here.wait_until_serving()
            self.assertEqual(here.database.sql("select sync_state from pg_stat_replication"), "sync")
            work = load.Load(here.client(), here.journal, "failover")
            work.start(EXECUTIONS, rate=10)
            wait_until(lambda: work.acknowledged >= EXECUTIONS // 3, 30)
            here.database.kill()
            wait_until(lambda: not any(node.ready() for node in here.schedulers), 15)
            acknowledged = work.acknowledged
            time.sleep(1)
            self.assertEqual(work.acknowledged, acknowledged, "nobody can promise anything now")
            here.standby.promote()
            began = time.monotonic()
            for node in here.schedulers:
                node.wait_until_ready(30)
            print(f"\n    ready {time.monotonic() - began:.1f} s after the promotion", flush=True)
            self.assertEqual(work.watch(90), 0, work.open_names())
            self.assertEqual(work.problems, [])
            self.assertEqual(work.acknowledged, EXECUTIONS)
            code, said = here.check()
            self.assertEqual(code, 0, said)


if __name__ == "__main__":
    unittest.main()
