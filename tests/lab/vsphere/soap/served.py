"""All parts that serve methods: importing one registers what it serves; some begin to work when the world is there."""

from __future__ import annotations

from tests.lab.vsphere.soap import (
    checking,
    clusters,
    collecting,
    inventory_calls,
    maintenance,
    moving,
    power,
    reconfigure,
    sessions,
    snapshots,
    steered,
    views,
)
from tests.lab.vsphere.soap.vcenter import Vcenter

PARTS = (
    checking,
    clusters,
    collecting,
    inventory_calls,
    maintenance,
    moving,
    power,
    reconfigure,
    sessions,
    snapshots,
    steered,
    views,
)


def begin(vc: Vcenter) -> None:
    """Start what goes on by itself."""
    for part in PARTS:
        if hasattr(part, "begin_with"):
            part.begin_with(vc)
