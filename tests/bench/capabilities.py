"""Forty connections asked what they can do: time, calls of each host, and what the console feels of it beside idle.

The connections are host files of libvirt's mock driver in real workers. `hung` has one more, a daemon behind a proxy
that accepts and falls silent before it is asked. Key latency is from writing a key to reading the frame that shows it,
in a real pty of 160x50; loop lag is how late the event loop runs a timer. Of runs in which something is asked only what
falls into the time of questions counts. Kinds are measured in turns, cold.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tests.bench.ptyharness import Pty, percentile
from tests.lab.faultproxy.client import FaultProxy
from tests.lab.libvirt.daemon import LibvirtHost
from tests.lab.libvirt.testfile import mock_uri, write_fleet

GOAL = 1.5
"""Key p99 while all are asked, as a multiple of the idle one: what G7 demands beside a parsing worker."""

DELAY = 1.5
"""Time until all others have answered beside one that hangs, as a multiple of the time without it."""

KINDS = {"idle": "nothing is asked", "asked": "all are asked", "hung": "all are asked, one more hangs"}
FIGURES = ("key p50", "key p99", "lag p50", "lag p99", "lag max")
GAP = 0.02
"""Seconds between the answer to a key and the next key."""


def measure(kind: str, addresses: list[str], keys: int, scratch: Path, proxy: FaultProxy) -> dict[str, Any]:
    """One cold run: milliseconds of keys and lag, and the rounds of questions in its course."""
    report, file = scratch / f"{kind}.json", scratch / f"{kind}.txt"
    report.unlink(missing_ok=True)
    file.write_text("\n".join(addresses if kind == "hung" else addresses[:-1]), encoding="utf-8")
    proxy.clear()
    argv = [sys.executable, "-m", "tests.bench.capabilities_app", kind, str(file), str(report)]
    with Pty(argv, env={"PYTHONPATH": os.getcwd()}) as terminal:
        terminal.wait_for(b"READY", timeout=180)
        time.sleep(1)
        if kind == "hung":
            proxy.set("hang")
        terminal.write(b"b")
        latencies: list[tuple[float, float]] = []
        for number in range(1, keys + 1):
            start, pressed = len(terminal.data), time.perf_counter()
            terminal.write(b"j" if number % 40 < 20 else b"k")
            latencies.append((pressed, terminal.wait_for(f"<{number}>".encode(), start=start) - pressed))
            time.sleep(GAP)
        if kind != "idle":
            terminal.wait_for(b"ASKED", timeout=120)
        terminal.write(b"r")
        terminal.child.wait(60)
    told = json.loads(report.read_text(encoding="utf-8"))
    if told["broken"] and kind != "hung":
        raise RuntimeError(f"{kind}: {told['broken']}")
    pressed_then, lags = _during(latencies, told["rounds"]), _during(told["lags"], told["rounds"])
    values = (
        percentile(pressed_then, 50),
        percentile(pressed_then, 99),
        percentile(lags, 50),
        percentile(lags, 99),
        max(lags),
    )
    return {name: 1000 * value for name, value in zip(FIGURES, values, strict=True)} | {
        "keys": len(pressed_then),
        "rounds": told["rounds"],
        "hung": told["hung"],
    }


def _during(measured: list[tuple[float, float]], rounds: list[dict[str, Any]]) -> list[float]:
    """What began while something was asked; everything where nothing ever was."""
    times = [(each["begun"], each["begun"] + each["seconds"]) for each in rounds]
    return [value for at, value in measured if not times or any(begun <= at <= ended for begun, ended in times)]


def main(argv: list[str]) -> int:
    """How many goals were missed."""
    parser = argparse.ArgumentParser(prog="capabilities", description=__doc__)
    parser.add_argument("--connections", type=int, default=40)
    parser.add_argument("--domains", type=int, default=25, help="of each connection")
    parser.add_argument("--keys", type=int, default=200, help="keys of each run")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path, help="write the figures there")
    chosen, _ = parser.parse_known_args(argv)
    runs: list[dict[str, dict[str, Any]]] = []
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        daemon = stack.enter_context(LibvirtHost("hung"))
        proxy = stack.enter_context(FaultProxy(f"unix:{daemon.socket}", listen="unix"))
        addresses = [
            mock_uri(write_fleet(scratch / f"host{at:02d}.xml", chosen.domains, seed=at))
            for at in range(chosen.connections)
        ]
        addresses.append(f"test+unix:///default?socket={proxy.address}")
        for number in range(chosen.rounds):
            order = list(KINDS) if number % 2 == 0 else list(reversed(KINDS))
            runs.append({kind: measure(kind, addresses, chosen.keys, scratch, proxy) for kind in order})
    print(
        f"{chosen.connections} connections of {chosen.domains} domains, each asked with its host; "
        f"{chosen.keys} keys, medians of {chosen.rounds} cold runs, milliseconds"
    )
    print(f"{'':32}" + "".join(f"{name:>10}" for name in FIGURES) + f"{'keys':>8}{'key p99 / idle':>16}")
    keys = {kind: statistics.median(run[kind]["key p99"] / run["idle"]["key p99"] for run in runs) for kind in KINDS}
    for kind, title in KINDS.items():
        middle = [statistics.median(run[kind][name] for run in runs) for name in FIGURES]
        count = sum(run[kind]["keys"] for run in runs)
        print(f"{title:32}" + "".join(f"{value:10.1f}" for value in middle) + f"{count:8}{keys[kind]:15.2f}x")
    delays = [_first(run["hung"])["seconds"] / _first(run["asked"])["seconds"] for run in runs]
    for kind in ("asked", "hung"):
        _say_rounds(KINDS[kind], [run[kind] for run in runs])
    delay = statistics.median(delays)
    print(f"the one that hung: {runs[-1]['hung']['hung'] or 'no answer yet at the end of the run'}")
    met_keys, met_delay = keys["asked"] <= GOAL and keys["hung"] <= GOAL, delay <= DELAY
    print(f"console {'unaffected' if met_keys else 'AFFECTED'}: key p99 {keys['asked']:.2f}x of idle, goal {GOAL}x")
    print(f"others {'not delayed' if met_delay else 'DELAYED'} by one that hangs: {delay:.2f}x, goal {DELAY}x")
    if chosen.json:
        chosen.json.write_text(json.dumps({"runs": runs, "keys": keys, "delays": delays}, indent=1), encoding="utf-8")
    return int(not met_keys) + int(not met_delay)


def _first(run: dict[str, Any]) -> dict[str, Any]:
    """The round that found everything cold."""
    first: dict[str, Any] = run["rounds"][0]
    return first


def _say_rounds(title: str, runs: list[dict[str, Any]]) -> None:
    first = [_first(run) for run in runs]
    later = [each["seconds"] for run in runs for each in run["rounds"][1:]]
    calls = sorted(call for each in first for call in each["calls"])
    failed = sorted({why for each in first for why in each["failures"]})
    again = f", again {statistics.median(later):.2f} s ({len(later)} rounds)" if later else ""
    print(
        f"{title}: first answer {statistics.median(each['first'] for each in first):.2f} s, "
        f"all {statistics.median(each['seconds'] for each in first):.2f} s{again}; "
        f"calls of a probe {calls[0]} to {calls[-1]}, median {statistics.median(calls):.0f}, "
        f"{statistics.median(ms for each in first for ms in each['ms']):.0f} ms"
        + (f"; failed: {', '.join(failed)}" if failed else "")
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
