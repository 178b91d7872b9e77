"""SIGKILL of everything at random moments, over more than 200 executions of ten shapes: nothing lost, nothing twice.

PAWL_E2E_SEED repeats a run's choice of harm.
"""
import json
import subprocess
import sys
import unittest

import chaos
from harness import load, world

EXECUTIONS = 240


class Durability(unittest.TestCase):
    def test_nothing_is_lost_and_nothing_runs_twice_under_kills(self):
        seed = chaos.fresh_seed()
        problems = chaos.run(seconds=25, seed=seed, executions=EXECUTIONS, settle=60)
        self.assertEqual(problems, [], f"PAWL_E2E_SEED={seed} repeats it")

    def test_the_checker_as_a_program_finds_faults_in_a_real_run(self):
        """Ten executions without harm; then the files are tampered with."""
        with world.World() as here:
            here.wait_until_serving()
            work = load.Load(here.client(), here.journal, "plain")
            work.start(10)
            self.assertEqual(work.watch(60), 0, work.open_names())
            self.assertEqual(here.check()[0], 0, here.check()[1])
            ledger = here.ledger.read_text().splitlines()
            acknowledged = [line for line in here.journal.read_text().splitlines() if "acknowledged" in line]
            invented = json.loads(acknowledged[0]) | {"name": "plain-chain-999"}
            tampered = {
                "doubled run": (here.journal, [*ledger, ledger[0]]),
                "taken line": (here.journal, ledger[2:]),
                "missing execution": (here.folder / "journal-2", ledger)}
            (here.folder / "journal-2").write_text(here.journal.read_text() + json.dumps(
                {"what": "intended", "name": "plain-chain-999", "shape": "chain", "n": 999}) + "\n"
                + json.dumps(invented) + "\n")
            for fault, (journal, lines) in tampered.items():
                with self.subTest(fault):
                    (here.folder / "ledger-2").write_text("\n".join(lines) + "\n")
                    code = subprocess.run(
                        [sys.executable, checker_path(), "--journal", journal, "--ledger", here.folder / "ledger-2",
                         "--endpoint", f"127.0.0.1:{here.schedulers[0].http_port}"], capture_output=True,
                        check=False).returncode
                    self.assertEqual(code, 1)


def checker_path():
    return world.ROOT / "tests" / "e2e" / "checker.py"


if __name__ == "__main__":
    unittest.main()
