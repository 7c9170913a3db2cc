"""The console on 50,000 demo machines beside 1,000: load, memory of all processes, keys, filter; goal G9."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

from tests.bench.ptyharness import Pty, percentile

MEMORY_GOAL = 300.0
"""G9: the whole console process, MB."""

SETTLE = 10.0
"""Seconds that a loaded fleet is left alone before it is measured."""

SIZES = (1_000, 50_000)
ROWS = ("loaded s", "console MB", "workers MB", "key p50", "key p95", "page p95", "filter p95", "busy key p95")


def pss(pid: int) -> float:
    """Proportional memory of a process, MB."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return 0.0


def children(pid: int) -> list[int]:
    """Processes that this one started."""
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]


def pressed(terminal: Pty, keys: list[bytes]) -> list[float]:
    """Milliseconds from each key to the first byte that answers it."""
    taken: list[float] = []
    for key in keys:
        taken.append(terminal.press(key) * 1e3)
        time.sleep(0.03)
    return taken


def measure(vms: int, keys: int, state: str) -> dict[str, float]:
    """The figures of one cold run without a cache."""
    argv = [sys.executable, "-P", "-m", "novatui.cli.main", "demo", "--vms", str(vms)]
    with Pty(argv, env={"NOVATUI_STATE_HOME": state, "PYTHONPATH": os.getcwd()}) as terminal:
        loaded = terminal.wait_for(b"6/6 conns", timeout=300) - terminal.started
        time.sleep(SETTLE)
        pid = terminal.child.pid
        moves = pressed(terminal, [b"j" if n % 40 < 20 else b"k" for n in range(keys)])
        pages = pressed(terminal, [b"\x06" if n % 20 < 10 else b"\x15" for n in range(keys // 4)])
        terminal.write(b"/")
        time.sleep(0.5)
        typed = pressed(terminal, [bytes([letter]) for letter in b"web-crm" * 2] + [b"\x7f"] * 14)
        terminal.write(b"\x1b")
        time.sleep(0.5)
        terminal.write(b"sc")  # sorted by load, everything is measured
        time.sleep(SETTLE)
        busy = pressed(terminal, [b"j" if n % 40 < 20 else b"k" for n in range(keys)])
        return {
            "loaded s": loaded,
            "console MB": pss(pid),
            "workers MB": sum(pss(one) for one in children(pid)),
            "key p50": percentile(moves, 50),
            "key p95": percentile(moves, 95),
            "page p95": percentile(pages, 95),
            "filter p95": percentile(typed, 95),
            "busy key p95": percentile(busy, 95),
        }


def main(argv: list[str]) -> bool:
    """Measure; True when a goal was missed."""
    options = argparse.ArgumentParser(prog="fleet")
    options.add_argument("--keys", type=int, default=120)
    asked = options.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="novatui-bench-") as folder:
        sides = [measure(vms, asked.keys, f"{folder}/{vms}") for vms in SIZES]
    print(f"{'ms unless said':16}" + "".join(f"{vms:>14,} VMs" for vms in SIZES) + f"{'ratio':>10}")
    for name in ROWS:
        small, large = (side[name] for side in sides)
        print(f"{name:16}{small:18.1f}{large:18.1f}{large / small if small else float('nan'):9.2f}x")
    memory = sides[-1]["console MB"]
    met = memory <= MEMORY_GOAL
    print(f"G9 {'met' if met else 'MISSED'}: the console takes {memory:.0f} MB, goal {MEMORY_GOAL:.0f}")
    return not met
