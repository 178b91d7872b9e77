"""The wires of the harness do what they say: else a test that cuts them would prove nothing."""
import os
import socket
import threading
import time
import unittest

from harness import network, processes


class Network(unittest.TestCase):
    def setUp(self):
        self.wires = network.Network(lambda: {os.getpid(): "me"})
        self.addCleanup(self.wires.close)
        self.server = self.serve(0)
        self.port = self.server.getsockname()[1]
        self.reached = self.wires.listen("echo", self.port)

    def serve(self, port):
        server = socket.create_server(("127.0.0.1", port))

        def answer(connection):
            with connection:
                while data := connection.recv(100):
                    connection.sendall(data)

        def accept():
            try:
                while True:
                    threading.Thread(target=answer, args=server.accept()[:1], daemon=True).start()
            except OSError:
                pass  # closed
        threading.Thread(target=accept, daemon=True).start()
        self.addCleanup(server.close)
        return server

    def connect(self, timeout=5):
        connection = socket.create_connection(("127.0.0.1", self.reached), timeout)
        self.addCleanup(connection.close)
        return connection

    def echo(self, connection):
        connection.sendall(b"x")
        return connection.recv(1)

    def test_what_is_held_arrives_later(self):
        connection = self.connect(timeout=0.3)
        self.assertEqual(self.echo(connection), b"x")
        self.wires.hold(("me", "echo"))
        time.sleep(0.1)
        with self.assertRaises(TimeoutError):
            self.echo(connection)
        self.wires.heal()
        connection.settimeout(5)
        self.assertEqual(connection.recv(1), b"x")

    def test_others_are_not_held(self):
        self.wires.hold(("somebody", "echo"), ("me", "another"))
        self.assertEqual(self.echo(self.connect()), b"x")

    def test_what_is_broken_ends_and_cannot_be_made_again(self):
        connection = self.connect()
        self.assertEqual(self.echo(connection), b"x")
        self.wires.break_(("me", "echo"))
        for victim in (connection, self.connect()):
            try:
                self.assertEqual(self.echo(victim), b"")
            except ConnectionError:
                pass
        self.wires.heal()
        time.sleep(0.1)
        self.assertEqual(self.echo(self.connect()), b"x")

    def test_what_is_slow_takes_its_time(self):
        connection = self.connect()
        self.echo(connection)
        self.wires.slow(0.1, ("me", "echo"))
        time.sleep(0.1)
        began = time.monotonic()
        self.assertEqual(self.echo(connection), b"x")
        self.assertGreater(time.monotonic() - began, 0.2)

    def test_nobody_listens_where_nobody_listens_behind(self):
        self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()

        def refused():
            try:
                self.connect().close()
                return False
            except ConnectionRefusedError:
                return True
        processes.wait_until(refused, 10)
        self.serve(self.port)
        processes.wait_until(lambda: not refused(), 10)


if __name__ == "__main__":
    unittest.main()
