"""A machine with everything, defined on a real host: what libvirt makes of its XML reads as what was put in."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from novatui.backends.libvirt.domxml import vm_spec
from novatui.core.vmspec import VmSpec
from tests.lab.fixtures import MakeHost
from tests.lab.libvirt_driver_probe import connected
from tests.lab.missing import LabUnavailable, program

pytestmark = pytest.mark.libvirt
pytest.importorskip("libvirt")

EVERYTHING = Path(__file__).parents[1] / "unit/libvirt_data/everything.xml"

UNDEFINABLE = (
    (r"<iommu model='intel'/>", ""),  # 9.0 refuses it below <features>, where older versions dropped it
    (r"type='kvm' id='7'", "type='qemu'"),
    (r"pc-q35-9\.0", "q35"),
    (r"<min_guarantee.*?</min_guarantee>", ""),  # not QEMU's
    (r"<launchSecurity.*?</launchSecurity>", ""),  # asks the processor
    (r" tlsPort='5902'", ""),
    (r"<loader.*?</nvram>", ""),  # chosen by `firmware='efi'`
    (r"<mirror.*?</mirror>", ""),  # only a running job has one
    (r" state='connected'", ""),  # only a running guest has one
)
"""What an unprivileged host without KVM does not take, or only says of running machines."""


def written() -> str:
    xml = EVERYTHING.read_text()
    try:
        program("swtpm")
    except LabUnavailable:
        xml = re.sub(r"<tpm.*?</tpm>", "", xml)
    for pattern, instead in UNDEFINABLE:
        assert re.search(pattern, xml, re.DOTALL), pattern
        xml = re.sub(pattern, instead, xml, count=1, flags=re.DOTALL)
    return xml


def alike(spec: VmSpec) -> dict[str, object]:
    """A description without what libvirt decides: machine version, addresses, default models, ports."""
    return {
        "cpu": msgspec.structs.replace(spec.cpu, schedulers=()),
        "schedulers": {part for each in spec.cpu.schedulers for part in expanded(each.subject, each.policy)},
        "numa": spec.numa,
        "memory": msgspec.structs.replace(spec.memory, size=0),
        "firmware": spec.firmware,
        "tpm": spec.tpm,
        "features": spec.features,
        "disks": {disk.target: disk for disk in spec.disks},
        "nics": [msgspec.structs.replace(nic, model="", target="") for nic in spec.nics],
        "given": [msgspec.structs.replace(each, managed=bool(each.managed), name="") for each in spec.host_devices],
        "graphics": [(each.type, each.listen or each.socket) for each in spec.graphics],
        "words": (spec.name, spec.uuid, spec.title, spec.description, spec.guest_os, spec.tags, spec.on_crash),
        "devices": (spec.iommu, spec.watchdog, spec.rng, spec.channels, spec.iothreads, spec.serial_ports),
    }


def expanded(subject: str, policy: str) -> list[str]:
    """`vcpus 0-1` as one entry for each, as libvirt writes it back."""
    name, _, span = subject.partition(" ")
    first, _, last = span.partition("-")
    return [f"{name} {n} {policy}" for n in range(int(first), int(last or first) + 1)] if span else [f"{name} {policy}"]


def test_everything_reads_back_as_it_was_written(make_libvirt_host: MakeHost) -> None:
    host = make_libvirt_host()
    xml = written()
    host.define(xml)
    with connected(host.uri, "host", "vm") as probe:
        key = probe.sink.key_of("everything")
        read = probe.driver.detail(key, ["vm"]).vm
        stated, told = alike(vm_spec(xml)), alike(read)
        for aspect in stated:
            assert told[aspect] == stated[aspect], aspect
        assert set(vm_spec(xml).controllers) <= set(read.controllers)
        assert read.machine.startswith("pc-q35-")
        row = probe.sink.named("everything")
        assert (row["disks"], row["nics"], row["passthrough"]) == (5, 6, 5)
        assert (row["vcpus"], row["vcpus_max"]) == (4, 8)
        assert (row["firmware"], row["secure_boot"]) == ("uefi", True)
        assert row["tools"] == "guest agent not running"
        assert row["tags"] == ["prod", "db"]
