"""`pawl admin check` on a real database: nothing is found while the service works, and each planted fault is found at its
place."""
import json
import subprocess
import threading
import time
import unittest

from harness import aws, load, world
from harness.processes import BIN, wait_until

EXECUTIONS = 40
A_ROW = "select entity from pawl.log group by entity having count(*) > 4 order by entity limit 1"
RUNNING = "select entity from pawl.executions where status = 0 order by entity limit 1"
ENDED = "select entity from pawl.executions where status = 1 order by entity limit 1"

# What is planted, by SQL; the kind of finding; and words of its sentence. {x} is the entity that the query gives.
FAULTS = {
    "a decision is missing": (A_ROW, "delete from pawl.log where entity = '{x}' and revision = 2", "gap",
                              "revisions 2 to 2 are missing"),
    "the last decision is missing": (A_ROW, "delete from pawl.log where entity = '{x}' and revision = "
                                     "(select max(revision) from pawl.log where entity = '{x}')", "sequence", "(gap)"),
    "a decision is there twice": (A_ROW, "insert into pawl.log select * from pawl.log where entity = '{x}' "
                                  "and revision = 2", "fork", "two rows of the log have revision 2"),
    "a row is no decision": (A_ROW, r"update pawl.log set data = '\xffffff' where entity = '{x}' and revision = 2",
                             "unreadable", "do not parse"),
    "a payload that is referred to is gone": (
        A_ROW, "update pawl.log a set data = b.data from pawl.log b where a.entity = '{x}' and b.entity = a.entity "
        "and a.revision = 1 and b.revision = 3", None, ""),
    "two decisions changed places": (
        A_ROW, "update pawl.log a set data = b.data from pawl.log b where a.entity = '{x}' and b.entity = a.entity "
        "and a.revision + b.revision = 5 and a.revision in (2, 3)", None, ""),
    "a row is filed under another event": (A_ROW, "update pawl.log set first_event = first_event + 5 "
                                           "where entity = '{x}' and revision = 2", "replay", "filed under event"),
    "an execution has no log": (ENDED, "delete from pawl.log where entity = '{x}'", "lost_log", "no rows"),
    "a log has no execution": (ENDED, "delete from pawl.executions where entity = '{x}'", "stray_log", "not in the index"),
    "the index says failed": (ENDED, "update pawl.executions set status = 2 where entity = '{x}'", "replay",
                              "the log says SUCCEEDED, the index FAILED"),
    "the index has another time": (ENDED, "update pawl.executions set stopped_at = stopped_at + 1 where entity = '{x}'",
                                   "replay", "when it ended"),
    "the index has another name": (ENDED, "update pawl.executions set name = name || 'x' where entity = '{x}'", "key", ""),
    "the index has another input": (ENDED, "update pawl.executions set input_digest = name_key where entity = '{x}'",
                                    "replay", "another input"),
    "the index names no machine": (ENDED, "update pawl.executions set machine = 4711 where entity = '{x}'", "machine",
                                   "4711"),
    "a running execution is not open": (RUNNING, "delete from pawl.open_executions where entity = '{x}'", "open",
                                        "not among the open"),
    "an ended execution is open": (ENDED, "insert into pawl.open_executions (entity, machine, slot) select entity, "
                                   "machine, get_byte(uuid_send(entity), 6) * 256 + get_byte(uuid_send(entity), 7) "
                                   "from pawl.executions where entity = '{x}'", "open", "has ended"),
    "an open execution has no index row": (None, "insert into pawl.open_executions (entity, machine, slot) values "
                                           "('01000000-0000-0005-0000-000000000001', 1, 5)", "open", "not in the index"),
    "an open execution is under another slot": (RUNNING, "update pawl.open_executions set slot = (slot + 1) % 16384 "
                                                "where entity = '{x}'", "open", "filed under slot"),
    "a snapshot is none": (RUNNING, r"update pawl.open_executions set snapshot_revision = 1, snapshot = '\xff' "
                           "where entity = '{x}'", "snapshot", "do not parse"),
    "a snapshot is of another state": (RUNNING, "update pawl.open_executions set snapshot_revision = 1, snapshot = '' "
                                       "where entity = '{x}'", "snapshot", ""),
    "a snapshot is ahead of the log": (RUNNING, "update pawl.open_executions set snapshot_revision = 99, snapshot = '' "
                                       "where entity = '{x}'", "snapshot", "revision 99"),
    "a definition is gone": (None, "alter table pawl.state_machines drop constraint state_machines_definition_digest_fkey;"
                             "alter table pawl.state_machine_versions drop constraint "
                             "state_machine_versions_definition_digest_fkey; delete from pawl.definitions",
                             "definition", "which is not there"),
    "a partition has no row": (None, "delete from pawl.partitions where partition = 7", "owner", "no row"),
    "a partition has two rows": (None, "alter table pawl.partitions drop constraint partitions_pkey; insert into "
                                 "pawl.partitions select * from pawl.partitions where partition = 7", "fork", "2 rows"),
    "a partition too many": (None, "insert into pawl.partitions (partition) values (64)", "owner", "0 to 63 only"),
    "a writer is gone": (None, "update pawl.partitions set writer = 4711, node = 'n' where partition = 7", "owner",
                         "writer 4711 is not there"),
    "an epoch went back": (None, "update pawl.partitions set epoch = 0 where partition = 7", "epoch", "epoch is 0"),
    "an epoch was claimed twice": (None, "alter table pawl.claims drop constraint claims_pkey; insert into pawl.claims "
                                   "select * from pawl.claims where partition = 7", "fork", "two claims"),
    "a claim found a shorter log": (None, "insert into pawl.claims (partition, epoch, next_sequence, node, timeline) "
                                    "select partition, -1, 1000000, 'n', 1 from pawl.partitions where partition = 7",
                                    "sequence", "found sequence"),
    "a sequence is ahead of the log": (None, "update pawl.partitions set next_sequence = next_sequence + 3 "
                                       "where partition = 7", "sequence", "(gap)"),
    "a sequence is behind the log": (ENDED, "insert into pawl.log select '{x}', 1000 + n, 1, '' from "
                                     "generate_series(1, 2) n", "sequence", "(fork)"),
    "a loss waits to be accepted": (None, "insert into pawl.losses (partition, first_missing, last_missing, timeline, "
                                    "epoch, node) values (7, 5, 9, 2, 1, 'n')", "loss", "sequences 5 to 9"),
}


def check(dsn, *more):
    """(exit code, report)."""
    done = subprocess.run([BIN / "pawl", "admin", "check", "--postgres", dsn, "--share", "100", "--output", "json", *more],
                          capture_output=True, text=True, check=False, timeout=120)
    return done.returncode, json.loads(done.stdout) if done.stdout.startswith("{") else done.stderr


class AdminCheck(unittest.TestCase):
    def test_planted_faults_are_found_and_a_live_log_has_none(self):
        with world.World(nodes=2, workers=2) as here:
            here.wait_until_serving()
            client = here.client()
            waiting = client.insist("CreateStateMachine", {
                "name": "waiting", "roleArn": aws.ROLE,
                "definition": json.dumps({"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 86400, "End": True}}})})
            for n in range(3):
                client.insist("StartExecution", {"stateMachineArn": waiting["stateMachineArn"], "name": f"w{n}"})
            work = load.Load(client, here.journal, "check")
            work.start(EXECUTIONS, rate=20)
            watching = threading.Thread(target=work.watch, args=(60,))
            watching.start()
            with self.subTest("under load"):
                for _ in range(6):
                    code, report = check(here.database.dsn)
                    self.assertEqual((code, report["findings"]), (0, []))
                    time.sleep(0.5)
                self.assertGreater(report["decisions"], 50)
            watching.join()
            self.assertEqual(work.open_names(), [])
            for node in here.schedulers:
                node.stop()
            self.plant_all(here.database)

    def plant_all(self, database):
        database.sql("create database whole template pawl", database="postgres")
        for what, (query, plant, kind, words) in FAULTS.items():
            with self.subTest(what):
                database.sql("drop database if exists hurt", database="postgres")
                database.sql("create database hurt template whole", database="postgres")
                entity = database.sql(query, database="hurt") if query else ""
                database.sql(plant.replace("{x}", entity), database="hurt")
                code, report = check(database.dsn_of("hurt"))
                self.assertEqual(code, 1, report)
                said = [f for f in report["findings"] if kind in (None, f["kind"]) and words in f["sentence"]]
                self.assertTrue(said, report["findings"])
                if entity:
                    self.assertTrue(kind == "sequence" or any(f["execution"] == entity for f in said), said)
                elif kind in ("owner", "epoch", "sequence", "loss"):
                    self.assertIn(said[0]["partition"], (7, 64))

    def test_a_server_that_is_not_there_and_a_database_without_a_log(self):
        with world.World(nodes=0, workers=0) as here:
            code, said = check(here.database.dsn)
            self.assertEqual(code, 1, said)
            self.assertIn("schema is of this release", said)
            code, said = check("host=127.0.0.1 port=1 dbname=pawl user=pawl")
            self.assertEqual(code, 4, said)


if __name__ == "__main__":
    unittest.main()
