#!/usr/bin/env python3
"""Tests of the tools that the tests rest on: counting results, comparing metrics, the throw-away PostgreSQL.

Ends with "N passed, N failed".
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests" / "support"), str(ROOT / "deploy")]
import check_metrics  # noqa: E402
import postgres  # noqa: E402

COUNTER = "# HELP pawl_a_total Things.\n# TYPE pawl_a_total counter\n"
HISTOGRAM = ("# HELP pawl_b_seconds Time.\n# TYPE pawl_b_seconds histogram\n"
             'pawl_b_seconds_bucket{queue="x",le="+Inf"} 1\npawl_b_seconds_sum{queue="x"} 1\n')


class CountResults(unittest.TestCase):
    def count(self, tests, results):
        """Runs count_results.py on made-up files; tests: name -> ctest's status, results: name -> GoogleTest cases."""
        with tempfile.TemporaryDirectory() as folder:
            cases = "".join(f'<testcase name="{name}" status="{status}"/>' for name, status in tests.items())
            (pathlib.Path(folder) / "ctest.xml").write_text(f"<testsuite>{cases}</testsuite>")
            for name, rows in results.items():
                suite = {"name": "Suite", "testsuite": rows}
                (pathlib.Path(folder) / f"{name}.json").write_text(json.dumps({"testsuites": [suite]}))
            run = subprocess.run([ROOT / ".ci" / "count_results.py", folder], capture_output=True, text=True, check=False)
        return run.stdout.splitlines(), run.returncode

    def test_counts_cases_not_binaries(self):
        good = {"name": "A", "status": "RUN", "result": "COMPLETED"}
        out, code = self.count({"a_test": "run", "b_test": "run"}, {"a_test": [good, good], "b_test": [good]})
        self.assertEqual((out[-1], code), ("3 passed, 0 failed", 0))

    def test_names_what_failed(self):
        bad = {"name": "A", "status": "RUN", "result": "COMPLETED", "failures": [{}]}
        out, code = self.count({"a_test": "fail"}, {"a_test": [bad]})
        self.assertEqual((out, code), (["failed: a_test: Suite.A", "0 passed, 1 failed"], 1))

    def test_a_crash_without_results_is_one_failure(self):
        out, code = self.count({"a_test": "fail"}, {})
        self.assertEqual((out[-1], code), ("0 passed, 1 failed", 1))

    def test_a_failure_after_passing_cases_is_a_failure(self):
        good = {"name": "A", "status": "RUN", "result": "COMPLETED"}
        out, code = self.count({"a_test": "fail"}, {"a_test": [good]})
        self.assertEqual((out[-1], code), ("1 passed, 1 failed", 1))

    def test_a_test_of_another_kind_is_one_case(self):
        self.assertEqual(self.count({"script": "run"}, {})[0], ["1 passed, 0 failed"])

    def test_what_skips_itself_neither_passes_nor_fails(self):
        skipped = {"name": "A", "status": "RUN", "result": "SKIPPED"}
        out, code = self.count({"a_test": "run"}, {"a_test": [skipped]})
        self.assertEqual((out[0], out[-1], code), ("skipped: a_test: Suite.A", "0 passed, 0 failed", 0))


class CheckMetrics(unittest.TestCase):
    def test_reads_families_with_and_without_series(self):
        shown = check_metrics.shown(COUNTER + HISTOGRAM)
        self.assertEqual(shown["pawl_a_total"], check_metrics.Family("counter", None, "Things."))
        self.assertEqual(shown["pawl_b_seconds"], check_metrics.Family("histogram", ("queue",), "Time."))

    def test_tells_every_kind_of_difference(self):
        family = check_metrics.Family("counter", ("queue",), "Things.")
        difference = check_metrics.difference
        self.assertIsNone(difference("a", family, family))
        self.assertIsNone(difference("a", family, family._replace(labels=None)))
        self.assertIn("not list", difference("a", None, family))
        self.assertIn("not shown", difference("a", family, None))
        self.assertIn("gauge", difference("a", family, family._replace(type="gauge")))
        self.assertIn("Other.", difference("a", family, family._replace(help="Other.")))
        self.assertIn("node", difference("a", family, family._replace(labels=("node",))))

    def test_the_page_lists_the_scheduler(self):
        self.assertIn("pawl_executions_started_total", check_metrics.listed("pawl-scheduler"))


class Postgres(unittest.TestCase):
    def test_survives_a_restart_and_a_kill_on_the_same_port(self):
        with postgres.Cluster() as cluster:
            port = cluster.port
            cluster.sql("create table kept (n integer)")
            cluster.sql("insert into kept values (1)")
            cluster.restart()
            cluster.sql("insert into kept values (2)")
            cluster.kill()
            cluster.start()
            self.assertEqual((cluster.sql("select count(*) from kept"), cluster.port), ("2", port))
            root = cluster.log.parent
        self.assertFalse(root.exists())

    def test_run_hands_the_connection_over_and_the_exit_code_back(self):
        run = subprocess.run(
            [sys.executable, postgres.__file__, "--no-fsync", "run", "--", "sh", "-c",
             'psql -XAtq -d "$PAWL_TEST_POSTGRES" -c "select 42" && exit 7'],
            capture_output=True, text=True, check=False, env=dict(os.environ))
        self.assertEqual((run.stdout.strip(), run.returncode), ("42", 7), run.stderr)


if __name__ == "__main__":
    result = unittest.main(exit=False, verbosity=1).result
    failed = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)
