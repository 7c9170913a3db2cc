"""The few machines that a shared lab host starts with."""

from __future__ import annotations

from tests.lab.libvirt.daemon import LibvirtHost
from tests.lab.libvirt.guests import GuestSpec

#: Runs Linux; uses CPU, disk and, where the host has one, a network.
BUSY = "busy"
#: Paused, without a system.
HALTED = "halted"
#: Off.
SPARE = "spare"
#: Off, and named as if it were markup.
HOSTILE = "[red]x"


def populate(host: LibvirtHost) -> None:
    """Define and start the machines above; the running one is up when this returns."""
    host.define_guest(GuestSpec(SPARE, boot="none", title="Never started"))
    host.define_guest(GuestSpec(HOSTILE, boot="none", title="[/]not markup", description="two\nlines"))
    host.start_guest(GuestSpec(HALTED, boot="none", memory_mib=64), paused=True)
    busy = GuestSpec(BUSY, title="Works all the time", disk_mib=64, disk_writes=True, dirty=(16, 8), tap=host.taps)
    host.start_guest(busy)
