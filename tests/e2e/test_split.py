"""The number of partitions is raised under load, on two databases: nothing is lost, what runs goes on, the log is sound
afterwards, and partitions of the new number move."""
import json
import subprocess
import threading
import time
import unittest

from harness import load, world
from harness.processes import BIN, wait_until

EXECUTIONS = 60


class Split(unittest.TestCase):
    def admin(self, here, command, *more, expected=0):
        servers = [part for dsn in here.dsns for part in ("--postgres", dsn)]
        done = subprocess.run([BIN / "pawl", "admin", command, "--output", "json", *servers, *map(str, more)],
                              capture_output=True, text=True, check=False, timeout=240)
        self.assertEqual(done.returncode == 0, expected == 0, done.stdout + done.stderr)
        return json.loads(done.stdout) if expected == 0 else done.stderr

    def wait_until_owned(self, here, count):
        def owned():
            return sum(node.metric("pawl_partitions_owned") or 0 for node in here.schedulers)

        def is_served():
            try:
                return owned() == count
            except OSError:  # a node begins anew
                return False
        wait_until(is_served, 60, lambda: f"not all of {count} partitions are owned")

    def test_a_split_under_load(self):
        with world.World(nodes=2, workers=2, databases=2) as here:
            here.wait_until_serving()
            client = here.client()
            self.admin(here, "move", "--to", 2, "--partition", *range(0, 64, 2))
            work = load.Load(client, here.journal, "split")
            work.start(EXECUTIONS, rate=8)
            watching = threading.Thread(target=work.watch, args=(200,))
            watching.start()
            wait_until(lambda: work.acknowledged >= 15, 30)
            self.assertIn("a multiple", self.admin(here, "split", "--partitions", 96, expected=1))
            began = time.monotonic()
            report = self.admin(here, "split", "--partitions", 128)
            self.assertEqual((report["before"], report["after"]), (64, 128))
            self.wait_until_owned(here, 128)
            print(f"\n    {report['decisions']} decisions counted in {report['stopped_ms']} ms; all 128 partitions are "
                  f"owned {time.monotonic() - began:.1f} s after the split began", flush=True)
            self.admin(here, "split", "--partitions", 128)  # does nothing
            moved = self.admin(here, "move", "--to", 1, "--partition", 1, 4, 5)
            self.assertEqual(len(moved), 3)
            watching.join()
            self.assertEqual(work.open_names(), [])
            self.assertEqual(work.problems, [])
            code, said = here.check()
            self.assertEqual(code, 0, said)
            checked = subprocess.run([BIN / "pawl", "admin", "check",
                                      *[part for dsn in here.dsns for part in ("--postgres", dsn)]],
                                     capture_output=True, text=True, check=False, timeout=120)
            self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)


if __name__ == "__main__":
    unittest.main()
