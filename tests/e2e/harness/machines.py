"""State machines whose outcome is known beforehand, whatever dies on the way.

Each shape gives a definition and, for the n-th execution, its input and the one outcome it may have. Tasks name their
stay by a key that is unique within the execution, so that a ledger line and an event of the history can be matched.
"""
import json

from harness import aws

# A lost worker, and nothing else, may repeat the work of a handler that is not restartable.
_LOST = {"ErrorEquals": ["Pawl.WorkerLost"], "IntervalSeconds": 1, "BackoffRate": 1, "MaxAttempts": 1000}


def task(key, handler="once", value="$.value", retry=(), family="activity", **more):
    """A Task whose result is {"value": value + 1}. `more`: its input's sleep_ms, fails ..., and members of the state in
    capitals."""
    state = {name: more.pop(name) for name in list(more) if name[0].isupper()}
    resource = (aws.arn("activity", handler) if family == "activity"
                else f"arn:aws:lambda:{aws.REGION}:{aws.ACCOUNT}:function:{handler}")
    key = {"key.$": key} if key.startswith("$") or key.startswith("States.") else {"key": key}
    return {"Type": "Task", "Resource": resource, "Parameters": {**key, "value.$": value, **more},
            "ResultSelector": {"value.$": "$.value"}, "Retry": [*retry, _LOST], **state}


def sequence(*states, last=None):
    """{"StartAt", "States"} of (name, state) pairs, one after the other."""
    linked = {}
    for (name, state), following in zip(states, [*states[1:], None]):
        if state["Type"] not in ("Succeed", "Fail", "Choice"):
            state = {**state, **({"Next": following[0]} if following else {"End": True})}
        linked[name] = state
    return {"StartAt": states[0][0], "States": {**linked, **(last or {})}}


def _chain():
    return sequence(("One", task("one", sleep_ms=200)), ("Two", task("two", "again", sleep_ms=200)),
                    ("Three", task("three", family="lambda", sleep_ms=30)), ("Four", task("four", "again", sleep_ms=30)))


def _parallel():
    return sequence(("Fork", {"Type": "Parallel", "Branches": [
        sequence(("Left", task("left", sleep_ms=400))),
        sequence(("Middle", task("middle-1", "again", sleep_ms=300)), ("More", task("middle-2"))),
        sequence(("Pause", {"Type": "Wait", "Seconds": 1}), ("Right", task("right", "again", sleep_ms=20)))]}),
        ("Join", task("join", value="$[1].value")))


def _map():
    return sequence(("Each", {
        "Type": "Map", "ItemsPath": "$.items", "MaxConcurrency": 3,
        "ItemSelector": {"index.$": "$$.Map.Item.Index", "value.$": "$$.Map.Item.Value"},
        "ItemProcessor": sequence(
            ("Item", task("States.Format('item-{}', $.index)", "again", sleep_ms=100)))}))


def _retry():
    flaky = {"ErrorEquals": ["Flaky"], "IntervalSeconds": 1, "BackoffRate": 1, "MaxAttempts": 10}
    return sequence(("Flaky", task("flaky", retry=[flaky], fails="Flaky", fails_until_attempt=3)))


def _wait():
    return sequence(("Sleep", {"Type": "Wait", "Seconds": 2}), ("Work", task("work", "again")),
                    ("Nap", {"Type": "Wait", "Seconds": 1}))


def _catch():
    return sequence(("Try", task("try", fails="Broken", Catch=[
        {"ErrorEquals": ["Broken"], "ResultPath": "$.error", "Next": "Mend"}])),
        last={"Mend": {**task("mend", "again"), "End": True}})


def _timeout():
    return sequence(("Slow", task("slow", "again", sleep_ms=60_000, TimeoutSeconds=1, Catch=[
        {"ErrorEquals": ["States.Timeout"], "ResultPath": "$.error", "Next": "Late"}])),
        last={"Late": {"Type": "Pass", "Result": "late", "End": True}})


def _fail():
    return sequence(("Work", task("work", family="lambda")), ("Gate", {"Type": "Choice", "Choices": [
        {"Variable": "$.value", "NumericGreaterThan": 0, "Next": "Refused"}], "Default": "Fine"}),
        last={"Refused": {"Type": "Fail", "Error": "E2E.Refused", "Cause": "as wanted"}, "Fine": {"Type": "Succeed"}})


def _stopped():
    return sequence(("Work", task("work", "again")), ("Forever", {"Type": "Wait", "Seconds": 31_536_000}))


def _nested():
    return sequence(("Fork", {"Type": "Parallel", "Branches": [
        sequence(("Each", {"Type": "Map", "ItemsPath": "$.items", "ItemProcessor": sequence(
            ("First", task("States.Format('a-{}', $$.Map.Item.Index)", value="$")),
            ("Second", task("States.Format('b-{}', $$.Map.Item.Index)", "again")))})),
        sequence(("Alone", task("alone", sleep_ms=100)))]}))


def _value(n, more):
    return {"status": "SUCCEEDED", "output": {"value": n + more}}


# name: (definition, input of n, outcome of n)
SHAPES = {
    "chain": (_chain(), lambda n: {"value": n}, lambda n: _value(n, 4)),
    "parallel": (_parallel(), lambda n: {"value": n}, lambda n: _value(n, 3)),
    "map": (_map(), lambda n: {"items": [n + i for i in range(7)]},
            lambda n: {"status": "SUCCEEDED", "output": [{"value": n + i + 1} for i in range(7)]}),
    "retry": (_retry(), lambda n: {"value": n}, lambda n: _value(n, 1)),
    "wait": (_wait(), lambda n: {"value": n}, lambda n: _value(n, 1)),
    "catch": (_catch(), lambda n: {"value": n}, lambda n: _value(n, 1)),
    "timeout": (_timeout(), lambda n: {"value": n}, lambda n: {"status": "SUCCEEDED", "output": "late"}),
    "fail": (_fail(), lambda n: {"value": n},
             lambda n: {"status": "FAILED", "error": "E2E.Refused", "cause": "as wanted"}),
    "stopped": (_stopped(), lambda n: {"value": n},
                lambda n: {"status": "ABORTED", "error": "E2E.Stopped", "cause": f"number {n}"}),
    "nested": (_nested(), lambda n: {"items": [n, n + 1, n + 2], "value": n},
               lambda n: {"status": "SUCCEEDED",
                          "output": [[{"value": n + i + 2} for i in range(3)], {"value": n + 1}]}),
}


def create_all(client):
    """{shape: state machine ARN}, made on the service together with the activities that the shapes use."""
    for handler in ("once", "again"):
        client.insist("CreateActivity", {"name": handler})
    return {shape: client.create_machine(f"e2e-{shape}", definition) for shape, (definition, _, _) in SHAPES.items()}


def input_of(shape, n):
    return json.dumps(SHAPES[shape][1](n))


def outcome_of(shape, n):
    return SHAPES[shape][2](n)
