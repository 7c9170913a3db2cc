"""A machine and a host with nothing wrong about them, for tests that spoil one thing."""

from __future__ import annotations

from typing import Any

import msgspec

from novatui.core.capabilities import Evidence
from novatui.core.needs import Told
from novatui.core.posture import Claim, HostCell, HostFacts, MachineFacts, PageMerging, Plugged
from novatui.core.states import Family
from novatui.core.vmspec import (
    CpuSpec,
    DiskSpec,
    FirmwareSpec,
    GraphicsSpec,
    LaunchSecurity,
    MemorySpec,
    NicSpec,
    TpmSpec,
    VmSpec,
)

GIB = 2**30
READ = Evidence(kind="asked", call="read the machine")
CELLS = (
    HostCell(id=0, cpus=frozenset(range(8)), memory=64 * GIB),
    HostCell(id=1, cpus=frozenset(range(8, 16)), memory=64 * GIB),
)


NIC = NicSpec(
    type="network", source="default", model="virtio", mac="52:54:00:00:00:01", queues=2, filter="clean-traffic"
)


def told(value: Any, call: str = "ask the host") -> Told[Any]:
    """What a host answered."""
    return Told(value=value, evidence=Evidence(kind="asked", call=call))


def host(**changes: Any) -> HostFacts:
    """A host with two cells, half used."""
    facts = HostFacts(
        key="host:h1",
        name="h1",
        family=Family.LIBVIRT,
        cpus=told(16),
        memory=told(128 * GIB),
        cells=told(CELLS),
        huge_pages=told({2 * 2**20: 0, GIB: 0}),
        claim=told(Claim(machines=3, vcpus=12, memory=64 * GIB)),
        pinned=told({}),
        merging=told(PageMerging(active=False)),
        accelerated=told(True),
        nested=told(False),
        secure_boot=told(True),
        tpm=told(True),
        encryption=told(frozenset({"sev"})),
        networks=told({"default": Plugged(kind="nat"), "flat": Plugged(kind="bridge")}),
        confinement=told(frozenset({"apparmor", "dac"})),
        transport=told("ssh"),
        moves=told("encrypted"),
    )
    return msgspec.structs.replace(facts, **changes)


def vm(**changes: Any) -> VmSpec:
    """A machine that nothing can be said against."""
    spec = VmSpec(
        name="web1",
        arch="x86_64",
        hypervisor="kvm",
        guest_os="debian/12",
        cpu=CpuSpec(count=2, maximum=2, mode="host-model"),
        memory=MemorySpec(size=4 * GIB, balloon="virtio", balloon_stats=5),
        firmware=FirmwareSpec(type="uefi", secure_boot=True),
        tpm=(TpmSpec(model="tpm-crb", backend="emulator", version="2.0"),),
        launch_security=LaunchSecurity(type="sev", policy="0x0007"),
        disks=(DiskSpec(target="vda", bus="virtio", source_type="file", source="/d/a.qcow2", cache="none"),),
        nics=(NIC,),
        graphics=(GraphicsSpec(type="vnc", listen="127.0.0.1", port=5900),),
    )  # fmt: skip
    return msgspec.structs.replace(spec, **changes)


def machine(spec: VmSpec | None = None, **changes: Any) -> MachineFacts:
    """The same with what is known beside its description."""
    facts = MachineFacts(
        key="vm:1",
        name="web1",
        native_id="1",
        family=Family.LIBVIRT,
        running=True,
        vm=spec or vm(),
        confined=told(frozenset({"apparmor"})),
        evidence=READ,
    )
    return msgspec.structs.replace(facts, **changes)
