"""The `pawl` command line against a service; PAWL names the program."""
import json
import os
import subprocess
import tempfile
import unittest

from aws_api.support import FAIL, PASS, unique

PAWL = os.environ.get("PAWL")


@unittest.skipUnless(PAWL, "PAWL does not name the program")
class PawlCli(unittest.TestCase):
    def pawl(self, *arguments, stdin="", code=0):
        done = subprocess.run([PAWL, *arguments], input=stdin, capture_output=True, text=True, timeout=90)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout if code == 0 else done.stdout + done.stderr

    def create(self, definition):
        name = unique("pawl")
        self.pawl("create", name, "-", stdin=json.dumps(definition))
        self.addCleanup(self.pawl, "delete", name)
        return name

    def test_start_waits_for_success(self):
        name = self.create(PASS)
        text = self.pawl("start", name, "--name", "one", "--input", '{"x": 1}', "--wait", "--output", "json")
        self.assertEqual(json.loads(json.loads(text)["output"]), {"x": 1, "got": {"y": 2}})
        self.assertIn("one", self.pawl("list", name))
        self.assertIn("SUCCEEDED", self.pawl("describe", f"{name}/one"))
        events = [json.loads(line) for line in
                  self.pawl("history", f"{name}/one", "--follow", "--output", "json").splitlines()]
        self.assertEqual([event["id"] for event in events], [1, 2, 3, 4])

    def test_a_failed_execution_is_exit_code_one(self):
        name = self.create(FAIL)
        self.assertIn("Broken", self.pawl("start", name, "--wait", code=1))

    def test_what_is_unknown_is_exit_code_three(self):
        self.assertIn("StateMachineDoesNotExist", self.pawl("start", unique("none"), code=3))

    def test_no_service_is_exit_code_four(self):
        self.assertIn("cannot reach the service", self.pawl("machines", "--endpoint-url", "http://127.0.0.1:1", code=4))

    def test_validate_shows_line_and_column(self):
        broken = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "Nowhere"}}}, indent=1)
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            file.write(broken)
            file.flush()
            text = self.pawl("validate", file.name, code=1)
            self.assertRegex(text, rf"{file.name}:\d+:\d+: error MISSING_TRANSITION_TARGET")
            report = json.loads(self.pawl("validate", "--output", "json", file.name, code=1))
        self.assertEqual(report[0]["result"], "FAIL")
        self.assertGreater(report[0]["diagnostics"][0]["line"], 0)


if __name__ == "__main__":
    unittest.main()
