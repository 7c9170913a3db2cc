"""What of a domain's XML counts when it is asked whether somebody changed the machine."""

from __future__ import annotations

import pytest

pytest.importorskip("libvirt")

from novatui.backends.libvirt.fingerprint import lasting

RUNNING = """<domain type='qemu' id='7'>
  <name>web</name><memory unit='KiB'>1024</memory><currentMemory unit='KiB'>1024</currentMemory>
  <devices>
    <disk type='file'><source file='/a' index='2'/><backingStore/><target dev='vda'/><alias name='virtio-disk0'/></disk>
    <interface type='network'><mac address='52:54:00:00:00:01'/><target dev='vnet3'/></interface>
    <serial type='pty'><source path='/dev/pts/3'/><target port='0'/></serial>
    <console type='pty' tty='/dev/pts/3'><source path='/dev/pts/3'/></console>
    <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0' state='connected'/></channel>
    <graphics type='vnc' port='5900' autoport='yes'/>
  </devices>
  <seclabel type='dynamic'><label>x</label></seclabel>
</domain>"""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("id='7'", "id='8'"),
        ("/dev/pts/3", "/dev/pts/9"),
        ("vnet3", "vnet12"),
        ("port='5900'", "port='5901'"),
        ("index='2'", "index='5'"),
        ("state='connected'", "state='disconnected'"),
        ("<label>x</label>", "<label>y</label>"),
        ("<currentMemory unit='KiB'>1024", "<currentMemory unit='KiB'>512"),
    ],
)
def test_what_a_start_or_the_guest_makes_up_does_not_count(old: str, new: str) -> None:
    assert old in RUNNING
    assert lasting(RUNNING.replace(old, new), live=True) == lasting(RUNNING, live=True)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<name>web", "<name>db"),
        ("<memory unit='KiB'>1024", "<memory unit='KiB'>2048"),
        ("file='/a'", "file='/b'"),
        ("52:54:00:00:00:01", "52:54:00:00:00:02"),
        ("autoport='yes'", "autoport='no'"),
        ("<backingStore/><target dev='vda'/>", "<backingStore/><target dev='vdb'/>"),
    ],
)
def test_what_a_person_sets_counts(old: str, new: str) -> None:
    assert old in RUNNING
    assert lasting(RUNNING.replace(old, new), live=True) != lasting(RUNNING, live=True)


def test_the_order_of_controllers_does_not_count() -> None:
    one, other = "<controller type='usb' index='0'/>", "<controller type='ide' index='0'/>"
    first, second = (RUNNING.replace("<devices>", f"<devices>{both}") for both in (one + other, other + one))
    assert lasting(first, live=True) == lasting(second, live=True) != lasting(RUNNING, live=True)


def test_stored_memory_counts() -> None:
    less = RUNNING.replace("<currentMemory unit='KiB'>1024", "<currentMemory unit='KiB'>512")
    assert lasting(less, live=False) != lasting(RUNNING, live=False)


def test_text_that_is_no_xml_counts_as_it_is() -> None:
    assert lasting("<domain", live=True) == "<domain"
