"""The checker finds what is planted: each test tampers with one of the three files of a sound run."""
import copy
import json
import unittest

import checker
from harness import aws, machines

SHAPE = "chain"
NAME = "run-chain-0"
EXECUTION = aws.arn("execution", "e2e-chain", NAME)
SCHEDULED = "activityScheduledEventDetails"


def _task(events, key, value, attempt, entered_before):
    """The events of one Task that is answered by `attempt`."""
    at = entered_before
    signed = {"key": key, "value": value + 1, "attempt": attempt, "worker": "w0.0"}

    def add(kind, previous, **details):
        events.append({"id": len(events) + 1, "previousEventId": previous, "type": kind,
                       "timestamp": 1000.0 + len(events), **details})
        return len(events)

    at = add("TaskStateEntered", at, stateEnteredEventDetails={"name": key})
    at = add("ActivityScheduled", at, activityScheduledEventDetails={"input": json.dumps({"key": key, "value": value})})
    at = add("ActivityStarted", at, activityStartedEventDetails={"workerName": "w0.0"})
    at = add("ActivitySucceeded", at, activitySucceededEventDetails={"output": json.dumps(signed)})
    return add("TaskStateExited", at, stateExitedEventDetails={"name": key})


def sound_run():
    """(journal, ledger, records) of one execution of the chain that went well; its second task was run twice, the first
    time by a worker that died."""
    journal = [{"what": "intended", "name": NAME, "shape": SHAPE, "n": 0},
               {"what": "acknowledged", "name": NAME, "arn": EXECUTION},
               {"what": "seen", "name": NAME, "status": "SUCCEEDED"}]
    events = [{"id": 1, "previousEventId": 0, "type": "ExecutionStarted", "timestamp": 1000.0}]
    at, ledger = 0, []
    for value, (key, attempt) in enumerate([("one", 1), ("two", 2), ("three", 1), ("four", 1)]):
        at = _task(events, key, value, attempt, at)
        for number in range(1, attempt + 1):
            line = {"execution": EXECUTION, "state": key, "key": key, "attempt": number, "worker": "w0.0"}
            ledger.append({**line, "phase": "begin"})
            if number == attempt:
                ledger.append({**line, "phase": "succeeded"})
    events.append({"id": len(events) + 1, "previousEventId": at, "type": "ExecutionSucceeded", "timestamp": 2000.0})
    output = json.dumps(machines.outcome_of(SHAPE, 0)["output"])
    records = [{"shape": SHAPE, "listed": [NAME]},
               {"name": NAME, "shape": SHAPE, "history": events,
                "describe": {"executionArn": EXECUTION, "status": "SUCCEEDED", "output": output}}]
    return journal, ledger, records


class Checker(unittest.TestCase):
    def setUp(self):
        self.journal, self.ledger, self.records = copy.deepcopy(sound_run())
        self.events = self.records[1]["history"]

    def assert_found(self, sentence):
        findings = checker.check(self.journal, self.ledger, self.records)
        self.assertTrue(any(sentence in finding for finding in findings), findings or "nothing was found")

    def event(self, kind, nth=0):
        return [event for event in self.events if event["type"] == kind][nth]

    def test_a_sound_run_has_no_finding(self):
        self.assertEqual(checker.check(self.journal, self.ledger, self.records), [])

    def test_finds_a_missing_execution(self):
        self.records[1] = {"name": NAME, "shape": SHAPE, "describe": None, "history": [], "error": "gone"}
        self.assert_found("its start was acknowledged, but it is not there: gone")

    def test_an_unacknowledged_start_may_be_missing(self):
        self.records[1] = {"name": NAME, "shape": SHAPE, "describe": None, "history": []}
        self.records[0]["listed"] = []
        self.journal = self.journal[:1]
        self.ledger = []
        self.assertEqual(checker.check(self.journal, self.ledger, self.records), [])

    def test_finds_a_wrong_result(self):
        self.records[1]["describe"]["output"] = '{"value": 7}'
        self.assert_found("expected {'status': 'SUCCEEDED', 'output': {'value': 4}}, found")

    def test_finds_an_execution_that_never_ended(self):
        self.records[1]["describe"]["status"] = "RUNNING"
        self.assert_found("'status': 'RUNNING'")

    def test_finds_an_end_that_was_taken_back(self):
        self.journal[2]["status"] = "FAILED"
        self.assert_found("a client saw it end FAILED")

    def test_finds_an_execution_nobody_asked_for(self):
        self.records[0]["listed"].append("stranger")
        self.assert_found("stranger: listed, but nobody asked for it")

    def test_finds_an_execution_that_is_not_listed(self):
        self.records[0]["listed"] = []
        self.assert_found("acknowledged, but not listed")

    def test_finds_an_execution_listed_twice(self):
        self.records[0]["listed"] *= 2
        self.assert_found("listed 2 times")

    def test_finds_a_doubled_run_of_one_attempt(self):
        self.ledger.append({**self.ledger[0], "worker": "w1.0"})
        self.assert_found("attempt 1 ran twice")

    def test_finds_a_run_after_the_result_was_recorded(self):
        self.ledger.append({**self.ledger[0], "attempt": 2})
        self.assert_found("attempt 2 ran though attempt 1 had succeeded")

    def test_finds_a_ledger_line_that_was_taken_away(self):
        self.ledger = [line for line in self.ledger if line["key"] != "three"]
        self.assert_found("which the ledger does not have")

    def test_finds_a_result_by_a_worker_that_did_not_compute_it(self):
        for line in self.ledger:
            line["worker"] = "w9.0" if line["key"] == "one" else line["worker"]
        self.assert_found("which the ledger does not have")

    def test_finds_a_run_that_the_history_does_not_have(self):
        self.ledger.append({**self.ledger[0], "key": "five"})
        self.assert_found("five: ran, but the history does not have it")

    def test_finds_a_run_of_an_execution_that_is_not_recorded(self):
        self.ledger.append({**self.ledger[0], "execution": EXECUTION + "x"})
        self.assert_found("workers ran its tasks, but it is not recorded")

    def test_finds_a_run_whose_start_is_not_recorded(self):
        self.event("ActivityStarted")["type"] = "ActivityNoted"
        self.assert_found("answered by attempt 1, but never started")

    def test_finds_a_task_scheduled_again_after_its_success(self):
        at = _task(self.events, "one", 0, 2, self.events.pop()["previousEventId"])
        self.events.append({"id": len(self.events) + 1, "previousEventId": at, "type": "ExecutionSucceeded",
                            "timestamp": 2000.0})
        self.assert_found("scheduled again after it had succeeded")

    def test_finds_a_gap_in_the_ids(self):
        del self.events[3]
        self.assert_found("ids are not 1..")

    def test_finds_an_event_before_its_cause(self):
        self.events[3]["previousEventId"] = 9
        self.assert_found("has previousEventId 9")

    def test_finds_time_that_runs_back(self):
        self.events[5]["timestamp"] = 1.0
        self.assert_found("time runs back at event 6")

    def test_finds_a_second_end(self):
        self.events.append({**self.events[-1], "id": len(self.events) + 1, "previousEventId": len(self.events)})
        self.assert_found("its history ends with ['ExecutionSucceeded', 'ExecutionSucceeded']")

    def test_finds_a_missing_end(self):
        self.events.pop()
        self.assert_found("its history ends with []")

    def test_finds_a_state_that_was_never_left(self):
        self.event("TaskStateExited")["type"] = "TaskStateNoted"
        self.assert_found("entered")


if __name__ == "__main__":
    unittest.main()
