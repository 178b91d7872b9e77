import json
import unittest

from aws_api.support import PASS, ROLE, AwsTestCase, unique

LAMBDA = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Next": "B",
          "Arguments": {"FunctionName": "f", "Payload": "{% $states.input %}"}, "QueryLanguage": "JSONata",
          "Output": "{% $states.result.Payload %}"}


class Definitions(AwsTestCase):
    def test_validate_names_every_problem(self):
        definition = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}, "C": {"Type": "Succeed"}}}
        found = self.client.validate_state_machine_definition(definition=json.dumps(definition))
        self.assertEqual(found["result"], "FAIL")
        self.assertEqual({one["location"] for one in found["diagnostics"]}, {"/States/A/Next", "/States/C"})
        self.assertEqual(self.client.validate_state_machine_definition(definition=json.dumps(PASS))["result"], "OK")

    def test_a_state_is_tested_with_mocked_work(self):
        tested = self.client.test_state(definition=json.dumps(LAMBDA), input='{"x":1}', inspectionLevel="DEBUG",
                                        mock={"result": '{"Payload":{"y":2},"StatusCode":200}'})
        self.assertEqual(tested["status"], "SUCCEEDED")
        self.assertEqual(json.loads(tested["output"]), {"y": 2})
        self.assertEqual(tested["nextState"], "B")
        self.assertEqual(json.loads(tested["inspectionData"]["afterArguments"]), {"FunctionName": "f", "Payload": {"x": 1}})

    def test_a_mock_must_be_what_the_service_answers(self):
        self.assert_refused(
            "ValidationException", "Mock result schema validation error: Field 'StatusCode' must be a number",
            self.client.test_state, definition=json.dumps(LAMBDA), mock={"result": '{"StatusCode":"200"}'})

    def test_a_task_without_a_mock_is_done_by_whoever_serves_it(self):
        machine = self.create_machine(PASS)
        state = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sfn:describeStateMachine", "End": True,
                 "Parameters": {"StateMachineArn.$": "$.arn"}, "ResultSelector": {"name.$": "$.Name"}}
        tested = self.client.test_state(definition=json.dumps(state), roleArn=ROLE, input=json.dumps({"arn": machine}))
        self.assertEqual(json.loads(tested["output"]), {"name": machine.rsplit(":", 1)[1]})

    def test_tags_are_listed(self):
        for arn in (self.create_machine(PASS), self.create_activity()):
            self.client.tag_resource(resourceArn=arn, tags=[{"key": "a", "value": "1"}, {"key": "b", "value": "2"}])
            self.client.tag_resource(resourceArn=arn, tags=[{"key": "a", "value": "3"}])
            self.client.untag_resource(resourceArn=arn, tagKeys=["b", "never"])
            self.assertEqual(self.client.list_tags_for_resource(resourceArn=arn)["tags"], [{"key": "a", "value": "3"}])

    def test_a_version_keeps_what_the_machine_was(self):
        arn = self.client.create_state_machine(name=unique("machine"), definition=json.dumps(PASS), roleArn=ROLE,
                                               publish=True)["stateMachineVersionArn"]
        machine = arn.rsplit(":", 1)[0]
        self.addCleanup(self.client.delete_state_machine, stateMachineArn=machine)
        other = {**PASS, "Comment": "second"}
        self.client.update_state_machine(stateMachineArn=machine, definition=json.dumps(other))
        second = self.client.publish_state_machine_version(stateMachineArn=machine)["stateMachineVersionArn"]
        self.assertEqual(second, machine + ":2")
        self.assertEqual(self.client.publish_state_machine_version(stateMachineArn=machine)["stateMachineVersionArn"],
                         second)
        self.assertEqual(json.loads(self.client.describe_state_machine(stateMachineArn=arn)["definition"]), PASS)
        self.client.delete_state_machine_version(stateMachineVersionArn=second)
        listed = self.client.list_state_machine_versions(stateMachineArn=machine)["stateMachineVersions"]
        self.assertEqual([one["stateMachineVersionArn"] for one in listed], [arn])
        self.assertEqual(self.wait_for_end(self.start(arn))["status"], "SUCCEEDED")

    def test_workflows_call_step_functions_itself(self):
        inner = self.create_machine(PASS)
        definition = {"StartAt": "A", "States": {"A": {
            "Type": "Task", "Resource": "arn:aws:states:::states:startExecution", "End": True,
            "Parameters": {"StateMachineArn": inner, "Input": {"from": "outside"}}}}}
        ended = self.wait_for_end(self.start(self.create_machine(definition)))
        self.assertEqual(ended["status"], "SUCCEEDED", ended)
        started = self.wait_for_end(json.loads(ended["output"])["ExecutionArn"])
        self.assertEqual(json.loads(started["input"]), {"from": "outside"})


if __name__ == "__main__":
    unittest.main()
