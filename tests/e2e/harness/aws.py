"""The AWS API as a test needs it: one connection a thread, errors as exceptions, and calls that are repeated until they
are answered. Only the standard library, so that nothing between test and service hides a fault."""
import http.client
import json
import threading
import time

ACCOUNT = "123456789012"
REGION = "eu-central-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/pawl"
_AUTHORIZATION = (f"AWS4-HMAC-SHA256 Credential={ACCOUNT}/20260101/{REGION}/states/aws4_request, "
                  "SignedHeaders=host;x-amz-date, Signature=" + "0" * 64)


class AwsError(Exception):
    """An answer that is an error; `name` as AWS has it ("ExecutionDoesNotExist")."""

    def __init__(self, status, name, message):
        super().__init__(f"{name} ({status}): {message}")
        self.status, self.name, self.message = status, name, message


class NoAnswer(Exception):
    """Nobody answered: whether the call took effect is not known."""


def arn(kind, *names):
    return ":".join(["arn:aws:states", REGION, ACCOUNT, kind, *names])


class Aws:
    """Calls one of the nodes given as (host, port); the next after one that does not answer."""

    def __init__(self, *addresses, timeout=15):
        self._addresses = list(addresses)
        self._timeout = timeout
        self._local = threading.local()

    def call(self, action, body=None, timeout=None):
        local = self._local
        at = getattr(local, "at", 0)
        host, port = self._addresses[at % len(self._addresses)]
        connection = getattr(local, "connection", None) or http.client.HTTPConnection(host, port)
        connection.timeout = timeout or self._timeout
        local.connection = connection
        try:
            connection.request("POST", "/", json.dumps(body or {}), {
                "Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": f"AWSStepFunctions.{action}",
                "X-Amz-Date": "20260101T000000Z", "Authorization": _AUTHORIZATION})
            response = connection.getresponse()
            text = response.read()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            local.connection, local.at = None, at + 1
            raise NoAnswer(f"{action}: {error!r}") from error
        if response.status == 200:
            return json.loads(text)
        try:
            answer = json.loads(text)
        except ValueError as error:
            raise AwsError(response.status, "NotJson", text[:200].decode(errors="replace")) from error
        name = answer.get("__type", "").rsplit("#", 1)[-1]
        if response.status >= 500:
            local.connection, local.at = None, at + 1
            connection.close()
        raise AwsError(response.status, name, answer.get("message", answer.get("Message", "")))

    def insist(self, action, body=None, seconds=60, give_up=lambda: False):
        """Repeats the call until there is an answer that is no server fault: what a client with retries does."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                return self.call(action, body)
            except NoAnswer as error:
                last = error
            except AwsError as error:
                if error.status < 500 and error.name != "ThrottlingException":
                    raise
                last = error
            if time.monotonic() > deadline or give_up():
                raise NoAnswer(f"{action} was not answered in {seconds} s; the last time: {last}")
            time.sleep(0.05)

    def create_machine(self, name, definition):
        return self.insist("CreateStateMachine", {"name": name, "definition": json.dumps(definition),
                                                  "roleArn": ROLE})["stateMachineArn"]

    def history(self, execution, page=1000):
        """All events; None where the execution is not known."""
        events, token = [], None
        while True:
            body = {"executionArn": execution, "maxResults": page}
            answer = self.insist("GetExecutionHistory", {**body, "nextToken": token} if token else body)
            events += answer["events"]
            token = answer.get("nextToken")
            if not token:
                return events

    def executions(self, machine):
        """The names of all executions of a state machine."""
        names, token = [], None
        while True:
            body = {"stateMachineArn": machine, "maxResults": 1000}
            answer = self.insist("ListExecutions", {**body, "nextToken": token} if token else body)
            names += [execution["name"] for execution in answer["executions"]]
            token = answer.get("nextToken")
            if not token:
                return names

    def wait_for_end(self, execution, seconds=30):
        deadline = time.monotonic() + seconds
        while True:
            described = self.insist("DescribeExecution", {"executionArn": execution})
            if described["status"] != "RUNNING":
                return described
            if time.monotonic() > deadline:
                raise AssertionError(f"{execution} still runs after {seconds} s")
            time.sleep(0.03)
