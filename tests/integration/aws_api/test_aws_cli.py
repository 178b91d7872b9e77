"""The unmodified `aws` command line."""
import json
import os
import shutil
import subprocess
import tempfile
import time
import unittest

from aws_api.support import ACCOUNT, ENDPOINT, PASS, REGION, ROLE, unique


@unittest.skipUnless(shutil.which("aws"), "the aws CLI is not installed")
class AwsCli(unittest.TestCase):
    def aws(self, *arguments, fails=False):
        environment = dict(os.environ, AWS_ACCESS_KEY_ID=ACCOUNT, AWS_SECRET_ACCESS_KEY="secret", AWS_PAGER="",
                           AWS_DEFAULT_REGION=REGION, AWS_MAX_ATTEMPTS="1", AWS_EC2_METADATA_DISABLED="true")
        done = subprocess.run(["aws", "stepfunctions", *arguments, "--endpoint-url", ENDPOINT, "--output", "json"],
                              env=environment, capture_output=True, text=True, timeout=90)
        if fails:
            self.assertNotEqual(done.returncode, 0)
            return done.stderr
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout) if done.stdout.strip() else {}

    def test_the_life_of_an_execution(self):
        with tempfile.NamedTemporaryFile("w", suffix=".json") as definition:
            json.dump(PASS, definition)
            definition.flush()
            machine = self.aws("create-state-machine", "--name", unique("cli"), "--role-arn", ROLE, "--definition",
                               "file://" + definition.name)["stateMachineArn"]
        self.assertIn(machine, [m["stateMachineArn"] for m in self.aws("list-state-machines")["stateMachines"]])
        execution = self.aws("start-execution", "--state-machine-arn", machine, "--input", '{"x": 1}')["executionArn"]
        deadline = time.monotonic() + 30
        while True:
            described = self.aws("describe-execution", "--execution-arn", execution)
            if described["status"] != "RUNNING":
                break
            self.assertLess(time.monotonic(), deadline)
        self.assertEqual(described["status"], "SUCCEEDED")
        self.assertEqual(json.loads(described["output"]), {"x": 1, "got": {"y": 2}})
        events = self.aws("get-execution-history", "--execution-arn", execution)["events"]
        self.assertEqual(events[-1]["type"], "ExecutionSucceeded")
        self.assertEqual(len(self.aws("list-executions", "--state-machine-arn", machine)["executions"]), 1)
        self.aws("delete-state-machine", "--state-machine-arn", machine)

    def test_activities(self):
        activity = self.aws("create-activity", "--name", unique("cli"))["activityArn"]
        self.assertEqual(self.aws("describe-activity", "--activity-arn", activity)["activityArn"], activity)
        self.aws("delete-activity", "--activity-arn", activity)

    def test_errors_are_shown_as_awss(self):
        arn = f"arn:aws:states:{REGION}:{ACCOUNT}:execution:none:none"
        message = self.aws("describe-execution", "--execution-arn", arn, fails=True)
        self.assertIn("An error occurred (ExecutionDoesNotExist) when calling the DescribeExecution operation: "
                      f"Execution Does Not Exist: '{arn}'", message)


if __name__ == "__main__":
    unittest.main()
