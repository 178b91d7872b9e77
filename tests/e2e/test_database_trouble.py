"""PostgreSQL in trouble under load: the service says so (readyz, one log line), loses nothing, resumes by itself.

Every trial starts executions, makes trouble, sees what the service says, ends the trouble, and then everything that was
acknowledged must end as it should: the checker compares journal, ledger and histories.
"""
import ctypes
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

from harness import load, world
from harness.processes import wait_until

EXECUTIONS = 30
# Lines that a scheduler may log in one trial: what happened, what it does about it, that it is over. A flood is hundreds.
LINES_MAX = 12


class Trial(unittest.TestCase):
    def begin(self, **more):
        result = self._outcome.result
        self.failures_before = len(result.failures) + len(result.errors)
        self.world = world.World(nodes=1, workers=1, **more)
        self.world.__enter__()
        self.addCleanup(self.end_world)
        self.database, self.node = self.world.database, self.world.schedulers[0]
        self.world.wait_until_serving()
        self.load = load.Load(self.world.client(), self.world.journal, "trouble")
        self.load.start(EXECUTIONS, rate=15)
        wait_until(lambda: self.load.acknowledged >= 10, 20)
        self.log_before = len(self.node.log_text())

    def end_world(self):
        result = self._outcome.result
        failed = len(result.failures) + len(result.errors) > self.failures_before
        self.world.__exit__(AssertionError if failed else None, None, None)

    def said(self):
        """The lines logged since the trouble began."""
        return self.node.log_text()[self.log_before:].splitlines()

    def assert_not_ready(self, *words, seconds=10):
        def seen():
            status, text = self.node.ops("/readyz")
            return status == 503 and all(word in text for word in words)
        wait_until(seen, seconds, lambda: f"expected 503 and {words}, found {self.node.ops('/readyz')}")
        self.assertEqual(self.node.ops("/healthz")[0], 200, "an orchestrator would restart it, which helps nothing")

    def assert_all_is_well(self, seconds=15):
        self.node.wait_until_ready(seconds)
        self.assertEqual(self.load.watch(60), 0, self.load.open_names())
        self.assertEqual(self.load.problems, [])
        self.assertEqual(self.load.acknowledged, EXECUTIONS)
        code, said = self.world.check()
        self.assertEqual(code, 0, said)
        lines = self.said()
        self.assertLessEqual(len(lines), LINES_MAX, "\n".join(lines[:30]))

    def cpu_seconds(self, process):
        fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class DatabaseTrouble(Trial):
    def test_a_server_that_is_away_is_waited_for_without_haste(self):
        self.begin()
        self.database.stop()
        self.assert_not_ready("the database cannot be used")
        processes = [self.node, *self.world.workers]
        before = [self.cpu_seconds(process) for process in processes]
        time.sleep(4)
        used = [self.cpu_seconds(process) - start for process, start in zip(processes, before)]
        self.database.start()
        self.assert_all_is_well()
        self.assertTrue(all(seconds < 1 for seconds in used), f"scheduler, worker used {used} s of CPU in 4 s")

    def test_a_server_that_goes_away_while_nothing_happens(self):
        self.begin()
        self.assert_all_is_well(60)
        self.database.stop()
        self.assert_not_ready("the database cannot be used")
        self.database.start()
        self.node.wait_until_ready(15)

    def test_restarts_under_load_cost_nothing_but_time(self):
        self.begin()
        for _ in range(2):
            self.database.restart_immediately()
            time.sleep(0.5)
        self.assert_all_is_well()

    def test_a_server_that_became_read_only(self):
        self.begin()
        self.database.set("default_transaction_read_only", "on")
        self.assert_not_ready("read-only")
        time.sleep(4)
        self.database.set("default_transaction_read_only", None)
        self.assert_all_is_well()
        self.assertTrue(any("read-only" in line for line in self.said()))

    def test_a_server_without_free_connections(self):
        self.begin(settings={"max_connections": "12", "superuser_reserved_connections": "0",
                             "client_connection_check_interval": "200ms"})
        taken = self.take_all_connections()
        self.assert_not_ready("too many clients", seconds=20)
        time.sleep(3)
        for session in taken:
            session.kill()
            session.wait()
        self.assert_all_is_well()

    def take_all_connections(self):
        """Ends the scheduler's sessions and takes their places, until it has none."""
        taken = []
        self.addCleanup(lambda: [session.kill() for session in taken])
        deadline = time.monotonic() + 15
        psql = pathlib.Path(world.postgres._bin_dir()) / "psql"
        while time.monotonic() < deadline:
            for _ in range(12):
                taken.append(subprocess.Popen([psql, "-XAtq", "-d", self.database.dsn, "-c", "select pg_sleep(600)"],
                                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
            time.sleep(0.3)
            taken[:] = [session for session in taken if session.poll() is None]
            if len(taken) >= 12:
                return taken
            for pid in self.server_children():
                if "pawl pawl" in (line := self.command_of(pid)) and "SELECT" not in line:
                    os.kill(pid, signal.SIGTERM)
        return taken

    def server_children(self):
        listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(self.database.pid)], capture_output=True, text=True,
                                check=False)
        return [int(pid) for pid in listed.stdout.split()]

    def command_of(self, pid):
        try:
            return pathlib.Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
        except OSError:
            return ""

    def test_sessions_that_are_ended_one_by_one(self):
        self.begin()
        for _ in range(10):
            for pid in self.database.backends():
                try:
                    os.kill(pid, signal.SIGTERM)
                except ProcessLookupError:
                    pass
            time.sleep(0.3)
        self.assert_all_is_well()

    def test_a_lock_that_somebody_holds_on_the_log(self):
        """A person's `lock table` in a forgotten session: appends wait, then are given up; readiness tells."""
        self.begin()
        psql = pathlib.Path(world.postgres._bin_dir()) / "psql"
        locker = subprocess.Popen([psql, "-XAtq", "-d", self.database.dsn, "-c",
                                   "begin; lock table pawl.log in exclusive mode; select pg_sleep(6)"])
        locker.wait()
        self.assert_all_is_well(40)


class FullDisk(Trial):
    """PostgreSQL on a small file system of its own, which is filled and emptied again."""

    def setUp(self):
        self.mount = pathlib.Path(tempfile.mkdtemp(prefix="pawl-small-disk-"))
        self.addCleanup(lambda: self.mount.rmdir())
        if os.geteuid() != 0:
            self.skipTest("a small file system can be mounted by root only")
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.mount(b"tmpfs", str(self.mount).encode(), b"tmpfs", 0, b"size=160m") != 0:
            self.skipTest(f"mounting a tmpfs is not allowed here: {os.strerror(ctypes.get_errno())}")
        self.addCleanup(lambda: libc.umount2(str(self.mount).encode(), 0))

    def test_a_full_disk(self):
        self.begin(settings={"max_wal_size": "48MB", "min_wal_size": "32MB"}, database_folder=self.mount)
        ballast = self.mount / "ballast"
        self.fill(ballast)
        # Tables cannot grow, or the write-ahead log cannot and the server stops itself; both are a full disk.
        self.assert_not_ready("the database cannot be used", seconds=40)
        self.fill(ballast)
        time.sleep(4)
        ballast.unlink()
        if not self.database.running():
            self.database.start()
        self.assert_all_is_well(30)

    def fill(self, path):
        with open(path, "ab") as file:
            for size in (1 << 20, 1 << 12, 1):
                while True:
                    try:
                        os.write(file.fileno(), b"x" * size)
                    except OSError:
                        break
        self.assertLess(shutil.disk_usage(self.mount).free, 1 << 16)


if __name__ == "__main__":
    unittest.main()
