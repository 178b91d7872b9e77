"""Does harm to running processes at random moments. What it does follows from its seed; when, from the machine too."""
import os
import random
import signal
import time


class Nemesis:
    """Kills, pauses and starts again. `schedulers` and `workers`: processes.Process; `database`: postgres.Cluster."""

    def __init__(self, seed, schedulers, workers, database, lease_s=1.0, say=lambda line: None):
        self._random = random.Random(seed)
        self._schedulers, self._workers, self._database = schedulers, workers, database
        self._lease = lease_s
        self._say = say
        self.done = {}
        # (how often, what)
        self._faults = [
            (6, self.kill_scheduler), (5, self.kill_worker), (2, self.kill_scheduler_and_worker),
            (2, self.pause_scheduler_briefly), (2, self.pause_scheduler_long), (1, self.stop_worker),
            (2, self.kill_backend), (1, self.terminate_backend), (1, self.restart_database)]

    def run(self, seconds, gap=(0.4, 2.5)):
        """One fault after the other, with random gaps; in the end everything runs."""
        deadline = time.monotonic() + seconds
        while True:
            pause = self._random.uniform(*gap)
            if time.monotonic() + pause > deadline:
                break
            time.sleep(pause)
            weights = [weight for weight, _ in self._faults]
            fault = self._random.choices([fault for _, fault in self._faults], weights)[0]
            self._say(fault.__name__.replace("_", " "))
            fault()
            self.done[fault.__name__] = self.done.get(fault.__name__, 0) + 1

    def _down_time(self):
        # Often at once, sometimes longer than a lease.
        time.sleep(self._random.choice([0, 0, 0.2, 1.5 * self._lease]))

    def kill_scheduler(self):
        node = self._random.choice(self._schedulers)
        node.kill()
        self._down_time()
        node.start()

    def kill_worker(self):
        worker = self._random.choice(self._workers)
        worker.kill()
        self._down_time()
        worker.start()

    def kill_scheduler_and_worker(self):
        node, worker = self._random.choice(self._schedulers), self._random.choice(self._workers)
        node.kill()
        worker.kill()
        self._down_time()
        worker.start()
        node.start()

    def stop_worker(self):
        worker = self._random.choice(self._workers)
        worker.stop()
        worker.start()

    def pause_scheduler_briefly(self):
        self._pause(self._random.choice(self._schedulers), 0.5 * self._lease)

    def pause_scheduler_long(self):
        self._pause(self._random.choice(self._schedulers), 2 * self._lease)

    def _pause(self, process, seconds):
        process.pause()
        time.sleep(seconds)
        process.go_on()

    def kill_backend(self):
        """SIGKILL of one session's process: PostgreSQL then ends all sessions and recovers from its log."""
        self._signal_backend(signal.SIGKILL)

    def terminate_backend(self):
        """As pg_terminate_backend: one session ends, the others go on."""
        self._signal_backend(signal.SIGTERM)

    def _signal_backend(self, with_signal):
        try:
            pids = sorted(self._database.backends())
        except RuntimeError:
            return  # it is recovering from the fault before
        if not pids:
            return
        try:
            os.kill(self._random.choice(pids), with_signal)
        except ProcessLookupError:
            pass

    def restart_database(self):
        self._database.restart_immediately()
