"""A large host is told while it is listed, and alike machines are kept once."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from novatui.core.connection import ConnectionSpec
from novatui.core.inventory import Row
from novatui.core.states import Family, Kind
from tests.bench.peers import node_file

pytest.importorskip("libvirt")
from novatui.backends.libvirt.driver import LibvirtDriver
from novatui.backends.libvirt.summary import summarise

MACHINES = 50
ALIKE = "<domain type='kvm'><name>{name}</name><memory unit='MiB'>{memory}</memory><vcpu>2</vcpu><devices/></domain>"


class Listener:
    """A sink that notes how many machines were known when each was told."""

    def __init__(self) -> None:
        self.known: list[int] = []
        self.driver: Any = None

    def now(self) -> float:
        return time.monotonic()

    def rows(self, begun: float, rows: Iterable[Row]) -> None:
        for row in rows:
            if row.kind is Kind.VM and "name" in row.values:
                self.known.append(len(self.driver._parts.roster))

    def __getattr__(self, name: str) -> Any:
        return lambda *_, **__: None


def test_each_name_is_told_before_the_next_machine_is_read(tmp_path: Path) -> None:
    uri = node_file(tmp_path / "node.xml", MACHINES)
    sink: Any = Listener()
    spec = ConnectionSpec(name="big", family=Family.LIBVIRT, driver="libvirt", uri=uri)
    driver = sink.driver = LibvirtDriver(spec, {}, sink)
    driver.connect()
    try:
        assert driver.load([Kind.VM]).scopes == {Kind.VM}
    finally:
        driver.close()
    assert sink.known == list(range(1, MACHINES + 1))


def test_alike_machines_share_their_columns_and_others_do_not() -> None:
    first, second, other = (
        summarise(ALIKE.format(name=name, memory=memory)) for name, memory in (("a", 1), ("b", 1), ("c", 2))
    )
    assert first.columns is second.columns
    assert first.columns["tags"] == []
    assert other.columns["memory"] == 2 * first.columns["memory"] == 2**21
