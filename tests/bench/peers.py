"""NovaTUI against virtui-manager, the other console for libvirt on Textual: the same machines, the same terminal.

Cold runs in turns, without a cache of ours, on one generated `test:///` file. The peer is installed from PyPI into a
folder of its own. Every figure of both sides is printed, and which of them we lose.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import msgspec

from tests.bench.peer_install import PEER, install
from tests.bench.processes import cpu, family, pss
from tests.bench.ptyharness import Pty

SIZES = (300, 2_000, 20_000)
FIRST = b"vm-0"
"""Part of a name of a machine: a host tells of its machines in no order, and ours shows what it has."""

NAME = re.compile(rb"vm-\d{5}")
START_LIMIT = 600.0
"""Seconds that a first name may take."""

SETTLE = 20.0
"""Seconds from the first name to rest: notices of the peer stay for 5 s, its line of host figures for 10 s."""

DOMAIN = """<domain type='test' xmlns:test='http://libvirt.org/schemas/domain/test/1.0'><name>vm-{n:05}</name>
<uuid>{uuid}</uuid><memory unit='MiB'>1024</memory><vcpu>2</vcpu><os><type>hvm</type></os><devices>
<disk type='file' device='disk'><source file='/srv/vm-{n:05}.qcow2'/><target dev='vda'/></disk>
<interface type='network'><source network='default'/></interface></devices>
<test:runstate>{state}</test:runstate></domain>"""
NODE = """<node><cpu><mhz>1000</mhz><model>i686</model><active>8</active></cpu><memory>33554432</memory>
<network><name>default</name><bridge name='virbr0'/><ip address='192.168.122.1' netmask='255.255.255.0'/></network>
{domains}</node>"""
RUNNING, SHUT_OFF = 1, 5


class Side(msgspec.Struct, frozen=True):
    """One of the two programs: how it is started on a file, and its keys."""

    name: str
    prepare: Callable[[Path, str], tuple[list[str], dict[str, str]]]
    """Command and environment for an empty home and a URI."""
    page: bytes
    view: bytes
    """Shows the same machines in its other layout; once more leads back."""


class Figures(msgspec.Struct):
    """What one cold run gave."""

    first_name_ms: float
    pss_mb: float
    idle_bytes: float
    """Per second."""
    idle_cpu: float
    """Percent of one core."""
    page_ms: float
    """Key to the first name of the next page, median."""
    view_ms: float
    """Key to the end of the frames that answer it, median."""


TITLES = {
    "first_name_ms": "first name readable, ms",
    "pss_mb": "PSS of all processes, MB",
    "idle_bytes": "idle, bytes/s",
    "idle_cpu": "idle, % of a core",
    "page_ms": "page down, ms",
    "view_ms": "view switch, ms",
}


def node_file(path: Path, machines: int) -> str:
    """Write a host with so many machines, every second of them running; its URI."""
    domains = (DOMAIN.format(n=n, uuid=UUID(int=n + 1), state=SHUT_OFF if n % 2 else RUNNING) for n in range(machines))
    path.write_text(NODE.format(domains="".join(domains)), encoding="utf-8")
    return f"test://{path}"


def ours(home: Path, uri: str) -> tuple[list[str], dict[str, str]]:
    """The console on one URI, with homes of its own."""
    (home / "config.toml").write_text(f"[connections.bench]\nuri = '{uri}'\n", encoding="utf-8")
    env = {"HOME": str(home), "NOVATUI_STATE_HOME": str(home), "NOVATUI_CONFIG_HOME": str(home)}
    start = "from novatui.cli.main import run; run()"
    return [sys.executable, "-P", "-c", start, "bench"], env | {"PYTHONPATH": os.getcwd()}


def theirs(program: Path) -> Callable[[Path, str], tuple[list[str], dict[str, str]]]:
    """The peer, whose only way to a URI is its configuration."""

    def prepare(home: Path, uri: str) -> tuple[list[str], dict[str, str]]:
        config = home / ".config" / PEER / "config.yaml"
        config.parent.mkdir(parents=True, exist_ok=True)
        config.write_text(f"servers:\n- {{name: Bench, uri: '{uri}', autoconnect: true}}\n", encoding="utf-8")
        return [str(program)], {"HOME": str(home)}

    return prepare


def measure(side: Side, uri: str, machines: int, asked: argparse.Namespace) -> Figures:
    """One cold run."""
    with tempfile.TemporaryDirectory(prefix="novatui-bench-") as home:
        argv, env = side.prepare(Path(home), uri)
        with Pty(argv, env=env) as terminal:
            began = terminal.wait_for(FIRST, timeout=START_LIMIT) - terminal.started
            time.sleep(SETTLE)
            sent, used = at_rest(terminal, asked.seconds)
            memory = sum(pss(one) for one in family(terminal.child.pid))
            # Ours goes to the end of the page at first. It shows some thirty machines, and no page shall be the last.
            starts = [settled(terminal, side.page) for _ in range(2)]
            pages = [page_time(terminal, side.page, starts) for _ in range(min(asked.keys, machines // 50))]
            views = [answer_time(terminal, side.view) for _ in range(2 * (asked.keys // 2))]
    return Figures(began * 1e3, memory, sent, used, statistics.median(pages) * 1e3, statistics.median(views) * 1e3)


def at_rest(terminal: Pty, seconds: float) -> tuple[float, float]:
    """Bytes a second, and percent of a core of all processes, while nobody does anything."""
    pids = family(terminal.child.pid)
    before, sent, began = {pid: cpu(pid) for pid in pids}, len(terminal.data), time.perf_counter()
    time.sleep(seconds)
    passed = time.perf_counter() - began
    used = sum(max(0.0, cpu(pid) - before[pid]) for pid in pids)
    return (len(terminal.data) - sent) / passed, 100 * used / passed


def settled(terminal: Pty, key: bytes) -> int:
    """Press a key and wait for what answers it; the byte from which on that was written."""
    start = len(terminal.data)
    terminal.press(key)
    terminal.wait_quiet(0.3, timeout=20)
    return start


def page_time(terminal: Pty, key: bytes, starts: list[int]) -> float:
    """Seconds from a key to the first name that the page before did not have; `starts`: where each page began."""
    terminal.wait_quiet(0.3, timeout=20)
    known = set(NAME.findall(bytes(terminal.data[starts[-1] :])))
    start, pressed = len(terminal.data), time.perf_counter()
    starts.append(start)
    terminal.write(key)
    while True:
        fresh = next((name for name in NAME.findall(bytes(terminal.data[start:])) if name not in known), None)
        if fresh is not None:
            return terminal.wait_for(fresh, start=start) - pressed
        if time.perf_counter() - pressed > 60 or terminal.ended:
            raise TimeoutError(f"no further page; last: {bytes(terminal.data[-300:])!r}")
        time.sleep(0.001)


def answer_time(terminal: Pty, key: bytes) -> float:
    """Seconds from a key to the last byte of what answers it: nothing follows for a fifth of a second."""
    terminal.wait_quiet(0.3, timeout=20)
    reads = len(terminal.reads)
    pressed = time.perf_counter()
    terminal.press(key)
    while time.perf_counter() - terminal.reads[-1][0] < 0.2:
        time.sleep(0.01)
    return terminal.reads[max(reads, len(terminal.reads) - 1)][0] - pressed


def report(machines: int, runs: list[tuple[Figures, Figures]]) -> bool:
    """Print medians and all values of both sides; True when we lose a figure."""
    print(f"\n{machines:,} machines, {len(runs)} cold runs in turns; median (all)")
    lost = False
    for field, title in TITLES.items():
        mine, other = ([getattr(pair[side], field) for pair in runs] for side in (0, 1))
        behind = statistics.median(mine) > statistics.median(other)
        lost |= behind
        print(f"  {title:26} novatui {shown(mine):60} {PEER} {shown(other)}{'   LOST' if behind else ''}")
    return lost


def shown(values: list[float]) -> str:
    """A median and where it comes from."""
    return f"{statistics.median(values):9.1f} ({' '.join(f'{value:.1f}' for value in values)})"


def main(argv: list[str]) -> bool:
    """Measure; True when a figure was lost."""
    options = argparse.ArgumentParser(prog="peers")
    options.add_argument("--runs", type=int, default=5)
    options.add_argument("--keys", type=int, default=10)
    options.add_argument("--seconds", type=float, default=10.0, help="how long to look at rest")
    options.add_argument("--machines", type=int, nargs="*", default=SIZES)
    options.add_argument("--peer", type=Path, help=f"an installed {PEER} instead of one from PyPI")
    asked = options.parse_args(argv)
    lost = False
    with tempfile.TemporaryDirectory(prefix="novatui-bench-") as folder:
        program = asked.peer or install(Path(folder))
        if program is None:
            return False
        sides = (
            Side("novatui", ours, page=b"\x06", view=b"z"),
            Side(PEER, theirs(program), page=b"\x1b[C", view=b"k"),
        )
        for machines in asked.machines:
            uri = node_file(Path(folder) / f"{machines}.xml", machines)
            runs = []
            for _ in range(asked.runs):
                mine, other = (measure(side, uri, machines, asked) for side in sides)
                runs.append((mine, other))
            lost |= report(machines, runs)
    return lost
