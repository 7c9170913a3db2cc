"""What the witness inside a guest says of its memory and disk (see guest/witness.c)."""

from __future__ import annotations

import re
from typing import NamedTuple

from tests.lab.libvirt.daemon import LibvirtHost
from tests.lab.libvirt.guests import GuestSpec
from tests.lab.workspace import wait_until

LAP = re.compile(r"WITNESS lap=(\d+) memory=(\w{16}) memory_wrong=(\d+) disk=(\w{16}) disk_wrong=(\d+)\r?\n")

LAP_TIMEOUT_S = 120.0


class Lap(NamedTuple):
    """One time through memory and disk: checksums of what was written once, differences in what is written anew."""

    number: int
    memory: str
    memory_wrong: int
    disk: str
    disk_wrong: int


def laps(home: LibvirtHost, guest: GuestSpec) -> list[Lap]:
    """All laps so far. `home` is the host that defined the guest: its console is written there wherever it runs."""
    found = LAP.findall(home.console(guest))
    return [Lap(int(n), memory, int(wrong), disk, int(disk_wrong)) for n, memory, wrong, disk, disk_wrong in found]


def next_whole_lap(home: LibvirtHost, guest: GuestSpec) -> Lap:
    """Wait for a lap that began after this call, and return it: it saw everything as it is now."""
    running = last_number(home, guest) + 1
    wait_until(lambda: last_number(home, guest) > running, f"a lap of the witness in {guest.name}", LAP_TIMEOUT_S)
    return laps(home, guest)[-1]


def last_number(home: LibvirtHost, guest: GuestSpec) -> int:
    seen = laps(home, guest)
    return seen[-1].number if seen else 0
