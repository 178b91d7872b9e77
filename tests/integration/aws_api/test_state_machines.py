import json
import unittest

from aws_api.support import ACCOUNT, FAIL, PASS, REGION, ROLE, AwsTestCase, make_client, unique


class StateMachines(AwsTestCase):
    def test_create_answers_an_arn_of_the_callers_account_and_region(self):
        name = unique("machine")
        self.assertEqual(self.create_machine(name=name), f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{name}")

    def test_keys_that_are_no_account_mean_the_zero_account(self):
        client = make_client(account="AKIAEXAMPLE", region="us-west-2")
        name = unique("machine")
        arn = client.create_state_machine(name=name, definition=json.dumps(PASS), roleArn=ROLE)["stateMachineArn"]
        self.assertEqual(arn, f"arn:aws:states:us-west-2:000000000000:stateMachine:{name}")
        client.delete_state_machine(stateMachineArn=arn)

    def test_create_is_idempotent(self):
        name = unique("machine")
        first = self.client.create_state_machine(name=name, definition=json.dumps(PASS), roleArn=ROLE)
        second = self.client.create_state_machine(name=name, definition=json.dumps(PASS), roleArn=ROLE)
        self.assertEqual(first["stateMachineArn"], second["stateMachineArn"])
        self.assertEqual(first["creationDate"], second["creationDate"])
        self.assert_refused("StateMachineAlreadyExists", f"State Machine Already Exists: '{first['stateMachineArn']}'",
                            self.client.create_state_machine, name=name, definition=json.dumps(FAIL), roleArn=ROLE)
        self.client.delete_state_machine(stateMachineArn=first["stateMachineArn"])

    def test_describe_shows_what_was_created(self):
        arn = self.create_machine(PASS)
        described = self.client.describe_state_machine(stateMachineArn=arn)
        self.assertEqual(json.loads(described["definition"]), PASS)
        self.assertEqual(described["roleArn"], ROLE)
        self.assertEqual(described["status"], "ACTIVE")
        self.assertEqual(described["type"], "STANDARD")
        self.assertEqual(described["loggingConfiguration"], {"level": "OFF", "includeExecutionData": False})
        self.assertEqual(described["tracingConfiguration"], {"enabled": False})

    def test_update_gives_a_new_revision(self):
        arn = self.create_machine(PASS)
        updated = self.client.update_state_machine(stateMachineArn=arn, definition=json.dumps(FAIL))
        described = self.client.describe_state_machine(stateMachineArn=arn)
        self.assertEqual(json.loads(described["definition"]), FAIL)
        self.assertEqual(described["revisionId"], updated["revisionId"])

    def test_update_wants_something_to_update(self):
        arn = self.create_machine()
        self.assert_refused("MissingRequiredParameter", None, self.client.update_state_machine, stateMachineArn=arn)

    def test_list_pages_through_all(self):
        arns = {self.create_machine() for _ in range(5)}
        pages = list(self.client.get_paginator("list_state_machines").paginate(PaginationConfig={"PageSize": 2}))
        listed = [machine["stateMachineArn"] for page in pages for machine in page["stateMachines"]]
        self.assertLessEqual(arns, set(listed))
        self.assertEqual(len(listed), len(set(listed)))

    def test_delete_removes_it(self):
        arn = self.create_machine()
        self.client.delete_state_machine(stateMachineArn=arn)
        self.client.delete_state_machine(stateMachineArn=arn)

    def test_definitions_that_are_wrong_are_refused(self):
        refused = self.assert_refused("InvalidDefinition", None, self.client.create_state_machine, name=unique("m"),
                                      definition=json.dumps({"Comment": "x", "StartAt": "A"}), roleArn=ROLE)
        self.assertEqual(refused["Error"]["Message"],
                         "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: These fields are required: "
                         "[States] at /'")
        for definition in ("{", "not json", json.dumps({"StartAt": "A", "States": {"B": {"Type": "Pass", "End": True}}})):
            self.assert_refused("InvalidDefinition", None, self.client.create_state_machine, name=unique("m"),
                                definition=definition, roleArn=ROLE)

    def test_unknown_machines_are_named(self):
        arn = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{unique('none')}"
        self.assert_refused("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}'",
                            self.client.describe_state_machine, stateMachineArn=arn)
        self.assert_refused("InvalidArn", "Invalid Arn: 'Invalid ARN prefix: not_a_valid_arn'",
                            self.client.describe_state_machine, stateMachineArn="not_a_valid_arn")


if __name__ == "__main__":
    unittest.main()
