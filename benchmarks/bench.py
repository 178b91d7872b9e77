"""What the parts of a run share: the figures so far, and how a load is measured and printed."""
import os

from processes import Cpu


class Bench:
    """One run: what was measured so far, and how to measure one load."""

    def __init__(self, bin_dir, quick, cluster):
        self.bin, self.quick, self.cluster = bin_dir, quick, cluster
        self.figures, self.rows, self.machines = [], [], {}
        self.ceiling, self.capacity, self.service = None, None, None

    def count(self, executions):
        return executions // 10 if self.quick else executions

    def figure(self, name, value, unit, **more):
        self.figures.append({"metric": name, "value": round(value, 4), "unit": unit, **more})

    def machine(self, name, definition):
        if name not in self.machines:
            self.machines[name] = self.service.create(name, definition)
        return self.machines[name]

    def ratio(self, per_second):
        return {"ratio_to_ceiling": round(per_second / self.ceiling, 4)} if self.ceiling else {}

    def load(self, label, arn, count, how, steps=1):
        """Runs a load; gives the generator's line with CPU microseconds a step by process, and the others' share."""
        cpu = Cpu({**self.service.pids(), "postgres": [self.cluster.pid]})
        result = self.service.load(arn, count, how)
        spent, others = cpu.since()
        spent["load"] = result["load_cpu"]
        result["others"] = max(0.0, others - result["load_cpu"] / result["seconds"] / os.cpu_count())
        result["cpu_us"] = {name: round(seconds / count / steps * 1e6, 2) for name, seconds in spent.items()}
        result["steps_per_second"] = result["per_second"] * steps
        row = (label, str(how), f"{result['steps_per_second']:,.0f}/s", f"p50 {result['p50_ms']:.2f} ms",
               f"p99 {result['p99_ms']:.2f} ms", f"{sum(result['cpu_us'].values()):.1f} us CPU:",
               " ".join(f"{name} {spent:.1f}" for name, spent in result["cpu_us"].items()),
               f"others {result['others']:.0%}")
        self.rows.append(row)
        print("  ".join(row), flush=True)
        return result
