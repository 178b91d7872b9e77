import json
import threading
import time
import unittest

from aws_api.support import ACCOUNT, REGION, AwsTestCase, make_client, unique


def machine_of(activity, **more):
    return {"StartAt": "Work", "States": {"Work": {"Type": "Task", "Resource": activity, "End": True, **more}}}


class Activities(AwsTestCase):
    def test_activities_are_created_described_listed_and_deleted(self):
        name = unique("activity")
        created = self.client.create_activity(name=name)
        arn = created["activityArn"]
        self.assertEqual(arn, f"arn:aws:states:{REGION}:{ACCOUNT}:activity:{name}")
        self.assertEqual(self.client.create_activity(name=name)["creationDate"], created["creationDate"])
        described = self.client.describe_activity(activityArn=arn)
        self.assertEqual((described["name"], described["creationDate"]), (name, created["creationDate"]))
        pages = self.client.get_paginator("list_activities").paginate(PaginationConfig={"PageSize": 1})
        self.assertIn(arn, [activity["activityArn"] for page in pages for activity in page["activities"]])
        self.client.delete_activity(activityArn=arn)
        self.assert_refused("ActivityDoesNotExist", f"Activity Does Not Exist: '{arn}'", self.client.describe_activity,
                            activityArn=arn)
        self.assert_refused("ActivityDoesNotExist", f"Activity Does Not Exist: '{arn}'", self.client.get_activity_task,
                            activityArn=arn)

    def test_names_are_checked(self):
        for name in ("activity]name", "activity name", "activity/name", "activity\x7f"):
            self.assert_refused("InvalidName", f"Invalid Name: '{name}'", self.client.create_activity, name=name)

    def test_a_worker_takes_a_task_and_succeeds(self):
        activity = self.create_activity()
        execution = self.start(self.create_machine(machine_of(activity)), {"n": 20})
        task = self.client.get_activity_task(activityArn=activity, workerName="tester")
        self.assertEqual(json.loads(task["input"]), {"n": 20})
        self.client.send_task_heartbeat(taskToken=task["taskToken"])
        self.client.send_task_success(taskToken=task["taskToken"], output='{"n": 21}')
        self.assertEqual(json.loads(self.wait_for_end(execution)["output"]), {"n": 21})
        self.assertEqual([event["type"] for event in self.history(execution)],
                         ["ExecutionStarted", "TaskStateEntered", "ActivityScheduled", "ActivityStarted",
                          "ActivitySucceeded", "TaskStateExited", "ExecutionSucceeded"])
        started = [event for event in self.history(execution) if event["type"] == "ActivityStarted"][0]
        self.assertEqual(started["activityStartedEventDetails"], {"workerName": "tester"})

    def test_a_poll_gets_the_task_that_comes_later(self):
        activity = self.create_activity()
        machine = self.create_machine(machine_of(activity))
        got = []
        poller = threading.Thread(target=lambda: got.append(make_client().get_activity_task(activityArn=activity)))
        poller.start()
        time.sleep(0.3)
        execution = self.start(machine)
        poller.join(20)
        self.client.send_task_success(taskToken=got[0]["taskToken"], output="null")
        self.assertEqual(self.wait_for_end(execution)["status"], "SUCCEEDED")

    def test_a_failure_carries_error_and_cause(self):
        activity = self.create_activity()
        execution = self.start(self.create_machine(machine_of(activity)))
        task = self.client.get_activity_task(activityArn=activity)
        self.client.send_task_failure(taskToken=task["taskToken"], error="NoData", cause="empty file")
        described = self.wait_for_end(execution)
        self.assertEqual((described["status"], described["error"], described["cause"]),
                         ("FAILED", "NoData", "empty file"))

    def test_an_answer_counts_once(self):
        activity = self.create_activity()
        execution = self.start(self.create_machine(machine_of(activity)))
        token = self.client.get_activity_task(activityArn=activity)["taskToken"]
        self.client.send_task_success(taskToken=token, output="1")
        self.wait_for_end(execution)
        for call, more in ((self.client.send_task_success, {"output": "2"}), (self.client.send_task_failure, {}),
                           (self.client.send_task_heartbeat, {})):
            with self.assertRaises((self.client.exceptions.TaskTimedOut, self.client.exceptions.TaskDoesNotExist)):
                call(taskToken=token, **more)
        self.assertEqual(self.client.describe_execution(executionArn=execution)["output"], "1")

    def test_outputs_must_be_json(self):
        activity = self.create_activity()
        execution = self.start(self.create_machine(machine_of(activity)))
        token = self.client.get_activity_task(activityArn=activity)["taskToken"]
        self.assert_refused("InvalidOutput", None, self.client.send_task_success, taskToken=token, output="nonsense")
        self.client.send_task_success(taskToken=token, output="{}")
        self.assertEqual(self.wait_for_end(execution)["status"], "SUCCEEDED")

    def test_tokens_that_are_none_are_refused(self):
        for call, more in ((self.client.send_task_success, {"output": "{}"}), (self.client.send_task_heartbeat, {})):
            self.assert_refused("InvalidToken", None, call, taskToken="nonsense", **more)

    def test_a_stopped_execution_frees_its_task(self):
        activity = self.create_activity()
        execution = self.start(self.create_machine(machine_of(activity)))
        token = self.client.get_activity_task(activityArn=activity)["taskToken"]
        self.client.stop_execution(executionArn=execution)
        with self.assertRaises((self.client.exceptions.TaskTimedOut, self.client.exceptions.TaskDoesNotExist)):
            self.client.send_task_success(taskToken=token, output="{}")

    def test_a_missed_heartbeat_ends_the_task(self):
        activity = self.create_activity()
        execution = self.start(self.create_machine(machine_of(activity, HeartbeatSeconds=1)))
        self.client.get_activity_task(activityArn=activity)
        described = self.wait_for_end(execution)
        self.assertEqual((described["status"], described["error"]), ("FAILED", "States.Timeout"))


if __name__ == "__main__":
    unittest.main()
