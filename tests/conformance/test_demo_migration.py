"""The demo driver under the suite of migrations: one of its libvirt hosts, and the other one beside it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest

from novatui.config.demo import expand
from tests.conformance.migration import MigrationConformance, MigrationLab
from tests.unit.test_demo_moves import FAST, End, of

THERE = "qemu+ssh://kvm-12/system"


class DemoPair(MigrationLab):
    """A machine that nothing but the test moves."""

    def __init__(self, folder: Path) -> None:
        specs = {spec.name: spec for spec in expand(f"demo://?vms=300&speed={FAST}&state={folder / 'state'}")}
        self.spec = specs["kvm-03"]
        self.ends = {"source": End(self.spec), "destination": End(specs["kvm-12"])}
        self.machine = self.ends["source"].calm()

    def traveller(self, *, endless: bool) -> tuple[str, dict[str, str]]:
        slow = {"bandwidth": str(20_000_000)} if endless else {}
        return of(self.machine), {"uri": THERE, "storage": "copy", **slow}

    def where(self, key: str) -> list[str]:
        for end in self.ends.values():
            end.driver.refresh([key])
        return [name for name, end in self.ends.items() if end.sink.table.get(key, {}).get("power") == "running"]


class TestDemoMigration(MigrationConformance):
    lacks: ClassVar = {}

    @pytest.fixture
    def served(self, tmp_path: Path) -> Iterator[DemoPair]:
        lab = DemoPair(tmp_path)
        yield lab
        for end in lab.ends.values():
            end.driver.close()
