"""Rates of single devices, and who uses a pool or a network, as libvirt's answers are read."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import pytest

pytest.importorskip("libvirt")

from novatui.backends.libvirt.roster import Known
from novatui.backends.libvirt.stats import decode
from novatui.backends.libvirt.summary import EMPTY, summarise
from novatui.backends.libvirt.traffic import device_rates
from novatui.backends.libvirt.usage import Usage
from novatui.core.detail import DiskRates, NicRates, User
from tests.unit.test_libvirt_rates import stats

TWO = {
    "block.count": 2,
    "block.1.name": "vdb",
    "block.1.rd.bytes": 0,
    "block.1.rd.reqs": 0,
    "block.1.rd.times": 0,
    "block.1.wr.bytes": 0,
    "block.1.wr.reqs": 0,
    "block.1.wr.times": 0,
}


def test_each_disk_has_its_own_rates() -> None:
    later = TWO | {"block.1.rd.bytes": 4096, "block.1.rd.reqs": 8, "block.1.rd.times": 16_000_000}
    told = device_rates(decode(stats() | TWO), decode(stats(block_0_wr_bytes=2000) | later), 2.0)
    assert told.seconds == 2.0
    assert told.disks == (
        DiskRates(target="vda", read=0, write=1000, iops=0, latency=None),
        DiskRates(target="vdb", read=2048, write=0, iops=4, latency=2.0),
    )
    assert told.nics == (NicRates(target="vnet0", rx=0, tx=0, drops=0),)


def test_the_first_reading_names_the_devices_and_no_rate() -> None:
    told = device_rates(None, decode(stats() | TWO), 0.0)
    assert told.seconds is None
    assert told.disks == (DiskRates(target="vda"), DiskRates(target="vdb"))
    assert told.nics == (NicRates(target="vnet0"),)


def test_a_disk_that_was_just_plugged_in_has_no_rate_yet_and_the_others_have() -> None:
    told = device_rates(decode(stats()), decode(stats(block_0_rd_bytes=100) | TWO), 1.0)
    assert [disk.read for disk in told.disks] == [100, None]


def test_a_counter_that_ran_backwards_is_not_known() -> None:
    told = device_rates(decode(stats(net_0_rx_bytes=500)), decode(stats(net_0_rx_bytes=10, net_0_tx_bytes=30)), 1.0)
    assert told.nics == (NicRates(target="vnet0", rx=None, tx=30, drops=0),)


# --- who uses it ------------------------------------------------------------------------------------------------------


def domain(uuid: str, devices: str) -> Known:
    known = Known(uuid, SimpleNamespace(name=lambda: uuid))
    known.summary = summarise(f"<domain type='kvm'><name>{uuid}</name><devices>{devices}</devices></domain>")
    return known


def disk(target: str, source: str, kind: str = "file", device: str = "disk") -> str:
    return f"<disk type='{kind}' device='{device}'><source {source}/><target dev='{target}'/></disk>"


def nic(mac: str, kind: str, source: str) -> str:
    return f"<interface type='{kind}'><mac address='{mac}'/><source {source}/></interface>"


class Answering:
    """A link whose calls are answered at once, or refused."""

    def attempt(self, function: Any, *args: Any) -> Any:
        return function(*args)


def pool(*volumes: str) -> Any:
    return SimpleNamespace(listAllVolumes=lambda _: [SimpleNamespace(key=lambda v=v: v) for v in volumes])


def usage(*known: Known) -> Usage:
    return Usage(Answering(), list(known))  # type: ignore[arg-type]


DIR = ElementTree.fromstring("<pool type='dir'><name>images</name><target><path>/images</path></target></pool>")


@pytest.mark.parametrize(
    ("devices", "through"),
    [
        (disk("vda", "file='/images/a.qcow2'") + disk("vdb", "file='/other/b.raw'"), ("vda",)),
        (disk("vda", "pool='images' volume='a.qcow2'", "volume"), ("vda",)),
        (disk("sda", "file='/images/debian.iso'", device="cdrom"), ("sda",)),
        (disk("vda", "file='/images/deeper/a.qcow2'"), None),
        (disk("vda", "pool='images-old' volume='a.qcow2'", "volume"), None),
        ("", None),
    ],
)
def test_machines_with_a_disk_in_the_folder_of_a_pool(devices: str, through: tuple[str, ...] | None) -> None:
    told = usage(domain("u1", devices)).of_pool(pool(), DIR)
    assert told.machines == (() if through is None else (User(key="vm:u1", through=through),))
    assert told.untold == 0


def test_a_pool_of_devices_is_known_by_its_volumes_alone() -> None:
    described = ElementTree.fromstring("<pool type='disk'><name>d</name><target><path>/dev</path></target></pool>")
    machines = (
        domain("u1", disk("vda", "dev='/dev/sdb1'", "block")),
        domain("u2", disk("vda", "dev='/dev/sdc'", "block")),
    )
    assert [user.key for user in usage(*machines).of_pool(pool("/dev/sdb1"), described).machines] == ["vm:u1"]


def test_an_image_that_is_reached_over_the_network() -> None:
    described = ElementTree.fromstring("<pool type='rbd'><name>ceph</name><source><name>vms</name></source></pool>")
    source = "<disk type='network'><source protocol='rbd' name='{}/a'/><target dev='vda'/></disk>"
    machines = (domain("u1", source.format("vms")), domain("u2", source.format("vms2")))
    assert [user.key for user in usage(*machines).of_pool(pool(), described).machines] == ["vm:u1"]


def test_machines_that_are_plugged_into_a_network_or_its_bridge() -> None:
    described = ElementTree.fromstring("<network><name>default</name><bridge name='virbr0'/></network>")
    machines = (
        domain("u1", nic("52:54:00:00:00:01", "network", "network='default'")),
        domain("u2", nic("52:54:00:00:00:02", "bridge", "bridge='virbr0'")),
        domain("u3", nic("52:54:00:00:00:03", "network", "network='default2'")),
    )
    told = usage(*machines).of_network(described)
    assert told.machines == (
        User(key="vm:u1", through=("52:54:00:00:00:01",)),
        User(key="vm:u2", through=("52:54:00:00:00:02",)),
    )


def test_machines_whose_xml_could_not_be_read_are_counted_and_not_left_out_silently() -> None:
    unread, broken = Known("u1", SimpleNamespace(name=lambda: "a")), domain("u2", "")
    broken.summary = EMPTY
    assert usage(unread, broken, domain("u3", "")).of_pool(pool(), DIR).untold == 2
    assert usage(unread, domain("u3", "")).of_network(None).untold == 2
