"""What processes cost: CPU seconds by process and by thread, resident memory, and how much of the machine others took."""
import contextlib
import os
import shutil
import subprocess
import tempfile

TICKS = os.sysconf("SC_CLK_TCK")


def _stat(path):
    with open(path) as file:
        name, fields = file.read().split("(", 1)[1].rsplit(")", 1)
    fields = fields.split()
    own, ended_children = int(fields[11]) + int(fields[12]), int(fields[13]) + int(fields[14])
    return name, int(fields[1]), own / TICKS, ended_children / TICKS


def _families(pids):
    """The processes and their children: their CPU seconds by id."""
    stats = {}
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            _, parent, seconds, ended_children = _stat(f"/proc/{entry}/stat")
        except OSError:
            continue
        stats[int(entry)] = (parent, seconds + ended_children)
    wanted, grew = set(pids), True
    while grew:
        more = {pid for pid, (parent, _) in stats.items() if parent in wanted} - wanted
        wanted |= more
        grew = bool(more)
    return {pid: stats[pid][1] for pid in wanted if pid in stats}


def cpu_seconds(pids):
    """User and system time of the processes and of their children, those that have ended too."""
    return sum(_families(pids).values())


def pin(pid, cores):
    """The process, its children and their children to come may run on these cores only."""
    for one in _families([pid]):
        with contextlib.suppress(ProcessLookupError):  # it has ended meanwhile
            os.sched_setaffinity(one, cores)


def thread_seconds(pid):
    """CPU seconds by thread name."""
    seconds = {}
    for thread in os.listdir(f"/proc/{pid}/task"):
        try:
            name, _, spent, _ = _stat(f"/proc/{pid}/task/{thread}/stat")
        except OSError:
            continue
        seconds[name] = seconds.get(name, 0.0) + spent
    return seconds


def rss_mib(pid):
    with open(f"/proc/{pid}/status") as file:
        for line in file:
            if line.startswith("VmRSS"):
                return int(line.split()[1]) / 1024
    return 0.0


class Cpu:
    """CPU of named processes (lists of their ids) between two looks, and the share of the machine that others took
    meanwhile."""

    def __init__(self, pids):
        self.pids = pids
        self.before = self._look()

    def _look(self):
        with open("/proc/stat") as file:
            fields = [int(field) for field in file.readline().split()[1:]]
        total, idle = sum(fields[:8]) / TICKS, (fields[3] + fields[4]) / TICKS
        return {name: cpu_seconds(pids) for name, pids in self.pids.items()}, total, total - idle

    def since(self):
        now, total, busy = self._look()
        before, total_before, busy_before = self.before
        spent = {name: now[name] - before[name] for name in now}
        others = busy - busy_before - sum(spent.values())
        return spent, max(0.0, others) / max(1e-9, total - total_before)


class Profile:
    """Samples the whole machine by `perf` from its making on; lines() says where the named processes' time went. Without
    perf, or without the right to use it, it says so instead."""

    def __init__(self, seconds_max=20):
        self.data = os.path.join(tempfile.mkdtemp(prefix="pawl-perf-"), "data")
        self.process = None
        if shutil.which("perf"):
            self.process = subprocess.Popen(
                ["perf", "record", "-e", "cpu-clock", "-F", "999", "-a", "-o", self.data, "sleep", str(seconds_max)],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def lines(self, comms, count=25):
        if self.process is None:
            return ["(perf is not here)"]
        self.process.terminate()
        self.process.wait()
        out = subprocess.run(["perf", "report", "-i", self.data, "--no-children", "--sort", "comm,dso,sym", "--stdio",
                              "--comms", ",".join(comms)], capture_output=True, text=True, check=False).stdout
        shutil.rmtree(os.path.dirname(self.data), ignore_errors=True)
        rows = [line.strip()[:150] for line in out.splitlines() if line.strip() and not line.startswith("#")]
        return rows[:count] or ["(perf may not sample here)"]
