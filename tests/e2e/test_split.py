"""The number of partitions is raised under load, on two databases: nothing is lost, what runs goes on, the log is sound
afterwards, and partitions of the new number move. A raise that is killed between the two databases is finished later."""
import json
import subprocess
import threading
import time
import unittest

from harness import aws, load, world
from harness.processes import BIN, wait_until

EXECUTIONS = 60


class Split(unittest.TestCase):
    def admin_command(self, here, command, *more):
        servers = [part for dsn in here.dsns for part in ("--postgres", dsn)]
        return [BIN / "pawl", "admin", command, "--output", "json", *servers, *map(str, more)]

    def run_admin(self, here, command, *more):
        return subprocess.run(self.admin_command(here, command, *more), capture_output=True, text=True, check=False,
                              timeout=240)

    def admin(self, here, command, *more, expected=0):
        done = self.run_admin(here, command, *more)
        self.assertEqual(done.returncode == 0, expected == 0, done.stdout + done.stderr)
        return json.loads(done.stdout) if expected == 0 else done.stderr

    def wait_until_owned(self, here, count):
        def owned():
            return sum(node.metric("pawl_partitions_owned") or 0 for node in here.schedulers)

        def is_served():
            try:
                return owned() == count
            except OSError:  # a node begins anew
                return False
        wait_until(is_served, 60, lambda: f"not all of {count} partitions are owned")

    def begin_load(self, here, name):
        """Puts half of the partitions on the second database, and executions on all; the load and who watches it."""
        here.wait_until_serving()
        self.admin(here, "move", "--to", 2, "--partition", *range(0, 64, 2))
        work = load.Load(here.client(), here.journal, name)
        work.start(EXECUTIONS, rate=8)
        watching = threading.Thread(target=work.watch, args=(200,))
        watching.start()
        wait_until(lambda: work.acknowledged >= 15, 30)
        return work, watching

    def end_load(self, here, work, watching):
        """All of it has come to its right end, and the log is sound."""
        watching.join()
        self.assertEqual(work.open_names(), [])
        self.assertEqual(work.problems, [])
        code, said = here.check()
        self.assertEqual(code, 0, said)
        self.assertEqual(self.admin(here, "check")["findings"], [])

    def test_a_split_under_load(self):
        with world.World(nodes=2, workers=2, databases=2) as here:
            work, watching = self.begin_load(here, "split")
            self.assertIn("a multiple", self.admin(here, "split", "--partitions", 96, expected=1))
            began = time.monotonic()
            report = self.admin(here, "split", "--partitions", 128)
            self.assertEqual((report["before"], report["after"]), (64, 128))
            self.wait_until_owned(here, 128)
            print(f"\n    {report['decisions']} decisions counted in {report['stopped_ms']} ms; all 128 partitions are "
                  f"owned {time.monotonic() - began:.1f} s after the split began", flush=True)
            self.admin(here, "split", "--partitions", 128)  # does nothing
            moved = self.admin(here, "move", "--to", 1, "--partition", 1, 4, 5)
            self.assertEqual(len(moved), 3)
            self.end_load(here, work, watching)

    def test_a_split_cut_off_between_two_servers_is_finished_by_the_same_command(self):
        with world.World(nodes=2, workers=2, databases=2) as here:
            work, watching = self.begin_load(here, "cut-off")
            self.cut_off_a_split(here)
            count = "select partition_count from pawl.cluster"
            self.assertEqual([here.database.sql(count), here.database.sql(count, "further2")], ["64", "128"])
            # The partitions of the one that has changed are claimed by nobody; those of the other one are served.
            self.assertGreater(self.served_of(here.client(), 16), 2)
            owned = "select count(*) from pawl.partitions where here and node <> ''"
            self.assertEqual(here.database.sql(owned, "further2"), "0")
            # A node that starts now waits, and says why.
            here.schedulers[0].kill()
            here.schedulers[0].start()
            wait_until(lambda: "`pawl admin split` to come to its end" in here.schedulers[0].log_text(), 30)

            def is_finished():  # PostgreSQL may not have noticed yet that the one before is dead
                done = self.run_admin(here, "split", "--partitions", 128)
                self.assertTrue(done.returncode == 0 or "moved or split already" in done.stderr, done.stderr)
                return done.returncode == 0
            wait_until(is_finished, 30)
            self.wait_until_owned(here, 128)
            self.end_load(here, work, watching)

    def served_of(self, client, count):
        """How many of so many starts, spread over all partitions, are taken on."""
        definition = json.dumps({"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}})
        machine = client.insist("CreateStateMachine", {"name": "one-pass", "roleArn": aws.ROLE,
                                                       "definition": definition})["stateMachineArn"]
        served = 0
        for n in range(count):
            try:
                client.call("StartExecution", {"stateMachineArn": machine, "name": f"s{n}"}, timeout=2)
                served += 1
            except (aws.AwsError, aws.NoAnswer):
                pass
        return served

    def cut_off_a_split(self, here):
        """Kills it when the second server has changed and the first one, whose table somebody uses, has not."""
        blocker = subprocess.Popen(["psql", "-XAtq", "-d", here.database.dsn, "-c",
                                    "begin; lock table pawl.partitions in row share mode; select pg_sleep(60)"],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        activity = "select count(*) from pg_stat_activity where "
        wait_until(lambda: here.database.sql(activity + "wait_event = 'PgSleep'") == "1", 10)
        split = subprocess.Popen(self.admin_command(here, "split", "--partitions", 128), stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL)
        wait_until(lambda: here.database.sql(
            activity + "application_name = 'pawl split' and wait_event_type = 'Lock'") == "1", 10)
        split.kill()
        split.wait()
        here.database.sql("select pg_terminate_backend(pid) from pg_stat_activity where wait_event = 'PgSleep'")
        blocker.wait()


if __name__ == "__main__":
    unittest.main()
