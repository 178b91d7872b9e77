#!/usr/bin/env python3
"""A throw-away PostgreSQL for tests: a fresh cluster in a temporary folder, on a free port, gone afterwards.

On the command line, for anything that needs a database to talk to:

    python3 tests/support/postgres.py run -- COMMAND...

runs COMMAND with PAWL_TEST_POSTGRES set to a libpq connection string (TCP), PAWL_TEST_POSTGRES_SOCKET to one over the
unix socket, and exits with its code. From Python:

    with postgres.Cluster() as cluster:
        connect(cluster.dsn); cluster.create_database("other"); cluster.restart(); cluster.kill()

PostgreSQL refuses to run as root, so root runs it as the user `postgres` of Debian's package. The cluster is durable
(fsync on) unless told otherwise, since tests of recovery kill it; settings can be given.
"""
import argparse
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

USER = "pawl"
DATABASE = "pawl"


def _bin_dir():
    """Debian's newest PostgreSQL of at least version 15."""
    versions = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    if not versions or int(versions[-1].parts[-3]) < 15:
        raise RuntimeError("expected PostgreSQL 15 or newer under /usr/lib/postgresql; apt-get install postgresql-15")
    return versions[-1].parent


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Cluster:
    """One server. Use as a context manager, or start() and destroy()."""

    def __init__(self, settings=None, fsync=True, folder=None):
        """`folder`: an empty folder to live in, e.g. a file system of its own; it stays when the cluster goes."""
        self._bin = _bin_dir()
        self._keeps_root = folder is not None
        self._root = pathlib.Path(folder or tempfile.mkdtemp(prefix="pawl-pg-"))
        self._data = self._root / "data"
        self._settings = {"fsync": "on" if fsync else "off", "max_connections": "200", **(settings or {})}
        self._process = None
        self.port = None
        self.log = self._root / "log"
        if os.geteuid() == 0:
            account = pwd.getpwnam("postgres")
            os.chown(self._root, account.pw_uid, account.pw_gid)

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.destroy()
            raise
        return self

    def __exit__(self, *_):
        self.destroy()

    @property
    def dsn(self):
        return self.dsn_of(DATABASE)

    def dsn_of(self, database):
        return f"host=127.0.0.1 port={self.port} user={USER} dbname={database}"

    @property
    def socket_dsn(self):
        return f"host={self._root} port={self.port} user={USER} dbname={DATABASE}"

    @property
    def pid(self):
        return self._process.pid

    def start(self):
        """Makes the cluster at the first call; returns when it answers."""
        is_new = not self._data.exists()
        if is_new:
            self._run("initdb", "-D", self._data, "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8",
                      "--no-sync", "--no-instructions")
        # A port found free may be taken by the time the server binds it: try others.
        for _ in range(5):
            self.port = self.port or _free_port()
            if self._try_start():
                break
            if not is_new:
                raise RuntimeError(f"PostgreSQL did not start:\n{self._log_tail()}")
            self.port = None
        else:
            raise RuntimeError(f"PostgreSQL did not start:\n{self._log_tail()}")
        if is_new:
            self.create_database(DATABASE)

    def stop(self):
        """An orderly stop that ends all sessions."""
        self._end(signal.SIGINT)

    def kill(self):
        """As a power cut of the server's processes: no chance to write anything."""
        if self._process is not None and self._process.poll() is None:
            children = self._children()
            for pid in [self._process.pid, *children]:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            self._process.wait()
        self._process = None

    def restart(self):
        self.stop()
        self.start()

    def restart_immediately(self):
        """As `pg_ctl restart -m immediate`: sessions are cut, and the start recovers from the write-ahead log."""
        self._end(signal.SIGQUIT)
        self.start()

    def backends(self):
        """{pid: application_name} of the client sessions there are."""
        rows = self.sql("select pid || ' ' || application_name from pg_stat_activity "
                        "where backend_type = 'client backend' and pid <> pg_backend_pid()")
        return {int(row.split(" ", 1)[0]): row.split(" ", 1)[1] for row in rows.splitlines()}

    def set(self, name, value):
        """Changes a setting of the running server for new statements and sessions; None sets it back."""
        self.sql(f"alter system reset {name}" if value is None else f"alter system set {name} = '{value}'")
        self.sql("select pg_reload_conf()")

    def add_standby(self, synchronous=True):
        """A streaming replica, started; where it is synchronous, this server from here on acknowledges only what the
        replica has on disk."""
        standby = Cluster(settings=self._settings)
        try:
            standby._run("pg_basebackup", "-D", standby._data, "-d", self.dsn + " application_name=standby", "-R",
                         "-X", "stream", "-c", "fast", "--no-sync")
            standby.start()
            if synchronous:
                self.set("synchronous_standby_names", "standby")
        except BaseException:
            standby.destroy()
            raise
        return standby

    def stop_streaming(self):
        """Makes a standby fall behind: it receives nothing more from its primary."""
        self.sql("alter system set primary_conninfo = ''")
        self.sql("select pg_reload_conf()")
        deadline = time.monotonic() + 30
        while self.sql("select count(*) from pg_stat_wal_receiver") != "0":
            if time.monotonic() > deadline:
                raise RuntimeError("the standby's walreceiver does not end")
            time.sleep(0.05)

    def promote(self):
        """Makes a standby the primary; returns when it takes writes."""
        self._run("pg_ctl", "promote", "-w", "-D", self._data)

    def require_password(self, user, password):
        """Makes a superuser who has to give a password."""
        self.sql(f"create role {user} superuser login password '{password}'")
        hba = self._data / "pg_hba.conf"
        hba.write_text(f"host all {user} all scram-sha-256\n" + hba.read_text())
        self.sql("select pg_reload_conf()")

    def running(self):
        return self._process is not None and self._process.poll() is None

    def create_database(self, name):
        self.sql(f'create database "{name}"', database="postgres")

    def sql(self, text, database=DATABASE):
        """Runs SQL by psql and returns its unaligned output."""
        result = subprocess.run(
            [self._bin / "psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", self.dsn_of(database), "-c", text],
            capture_output=True, text=True, check=False,
            # Must work on a server that was made read-only, too.
            env={**os.environ, "PGOPTIONS": "-c default_transaction_read_only=off"})
        if result.returncode != 0:
            raise RuntimeError(f"psql: {result.stderr.strip()}")
        return result.stdout.strip()

    def destroy(self):
        self._end(signal.SIGQUIT)
        if not self._keeps_root:
            shutil.rmtree(self._root, ignore_errors=True)

    def _command(self, program, *arguments):
        command = [str(self._bin / program), *map(str, arguments)]
        if os.geteuid() == 0:
            command = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", *command]
        return command

    def _run(self, program, *arguments):
        result = subprocess.run(self._command(program, *arguments), cwd=self._root, capture_output=True, text=True,
                                check=False)
        if result.returncode != 0:
            raise RuntimeError(f"{program}: {result.stderr.strip()}")

    def _try_start(self):
        settings = {"port": self.port, "listen_addresses": "127.0.0.1", "unix_socket_directories": self._root,
                    **self._settings}
        options = [option for name, value in settings.items() for option in ("-c", f"{name}={value}")]
        with open(self.log, "ab") as log:
            self._process = subprocess.Popen(self._command("postgres", "-D", self._data, *options), cwd=self._root,
                                             stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                return False
            ready = subprocess.run([self._bin / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)], check=False)
            if ready.returncode == 0:
                return True
            time.sleep(0.05)
        self.kill()
        return False

    def _end(self, with_signal):
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.send_signal(with_signal)
            try:
                self._process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                self.kill()
        self._process = None

    def _children(self):
        found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(self._process.pid)], capture_output=True, text=True,
                               check=False)
        return [int(pid) for pid in found.stdout.split()]

    def _log_tail(self):
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-20:])


def main():
    parser = argparse.ArgumentParser(description="Runs a command with a PostgreSQL of its own.")
    parser.add_argument("--no-fsync", action="store_true", help="faster, and lost with the power; for plain queries")
    parser.add_argument("action", choices=["run"])
    parser.add_argument("command", nargs=argparse.REMAINDER, metavar="-- COMMAND...")
    arguments = parser.parse_args()
    command = arguments.command[1:] if arguments.command[:1] == ["--"] else arguments.command
    if not command:
        parser.error("expected a command after --")
    # An end from outside must still take the server down.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with Cluster(fsync=not arguments.no_fsync) as cluster:
        environment = {**os.environ, "PAWL_TEST_POSTGRES": cluster.dsn, "PAWL_TEST_POSTGRES_SOCKET": cluster.socket_dsn}
        return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
