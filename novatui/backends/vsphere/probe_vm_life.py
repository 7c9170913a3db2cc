"""What a machine has, or could use now, over its life: power, moves, snapshots, growth, disks, backups, load."""

from __future__ import annotations

from typing import Any

from novatui.backends.found import Found, Unanswered, no, partly, yes
from novatui.backends.vsphere import probe_host_life
from novatui.backends.vsphere.fields import truth, type_of, words
from novatui.backends.vsphere.probe_machine import MachineAnswers
from novatui.backends.vsphere.probe_survey import POWER, provider
from novatui.core.capabilities import Evidence

ONCE_IT_RUNS = "once it runs"
INDEPENDENT = ("independent_persistent", "independent_nonpersistent")
RAW = "RawDiskMapping"
NO_SHARING = "noSharing"


def lifecycle(machine: MachineAnswers) -> Found:
    """Its state, and the privileges of the account on it."""
    state = machine.power
    granted, evidence = machine.survey.rights(machine.ref, POWER)
    lacking = [name for name in POWER if name not in granted]
    if machine.read.get("runtime.question") is not None:
        told = machine.read.quote("runtime.question", said="runtime.question is set")
        return partly(told, "it waits for an answer to a question", state, evidence)
    if len(lacking) == len(POWER):
        return no(evidence, f"the account lacks {lacking[0]} and the like", "no rights", machine.powered)
    if lacking:
        return partly(evidence, f"the account lacks {', '.join(lacking)}", "some rights", machine.powered)
    return yes(evidence, "the account may start and stop it", state, machine.powered)


def live_migration(machine: MachineAnswers) -> Found:
    """Its devices, what the server has disabled, and its host."""
    held = [*held_in_place(machine), *_shared_buses(machine)]
    if held:
        first, *others = held
        more = f" (and {len(others)} more)" if others else ""
        return no(machine.said("; ".join(held)), first + more, "", machine.powered)
    of_host = probe_host_life.live_migration(machine.host)
    if of_host.value != "yes":
        return of_host
    told = machine.said("no device holds it in place")
    if not machine.is_on:
        return partly(machine.powered, f"{ONCE_IT_RUNS}; off, it is relocated", "off", told)
    if "MigrateVM_Task" in machine.disabled:
        evidence = machine.read.quote("disabledMethod", said="disabledMethod holds MigrateVM_Task")
        return no(evidence, "the server has disabled moving it now", "", told)
    if machine.vgpus:
        same = machine.said(f"{len(machine.vgpus)} vGPU")
        return partly(same, "to a host with the same vGPU profile, standing still meanwhile", "same vGPU", told)
    drives = [machine.slot(one) for one in machine.of_type("VirtualCdrom", "VirtualFloppy") if _of_host(one)]
    if drives:
        evidence = machine.said(f"{', '.join(drives)}: connected to a drive of the host or the client")
        return partly(evidence, f"when {', '.join(drives)} is disconnected", "drive", told)
    return yes(told, "nothing of it is in the way; which hosts can take it: `:where`", "", machine.powered)


def held_in_place(machine: MachineAnswers) -> list[str]:
    """Devices of the host that it has, each in words."""
    return [f"{called(one)} is attached" for one in machine.passed]


def called(device: dict[str, Any]) -> str:
    """`PCI device 0 (0000:3b:00.0)`."""
    label, address = words(device, "deviceInfo.label") or type_of(device), words(device, "backing.id")
    return f"{label} ({address})" if address else label


def _shared_buses(machine: MachineAnswers) -> list[str]:
    return [
        f"{words(one, 'deviceInfo.label') or type_of(one)} shares its bus ({words(one, 'sharedBus')})"
        for one in machine.devices
        if words(one, "sharedBus") not in ("", NO_SHARING)
    ]


def _of_host(drive: dict[str, Any]) -> bool:
    """A drive of the host, or of whoever looks at its screen, that is connected."""
    kind = words(drive, "backing._type")
    return bool(kind) and "Iso" not in kind and "Image" not in kind and truth(drive, "connectable.connected") is True


def snapshots(machine: MachineAnswers) -> Found:
    """What the server says of it, its flags, its disks and devices; and how many it has."""
    able = machine.read.quote("capability.snapshotOperationsSupported")
    count = machine.snapshots
    note, kept = f"has {count}" if count else "", machine.read.quote("snapshot", said=f"snapshot: {count} in its tree")
    if not machine.read.truth("capability.snapshotOperationsSupported"):
        return no(able, "the server says that it can have none", note, kept)
    if machine.on("config.flags.snapshotDisabled"):
        return no(machine.read.quote("config.flags.snapshotDisabled"), "they are switched off for it", note, kept)
    if _shared_buses(machine):
        return no(machine.said(_shared_buses(machine)[0]), _shared_buses(machine)[0], note, kept)
    apart = [machine.slot(one) for one in machine.disks if words(one, "backing.diskMode") in INDEPENDENT]
    if apart and len(apart) == len(machine.disks):
        return no(machine.said(f"{', '.join(apart)}: independent"), "all its disks are independent", note, kept)
    if apart:
        why = f"{', '.join(apart)} is left out: independent"
        return partly(machine.said(why), why, note or "some disks", kept, able)
    if machine.passed and machine.is_on:
        why = "its memory cannot be kept while it has a device of the host"
        return partly(machine.said("; ".join(held_in_place(machine))), why, note or "disks only", kept, able)
    return yes(able, "with its memory when it runs", note, kept)


def cpu_hotplug(machine: MachineAnswers) -> Found:
    """`cpuHotAddEnabled`."""
    evidence = machine.read.quote("config.cpuHotAddEnabled", "config.hardware.numCPU")
    note = f"{machine.cpus} vCPUs"
    if not machine.on("config.cpuHotAddEnabled"):
        return no(evidence, "CPU hot-add is switched off for it: that is changed while it is off", note)
    if not machine.is_on:
        return partly(machine.powered, f"{ONCE_IT_RUNS}; off, it is simply set", note, evidence)
    return yes(evidence, "more vCPUs, as many as its host and its guest take", note)


def memory_hotplug(machine: MachineAnswers) -> Found:
    """`memoryHotAddEnabled`, up to `hotPlugMemoryLimit`."""
    evidence = machine.read.quote("config.memoryHotAddEnabled", "config.hardware.memoryMB", "config.hotPlugMemoryLimit")
    if not machine.on("config.memoryHotAddEnabled"):
        return no(evidence, "memory hot-add is switched off for it: that is changed while it is off")
    now, most = machine.read.get("config.hardware.memoryMB"), machine.read.get("config.hotPlugMemoryLimit")
    known = isinstance(now, int) and isinstance(most, int) and most > 0
    note = f"to {most // 1024} GiB" if known else ""
    if known and now >= most:
        return no(evidence, f"it has the {most} MiB that it can have", note)
    if not machine.is_on:
        return partly(machine.powered, f"{ONCE_IT_RUNS}; off, it is simply set", note, evidence)
    return yes(evidence, f"up to {most} MiB" if known else "as much as its host and its guest take", note)


def thin_provisioning(machine: MachineAnswers) -> Found:
    """`thinProvisioned` of its disks."""
    told = {machine.slot(one): truth(one, "backing.thinProvisioned") for one in machine.disks}
    evidence = machine.said("; ".join(f"{slot}: thinProvisioned = {_word(thin)}" for slot, thin in told.items()))
    if not told:
        return no(machine.said("no VirtualDisk"), "it has no disk")
    thin = [slot for slot, value in told.items() if value]
    note = f"{len(thin)}/{len(told)}"
    if len(thin) == len(told):
        return yes(evidence, "space is taken as it is written", note)
    unsaid = [slot for slot, value in told.items() if value is None]
    if unsaid:
        raise Unanswered(f"the server does not tell it of {', '.join(unsaid)}", evidence)
    why = f"{', '.join(slot for slot, value in told.items() if not value)}: all space is taken at once"
    return partly(evidence, why, note) if thin else no(evidence, why, note)


def _word(value: bool | None) -> str:
    return "not set" if value is None else str(value).lower()


def live_storage_migration(machine: MachineAnswers) -> Found:
    """Its host, its disks and its devices, while it runs."""
    of_host = probe_host_life.live_storage_migration(machine.host)
    if of_host.value != "yes":
        return of_host
    if not machine.disks:
        return no(machine.said("no VirtualDisk"), "it has no disk")
    if machine.passed:
        why = held_in_place(machine)[0]
        return no(machine.said(why), why)
    fixed = [machine.slot(one) for one in machine.disks if words(one, "backing.diskMode") == INDEPENDENT[1]]
    evidence = machine.said(", ".join(machine.slot(one) for one in machine.disks))
    if fixed:
        return no(machine.said(f"{', '.join(fixed)}: {INDEPENDENT[1]}"), f"{', '.join(fixed)} forgets what is written")
    if not machine.is_on:
        return partly(machine.powered, f"{ONCE_IT_RUNS}; off, its files are moved", "off", evidence)
    raw = [machine.slot(one) for one in machine.disks if RAW in words(one, "backing._type")]
    if raw:
        why = f"of {', '.join(raw)} only the mapping moves: it is a LUN"
        return partly(machine.said(why), why, "raw LUN", machine.powered)
    return yes(evidence, "to another datastore that its host reaches", "", machine.powered)


def incremental_backup(machine: MachineAnswers) -> Found:
    """`changeTrackingSupported` and `changeTrackingEnabled`."""
    evidence = machine.read.quote("capability.changeTrackingSupported", "config.changeTrackingEnabled")
    if not machine.read.truth("capability.changeTrackingSupported"):
        return no(evidence, "changes of its disks cannot be tracked")
    if not machine.on("config.changeTrackingEnabled"):
        return partly(evidence, "change tracking is switched off for it", "CBT off")
    return yes(evidence, "changed blocks are tracked", "CBT")


def metrics(machine: MachineAnswers) -> Found:
    """Machines that do not run are not measured."""
    if not machine.is_on:
        return partly(machine.powered, "only machines that run are measured", "when on")
    return probe_host_life.measured(provider(machine.survey, machine.ref))


def events(machine: MachineAnswers) -> Found:
    """As with its host."""
    return probe_host_life.events(machine.host)


def health(machine: MachineAnswers) -> Found:
    """`overallStatus`."""
    return probe_host_life.condition(machine.read)


def option_is_false(machine: MachineAnswers, name: str) -> Evidence | None:
    """An extra option of it that switches something off."""
    value = machine.option(name)
    return machine.optioned(name, value) if value is not None and value.upper() in ("FALSE", "0") else None
