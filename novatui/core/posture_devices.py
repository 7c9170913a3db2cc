"""Rules about disks and interfaces of a machine: emulated or paravirtual, safe and fast."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from novatui.core.posture import HostFacts, Level, MachineFacts, Verdict
from novatui.core.vmspec import DiskSpec, NicSpec

DIRECT = frozenset({"none", "directsync"})
"""Cache modes that leave the host's page cache out."""

EMULATED_BUSES = frozenset({"ide", "sata", "fdc", "usb", "sd"})

EMULATED_ADAPTERS = ("lsilogic", "lsisas", "buslogic", "megasas", "ncr53c90", "dc390", "am53c974", "lsi")
"""SCSI adapters of real hardware, as the products spell them."""

PARAVIRTUAL_NICS = ("virtio", "vmxnet", "netvsc", "synthetic", "xen", "netfront")

EMULATED_NICS = frozenset(
    {"e1000", "e1000e", "e1000-82544gc", "e1000-82545em", "igb", "rtl8139", "pcnet", "ne2k_pci", "ne2k_isa", "vlance",
     "i82551", "i82557b", "i82559er", "legacy", "tulip"}
)  # fmt: skip

QUEUES_MOST = 8
"""More queues than that gain little and cost a kernel thread each."""

IOTHREAD_FROM = 4
"""vCPUs from which the main loop is what disks wait for."""

_PLAIN_NETWORKS = {"user", "hostdev", "vdpa", "internal"}
"""Kinds of interface whose queues QEMU does not serve."""


# --- disks ------------------------------------------------------------------------------------------------------------


def disks_of(machine: MachineFacts) -> list[DiskSpec]:
    """Disks with something in them; drives for media are none."""
    return [disk for disk in machine.vm.disks if disk.device in {"disk", "lun"} and disk.source]


def disk_cache(machine: MachineFacts, host: HostFacts) -> Iterator[Verdict]:
    del host
    yield from _each_or(machine, map(_cached, disks_of(machine)), "written past the host's page cache")


def _cached(disk: DiskSpec) -> Verdict | None:
    given = {"target": disk.target, "source": disk.source, "format": disk.format or "raw"}
    if disk.cache == "unsafe":
        reason = "cache unsafe: what the guest believes to be written is lost when the host stops"
        return Verdict(level=Level.RISK, reason=reason, subject=disk.target, given=given)
    if disk.io == "native" and disk.cache not in DIRECT:
        reason = f"io native with cache {disk.cache or 'not set'}: it blocks, or QEMU refuses it"
        return Verdict(level=Level.WARNING, reason=reason, subject=disk.target, given=given)
    if disk.cache == "writethrough":
        reason = "cache writethrough: every write waits for the store and stays in the host's memory as well"
        return Verdict(level=Level.ADVICE, reason=reason, subject=disk.target, given=given)
    if disk.cache not in DIRECT:
        mode = f"cache {disk.cache}" if disk.cache and disk.cache != "default" else "no cache mode (QEMU: writeback)"
        reason = f"{mode}: data is kept twice, in the guest and in the host, and moves need care"
        return Verdict(level=Level.ADVICE, reason=reason, subject=disk.target, given=given)
    if disk.source_type == "block" and disk.io in {"", "threads"}:
        reason = "a block device served by a pool of threads: native I/O takes less"
        return Verdict(level=Level.ADVICE, reason=reason, subject=disk.target, given=given)
    return None


def disk_bus(machine: MachineFacts, host: HostFacts) -> Iterator[Verdict]:
    del host
    found = [_bussed(disk, machine.vm.controllers) for disk in disks_of(machine)]
    yield from _each_or(machine, found, "paravirtual")


def _bussed(disk: DiskSpec, controllers: Iterable[str]) -> Verdict | None:
    given = {"target": disk.target}
    if disk.bus in EMULATED_BUSES:
        reason = f"{disk.bus} is emulated: every request costs the host several exits"
        return Verdict(level=Level.WARNING, reason=reason, subject=disk.target, given=given)
    if not disk.bus:
        return Verdict(level=Level.UNKNOWN, reason="its bus is not told", subject=disk.target)
    if disk.bus != "scsi":
        return None
    models = [words[1].lower() for each in controllers if (words := each.split())[1:] and words[0].startswith("scsi")]
    if not models:
        return Verdict(level=Level.UNKNOWN, reason="the model of its SCSI adapter is not told", subject=disk.target)
    if emulated := [model for model in models if model.startswith(EMULATED_ADAPTERS)]:
        reason = f"its SCSI adapter {emulated[0]} is emulated"
        return Verdict(level=Level.WARNING, reason=reason, subject=disk.target, given=given)
    return None


def iothreads(machine: MachineFacts, host: HostFacts) -> Iterator[Verdict]:
    """One finding for all disks: threads are made for the machine."""
    del host
    evidence, count = (machine.evidence,), machine.vm.cpu.count
    fast = [
        disk for disk in disks_of(machine) if disk.bus == "virtio" or (disk.bus == "scsi" and _virtio_scsi(machine))
    ]
    alone = [disk.target for disk in fast if disk.iothread is None and not _threaded(disk, machine)]
    if count is None:
        yield Verdict(level=Level.UNKNOWN, reason="its number of vCPUs is not known", evidence=evidence)
    elif not fast:
        yield Verdict(level=Level.OK, reason="it has no virtio disk that could use one", evidence=evidence)
    elif count < IOTHREAD_FROM:
        reason = f"{count} vCPU{'s' if count > 1 else ''}: the main loop is enough"
        yield Verdict(level=Level.OK, reason=reason, evidence=evidence)
    elif alone:
        reason = f"{count} vCPUs, and {', '.join(alone)} without an I/O thread: QEMU's main loop serves them"
        yield Verdict(level=Level.ADVICE, reason=reason, given={"target": alone[0]}, evidence=evidence)
    else:
        yield Verdict(level=Level.OK, reason="its disks have I/O threads", evidence=evidence)


def _virtio_scsi(machine: MachineFacts) -> bool:
    return any(" virtio" in each for each in machine.vm.controllers if each.startswith("scsi"))


def _threaded(disk: DiskSpec, machine: MachineFacts) -> bool:
    """A SCSI disk has the thread of its adapter."""
    return disk.bus == "scsi" and any("iothread=" in each for each in machine.vm.controllers if each.startswith("scsi"))


# --- interfaces -------------------------------------------------------------------------------------------------------


def nic_name(nic: NicSpec) -> str:
    """What people tell an interface by."""
    return nic.mac or nic.target or nic.source or nic.type


def nic_model(machine: MachineFacts, host: HostFacts) -> Iterator[Verdict]:
    del host
    yield from _each_or(machine, map(_modelled, machine.vm.nics), "paravirtual, or a device of the host")


def _modelled(nic: NicSpec) -> Verdict | None:
    name, model = nic_name(nic), nic.model.lower()
    if nic.type in {"hostdev", "vdpa"}:
        return None
    if model in EMULATED_NICS:
        reason = f"{nic.model} is emulated: slow, and busy on the host"
        return Verdict(level=Level.WARNING, reason=reason, subject=name, given=_given(nic))
    if model.startswith(PARAVIRTUAL_NICS):
        return None
    told = f"whether {nic.model} is paravirtual is not known" if model else "its model is not told"
    return Verdict(level=Level.UNKNOWN, reason=told, subject=name)


def multiqueue(machine: MachineFacts, host: HostFacts) -> Iterator[Verdict]:
    del host
    count, evidence = machine.vm.cpu.count, (machine.evidence,)
    served = [nic for nic in machine.vm.nics if nic.type not in _PLAIN_NETWORKS and nic.model.startswith("virtio")]
    if count is None:
        yield Verdict(level=Level.UNKNOWN, reason="its number of vCPUs is not known", evidence=evidence)
    elif count < 2:
        yield Verdict(level=Level.OK, reason="one vCPU needs one queue", evidence=evidence)
    elif not served:
        yield Verdict(level=Level.OK, reason="it has no interface that could have queues", evidence=evidence)
    else:
        found = [_queued(nic, count) for nic in served]
        yield from _each_or(machine, found, "has several queues")


def _queued(nic: NicSpec, vcpus: int) -> Verdict | None:
    wanted = min(vcpus, QUEUES_MOST)
    given = _given(nic) | {"queues": str(wanted)}
    queues = nic.queues or 1
    if queues == 1:
        reason = f"one queue for {vcpus} vCPUs: one of them takes all of its packets"
        return Verdict(level=Level.ADVICE, reason=reason, subject=nic_name(nic), given=given)
    if queues > vcpus:
        reason = f"{queues} queues for {vcpus} vCPUs: the rest is never used"
        return Verdict(level=Level.ADVICE, reason=reason, subject=nic_name(nic), given=given)
    return None


def _given(nic: NicSpec) -> dict[str, str]:
    return {"mac": nic.mac or "its address", "source": nic.source}


def _each_or(machine: MachineFacts, found: Iterable[Verdict | None], fine: str) -> Iterator[Verdict]:
    """What speaks against single parts; one that says that nothing does."""
    told = list(found)
    troubles = [each for each in told if each is not None]
    for each in troubles:
        yield Verdict(
            level=each.level, reason=each.reason, subject=each.subject, remedy=each.remedy, given=each.given,
            evidence=(machine.evidence, *each.evidence),
        )  # fmt: skip
    if not troubles:
        reason = f"all {len(told)}: {fine}" if len(told) > 1 else fine if told else "it has none"
        yield Verdict(level=Level.OK, reason=reason, evidence=(machine.evidence,))
