"""The recorder, whole: one real migration, in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.lab.fixtures import or_skip
from tests.lab.libvirt.daemon import LibvirtHost
from tests.lab.libvirt.recordings import load
from tests.lab.workspace import CHECKOUT

pytestmark = [pytest.mark.libvirt, pytest.mark.libvirt_library]

SCENARIO = "dirty16x2-bw8"


def test_a_migration_is_recorded(tmp_path: Path) -> None:
    or_skip(lambda: LibvirtHost("probe")).close()
    command = [sys.executable, "-m", "tests.lab.record_migrations", SCENARIO, "--into", str(tmp_path)]
    recorder = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True)
    assert recorder.returncode == 0, recorder.stderr
    made = load(tmp_path / f"{SCENARIO}.jsonl")
    assert made.outcome["end"] in recorder.stdout
    assert made.header["parameters"] == {"bandwidth": 8}
    assert made.header["guest"]["dirty"] == [16, 2]
    memory = [sample.stats["memory_remaining"] for sample in made.samples if sample.stats.get("memory_total")]
    assert len(memory) > 10
    assert min(memory) < memory[0]
    assert {event["event"] for event in made.events} >= {"lifecycle", "iteration"}
