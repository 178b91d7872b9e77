"""What a scheduler says when it cannot start: one clear sentence and an exit code, or patience where waiting helps."""
import pathlib
import socket
import tempfile
import time
import unittest

from harness import processes, world
from harness.processes import wait_until


class Startup(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="pawl-e2e-")
        cls.addClassCleanup(cls.folder.cleanup)
        cls.database = world.postgres.Cluster(fsync=False)
        cls.addClassCleanup(cls.database.destroy)
        cls.database.start()

    def scheduler(self, dsn, **more):
        node = processes.Scheduler(pathlib.Path(self.folder.name) / f"{self.id()}.log", dsn, **more)
        self.addCleanup(lambda: node.alive() and node.kill())
        return node

    def assert_refuses(self, node, *words):
        before = len(node.log_text())
        node.start()
        self.assertEqual(node.wait(20), 1, node.log_text())
        text = node.log_text()[before:]
        for word in words:
            self.assertIn(word, text)
        self.assertLessEqual(len(text.splitlines()), 3, text)

    def test_refuses_a_wrong_password(self):
        self.database.require_password("guarded", "right")
        dsn = self.database.dsn.replace("user=pawl", "user=guarded")
        self.assert_refuses(self.scheduler(dsn + " password=mistyped"), "password authentication failed", "guarded")
        self.assertNotIn("mistyped", self.scheduler(dsn).log_text())
        self.scheduler(dsn + " password=right").start().wait_until_ready().stop()

    def test_refuses_a_schema_that_is_newer_than_itself(self):
        self.database.create_database("newer")
        dsn = self.database.dsn_of("newer")
        self.scheduler(dsn).start().wait_until_ready().stop()
        self.database.sql("insert into pawl.migrations (number, name, digest) values (9999, 'future', '')", "newer")
        self.assert_refuses(self.scheduler(dsn), "version 9999 (future)", "Run the release")

    def test_refuses_a_port_that_is_in_use(self):
        for kind, at in (("http", 0), ("gRPC", 1), ("ops", 2)):
            with self.subTest(kind), socket.socket() as taken:
                taken.bind(("127.0.0.1", 0))
                taken.listen()
                ports = processes.free_ports(3)
                ports[at] = taken.getsockname()[1]
                self.assert_refuses(self.scheduler(self.database.dsn, ports=ports), str(ports[at]), "in use")

    def test_refuses_a_connection_string_that_is_none(self):
        self.assert_refuses(self.scheduler("nonsense password=secret"), "expected a connection string")
        self.assertNotIn("secret", self.scheduler("").log_text())

    def test_refuses_a_database_that_does_not_exist(self):
        self.assert_refuses(self.scheduler(self.database.dsn_of("nowhere")), '"nowhere" does not exist')

    def test_waits_for_a_server_that_is_not_there_and_stops_when_told(self):
        port = processes.free_ports(1)[0]
        node = self.scheduler(f"host=127.0.0.1 port={port} user=pawl dbname=pawl").start()
        wait_until(lambda: "Waiting for the database" in node.log_text(), 10, node.log_text)
        self.assertEqual(node.ops("/readyz")[0], 503)
        time.sleep(1.5)
        self.assertLessEqual(len(node.log_text().splitlines()), 2, node.log_text())
        self.assertEqual(node.ops("/healthz")[0], 200)
        self.assertIn("waiting for the database", node.ops("/readyz")[1])
        self.assertEqual(node.stop(5), 0)

    def test_serves_once_the_server_it_waits_for_is_there(self):
        self.database.stop()
        node = self.scheduler(self.database.dsn).start()
        wait_until(lambda: "Waiting for the database" in node.log_text(), 10, node.log_text)
        self.database.start()
        node.wait_until_ready(15)
        self.assertEqual(node.stop(), 0)


if __name__ == "__main__":
    unittest.main()
