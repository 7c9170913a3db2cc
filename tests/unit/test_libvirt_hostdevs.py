"""The XML that gives a device of the host to a machine, and where a machine's own XML has one."""

from __future__ import annotations

import pytest

pytest.importorskip("libvirt")

from novatui.backends.libvirt.domxml import spec_of
from novatui.backends.libvirt.hostdevs import detached_form, find, hostdev_form, kind_of, names_of
from novatui.backends.libvirt.machine import Described
from novatui.backends.libvirt.xmlform import written
from novatui.backends.libvirt.xmltree import parse
from novatui.core.devices import Device
from novatui.core.errors import NotSupported

STICK = (
    "<device><name>usb_1_4</name><capability type='usb_device'><bus>1</bus><device>4</device>"
    "<product id='0xc52b'>Receiver</product><vendor id='0x046d'>Logitech</vendor></capability></device>"
)
USB = Device(id="usb_1_4", name="usb_1_4", device_class="usb", address="usb 1:4")
CARD = (
    "<device><name>pci_0000_06_00_0</name><capability type='pci'><capability type='mdev_types'>"
    "<type id='i915-GVTg_V5_4'><deviceAPI>vfio-pci</deviceAPI></type>"
    "<type id='vfio_ap-passthrough'><deviceAPI>vfio-ap</deviceAPI></type></capability></capability></device>"
)


def machine(devices: str) -> Described:
    root = parse(f"<domain type='kvm'><name>x</name><devices>{devices}</devices></domain>")
    return Described(root, spec_of(root))


def test_usb_by_what_it_is_unless_there_are_two() -> None:
    alone = written(hostdev_form(USB, STICK, "", unique=True))
    assert alone == (
        '<hostdev mode="subsystem" type="usb"><source><vendor id="0x046d" /><product id="0xc52b" /></source></hostdev>'
    )
    twin = written(hostdev_form(USB, STICK, "", unique=False))
    assert '<address bus="1" device="4" />' in twin
    assert "vendor" not in twin


def test_a_mediated_device_shows_itself_as_its_type_says() -> None:
    for type_id, model in (("vfio_ap-passthrough", "vfio-ap"), ("i915-GVTg_V5_4", "vfio-pci"), ("gone", "vfio-pci")):
        device = Device(id="mdev_x", name="x", device_class="mdev", address="some-uuid", product=type_id)
        assert hostdev_form(device, "", CARD, unique=True).get("model") == model


def test_a_disk_of_the_host_is_no_device() -> None:
    assert kind_of(Device(id="pci_0000_01_00_0", name="nvme", device_class="disk")) == "pci"
    with pytest.raises(NotSupported):
        kind_of(Device(id="block_sda", name="sda", device_class="disk"))


@pytest.mark.parametrize(
    "source",
    [
        "<vendor id='0x046d'/><product id='0xc52b'/>",
        "<vendor id='0x046d'/><product id='0xc52b'/><address bus='1' device='4'/>",
        "<address bus='0x1' device='4'/>",
    ],
)
def test_a_usb_device_is_found_however_it_is_named(source: str) -> None:
    given = machine(f"<hostdev mode='subsystem' type='usb'><source>{source}</source></hostdev>")
    assert find(given, names_of(USB, STICK)) is not None
    assert find(machine(""), names_of(USB, STICK)) is None
    assert find(None, names_of(USB, STICK)) is None


def test_an_interface_that_is_a_function_is_found_and_named_by_its_address() -> None:
    given = machine(
        "<interface type='hostdev' managed='yes'><mac address='52:54:00:00:00:01'/><driver name='vfio'/>"
        "<source><address type='pci' domain='0x0000' bus='0x3b' slot='0x00' function='0x2'/></source>"
        "<alias name='hostdev0'/></interface>"
    )
    found = find(given, {"0000:3b:00.2"})
    assert found is not None
    slim = detached_form(found)
    assert (slim.tag, slim.attrib, [each.tag for each in slim]) == (
        "interface",
        {"type": "hostdev", "managed": "yes"},
        ["mac", "source"],
    )
