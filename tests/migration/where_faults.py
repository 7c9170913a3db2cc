"""What can be wrong about a host, by hand: each entry breaks one thing of a machine and a host that fit otherwise.

Written from what products check, not from the engine: an entry says in its own words what has to be found.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from novatui.core.capabilities import Answer, Evidence
from novatui.core.needs import DiskTold, HostTold, Needs, Told, TpmOffer
from novatui.core.reasons import Check, Topic
from novatui.core.states import Family, Power
from novatui.core.vmspec import (
    CpuSpec,
    DiskSpec,
    FirmwareSpec,
    HostDevice,
    HugePages,
    MemorySpec,
    NicSpec,
    TpmSpec,
    VmSpec,
)

GIB = 2**30

ASKED = Evidence(kind="asked", call="virConnectGetCapabilities", at=1_790_000_000.0, ms=2.0)

UUID = "5f4dcc3b-0000-4000-8000-00000000aa01"


def told(value: Any, said: str = "") -> Told[Any]:
    return Told(value=value, said=said, evidence=ASKED)


SILENT = Told[Any](said="[3] this function is not supported by the connection driver", evidence=ASKED)
"""A question that failed."""

NEVER = Told[Any]()
"""A question that nobody asked."""

NEEDS = Needs(
    key=f"vm:{UUID}",
    conn="kvm-03",
    family=Family.LIBVIRT,
    host="host:a",
    host_uuid="aaaa",
    host_name="kvm-03",
    power=Power.RUNNING,
    vm=VmSpec(
        name="db",
        uuid=UUID,
        arch="x86_64",
        machine="pc-q35-7.2",
        hypervisor="kvm",
        cpu=CpuSpec(count=8, maximum=16, mode="custom", model="Skylake-Server"),
        memory=MemorySpec(size=16 * GIB),
        firmware=FirmwareSpec(type="uefi", loader="/usr/share/OVMF/OVMF_CODE.fd", secure_boot=True),
        tpm=(TpmSpec(model="tpm-crb", backend="emulator", version="2.0"),),
        disks=(
            DiskSpec(target="vda", source="/srv/db.qcow2", size=40 * GIB),
            DiskSpec(target="vdb", source="/srv/log.qcow2", size=10 * GIB),
            DiskSpec(target="sda", device="cdrom", source="/srv/tools.iso", readonly=True),
            DiskSpec(target="sdb", device="cdrom"),
        ),
        nics=(NicSpec(type="network", source="prod"), NicSpec(type="bridge", source="br0")),
    ),
    snapshots=0,
    product="7.2.22",
    evidence=ASKED,
)

HOST = HostTold(
    host="host:b",
    name="kvm-12",
    host_uuid="bbbb",
    connected=told(True),
    maintenance=told(False),
    migrates=told(True),
    guests=told(frozenset({("x86_64", "kvm"), ("x86_64", "qemu"), ("i686", "qemu")})),
    cpu=told(True),
    machines=told(frozenset({"pc-q35-7.2", "q35", "pc"})),
    firmwares=told(frozenset({"bios", "uefi"})),
    loaders=told(frozenset({"/usr/share/OVMF/OVMF_CODE.fd"})),
    secure_boot=told(True),
    tpm=told(
        TpmOffer(
            models=frozenset({"tpm-crb", "tpm-tis"}),
            backends=frozenset({"emulator", "passthrough"}),
            versions=frozenset({"1.2", "2.0"}),
        )
    ),
    memory_free=told(64 * GIB),
    huge_pages=told({2 << 20: 0, 1 << 30: 0}),
    vcpus_max=told(255),
    disks={each: DiskTold(reached=told(True)) for each in ("vda", "vdb", "sda")},
    networks={"network:prod": told(True), "bridge:br0": told(True)},
    uuid_free=told(True),
    name_free=told(True),
    version=told("7.2.22"),
)

Pair = tuple[Needs, HostTold]


class Wrong(msgspec.Struct, frozen=True):
    """One thing that is wrong, and what has to be said of it."""

    name: str
    part: str
    """What it breaks: two that break the same part are not mixed."""
    do: Callable[[Needs, HostTold], Pair]
    answer: Answer
    words: str
    """Has to stand in the reason."""
    topic: Topic
    blocking: bool = True
    condition: bool = False


def host(**changed: Any) -> Callable[[Needs, HostTold], Pair]:
    return lambda needs, there: (needs, msgspec.structs.replace(there, **changed))


def machine(**changed: Any) -> Callable[[Needs, HostTold], Pair]:
    def do(needs: Needs, there: HostTold) -> Pair:
        return msgspec.structs.replace(needs, vm=msgspec.structs.replace(needs.vm, **changed)), there

    return do


def needs(**changed: Any) -> Callable[[Needs, HostTold], Pair]:
    return lambda needs, there: (msgspec.structs.replace(needs, **changed), there)


def disk(target: str, seen: DiskTold) -> Callable[[Needs, HostTold], Pair]:
    return lambda needs, there: (needs, msgspec.structs.replace(there, disks={**there.disks, target: seen}))


def net(plug: str, seen: Told[Any]) -> Callable[[Needs, HostTold], Pair]:
    return lambda needs, there: (needs, msgspec.structs.replace(there, networks={**there.networks, plug: seen}))


def held(topic: Topic, reason: str) -> Callable[[Needs, HostTold], Pair]:
    def do(needs: Needs, there: HostTold) -> Pair:
        check = Check(topic=topic, answer=Answer.NO, reason=reason, evidence=ASKED)
        return msgspec.structs.replace(needs, held=(*needs.held, check)), there

    return do


def given(seen: Told[Any] | None) -> Callable[[Needs, HostTold], Pair]:
    """A machine that is off and has a device of its host."""

    def do(needs: Needs, there: HostTold) -> Pair:
        device = HostDevice(type="pci", address="0000:5e:00.1", name="ConnectX-5")
        vm = msgspec.structs.replace(needs.vm, host_devices=(device,))
        devices = {} if seen is None else {"0000:5e:00.1": seen}
        return msgspec.structs.replace(needs, vm=vm), msgspec.structs.replace(there, devices=devices)

    return do


def huge(pages: Told[Any], page: int | None = 1 << 30) -> Callable[[Needs, HostTold], Pair]:
    def do(needs: Needs, there: HostTold) -> Pair:
        memory = msgspec.structs.replace(needs.vm.memory, huge_pages=(HugePages(size=page),))
        vm = msgspec.structs.replace(needs.vm, memory=memory)
        return msgspec.structs.replace(needs, vm=vm), msgspec.structs.replace(there, huge_pages=pages)

    return do


NO, OPEN = Answer.NO, Answer.UNKNOWN

GONE = DiskTold(reached=told(False, "another file"))
COPY = DiskTold(reached=told(False, "another file"), room=told(True))
FULL = DiskTold(reached=told(False, "another file"), room=told(False, "its pool has 1.0G free"))
BLIND = DiskTold(reached=SILENT)

RULED_OUT: tuple[Wrong, ...] = (
    Wrong("not connected", "connected", host(connected=told(False)), NO, "not connected", Topic.HOST),
    Wrong("maintenance", "maintenance", host(maintenance=told(True)), NO, "maintenance", Topic.HOST),
    Wrong("no live migration", "migrates", host(migrates=told(False)), NO, "running machines", Topic.MIGRATION),
    Wrong("no kvm", "guests", host(guests=told(frozenset({("x86_64", "qemu")}))), NO, "it needs kvm",
          Topic.ARCHITECTURE),
    Wrong("other architecture", "guests", host(guests=told(frozenset({("aarch64", "kvm")}))), NO, "no x86_64",
          Topic.ARCHITECTURE),
    Wrong("cpu", "cpu", host(cpu=told(False, "does not provide required features: avx512f")), NO, "avx512f",
          Topic.CPU),
    Wrong("machine type", "machines", host(machines=told(frozenset({"pc"}))), NO, "pc-q35-7.2", Topic.MACHINE),
    Wrong("no uefi", "firmwares", host(firmwares=told(frozenset({"bios"}))), NO, "no uefi", Topic.FIRMWARE),
    Wrong("no secure boot", "secure_boot", host(secure_boot=told(False)), NO, "secure boot", Topic.SECURE_BOOT),
    Wrong("no tpm", "tpm", host(tpm=told(TpmOffer())), NO, "tpm-crb", Topic.TPM),
    Wrong("tpm backend", "tpm", host(tpm=told(TpmOffer(models=frozenset({"tpm-crb"})))), NO, "emulator", Topic.TPM),
    Wrong("tpm version", "tpm",
          host(tpm=told(TpmOffer(models=frozenset({"tpm-crb"}), backends=frozenset({"emulator"}),
                                 versions=frozenset({"1.2"})))), NO, "version 2.0", Topic.TPM),
    Wrong("tpm of the host", "tpm", machine(tpm=(TpmSpec(model="tpm-tis", backend="passthrough"),)), NO,
          "cannot go along", Topic.TPM),
    Wrong("memory", "memory", host(memory_free=told(8 * GIB)), NO, "8.0G free, it needs 16G", Topic.MEMORY),
    Wrong("huge pages", "memory", huge(told({1 << 30: 3, 2 << 20: 90000})), NO, "3.0G free", Topic.HUGE_PAGES),
    Wrong("vcpus", "vcpus", host(vcpus_max=told(8)), NO, "may have 8 vCPUs, it has 16", Topic.VCPUS),
    Wrong("disk full", "vda", disk("vda", FULL), NO, "its pool has 1.0G free", Topic.STORAGE),
    Wrong("medium", "sda", disk("sda", GONE), NO, "/srv/tools.iso", Topic.STORAGE),
    Wrong("network", "prod", net("network:prod", told(False, "it is not active")), NO, "prod: it is not active",
          Topic.NETWORK),
    Wrong("bridge", "br0", net("bridge:br0", told(False)), NO, "bridge br0", Topic.NETWORK),
    Wrong("device held", "devices", held(Topic.DEVICES, "pci device 0000:5e:00.1 is given to it"), NO,
          "0000:5e:00.1", Topic.DEVICES),
    Wrong("no such device", "devices", given(told(False)), NO, "ConnectX-5", Topic.DEVICES),
    Wrong("snapshots", "snapshots", held(Topic.SNAPSHOTS, "it has 3 snapshots"), NO, "3 snapshots", Topic.SNAPSHOTS),
    Wrong("uuid taken", "uuid", host(uuid_free=told(False)), NO, UUID, Topic.NAME),
    Wrong("name taken", "name", host(name_free=told(False)), NO, "called db", Topic.NAME),
    Wrong("the product says no", "judged",
          host(judged=(Check(topic=Topic.PRODUCT, answer=NO, reason="vMotion is not licensed", evidence=ASKED),)),
          NO, "licensed", Topic.PRODUCT),
)  # fmt: skip

CONDITIONS: tuple[Wrong, ...] = (
    Wrong("disk to copy", "vda", disk("vda", COPY), NO, "/srv/db.qcow2", Topic.STORAGE, condition=True),
    Wrong("second disk to copy", "vdb", disk("vdb", COPY), NO, "/srv/log.qcow2", Topic.STORAGE, condition=True),
)

UNASKED: tuple[Wrong, ...] = (
    *(
        Wrong(f"{field} {how}", part, host(**{field: silence}), OPEN, words, topic)
        for field, part, words, topic in (
            ("connected", "connected", "connected", Topic.HOST),
            ("maintenance", "maintenance", "maintenance", Topic.HOST),
            ("migrates", "migrates", "running machines", Topic.MIGRATION),
            ("guests", "guests", "which machines", Topic.ARCHITECTURE),
            ("cpu", "cpu", "processor", Topic.CPU),
            ("machines", "machines", "pc-q35-7.2", Topic.MACHINE),
            ("firmwares", "firmwares", "uefi", Topic.FIRMWARE),
            ("loaders", "loaders", "OVMF_CODE.fd", Topic.FIRMWARE),
            ("secure_boot", "secure_boot", "boot securely", Topic.SECURE_BOOT),
            ("tpm", "tpm", "TPM", Topic.TPM),
            ("memory_free", "memory", "memory", Topic.MEMORY),
            ("vcpus_max", "vcpus", "vCPUs", Topic.VCPUS),
            ("uuid_free", "uuid", "uuid", Topic.NAME),
            ("name_free", "name", "name", Topic.NAME),
        )
        for how, silence in (("fails", SILENT), ("is not asked", NEVER))
    ),
    Wrong("loader not listed", "loaders", host(loaders=told(frozenset({"/other"}))), OPEN, "may be there",
          Topic.FIRMWARE),
    Wrong("huge pages fail", "memory", huge(SILENT), OPEN, "huge pages", Topic.HUGE_PAGES),
    Wrong("huge pages of any size", "memory", huge(told({1 << 30: 99, 2 << 20: 1}), None), OPEN, "default",
          Topic.HUGE_PAGES),
    Wrong("disk not seen", "vda", disk("vda", BLIND), OPEN, "/srv/db.qcow2", Topic.STORAGE),
    Wrong("disk not asked", "vdb", disk("vdb", DiskTold()), OPEN, "/srv/log.qcow2", Topic.STORAGE),
    Wrong("room not known", "vdb", disk("vdb", GONE), OPEN, "could be copied", Topic.STORAGE),
    Wrong("network not asked", "prod", net("network:prod", NEVER), OPEN, "prod", Topic.NETWORK),
    Wrong("bridge fails", "br0", net("bridge:br0", SILENT), OPEN, "br0", Topic.NETWORK),
    Wrong("device not asked", "devices", given(None), OPEN, "0000:5e:00.1", Topic.DEVICES),
    Wrong("device fails", "devices", given(SILENT), OPEN, "0000:5e:00.1", Topic.DEVICES),
    Wrong("snapshots not known", "snapshots", needs(snapshots=None), OPEN, "snapshots", Topic.SNAPSHOTS),
    Wrong("memory not known", "memory", machine(memory=MemorySpec()), OPEN, "how much memory", Topic.MEMORY),
    Wrong("vcpus not known", "vcpus", machine(cpu=CpuSpec()), OPEN, "how many vCPUs", Topic.VCPUS),
    Wrong("architecture not known", "guests", machine(arch=""), OPEN, "which architecture", Topic.ARCHITECTURE),
    Wrong("host without uuid", "place", host(host_uuid=""), OPEN, "is the host that it is on", Topic.PLACE),
)  # fmt: skip

WARNINGS: tuple[Wrong, ...] = (
    Wrong("older version", "version", host(version=told("7.2.3")), NO, "older version", Topic.VERSION, blocking=False),
    Wrong("version fails", "version", host(version=SILENT), OPEN, "version", Topic.VERSION, blocking=False),
)

EVERY = (*RULED_OUT, *CONDITIONS, *UNASKED, *WARNINGS)
