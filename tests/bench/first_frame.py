"""The first frame: names of a cached 45,000-machine fleet against a bare Textual app, and `--version`; goal G1.

All runs are cold processes in a pty of 160x50, in turns. The cache is made by a run of the same program before.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time

from tests.bench.ptyharness import Pty

FRAME_GOAL = 1.25
"""G1: first readable names, as a multiple of a bare Textual app."""

VERSION_GOAL = 3.0
"""G1: `novatui --version`, as a multiple of an interpreter that does nothing."""

HELLO = """
from textual.app import App
from textual.widgets import Footer, Static
class Hello(App):
    BINDINGS = [("q", "quit", "QUITMARK")]
    def compose(self):
        yield Static("hello")
        yield Footer()
Hello().run()
"""
FIRST_NAME = b"ad-dc-1"
"""The first machine by name in every demo fleet."""

PROGRAM = [sys.executable, "-P", "-c", "from novatui.cli.main import run; run()"]
"""As the installed script starts it: `-m` would bring modules of its own."""

CONSOLE = [*PROGRAM, "demo", "--vms"]


def seconds_to(argv: list[str], marker: bytes, state: str) -> float:
    """Seconds from the start of a program until a text is on the screen."""
    with Pty(argv, env={"NOVATUI_STATE_HOME": state, "PYTHONPATH": os.getcwd()}) as terminal:
        return terminal.wait_for(marker) - terminal.started


def fill_cache(vms: int, state: str) -> None:
    """Let the console load the fleet once and leave."""
    with Pty([*CONSOLE, str(vms)], env={"NOVATUI_STATE_HOME": state, "PYTHONPATH": os.getcwd()}) as terminal:
        terminal.wait_for(b"6/6 conns", timeout=180)
        terminal.wait_quiet(0.1, timeout=5)
        time.sleep(5)
        terminal.write(b"q")
        terminal.wait_for(b"Quit?")
        terminal.write(b"y")
        terminal.child.wait(60)


def run_time(argv: list[str]) -> float:
    """Seconds of a whole process."""
    started = time.perf_counter()
    subprocess.run(argv, check=True, capture_output=True)
    return time.perf_counter() - started


def compare(title: str, ours: list[float], theirs: list[float], peer: str, goal: float) -> bool:
    """Print both sides; True when the goal was missed."""
    mine, other = statistics.median(ours), statistics.median(theirs)
    met = mine <= goal * other
    print(f"{title}: {mine * 1e3:.0f} ms (min {min(ours) * 1e3:.0f})")
    print(f"{peer}: {other * 1e3:.0f} ms (min {min(theirs) * 1e3:.0f})")
    print(f"G1 {'met' if met else 'MISSED'}: {mine / other:.2f}x, goal {goal}x")
    return not met


def main(argv: list[str]) -> bool:
    """Measure; True when a goal was missed."""
    options = argparse.ArgumentParser(prog="first_frame")
    options.add_argument("--vms", type=int, default=45_000)
    options.add_argument("--runs", type=int, default=7)
    asked = options.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="novatui-bench-") as state:
        fill_cache(asked.vms, state)
        bare: list[float] = []
        console: list[float] = []
        for _ in range(asked.runs):
            bare.append(seconds_to([sys.executable, "-c", HELLO], b"QUITMARK", state))
            console.append(seconds_to([*CONSOLE, str(asked.vms)], FIRST_NAME, state))
        missed = compare(f"first names of {asked.vms:,} cached machines", console, bare, "bare Textual app", FRAME_GOAL)
    version = [*PROGRAM, "--version"]
    said: list[float] = []
    nothing: list[float] = []
    for _ in range(3 * asked.runs):
        nothing.append(run_time([sys.executable, "-I", "-c", "pass"]))
        said.append(run_time(version))
    return compare("--version", said, nothing, "python -I -c pass", VERSION_GOAL) or missed
