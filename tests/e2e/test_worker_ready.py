"""The stock worker's /readyz, which the chart's readiness probe asks: 200 as soon as the scheduler takes its polls, work
or no work; 503 with the reason while it does not."""
import time
import unittest

from harness import processes, world
from harness.processes import BIN, wait_until


class StockWorker(processes.Scheduler):
    """pawl-worker, with the scheduler's way to ask its operations port."""

    def __init__(self, log, scheduler, ops_port):
        processes.Process.__init__(self, log, BIN / "pawl-worker", "--scheduler", scheduler, "--address", "127.0.0.1",
                                   "--ops-port", ops_port, "--slots", 1)
        self.ops_port = ops_port


class WorkerReady(unittest.TestCase):
    def test_readyz_says_whether_it_gets_work(self):
        with world.World(nodes=1, workers=0) as here:
            node = here.schedulers[0].wait_until_ready()
            node.kill()
            worker = StockWorker(here.folder / "stock.log", node.grpc, processes.free_ports(1)[0]).start()
            self.addCleanup(worker.kill)
            wait_until(lambda: "cannot be reached" in worker.ops("/readyz")[1], 10, lambda: worker.ops("/readyz"))
            self.assertEqual(worker.ops("/readyz")[0], 503)
            self.assertEqual(worker.ops("/healthz")[0], 200, "it lives: restarting it would not help")
            node.start().wait_until_ready()
            began = time.monotonic()
            worker.wait_until_ready(8)
            print(f"\n    ready {time.monotonic() - began:.1f} s after the scheduler, without any work", flush=True)
            node.kill()
            wait_until(lambda: worker.ops("/readyz")[0] == 503, 30, lambda: worker.ops("/readyz"))
            self.assertIn("cannot be reached", worker.ops("/readyz")[1])


if __name__ == "__main__":
    unittest.main()
