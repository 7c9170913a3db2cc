"""The console watching a real migration at 4 Hz, against the same console at the same place with nothing moving.

Two rootless libvirt hosts with a guest that writes faster than the link carries; the console runs in a real pty of
160x50 with `M` open. Then virsh starts a migration that the console knows nothing of: how long until its row stands
there is the second figure. Figures: CPU of the console's own process, bytes to the terminal, frames, and keys.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import msgspec

from tests.bench.ptyharness import Pty, percentile
from tests.lab.libvirt.daemon import LibvirtHost
from tests.lab.libvirt.guests import GuestSpec
from tests.lab.missing import LabUnavailable

CPU_GOAL = 5.0
"""Percent of a core that watching may cost."""

SEEN_GOAL = 2.0
"""Seconds from virsh's start to the row, of a migration that somebody else began."""

FRAME = 0.02
"""Seconds without a byte that end a frame."""

NAME = "traveller"


class Cost(msgspec.Struct, frozen=True):
    """What the console took."""

    cpu: float
    """Percent of a core."""
    sent: float
    """Bytes a second to the terminal."""
    frames: float
    """A second."""
    keys: list[float]
    """Seconds from a key to the first byte of its frame."""

    def __str__(self) -> str:
        each = f" of {self.sent / self.frames:.0f} B and {10 * self.cpu / self.frames:.1f} ms" if self.frames else ""
        keys = f"a key p50 {percentile(self.keys, 50) * 1e3:.0f} ms, p95 {percentile(self.keys, 95) * 1e3:.0f} ms"
        return f"{self.cpu:.2f} % of a core, {self.sent:.0f} B/s, {self.frames:.1f} frames/s{each}; {keys}"


def cost(terminal: Pty, seconds: float, keys: int) -> Cost:
    """Count for a while, then press keys that open the command line and leave it."""
    first, used, began = len(terminal.data), terminal.cpu(), time.perf_counter()
    time.sleep(seconds)
    passed, used = time.perf_counter() - began, terminal.cpu() - used
    reads = [when for when, _ in terminal.reads if when > began]
    frames = bool(reads) + sum(after - before > FRAME for before, after in pairwise(reads))
    sent = len(terminal.data) - first
    felt: list[float] = []
    for _ in range(keys):
        felt.append(terminal.press(b":"))
        time.sleep(0.2)
        terminal.press(b"\x1b", timeout=2)
        time.sleep(0.2)
    return Cost(100 * used / passed, sent / passed, frames / passed, felt)


@contextmanager
def console(folder: Path, here: LibvirtHost, there: LibvirtHost) -> Iterator[Pty]:
    """With both hosts, and its migrations open."""
    file = folder / "bench.toml"
    file.write_text(f'[connections.here]\nuri = "{here.uri}"\n[connections.there]\nuri = "{there.uri}"\n')
    env = {"NOVATUI_STATE_HOME": str(folder), "NOVATUI_CONFIG_HOME": str(folder), "PYTHONPATH": os.getcwd()}
    argv = [sys.executable, "-P", "-m", "novatui.cli.main", "--config", str(file), "here", "there"]
    with Pty(argv, env=env) as terminal:
        terminal.wait_for(b"2/2 conns", timeout=120)
        terminal.write(b"M")
        terminal.wait_for(b"migrations", timeout=60)
        yield terminal


def measure(folder: Path, asked: argparse.Namespace) -> tuple[Cost, Cost, list[float]]:
    """At rest, watching, and the seconds until each of some foreign migrations was seen."""
    with LibvirtHost("atlas") as here, LibvirtHost("borea") as there:
        here.start_guest(GuestSpec(NAME, memory_mib=128, dirty=(32, 48)))
        here.virsh("migrate-setspeed", NAME, "8")
        command = ["virsh", "-c", here.uri, "migrate", "--live", "--p2p", NAME, there.uri]
        seen: list[float] = []
        watched: Cost | None = None
        with console(folder, here, there) as terminal:
            time.sleep(asked.settle)
            rest = cost(terminal, asked.seconds, asked.keys)
            for _ in range(asked.times):
                start, began = len(terminal.data), time.perf_counter()
                virsh = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                try:
                    seen.append(terminal.wait_for(b"1 moving", timeout=60, start=start) - began)
                    if watched is None:
                        terminal.write(b"\r")
                        terminal.wait_for(b"Ways out", timeout=60, start=start)
                        time.sleep(asked.settle)
                        watched = cost(terminal, asked.seconds, asked.keys)
                        terminal.write(b"\x1b")
                    here.virsh("domjobabort", NAME)
                    virsh.wait(60)
                finally:
                    virsh.kill()
                    virsh.wait()
                time.sleep(4)
        assert watched is not None
        return rest, watched, seen


def main(argv: list[str]) -> bool:
    """Measure; True when a goal was missed."""
    options = argparse.ArgumentParser(prog="watching")
    options.add_argument("--seconds", type=float, default=20.0)
    options.add_argument("--settle", type=float, default=8.0)
    options.add_argument("--keys", type=int, default=20)
    options.add_argument("--times", type=int, default=5, help="migrations that somebody else begins")
    asked = options.parse_args(argv)
    if find_spec("libvirt") is None:
        print("skipped: the Python library libvirt is not installed")
        return False
    try:
        with tempfile.TemporaryDirectory(prefix="novatui-bench-") as folder:
            rest, watched, seen = measure(Path(folder), asked)
    except LabUnavailable as reason:
        print(f"skipped: {reason}")
        return False
    print(f"migrations open, nothing moves:    {rest}")
    print(f"one moves at 4 Hz, opened:         {watched}")
    told = ", ".join(f"{one:.2f}" for one in seen)
    print(f"virsh's start to the row, seconds: {told}")
    more, slowest = watched.cpu - rest.cpu, max(seen)
    met = {
        f"watching costs {more:.2f} % of a core, goal {CPU_GOAL:.0f} %": more <= CPU_GOAL,
        f"seen after {slowest:.2f} s at the latest, goal {SEEN_GOAL:.0f} s": slowest <= SEEN_GOAL,
    }
    for said, held in met.items():
        print(f"{'met   ' if held else 'MISSED'} {said}")
    return not all(met.values())
