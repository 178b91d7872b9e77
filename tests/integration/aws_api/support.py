"""What the tests of the AWS front end share: a boto3 client, fresh names, waiting with a limit."""
import json
import os
import time
import unittest
import uuid

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

ENDPOINT = os.environ["PAWL_ENDPOINT_URL"]
ACCOUNT = "123456789012"
REGION = "eu-central-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/pawl"
PASS = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": {"y": 2}, "ResultPath": "$.got", "End": True}}}
FAIL = {"StartAt": "A", "States": {"A": {"Type": "Fail", "Error": "Broken", "Cause": "on purpose"}}}
WAIT = {"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 600, "End": True}}}


def make_client(account=ACCOUNT, region=REGION, **config):
    return boto3.client(
        "stepfunctions", endpoint_url=ENDPOINT, region_name=region,
        aws_access_key_id=account, aws_secret_access_key="secret",
        config=Config(retries={"max_attempts": 0}, read_timeout=75, inject_host_prefix=False, **config))


def unique(prefix):
    return f"{prefix}-{uuid.uuid4().hex[:12]}"


class AwsTestCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.client = make_client()
        # botocore's own checks off, so that the service's are seen
        cls.raw = make_client(parameter_validation=False)

    def create_machine(self, definition=PASS, name=None, **more):
        arn = self.client.create_state_machine(
            name=name or unique("machine"), definition=json.dumps(definition), roleArn=ROLE, **more)["stateMachineArn"]
        self.addCleanup(self.client.delete_state_machine, stateMachineArn=arn)
        return arn

    def create_activity(self, name=None):
        arn = self.client.create_activity(name=name or unique("activity"))["activityArn"]
        self.addCleanup(self.client.delete_activity, activityArn=arn)
        return arn

    def start(self, machine, value=None, **more):
        return self.client.start_execution(
            stateMachineArn=machine, input=json.dumps({} if value is None else value), **more)["executionArn"]

    def wait_for_end(self, execution, seconds=30):
        deadline = time.monotonic() + seconds
        while True:
            described = self.client.describe_execution(executionArn=execution)
            if described["status"] != "RUNNING":
                return described
            self.assertLess(time.monotonic(), deadline, f"{execution} still runs")
            time.sleep(0.02)

    def history(self, execution):
        pages = self.client.get_paginator("get_execution_history").paginate(executionArn=execution)
        return [event for page in pages for event in page["events"]]

    def assert_refused(self, code, message, call, **arguments):
        """The call fails with this error code, and this message where one is given."""
        with self.assertRaises(ClientError) as caught:
            call(**arguments)
        error = caught.exception.response["Error"]
        self.assertEqual(error["Code"], code, error)
        if message is not None:
            self.assertEqual(error["Message"], message)
        return caught.exception.response
