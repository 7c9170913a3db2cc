"""What can be done with a machine and its disks now: life, moves, snapshots, growth, backup, thin disks."""

from __future__ import annotations

from novatui.backends.found import Found, Unanswered, no, partly, unknown, yes
from novatui.backends.libvirt.movechecks import refuse_immovable
from novatui.backends.libvirt.probe_found import need
from novatui.backends.libvirt.probe_host_life import BLOCK_COPY, CPU_ARCHES, DIMM_ARCHES
from novatui.backends.libvirt.probe_machine import MachineAnswers
from novatui.backends.libvirt.snapshotting import REVERTS_EXTERNAL, SnapDisk, against_external, against_internal, disks
from novatui.backends.libvirt.xmltree import size_of
from novatui.core.errors import NovaError
from novatui.core.units import size
from novatui.core.vmspec import DiskSpec

ONCE_IT_RUNS = "it is off: once it runs"
GROWING = frozenset({"qcow2", "qed", "vmdk", "vdi", "vhdx", "vpc"})
"""Formats of files that take space as they are written."""

NO_VOLUME = "50"
"""VIR_ERR_NO_STORAGE_VOL."""

HOSTS_OWN = frozenset({"host-passthrough", "maximum"})


def lifecycle(machine: MachineAnswers) -> Found:
    """Its state; and whether it stays when it is off."""
    words = f"it is {machine.state_words}"
    kept = machine.persistent
    if kept.value == 0:
        return partly(machine.state_asked, f"{words}, and not kept: off, it is gone", "transient", kept)
    return yes(machine.state_asked, words, "", kept)


def live_migration(machine: MachineAnswers) -> Found:
    """Rules of libvirt's qemu_migration.c, on its description and its snapshots."""
    host = machine.host
    features = host.capabilities.find("host/migration_features")
    told = host.told("host/migration_features")
    if features is None or features.find("live") is None:
        return no(told, "the libvirt driver of its host tells of no live migration")
    if kept := need(machine.snapshots):
        reason = f"libvirt moves no machine with snapshots, and it has {kept}: delete them first"
        return no(machine.snapshots, reason, f"{kept} snapshots"[:12])
    evidence = machine.told(
        "devices/hostdev", "devices/interface[@type='hostdev']", "devices/filesystem", "launchSecurity"
    )
    try:
        refuse_immovable(machine, 0, need(host.version))
    except NovaError as error:
        failure = error.failure
        return no(evidence, f"{failure.message}: {failure.meaning or failure.hint}", "", machine.snapshots)
    if not machine.active:
        return partly(
            machine.state_asked, f"{ONCE_IT_RUNS}; off, its definition moves", "off", evidence, machine.snapshots
        )
    mode = machine.spec.cpu.mode
    if mode in HOSTS_OWN:
        words = f"to a host with the same processor: it runs with {mode}"
        return partly(machine.told("cpu"), words, "same CPU", machine.snapshots, told)
    return yes(evidence, "nothing of it is in the way; which hosts can take it: `:where`", "", machine.snapshots, told)


def snapshots(machine: MachineAnswers) -> Found:
    """Which kind it can have, by its disks; how many it has is asked."""
    kept = need(machine.snapshots)
    note = f"{kept} kept" if kept else ""
    found, evidence = disks(machine), machine.told("devices/disk")
    if not found:
        return no(evidence, "it has no disk that a snapshot could be taken of", note, machine.snapshots)
    reasons = against_internal(machine, found)
    if not reasons:
        return yes(machine.snapshots, "with its memory when it runs" + _kept(kept), note, evidence)
    return _outside(machine, found, reasons, note)


def _kept(count: int) -> str:
    return f"; it has {count}" if count else ""


def _outside(machine: MachineAnswers, found: list[SnapDisk], reasons: list[str], note: str) -> Found:
    evidence, against = machine.told("devices/disk", "os/nvram"), against_external(found)
    if against:
        return no(evidence, "; ".join((*reasons, *against)), note, machine.snapshots)
    version = machine.host.version.value
    back = "" if version is None or version >= REVERTS_EXTERNAL else "; this libvirt does not go back to such by itself"
    return partly(evidence, f"of its disks only: {'; '.join(reasons)}{back}", note or "disks only", machine.snapshots)


def cpu_hotplug(machine: MachineAnswers) -> Found:
    """Its vCPUs against the maximum that it is defined with."""
    now, most = need(machine.vcpus), need(machine.vcpus_most)
    note, asked = f"{now}/{most}", machine.vcpus_most
    if now >= most:
        words = "it has as many vCPUs as it is defined with: a higher maximum is set while it is off"
        return no(asked, words, note, machine.vcpus)
    if machine.spec.arch and machine.spec.arch not in CPU_ARCHES | {"i586"}:
        return unknown(
            asked, f"libvirt does not tell whether {machine.spec.arch} machines can get vCPUs while they run", note
        )
    if not machine.active:
        return partly(asked, f"{ONCE_IT_RUNS}, up to {most} vCPUs", note, machine.vcpus, machine.state_asked)
    return yes(asked, f"{most - now} more, up to {most}", note, machine.vcpus)


def memory_hotplug(machine: MachineAnswers) -> Found:
    """`maxMemory` with slots, less the modules that it has."""
    memory, evidence = machine.spec.memory, machine.told("maxMemory", "memory", "devices/memory")
    if memory.maximum is None or not memory.slots:
        return no(evidence, "it is defined without slots and a maximum above its memory (maxMemory)")
    if machine.spec.arch and machine.spec.arch not in DIMM_ARCHES:
        return unknown(
            evidence, f"libvirt does not tell whether {machine.spec.arch} machines can get memory while they run"
        )
    free = memory.slots - (memory.dimms or 0)
    note = f"{max(free, 0)} slots"
    if free <= 0 or (memory.size is not None and memory.size >= memory.maximum):
        return no(evidence, f"its {memory.slots} slots are taken, or its {size(memory.maximum)} reached", note)
    words = f"{free} of {memory.slots} slots are free, up to {size(memory.maximum)}"
    if not machine.active:
        return partly(evidence, f"{ONCE_IT_RUNS}: {words}", note, machine.state_asked)
    return yes(evidence, words, note)


def live_storage_migration(machine: MachineAnswers) -> Found:
    """Its disks, one by one, while it runs."""
    source = machine.host.documented(BLOCK_COPY)
    found, evidence = machine.disks, machine.told("devices/disk")
    if not found:
        return no(evidence, "it has no disk that it writes to")
    if not machine.active:
        return partly(
            source, f"{ONCE_IT_RUNS}; off, its files are copied as files", "off", evidence, machine.state_asked
        )
    busy = [disk.get("type", "") for disk in machine.root.findall("devices/disk") if disk.find("mirror") is not None]
    if busy:
        return no(evidence, "a block job works on its disks: wait for it, or cancel its task")
    fixed = [disk.target for disk in found if disk.source_type in {"nvme", "vhostuser", "vhostvdpa"}]
    if len(fixed) == len(found):
        return no(evidence, f"{', '.join(fixed)}: not disks that QEMU itself reads and writes")
    if fixed:
        return partly(source, f"not {', '.join(fixed)}", f"{len(found) - len(fixed)}/{len(found)}", evidence)
    return yes(source, f"{', '.join(disk.target for disk in found)}", "", evidence)


def incremental_backup(machine: MachineAnswers) -> Found:
    """What its host offers, and the formats of its disks."""
    host, found = machine.host, machine.disks
    supported = host.domain.supported("features/backup")
    told = host.domain_told("features/backup")
    if supported is None:
        raise Unanswered("the libvirt of its host says nothing of backups", host.domain_asked().evidence)
    if not supported:
        return no(told, "libvirt or QEMU of its host have no incremental backup")
    evidence = machine.told("devices/disk")
    whole = [disk.target for disk in found if disk.format != "qcow2"]
    if len(whole) == len(found):
        words = f"only qcow2 disks remember what changed: {', '.join(whole)} is none" if whole else "it has no disk"
        return no(evidence, words, "", told)
    marks = machine.checkpoints.value
    note = f"{len(marks)} points" if marks else ""
    if whole:
        return partly(evidence, f"{', '.join(whole)} only whole: no qcow2", note, told, machine.checkpoints)
    if not machine.active:
        return partly(machine.state_asked, f"{ONCE_IT_RUNS}", note, evidence, told, machine.checkpoints)
    since = f"since one of {len(marks)} checkpoints" if marks else "the first one is whole, it has no checkpoint yet"
    return yes(evidence, since, note, told, machine.checkpoints)


def thin_provisioning(machine: MachineAnswers) -> Found:
    """Formats of its disks; of files without one that grows, what their volumes take."""
    found, evidence = machine.disks, machine.told("devices/disk")
    if not found:
        return no(evidence, "it has no disk that it writes to")
    kinds = {disk.target: _is_thin(machine, disk) for disk in found}
    volumes = [machine.volume(disk) for disk in found if _asks(disk)]
    thin, whole, unseen = ([name for name, value in kinds.items() if value is kind] for kind in (True, False, None))
    note = f"{len(thin)}/{len(found)}"
    if unseen:
        why = next(
            (volume.failed for volume in volumes if volume.code not in {"", NO_VOLUME}), "no pool lists its file"
        )
        return unknown(evidence, f"how much {', '.join(unseen)} takes is not told: {why}", note, *volumes)
    if not whole:
        return yes(evidence, f"{', '.join(thin)}: space is taken as it is written", note, *volumes)
    words = f"{', '.join(whole)}: all space is taken at once"
    return partly(evidence, words, note, *volumes) if thin else no(evidence, words, note, *volumes)


def _asks(disk: DiskSpec) -> bool:
    return disk.source_type == "file" and disk.format not in GROWING


def _is_thin(machine: MachineAnswers, disk: DiskSpec) -> bool | None:
    if disk.format in GROWING or (disk.source_type == "network" and disk.source.startswith("rbd:")):
        return True
    if not _asks(disk):
        return False if disk.source_type == "block" else None
    root = machine.volume(disk).value
    taken, capacity = (
        size_of(root.find(tag), "bytes") if root is not None else None for tag in ("allocation", "capacity")
    )
    return None if taken is None or capacity is None else taken < capacity
