"""Real processes under test: a scheduler node, a worker; killed, paused and started again at the same place."""
import os
import pathlib
import re
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

BIN = pathlib.Path(os.environ.get("PAWL_BIN") or pathlib.Path(__file__).parents[3] / "build/release/bin")


def free_ports(count):
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


class Process:
    """One program with its log. `pid` while it runs."""

    def __init__(self, log, *command):
        self.log = pathlib.Path(log)
        self._command = [str(part) for part in command]
        self._process = None
        self.starts = 0

    def start(self):
        with open(self.log, "ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        self.starts += 1
        return self

    @property
    def pid(self):
        return self._process.pid

    def alive(self):
        return self._process is not None and self._process.poll() is None

    def send(self, with_signal):
        if self.alive():
            self._process.send_signal(with_signal)

    def kill(self):
        self.send(signal.SIGKILL)
        self.wait(10)

    def pause(self):
        self.send(signal.SIGSTOP)

    def go_on(self):
        self.send(signal.SIGCONT)

    def wait(self, seconds):
        """The exit code; negative for a signal."""
        return None if self._process is None else self._process.wait(seconds)

    def stop(self, seconds=20):
        """An orderly end; SIGKILL where that takes too long."""
        self.go_on()
        self.send(signal.SIGTERM)
        try:
            return self.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            return -signal.SIGKILL

    def log_text(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def resident_kib(self):
        status = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status).group(1))


class Scheduler(Process):
    """pawl-scheduler on ports that stay the same through restarts."""

    def __init__(self, log, dsn, lease="1s", ports=None, more=()):
        self.http_port, self.grpc_port, self.ops_port = ports or free_ports(3)
        super().__init__(log, BIN / "pawl-scheduler", "--address", "127.0.0.1", "--postgres", dsn, "--http-port",
                         self.http_port, "--grpc-port", self.grpc_port, "--ops-port", self.ops_port, "--lease", lease,
                         *more)

    @property
    def http(self):
        return "127.0.0.1", self.http_port

    @property
    def grpc(self):
        return f"127.0.0.1:{self.grpc_port}"

    def ops(self, path):
        """(status, text) of the operations port; (0, why) where nobody answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.ops_port}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError as error:
            return 0, str(error)

    def ready(self):
        return self.ops("/readyz")[0] == 200

    def wait_until_ready(self, seconds=30):
        wait_until(self.ready, seconds, lambda: f"not ready: {self.ops('/readyz')}; its log:\n{self.log_text()[-3000:]}")
        return self

    def metric(self, name, **labels):
        """The sum of the samples of that name that carry these labels; None where there is none."""
        found = None
        for line in self.ops("/metrics")[1].splitlines():
            match = re.fullmatch(r"(\w+)(?:\{(.*)\})? (\S+)", line)
            if not match or match.group(1) != name:
                continue
            have = dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', match.group(2) or ""))
            if all(have.get(key) == value for key, value in labels.items()):
                found = (found or 0) + float(match.group(3))
        return found


class Worker(Process):
    """pawl-ledger-worker. Every start has a name of its own, so that the ledger tells which process ran what."""

    def __init__(self, log, target, ledger, name, slots=8):
        self._arguments = (target, ledger, name, slots)
        super().__init__(log)

    def start(self):
        target, ledger, name, slots = self._arguments
        self._command = [str(BIN / "pawl-ledger-worker"), target, str(ledger), f"{name}.{self.starts}", str(slots)]
        return super().start()


def wait_until(condition, seconds, describe=lambda: "the condition did not come true"):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"after {seconds} s: {describe()}")
        time.sleep(0.05)
