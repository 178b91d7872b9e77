"""gRPC calls from a test, through the program pawl-grpc-probe: a worker whose every word the test chooses."""
import json
import subprocess

from harness import processes


class GrpcError(Exception):
    def __init__(self, code, message):
        super().__init__(f"gRPC code {code}: {message}")
        self.code, self.message = code, message


class Probe:
    def __init__(self, target):
        self._process = subprocess.Popen([str(processes.BIN / "pawl-grpc-probe"), target], stdin=subprocess.PIPE,
                                         stdout=subprocess.PIPE, text=True, bufsize=1)

    def call(self, method, **request):
        self._process.stdin.write(f"{method} {json.dumps(request)}\n")
        answer = json.loads(self._process.stdout.readline())
        if "ok" not in answer:
            raise GrpcError(answer["code"], answer["message"])
        return answer["ok"]

    def poll(self, session, handlers=(), tasks=1, wait_ms=5000, results=(), held=(), restartable=False):
        """(tasks, acknowledgement codes)"""
        answer = self.call("Poll", session_id=session, worker_name=session, tasks_max=tasks, wait_ms=wait_ms,
                           handlers=[{"name": name, "restartable": restartable} for name in handlers],
                           results=list(results), held_tokens=list(held))
        return answer["tasks"], answer["acks"]

    def report(self, session, *results, held=()):
        """The acknowledgement codes of results, with no slot free."""
        return [ack["code"] for ack in self.poll(session, tasks=0, wait_ms=0, results=results, held=held)[1]]

    def close(self):
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()
