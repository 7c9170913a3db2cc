"""All parts that serve methods: importing one registers what it serves; some begin to work when the world is there."""

from __future__ import annotations

from tests.lab.vsphere.soap import (
    alarms,
    autostart,
    checking,
    clusters,
    collecting,
    consoles,
    files,
    inventory_calls,
    maintenance,
    moving,
    passthrough,
    perf,
    power,
    reconfigure,
    rest,
    sessions,
    snapshots,
    steered,
    sts,
    tags,
    targets,
    views,
    vsan,
)
from tests.lab.vsphere.soap.vcenter import Vcenter

PARTS = (
    alarms,
    autostart,
    checking,
    clusters,
    collecting,
    consoles,
    files,
    inventory_calls,
    maintenance,
    moving,
    passthrough,
    perf,
    power,
    reconfigure,
    rest,
    sessions,
    snapshots,
    steered,
    sts,
    tags,
    targets,
    views,
    vsan,
)


def begin(vc: Vcenter) -> None:
    """Start what goes on by itself."""
    for part in PARTS:
        if hasattr(part, "begin_with"):
            part.begin_with(vc)
