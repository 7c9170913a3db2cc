"""A console at rest: bytes and CPU while nothing changes, against htop at the same refresh; goal G11."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

from tests.bench.ptyharness import Pty

CPU_GOAL = 0.5
"""G11: percent of one core."""

DOMAIN = """<domain type='test' xmlns:test='http://libvirt.org/schemas/domain/test/1.0'><name>quiet-{n:03}</name>
<memory>1048576</memory><os><type>hvm</type></os><test:runstate>5</test:runstate></domain>"""
NODE = "<node><cpu><mhz>1000</mhz><model>i686</model><active>2</active></cpu>{domains}</node>"


def rest(argv: list[str], seconds: float, env: dict[str, str], settle: float) -> tuple[float, float]:
    """Bytes a second, and percent of a core, once a program has come to rest. The turn of the minute is waited for."""
    with Pty(argv, env=env) as terminal:
        time.sleep(settle)
        left = 60 - time.time() % 60
        if left < seconds + 2:
            time.sleep(left + 2)
        sent, used, began = len(terminal.data), terminal.cpu(), time.perf_counter()
        time.sleep(seconds)
        passed = time.perf_counter() - began
        return (len(terminal.data) - sent) / passed, 100 * (terminal.cpu() - used) / passed


def main(argv: list[str]) -> bool:
    """Measure; True when a goal was missed."""
    options = argparse.ArgumentParser(prog="idle")
    options.add_argument("--seconds", type=float, default=20.0)
    asked = options.parse_args(argv)
    if find_spec("libvirt") is None:
        print("skipped: the Python library libvirt is not installed")
        return False
    with tempfile.TemporaryDirectory(prefix="novatui-bench-") as folder:
        node = Path(folder) / "quiet.xml"
        node.write_text(NODE.format(domains="".join(DOMAIN.format(n=n) for n in range(60))), encoding="utf-8")
        env = {"NOVATUI_STATE_HOME": folder, "NOVATUI_CONFIG_HOME": folder, "PYTHONPATH": os.getcwd()}
        console = [sys.executable, "-P", "-m", "novatui.cli.main", f"test://{node}"]
        sent, used = rest(console, asked.seconds, env, settle=15)
    print(f"novatui, 60 machines at rest: {sent:.0f} B/s, {used:.2f} % of a core")
    if shutil.which("htop"):
        theirs = rest(["htop", "-d", "20"], asked.seconds, {}, settle=4)
        print(f"htop, every 2 s: {theirs[0]:.0f} B/s, {theirs[1]:.2f} % of a core")
    else:
        print("htop is not installed: no peer")
    met = sent == 0 and used <= CPU_GOAL
    print(f"G11 {'met' if met else 'MISSED'}: {sent:.0f} B/s, goal 0; {used:.2f} %, goal {CPU_GOAL} %")
    return not met
