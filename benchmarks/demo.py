"""The demo as a user runs it: ``automl search --budget 200``, with one worker and with two.

python benchmarks/demo.py [--budget 200]
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import tempfile
import time


def run(budget: int, workers: int) -> tuple[float, float, dict[str, object]]:
    """Wall and CPU seconds of one search, and its result event."""
    with tempfile.TemporaryDirectory() as runs:
        command = ["automl", "search", "--budget", str(budget), "--workers", str(workers), "--runs", runs, "--json"]
        before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        wall, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, cpu, json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--budget", type=int, default=200)
    budget = parser.parse_args().budget
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    walls = []
    for workers in (1, 2):
        wall, cpu, result = run(budget, workers)
        walls.append(wall)
        best = result["estimates"][0]  # type: ignore[index]
        print(
            f"{workers} workers: {wall:6.1f} s wall, driver CPU {cpu:6.1f} s, {result['n_complete']} of "
            f"{result['n_trials']} complete, log loss {best['value']:.4f} ({best['low']:.4f} to {best['high']:.4f})"
        )
    print(f"two workers are {walls[0] / walls[1]:.2f} times as fast as one")


if __name__ == "__main__":
    main()
