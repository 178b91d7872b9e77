"""What no proper client sends."""
import json
import unittest
import urllib.error
import urllib.request

from aws_api.support import ENDPOINT


def send(target, body, method="POST"):
    """(status, parsed body, headers) of a bare request."""
    request = urllib.request.Request(ENDPOINT, data=body if method == "POST" else None, method=method)
    if target is not None:
        request.add_header("X-Amz-Target", target)
    request.add_header("Content-Type", "application/x-amz-json-1.0")
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.loads(answer.read()), answer.headers
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read()), error.headers


class Protocol(unittest.TestCase):
    def error_name(self, target, body, method="POST"):
        status, answer, _ = send(target, body, method)
        self.assertGreaterEqual(status, 400)
        self.assertTrue(answer["message"])
        return answer["__type"].split("#")[1]

    def test_answers_carry_the_protocols_headers(self):
        status, answer, headers = send("AWSStepFunctions.ListActivities", b'{"maxResults": 1}')
        self.assertEqual(status, 200)
        self.assertIn("activities", answer)
        self.assertEqual(headers["Content-Type"], "application/x-amz-json-1.0")
        self.assertRegex(headers["x-amzn-RequestId"], r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")

    def test_unknown_targets(self):
        for target in (None, "", "AWSStepFunctions.Nothing", "DynamoDB_20120810.ListTables",
                       "AWSStepFunctions.UpdateMapRun"):
            self.assertEqual(self.error_name(target, b"{}"), "UnknownOperationException")
        self.assertEqual(self.error_name(None, None, "GET"), "UnknownOperationException")

    def test_bodies_that_are_no_json_object(self):
        for body in (b"{", b"not json", b"[]", b'{"a":"\xff"}', b'{"a":"\\ud800"}', b"[" * 100_000):
            self.assertEqual(self.error_name("AWSStepFunctions.ListActivities", body), "SerializationException")

    def test_wrong_types(self):
        for body in (b'{"name": 3}', b'{"name": {}}', b'{"name": ["x"]}', b'{"name": true}'):
            self.assertEqual(self.error_name("AWSStepFunctions.CreateActivity", body), "SerializationException")

    def test_a_body_that_is_too_large(self):
        status, answer, _ = send("AWSStepFunctions.CreateActivity", b"x" * (20 << 20))
        self.assertEqual(status, 413)
        self.assertIn("larger than", answer["message"])


if __name__ == "__main__":
    unittest.main()
