"""Does harm to running processes at random moments. What it does follows from its seed; when, from the machine too."""
import os
import random
import signal
import time


class Nemesis:
    """Kills, pauses, cuts off and starts again what is in `here`, a world.World. Once, at some moment after the middle
    of the time, the database fails over where there is a standby."""

    def __init__(self, seed, here, lease_s=1.0, say=lambda line: None):
        self._random = random.Random(seed)
        self._here, self._schedulers, self._workers = here, here.schedulers, here.workers
        self._lease = lease_s
        self._say = say
        self.done = {}
        # (how often, what)
        self._faults = [
            (6, self.kill_scheduler), (5, self.kill_worker), (2, self.kill_scheduler_and_worker),
            (2, self.pause_scheduler_briefly), (2, self.pause_scheduler_long), (1, self.stop_worker),
            (2, self.kill_backend), (1, self.terminate_backend), (1, self.restart_database)]
        if here.wires:
            self._faults += [(2, self.lose_database), (2, self.break_database), (1, self.slow_database)]
        if here.wires and len(self._schedulers) > 1:
            self._faults += [(3, self.cut_nodes), (2, self.isolate_node)]

    def run(self, seconds, gap=(0.4, 2.5)):
        """One fault after the other, with random gaps; in the end everything runs."""
        deadline = time.monotonic() + seconds
        fail_over_at = time.monotonic() + self._random.uniform(0.5, 0.8) * seconds if self._here.standby else None
        while True:
            pause = self._random.uniform(*gap)
            if time.monotonic() + pause > deadline:
                break
            time.sleep(pause)
            weights = [weight for weight, _ in self._faults]
            fault = self._random.choices([fault for _, fault in self._faults], weights)[0]
            if fail_over_at and time.monotonic() >= fail_over_at:
                fault, fail_over_at = self.fail_over, None
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
            pids = sorted(self._here.database.backends())
        except RuntimeError:
            return  # it is recovering from the fault before
        if not pids:
            return
        try:
            os.kill(self._random.choice(pids), with_signal)
        except ProcessLookupError:
            pass

    def restart_database(self):
        self._here.database.restart_immediately()

    def fail_over(self):
        self._here.fail_over()

    # ---- the network

    def _for_a_while(self):
        # Shorter and longer than a lease.
        time.sleep(self._random.uniform(0.3, 2.5) * self._lease)
        self._here.wires.heal()

    def _any_node(self):
        return f"node-{self._random.randrange(len(self._schedulers))}"

    def lose_database(self):
        """Nothing passes between one node and the database, and neither is told."""
        self._here.wires.hold((self._any_node(), "database"))
        self._for_a_while()

    def break_database(self):
        """One node's connections to the database end, and no other is made."""
        self._here.wires.break_((self._any_node(), "database"))
        self._for_a_while()

    def slow_database(self):
        """A commit that takes 1 ms takes 100."""
        nodes = [f"node-{i}" for i in range(len(self._schedulers))]
        self._here.wires.slow(0.05, *[(node, "database") for node in nodes])
        time.sleep(2 * self._lease)
        self._here.wires.heal()

    def cut_nodes(self):
        """Nothing that one node asks another arrives; the other way round it does, or not either."""
        here, there = self._random.sample([f"node-{i}" for i in range(len(self._schedulers))], 2)
        cut = [(here, there)] + ([(there, here)] if self._random.random() < 0.7 else [])
        (self._here.wires.hold if self._random.random() < 0.7 else self._here.wires.break_)(*cut)
        self._for_a_while()

    def isolate_node(self):
        """One node reaches no other, nor they it."""
        here = self._any_node()
        others = [node for node in (f"node-{i}" for i in range(len(self._schedulers))) if node != here]
        self._here.wires.hold(*[(here, node) for node in others], *[(node, here) for node in others])
        self._for_a_while()
