"""The strip of tasks and events: who gets its lines."""

from __future__ import annotations

from novatui.core.connection import ConnectionSpec
from novatui.core.states import Family
from novatui.ui.render import strip
from tests.ui import world
from tests.ui.desk import look_at
from tests.ui.still import StillFleet

NAMES = ("a-host", "b-host", "c-host", "d-host")


def words(fleet: StillFleet, height: int) -> list[str]:
    return [line.text for line in strip.lines(fleet, look_at(fleet), 120, height)]


def test_with_nothing_else_to_tell_every_broken_connection_says_why() -> None:
    specs = [ConnectionSpec(name=name, family=Family.LIBVIRT, driver="libvirt", uri="qemu:///x") for name in NAMES]
    fleet = StillFleet(specs)
    fleet.connect(*NAMES)
    for name in NAMES:
        fleet.lose(name)
    lines = words(fleet, 5)
    assert [name for line in lines for name in NAMES if name in line] == list(NAMES)


def test_broken_connections_leave_room_for_what_happens() -> None:
    fleet = world.world()
    fleet.lose("kvm-03")
    fleet.lose("kvm-12")
    fleet.lose("hv-clu1")
    lines = words(fleet, 6)
    assert len(lines) == 6
    assert sum(" conn " in line for line in lines) == 2
