#!/usr/bin/env python3
"""Measures the pure language and holds it against its bounds; JSONata also against the jsonata npm package under Node.

    benchmarks/micro/language.py [--bin DIR] [--jsonata DIR]

--bin: where language_benchmark is (default build/release/bin). --jsonata: a folder with the package in node_modules; by
default it is installed into a temporary one (npm, pinned version). CPU time, the best of five repetitions, since other work
shares the machine. Prints one JSON line per figure; the exit code is 1 where a bound is missed.
"""
import argparse
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
JSONATA = "jsonata@2.2.2"
EXPRESSION = "$sum(items[price > 10].(price * quantity))"
# Nanoseconds of CPU.
BOUNDS = {
    "EnterState/PassWithParameters": 3_000,
    "EnterState/ChoiceOfFiveRules": 1_000,
    "Jsonata/SumOfProducts100": 60_000,
    "CompileDefinition/100": 3_000_000,
}
RATIO_MIN = 3
# Evaluates the expression on the items of language_benchmark.cc; prints the best CPU nanoseconds of five rounds.
NODE = """
const jsonata = require('jsonata');
const items = [];
for (let i = 0; i < 100; i++) items.push({name: 'item' + i, price: i % 20 + 0.5, quantity: 1 + i % 7});
(async () => {
  const expression = jsonata(process.argv[1]);
  for (let i = 0; i < 3000; i++) await expression.evaluate({items});
  let best = Infinity;
  for (let round = 0; round < 5; round++) {
    const before = process.cpuUsage();
    for (let i = 0; i < 3000; i++) await expression.evaluate({items});
    const spent = process.cpuUsage(before);
    best = Math.min(best, (spent.user + spent.system) * 1000 / 3000);
  }
  console.log(best);
})();
"""
UNITS = {"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9}


def measure_ours(binary):
    out = subprocess.run([binary, "--benchmark_format=json", "--benchmark_repetitions=5", "--benchmark_min_time=0.2"],
                         capture_output=True, text=True, check=True)
    best = {}
    for run in json.loads(out.stdout)["benchmarks"]:
        if run["run_type"] == "iteration":
            time = run["cpu_time"] * UNITS[run["time_unit"]]
            best[run["run_name"]] = min(time, best.get(run["run_name"], time))
    return best


def measure_node(folder):
    if shutil.which("node") is None:
        return None
    with tempfile.TemporaryDirectory() as made:
        folder = folder or made
        if folder == made:
            installed = subprocess.run(["npm", "install", "--prefix", made, "--no-audit", "--no-fund", JSONATA],
                                       capture_output=True, check=False)
            if installed.returncode != 0:
                return None
        out = subprocess.run(["node", "-e", NODE, EXPRESSION], cwd=folder, capture_output=True, text=True, check=True)
        return float(out.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--bin", default=str(ROOT / "build" / "release" / "bin"))
    parser.add_argument("--jsonata")
    arguments = parser.parse_args()
    ours = measure_ours(pathlib.Path(arguments.bin) / "language_benchmark")
    missed = []
    for name, time in ours.items():
        bound = BOUNDS.get(name)
        if bound is not None and time >= bound:
            missed.append(f"{name}: {time:,.0f} ns, bound {bound:,}")
        print(json.dumps({"metric": name, "value": round(time, 1), "unit": "ns", **({"bound": bound} if bound else {})}))
    missed += [f"{name} was not measured" for name in BOUNDS if name not in ours]
    node = measure_node(arguments.jsonata)
    if node is None:
        print("the ratio to the jsonata package is not measured: Node or the package is missing", file=sys.stderr)
    else:
        ratio = node / ours["Jsonata/SumOfProducts100"]
        if ratio < RATIO_MIN:
            missed.append(f"only {ratio:.2f} times as fast as the jsonata package under Node, not {RATIO_MIN}")
        print(json.dumps({"metric": "jsonata package under Node", "value": round(node, 1), "unit": "ns"}))
        print(json.dumps({"metric": "times faster than the jsonata package", "value": round(ratio, 2), "unit": "",
                          "bound": RATIO_MIN}))
    for line in missed:
        print("MISSED " + line, file=sys.stderr)
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
