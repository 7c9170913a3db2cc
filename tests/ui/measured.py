"""A host with machines that ran for ten minutes and more: what the pictures and tests of charts are drawn from."""

from __future__ import annotations

from math import sin

from tests.ui.still import StillFleet
from tests.ui.world import SPECS, host, load, machine

STEP = 2.0
"""Native period of the connections of the tests."""


def measured(minutes: float = 10, gap: tuple[float, float] = (0, 0), swing: float = 0.0) -> StillFleet:
    """kvm-03 with two machines that ran for that long: `busy` at 50 %, `idle` at 4 %, but for a gap (minutes ago).

    `swing`: by which share of its level each goes up and down. One more machine is off, one was never measured. The
    product tells of the host how busy its processors are, and nothing else.
    """
    fleet = StillFleet(SPECS)
    fleet.connect("kvm-03")
    fleet.tell("kvm-03", {"host:kvm-03": host("kvm-03", cpus=8)})
    fleet.tell("kvm-03", {f"vm:{name}": machine(name, "kvm-03") for name in ("busy", "idle")})
    fleet.tell("kvm-03", {"vm:off": machine("off", "kvm-03", "off"), "vm:new": machine("new", "kvm-03")})
    steps = int(minutes * 60 / STEP)
    fleet.clock.advance(-steps * STEP)
    for left in range(steps, -1, -1):
        if not gap[1] < left * STEP / 60 <= gap[0]:
            wave = 1 + swing * (sin(left / 17) + 0.4 * sin(left / 2.3))
            both = {f"vm:{name}": load(name, level * wave) for name, level in (("busy", 50.0), ("idle", 4.0))}
            fleet.measure("kvm-03", both | {"host:kvm-03": {"cpu.used": 33.0 * wave}})
        fleet.clock.advance(STEP)
    return fleet
