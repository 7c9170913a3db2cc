"""Rows below a machine or a host after a change: its snapshots, its devices."""

from __future__ import annotations

from collections.abc import Iterable

from novatui.backends.demo.estate import Thing
from novatui.backends.demo.rows import device_row, snapshot_row
from novatui.backends.demo.scene import Scene
from novatui.backends.demo.shapes import Host, Machine
from novatui.core.ids import key
from novatui.core.inventory import Row


def parts_changed(scene: Scene, was: Thing, thing: Thing) -> tuple[list[str], list[Row]]:
    """Keys of parts that are gone, and rows of those that there are, where they differ from what was."""
    if isinstance(was, Machine) and isinstance(thing, Machine):
        before, after = _snapshots(was), _snapshots(thing)
        if was.devices != thing.devices:
            after |= _devices(scene, scene.estate.hosts[thing.host])
    elif isinstance(was, Host) and isinstance(thing, Host):
        before, after = _devices(scene, was), _devices(scene, thing)
    else:
        return [], []
    return [name for name in before if name not in after], [
        row for name, row in after.items() if before.get(name) != row
    ]


def _snapshots(machine: Machine) -> dict[str, Row]:
    return _by_key(snapshot_row(machine, snapshot) for snapshot in machine.snapshots)


def _devices(scene: Scene, host: Host) -> dict[str, Row]:
    return _by_key(device_row(scene.dialect, host, device) for device in host.devices)


def _by_key(rows: Iterable[Row]) -> dict[str, Row]:
    return {key(row.kind, row.id): row for row in rows}
