"""Changes made with virsh behind the console's back arrive as libvirt's events: nothing is listed or measured."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from novatui.core.ids import split_key
from novatui.core.states import Kind
from novatui.engine.fleet import Fleet
from tests.acceptance.live import PERIOD, libvirt, listings, live, machines, slot_of, value
from tests.fleets import until
from tests.lab.fixtures import MakeHost
from tests.lab.libvirt.daemon import LibvirtHost
from tests.lab.libvirt.guests import GuestSpec

pytestmark = pytest.mark.libvirt

NAME = "subject"
NETWORK = "<network><name>plain</name><forward mode='bridge'/><bridge name='br-plain'/></network>"
"""A bridge that is there already needs no privilege."""


class Watched:
    """A host, and a console that has listed it once and measures nothing."""

    def __init__(self, host: LibvirtHost, fleet: Fleet) -> None:
        self.host = host
        self.fleet = fleet

    def value(self, field: str, kind: Kind = Kind.VM, name: str = NAME) -> object:
        return value(self.fleet, "lab", name, field, kind)

    async def virsh(self, *words: str) -> None:
        await asyncio.to_thread(self.host.virsh, *words)

    async def change(self, *words: str, event: str, shows: Callable[[], object]) -> None:
        """Run a virsh command: its event has to come, and the row has to follow, without a listing of anything."""
        asked = listings(self.host)
        known = {entry.event.id for entry in self.fleet.events.newest()}
        await self.virsh(*words)
        await until(shows)

        def told() -> bool:
            new = [entry.event for entry in self.fleet.events.newest() if entry.event.id not in known]
            return any(each.native_type == event and not each.polled and each.subject in words for each in new)

        await until(told)
        assert listings(self.host) == asked

    async def becomes(self, *words: str, event: str, power: str, native: str) -> None:
        """The same for a change of power state."""
        await self.change(
            *words, event=event, shows=lambda: (self.value("power"), self.value("native_state")) == (power, native)
        )


@asynccontextmanager
async def watched(host: LibvirtHost) -> AsyncIterator[Watched]:
    async with live(libvirt("lab", host.uri)) as fleet:
        assert fleet.connections["lab"].info is not None
        yield Watched(host, fleet)


async def test_power(make_libvirt_host: MakeHost) -> None:
    host = make_libvirt_host()
    host.define_guest(GuestSpec(NAME, boot="none", memory_mib=64))
    async with watched(host) as lab:
        assert (lab.value("power"), lab.value("since")) == ("off", None)
        await lab.becomes("start", NAME, event="lifecycle.started", power="running", native="running (booted)")
        await until(lambda: isinstance(lab.value("since"), float))
        await lab.becomes("suspend", NAME, event="lifecycle.suspended", power="paused", native="paused (user)")
        await lab.becomes("resume", NAME, event="lifecycle.resumed", power="running", native="running (unpaused)")
        await lab.becomes("managedsave", NAME, event="lifecycle.stopped", power="suspended", native="shut off (saved)")
        await lab.becomes("start", NAME, event="lifecycle.started", power="running", native="running (restored)")
        await lab.becomes("destroy", NAME, event="lifecycle.stopped", power="off", native="shut off (destroyed)")
        await until(lambda: lab.value("since") is None)
        assert machines(lab.fleet, "lab") == [NAME]


async def test_machines_that_come_change_and_go(make_libvirt_host: MakeHost) -> None:
    host = make_libvirt_host()
    host.define_guest(GuestSpec("stays", boot="none"))
    new = GuestSpec(NAME, boot="none", memory_mib=64, vcpus=1, vcpus_max=4)
    async with watched(host) as lab:
        asked = listings(host)
        await asyncio.to_thread(host.define_guest, new)
        await until(lambda: lab.value("vcpus_max") == 4)
        slot = slot_of(lab.fleet, "lab", NAME)
        assert slot is not None
        key = lab.fleet.inventory.key(slot)
        assert split_key(key)[1] == lab.value("uuid")
        assert [each.event.native_type for each in lab.fleet.events.of("lab", key)] == ["lifecycle.defined"]
        assert listings(host) == asked
        await lab.change(
            "desc", NAME, "--config", "--title", "told", event="metadata-change",
            shows=lambda: lab.value("description") == "told",
        )  # fmt: skip
        await lab.change(
            "domrename", NAME, "renamed", event="lifecycle.defined",
            shows=lambda: machines(lab.fleet, "lab") == ["renamed", "stays"],
        )  # fmt: skip
        assert slot_of(lab.fleet, "lab", "renamed") == slot
        await lab.change(
            "undefine", "renamed", event="lifecycle.undefined",
            shows=lambda: machines(lab.fleet, "lab") == ["stays"],
        )  # fmt: skip


async def test_devices_and_snapshots(make_libvirt_host: MakeHost) -> None:
    host = make_libvirt_host()
    disk = host.make_disk("more.qcow2", 8)
    host.start_guest(GuestSpec(NAME, boot="none", memory_mib=64, disk_mib=16), wait=False)
    async with watched(host) as lab:
        attach = ("attach-disk", NAME, str(disk), "vdb", "--subdriver", "qcow2")
        await lab.change(*attach, event="device-added", shows=lambda: lab.value("disks") == 2)
        assert lab.value("snapshots") == 0
        await lab.change(
            "snapshot-create-as", NAME, "first", event="lifecycle.resumed", shows=lambda: lab.value("snapshots") == 1
        )
        assert lab.value("power") == "running"
        assert isinstance(lab.value("snapshot_oldest"), float)


async def test_networks_and_pools(make_libvirt_host: MakeHost) -> None:
    host = make_libvirt_host()
    folder = host.directory / "pool"
    async with watched(host) as lab:

        def net() -> object:
            return lab.value("net_active", Kind.NETWORK, "plain")

        def pool() -> object:
            return lab.value("active", Kind.DATASTORE, "images")

        await asyncio.to_thread(host.define, NETWORK, "net-define")
        await until(lambda: net() is False)
        await lab.change("net-start", "plain", event="network.started", shows=lambda: net() is True)
        await lab.change("net-destroy", "plain", event="network.stopped", shows=lambda: net() is False)
        await lab.change(
            "net-undefine", "plain", event="network.undefined",
            shows=lambda: slot_of(lab.fleet, "lab", "plain", Kind.NETWORK) is None,
        )  # fmt: skip
        await lab.virsh("pool-define-as", "images", "dir", "--target", str(folder))
        await until(lambda: pool() is False)
        await lab.virsh("pool-build", "images")
        await lab.change("pool-start", "images", event="pool.started", shows=lambda: pool() is True)
        assert isinstance(lab.value("capacity", Kind.DATASTORE, "images"), int)
        await lab.change("pool-destroy", "images", event="pool.stopped", shows=lambda: pool() is False)
        await lab.change(
            "pool-undefine", "images", event="pool.undefined",
            shows=lambda: slot_of(lab.fleet, "lab", "images", Kind.DATASTORE) is None,
        )  # fmt: skip


async def test_what_no_event_tells_comes_with_the_figures_or_the_next_listing(make_libvirt_host: MakeHost) -> None:
    host = make_libvirt_host()
    host.start_guest(GuestSpec(NAME, boot="none", memory_mib=64, disk_mib=16, vcpus=1, vcpus_max=4), wait=False)
    async with watched(host) as lab:
        lab.fleet.watch({"lab": None}, PERIOD)
        await lab.virsh("setvcpus", NAME, "3", "--live")
        await until(lambda: lab.value("vcpus") == 3)
        await lab.virsh("snapshot-create-as", NAME, "outside", "--disk-only")
        await lab.virsh("autostart", NAME)
        lab.fleet.refresh()
        await until(lambda: lab.value("snapshots") == 1 and lab.value("autostart") is True)
