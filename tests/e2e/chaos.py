#!/usr/bin/env python3
"""Real processes under harm: PostgreSQL, schedulers and workers are killed, paused, restarted and cut off from each
other at random moments while executions run; afterwards a separate program compares what clients were told, what workers
ran and what is recorded.

The exit code is 0 only where nothing was lost, nothing ran twice after its result was recorded, and every execution
ended as its state machine says.
"""
import argparse
import os
import pathlib
import random
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from harness import load, nemesis, world  # noqa: E402


def fresh_seed():
    """PAWL_E2E_SEED where it is set."""
    return int(os.environ.get("PAWL_E2E_SEED") or random.SystemRandom().randrange(1 << 31))


def run(seconds, seed, executions, nodes=1, workers=2, lease_s=1.0, rate=None, settle=90, quiet=False, standby=False,
        say=print):
    """The problems, as sentences; none where all went well."""
    began = time.monotonic()

    def tell(line, always=False):
        if always or not quiet:
            say(f"{time.monotonic() - began:6.1f} s  {line}", flush=True)

    tell(f"seed {seed}, {nodes} scheduler{'s' if nodes > 1 else ''}, {workers} workers, lease {lease_s:g} s", True)
    with world.World(nodes=nodes, workers=workers, lease=f"{int(lease_s * 1000)}ms", wires=True,
                     standby=standby) as here:
        here.wait_until_serving()
        work = load.Load(here.client(), here.journal, f"s{seed}", threads=4)
        work.start(executions or None, rate or (executions / max(1, 0.8 * seconds) if executions else 20))
        watcher = threading.Thread(target=lambda: work.watch(seconds), daemon=True)
        watcher.start()
        harm = nemesis.Nemesis(seed, here, lease_s, say=lambda line: tell(
            f"{work.acknowledged} started, {work.ended} ended: {line}"))
        harm.run(seconds)
        if not executions:
            work.stop()
        tell("the harm is over, waiting for what is open")
        watcher.join()
        left = work.watch(settle)
        problems = list(work.problems)
        if left or work.starting():
            problems.append(f"{left} executions still run after {settle} s, e.g. {work.open_names()[:5]}")
        if work.acknowledged == 0:
            problems.append("no start was acknowledged: nothing was tried")
        if executions and work.acknowledged < executions:
            problems.append(f"{work.acknowledged} of {executions} starts were acknowledged")
        tell(f"{work.acknowledged} started, {work.ended} ended; harm done: "
             + ", ".join(f"{count} x {what.replace('_', ' ')}" for what, count in sorted(harm.done.items())), True)
        code, said = here.check()
        tell("checker: " + said.strip().splitlines()[-1], True)
        if code != 0:
            problems += said.strip().splitlines()
        if problems:
            for problem in problems:
                say(problem, flush=True)
            here.keep = True
        return problems


def main():
    parser = argparse.ArgumentParser(prog="chaos", description=__doc__.split("\n\n")[0])
    parser.add_argument("--seconds", type=float, default=120, help="how long harm is done (default 120)")
    parser.add_argument("--seed", type=int, help="of the choice of harm; printed; a random one where absent")
    parser.add_argument("--executions", type=int, default=0,
                        help="start exactly so many, spread over the time (default: 20 a second until the end)")
    parser.add_argument("--rate", type=float, help="executions started a second")
    parser.add_argument("--nodes", type=int, default=1, help="scheduler processes on the one database (default 1)")
    parser.add_argument("--workers", type=int, default=2, help="worker processes (default 2)")
    parser.add_argument("--standby", action="store_true",
                        help="a synchronous replica, which takes the primary's place once")
    parser.add_argument("--lease", type=float, default=1.0, metavar="SECONDS", help="of partitions (default 1)")
    parser.add_argument("--settle", type=float, default=120, metavar="SECONDS",
                        help="how long open executions may take after the last harm (default 120)")
    parser.add_argument("--quiet", action="store_true", help="no line for each fault")
    arguments = parser.parse_args()
    seed = fresh_seed() if arguments.seed is None else arguments.seed
    problems = run(arguments.seconds, seed, arguments.executions, arguments.nodes, arguments.workers, arguments.lease,
                   arguments.rate, arguments.settle, arguments.quiet, arguments.standby)
    print("chaos: " + (f"{len(problems)} problems with seed {seed}" if problems else "nothing lost, nothing run twice"))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
