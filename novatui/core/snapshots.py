"""Snapshots of a machine, as a tree."""

from __future__ import annotations

import msgspec


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """One node of a snapshot tree."""

    id: str
    """Native id, unique within the machine."""
    name: str
    parent: str | None = None
    """Id of the snapshot it grew from; None for a root."""
    created: float | None = None
    """Epoch seconds."""
    memory: bool | None = None
    """Holds the memory too. None when the product does not tell."""
    quiesced: bool | None = None
    current: bool = False
    """The machine's present state grew from this one."""
    size: int | None = None
    """Bytes it occupies, where the product tells."""
    description: str = ""
    native_state: str = ""
    """State of the machine when it was made, in the product's words."""
    external: bool | None = None
    """Kept in files of its own (libvirt external, qcow2 overlays)."""


def row_id(machine: str, snapshot: str) -> str:
    """Native id of a snapshot as an object of the inventory: that of its machine, and its own."""
    return f"{machine}/{snapshot}"
