import json
import unittest

from aws_api.support import ACCOUNT, FAIL, PASS, REGION, WAIT, AwsTestCase, unique


class Executions(AwsTestCase):
    def test_a_pass_state_runs_to_its_output(self):
        machine = self.create_machine(PASS)
        execution = self.start(machine, {"x": 1})
        described = self.wait_for_end(execution)
        self.assertEqual(described["status"], "SUCCEEDED")
        self.assertEqual(json.loads(described["output"]), {"x": 1, "got": {"y": 2}})
        self.assertEqual(json.loads(described["input"]), {"x": 1})
        self.assertEqual(described["outputDetails"], {"included": True})
        self.assertEqual(described["stateMachineArn"], machine)
        self.assertGreaterEqual(described["stopDate"], described["startDate"])
        self.assertEqual(described["redriveStatus"], "NOT_REDRIVABLE")

    def test_metadata_only_leaves_payloads_out(self):
        execution = self.start(self.create_machine(PASS), {"x": 1})
        self.wait_for_end(execution)
        described = self.client.describe_execution(executionArn=execution, includedData="METADATA_ONLY")
        self.assertNotIn("input", described)
        self.assertNotIn("output", described)

    def test_a_failure_has_error_and_cause(self):
        described = self.wait_for_end(self.start(self.create_machine(FAIL)))
        self.assertEqual(described["status"], "FAILED")
        self.assertEqual((described["error"], described["cause"]), ("Broken", "on purpose"))
        self.assertNotIn("output", described)

    def test_the_history_has_awss_events(self):
        execution = self.start(self.create_machine(PASS), {"x": 1})
        self.wait_for_end(execution)
        events = self.history(execution)
        self.assertEqual([(event["id"], event["previousEventId"], event["type"]) for event in events],
                         [(1, 0, "ExecutionStarted"), (2, 0, "PassStateEntered"), (3, 2, "PassStateExited"),
                          (4, 3, "ExecutionSucceeded")])
        self.assertEqual(events[1]["stateEnteredEventDetails"],
                         {"name": "A", "input": '{"x": 1}', "inputDetails": {"truncated": False}})

    def test_the_history_in_pages_is_the_whole(self):
        execution = self.start(self.create_machine(PASS))
        self.wait_for_end(execution)
        whole = self.client.get_execution_history(executionArn=execution)["events"]
        for size in (1, 2, 3):
            for reverse in (False, True):
                pages = self.client.get_paginator("get_execution_history").paginate(
                    executionArn=execution, reverseOrder=reverse, PaginationConfig={"PageSize": size})
                events = [event for page in pages for event in page["events"]]
                self.assertEqual(events[::-1] if reverse else events, whole)

    def test_starting_again_with_the_same_input_is_idempotent(self):
        machine = self.create_machine(WAIT)
        name = unique("run")
        first = self.client.start_execution(stateMachineArn=machine, name=name, input="{}")
        second = self.client.start_execution(stateMachineArn=machine, name=name, input="{}")
        self.assertEqual(first["executionArn"], second["executionArn"])
        self.assertEqual(first["startDate"], second["startDate"])
        self.assert_refused("ExecutionAlreadyExists", f"Execution Already Exists: '{first['executionArn']}'",
                            self.client.start_execution, stateMachineArn=machine, name=name, input='{"other":1}')
        self.client.stop_execution(executionArn=first["executionArn"])
        self.assert_refused("ExecutionAlreadyExists", None, self.client.start_execution, stateMachineArn=machine,
                            name=name, input="{}")

    def test_stop_ends_it_with_error_and_cause(self):
        execution = self.start(self.create_machine(WAIT))
        self.client.stop_execution(executionArn=execution, error="Enough", cause="of this")
        described = self.wait_for_end(execution)
        self.assertEqual(described["status"], "ABORTED")
        self.assertEqual((described["error"], described["cause"]), ("Enough", "of this"))
        self.assertEqual(self.history(execution)[-1]["type"], "ExecutionAborted")

    def test_lists_are_newest_first_and_filtered(self):
        machine = self.create_machine(PASS)
        started = [self.start(machine) for _ in range(5)]
        for execution in started:
            self.wait_for_end(execution)
        pages = self.client.get_paginator("list_executions").paginate(stateMachineArn=machine,
                                                                      PaginationConfig={"PageSize": 2})
        listed = [execution["executionArn"] for page in pages for execution in page["executions"]]
        self.assertEqual(sorted(listed), sorted(started))
        dates = [e["startDate"] for e in self.client.list_executions(stateMachineArn=machine)["executions"]]
        self.assertEqual(dates, sorted(dates, reverse=True))
        failed = self.client.list_executions(stateMachineArn=machine, statusFilter="FAILED")["executions"]
        self.assertEqual(failed, [])

    def test_the_definition_of_an_execution_stays_as_it_was(self):
        machine = self.create_machine(WAIT)
        execution = self.start(machine)
        self.client.update_state_machine(stateMachineArn=machine, definition=json.dumps(PASS))
        described = self.client.describe_state_machine_for_execution(executionArn=execution)
        self.assertEqual(json.loads(described["definition"]), WAIT)
        self.client.stop_execution(executionArn=execution)

    def test_inputs_that_are_no_json_are_explained(self):
        machine = self.create_machine(PASS)
        for text, why in (("not some json", "Unrecognized token 'not': was expecting (JSON String, Number, Array, Object "
                                            "or token 'null', 'true' or 'false')"),
                          ("{'not': 'json'", "Unexpected character (''' (code 39)): was expecting double-quote to start "
                                             "field name"),
                          ("", "Invalid execution input.")):
            self.assert_refused("InvalidExecutionInput", f"Invalid State Machine Execution Input: '{why}'",
                                self.client.start_execution, stateMachineArn=machine, input=text)

    def test_two_mebibytes_are_refused_and_a_quarter_is_taken(self):
        machine = self.create_machine(PASS)
        self.assert_refused("ValidationException", None, self.client.start_execution, stateMachineArn=machine,
                            input=json.dumps("x" * (2 << 20)))
        large = json.dumps({"x": "y" * 200_000})
        execution = self.client.start_execution(stateMachineArn=machine, input=large)["executionArn"]
        self.assertEqual(self.wait_for_end(execution)["input"], large)

    def test_inputs_of_all_kinds_pass_through_unchanged(self):
        machine = self.create_machine({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}})
        for text in ('{"a": 1.0, "b": 12345678901234567890, "c": "\\u00e9\\ud83d\\ude00"}', "[]", '"text"', "3.50", "null"):
            execution = self.client.start_execution(stateMachineArn=machine, input=text)["executionArn"]
            described = self.wait_for_end(execution)
            self.assertEqual(described["input"], text)
            self.assertEqual(json.loads(described["output"]), json.loads(text))

    def test_what_is_unknown_is_named(self):
        arn = f"arn:aws:states:{REGION}:{ACCOUNT}:execution:none:{unique('none')}"
        for call in (self.client.describe_execution, self.client.stop_execution, self.client.get_execution_history,
                     self.client.describe_state_machine_for_execution):
            self.assert_refused("ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'", call, executionArn=arn)
            self.assert_refused("InvalidArn", "Invalid Arn: 'Invalid ARN prefix: nonsense'", call, executionArn="nonsense")
        machine = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{unique('none')}"
        self.assert_refused("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{machine}'",
                            self.client.start_execution, stateMachineArn=machine)
        self.assert_refused("StateMachineDoesNotExist", None, self.client.list_executions, stateMachineArn=machine)

    def test_parameters_are_checked_in_awss_words(self):
        machine = self.create_machine()
        self.assert_refused("ValidationException",
                            "1 validation error detected: Value '1001' at 'maxResults' failed to satisfy constraint: "
                            "Member must have value less than or equal to 1000",
                            self.raw.list_executions, stateMachineArn=machine, maxResults=1001)
        self.assert_refused("InvalidToken", None, self.client.list_executions, stateMachineArn=machine, nextToken="x")
        self.assert_refused("InvalidName", "Invalid Name: 'a b'", self.client.start_execution, stateMachineArn=machine,
                            name="a b")
        self.assert_refused("ValidationException", None, self.raw.start_execution)


if __name__ == "__main__":
    unittest.main()
