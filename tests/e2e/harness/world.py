"""A whole small installation: PostgreSQL, scheduler nodes, ledger workers, in one temporary folder."""
import pathlib
import shutil
import subprocess
import sys
import tempfile

from harness import aws, network, processes

ROOT = pathlib.Path(__file__).parents[3]
sys.path.insert(0, str(ROOT / "tests" / "support"))
import postgres  # noqa: E402


class World:
    """Use as a context manager. `standby`: True for a synchronous one, "asynchronous". `wires`: schedulers reach the
    database and each other over a network that can be cut. The folder stays where an exception left it or `keep` was
    set; it is printed then."""

    def __init__(self, nodes=1, workers=2, slots=8, lease="1s", settings=None, scheduler_flags=(),
                 database_folder=None, standby=False, wires=False, databases=1):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="pawl-e2e-"))
        self.database = postgres.Cluster(settings=settings, folder=database_folder)
        self.standby = standby
        # Further ones are databases of the same server: to the service that is the same.
        self.databases = databases
        self.journal, self.ledger = self.folder / "journal", self.folder / "ledger"
        self.ledger.touch()
        self._counts = (nodes, workers, slots, lease, scheduler_flags)
        self.schedulers, self.workers = [], []
        self.wires = network.Network(self._scheduler_names) if wires else None
        self.keep = False

    def __enter__(self):
        nodes, workers, slots, lease, flags = self._counts
        try:
            self.database.start()
            if self.standby:
                self.standby = self.database.add_standby(synchronous=self.standby != "asynchronous")
            dsn = self.dsn_of([server.port for server in self.servers()])
            if self.wires:
                dsn = self.dsn_of([self.wires.listen("database", server.port) for server in self.servers()])
            for i in range(2, self.databases + 1):
                self.database.create_database(f"further{i}")
                flags = (*flags, "--postgres", self.database.dsn_of(f"further{i}"))
            for i in range(nodes):
                ports, more = processes.free_ports(3), flags
                if self.wires:
                    reached = self.wires.listen(f"node-{i}", ports[1])
                    more = [*flags, "--advertise-address", f"127.0.0.1:{reached}"]
                self.schedulers.append(processes.Scheduler(self.folder / f"scheduler-{i}.log", dsn, lease, ports,
                                                           more).start())
            for i in range(workers):
                self.add_worker(self.schedulers[i % nodes], slots)
        except BaseException:
            self.__exit__(*sys.exc_info())
            raise
        return self

    def servers(self):
        return [self.database, self.standby] if self.standby else [self.database]

    def dsn_of(self, ports):
        dsn = self.database.dsn.replace(f"port={self.database.port}", f"port={','.join(map(str, ports))}")
        if len(ports) == 1:
            return dsn
        hosts = ",".join(["127.0.0.1"] * len(ports))
        return dsn.replace("host=127.0.0.1", f"host={hosts}") + " target_session_attrs=read-write"

    def fail_over(self):
        """The primary dies for good, the synchronous standby takes its place."""
        self.database.kill()
        self.standby.promote()
        self.database, self.standby = self.standby, self.database

    def _scheduler_names(self):
        return {node.pid: f"node-{i}" for i, node in enumerate(self.schedulers) if node.alive()}

    @property
    def dsns(self):
        """Of all the servers, the first one first."""
        return [self.database.dsn, *(self.database.dsn_of(f"further{i}") for i in range(2, self.databases + 1))]

    def add_worker(self, node, slots=8):
        number = len(self.workers)
        worker = processes.Worker(self.folder / f"worker-{number}.log", node.grpc, self.ledger, f"w{number}", slots)
        self.workers.append(worker.start())
        return worker

    def __exit__(self, kind, *_):
        for process in [*self.workers, *self.schedulers]:
            if process.alive():
                process.go_on()
                process.kill()
        if self.wires:
            self.wires.close()
        self.database.destroy()
        if hasattr(self.standby, "destroy"):
            self.standby.destroy()
        if kind is None and not self.keep:
            shutil.rmtree(self.folder, ignore_errors=True)
        else:
            print(f"logs, journal and ledger are kept in {self.folder}", flush=True)

    def wait_until_serving(self):
        """Every partition is served by some node."""
        def owned():
            return sum(node.metric("pawl_partitions_owned") or 0 for node in self.schedulers)
        processes.wait_until(lambda: owned() == 64, 30, lambda: f"{owned():g} of 64 partitions are owned")

    def client(self, **more):
        return aws.Aws(*[node.http for node in self.schedulers], **more)

    def check(self):
        """Runs the checker as a program of its own; (exit code, what it said)."""
        host, port = next(node for node in self.schedulers if node.alive()).http
        done = subprocess.run(
            [sys.executable, ROOT / "tests/e2e/checker.py", "--journal", self.journal, "--ledger", self.ledger,
             "--endpoint", f"{host}:{port}", "--save-records", self.folder / "records"],
            capture_output=True, text=True, check=False, timeout=300)
        return done.returncode, done.stdout + done.stderr
