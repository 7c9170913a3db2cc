"""The reason engine: what a machine needs against what a host told. The same for every family; asks nobody itself.

Each topic gives at least one check. What was not told is unknown, never yes; what the machine does not need is yes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
from typing import TypeVar

from novatui.core.capabilities import Answer, Evidence
from novatui.core.needs import DiskTold, HostTold, Needs, Told, plug
from novatui.core.reasons import Check, Fit, Topic
from novatui.core.units import size
from novatui.core.vmspec import DiskSpec, TpmSpec

COPIED = "storage is copied"
"""The condition of a disk that the host does not reach and has room for."""

T = TypeVar("T")


def fit(needs: Needs, told: HostTold) -> Fit:
    """Everything that speaks for the machine on this host, or against it."""
    if _here(needs, told):
        return already_there(needs, told.host, told.name)
    checks = chain.from_iterable(rule(needs, told) for rule in _RULES)
    return Fit(
        host=told.host,
        name=told.name,
        checks=(*checks, *told.judged, *needs.held),
        memory_free=told.memory_free.value,
        cpu_used=told.cpu_used,
        at=told.at,
        ms=told.ms,
    )


def already_there(needs: Needs, host: str, name: str) -> Fit:
    """The host that the machine is on: there is nothing to ask it."""
    check = _check(Topic.PLACE, Answer.NO, f"it is on {name} already", needs.evidence)
    return Fit(host=host, name=name, checks=(check,))


# --- the host itself --------------------------------------------------------------------------------------------------


def _here(needs: Needs, told: HostTold) -> bool:
    """It is the host that the machine is on."""
    if needs.host_uuid and told.host_uuid:
        return needs.host_uuid == told.host_uuid
    return False


def _place(needs: Needs, told: HostTold) -> Check:
    if not (needs.host_uuid and told.host_uuid):
        unknown = f"whether {told.name} is the host that it is on is not known: one of them has no uuid"
        return _check(Topic.PLACE, Answer.UNKNOWN, unknown, needs.evidence)
    return _check(Topic.PLACE, Answer.YES, "another host than the one that it is on", needs.evidence)


def _host(needs: Needs, told: HostTold) -> Iterator[Check]:
    del needs
    yield _flag(Topic.HOST, told.connected, "it is connected", "it is not connected", "whether it is connected")
    inverse = _not(told.maintenance)
    yield _flag(Topic.HOST, inverse, "it takes new machines", "it is in maintenance", "whether it is in maintenance")


def _migrates(needs: Needs, told: HostTold) -> Iterator[Check]:
    if needs.running:
        no = "it takes no running machines"
        yield _flag(
            Topic.MIGRATION, told.migrates, "it takes running machines", no, "whether it takes running machines"
        )
    else:
        yield _unneeded(Topic.MIGRATION, needs, "it does not run: only its definition has to go there")


def _version(needs: Needs, told: HostTold) -> Iterator[Check]:
    """An older product may refuse what a newer one wrote: good to know, and not more."""
    there, here = told.version.value, needs.product
    if there is None or not here:
        why = _why(told.version, "which version it has") if there is None else "which version it runs on is not known"
        yield _check(Topic.VERSION, Answer.UNKNOWN, why, told.version.evidence, blocking=False)
    elif _numbers(there) < _numbers(here):
        older = f"an older version is there: {there}, it runs on {here}"
        yield _check(Topic.VERSION, Answer.NO, older, told.version.evidence, blocking=False)
    else:
        yield _check(Topic.VERSION, Answer.YES, f"version {there}", told.version.evidence, blocking=False)


# --- what the machine is built like -----------------------------------------------------------------------------------


def _architecture(needs: Needs, told: HostTold) -> Iterator[Check]:
    arch, by = needs.vm.arch, needs.vm.hypervisor
    guests, evidence = told.guests.value, told.guests.evidence
    if guests is None:
        why = _why(told.guests, "which machines it can run")
        yield _check(Topic.ARCHITECTURE, Answer.UNKNOWN, why, evidence)
    elif not arch or not by:
        unsaid = "the machine does not say which architecture it is, or what executes it"
        yield _check(Topic.ARCHITECTURE, Answer.UNKNOWN, unsaid, needs.evidence)
    elif (arch, by) in guests:
        yield _check(Topic.ARCHITECTURE, Answer.YES, f"runs {arch} with {by}", evidence)
    elif others := sorted(with_ for of, with_ in guests if of == arch):
        reason = f"runs {arch} with {', '.join(others)} only, it needs {by}"
        yield _check(Topic.ARCHITECTURE, Answer.NO, reason, evidence)
    else:
        yield _check(Topic.ARCHITECTURE, Answer.NO, f"runs no {arch} machines", evidence)


def _cpu(needs: Needs, told: HostTold) -> Iterator[Check]:
    del needs
    no = "lacks what its processor needs"
    yield _flag(Topic.CPU, told.cpu, "has its processor", no, "whether it has the processor that is needed")


def _machine(needs: Needs, told: HostTold) -> Iterator[Check]:
    wanted = needs.vm.machine
    if not wanted:
        yield _unneeded(Topic.MACHINE, needs, "it asks for no machine type")
    elif told.machines.value is None:
        why = _why(told.machines, f"whether it has machine type {wanted}")
        yield _check(Topic.MACHINE, Answer.UNKNOWN, why, told.machines.evidence)
    elif wanted in told.machines.value:
        yield _check(Topic.MACHINE, Answer.YES, f"has machine type {wanted}", told.machines.evidence)
    else:
        yield _check(Topic.MACHINE, Answer.NO, f"has no machine type {wanted}", told.machines.evidence)


def _firmware(needs: Needs, told: HostTold) -> Iterator[Check]:
    wanted, loader = needs.vm.firmware.type, needs.vm.firmware.loader
    has, evidence = told.firmwares.value, told.firmwares.evidence
    if not wanted and not loader:
        yield _unneeded(Topic.FIRMWARE, needs, "it asks for no firmware of its own")
        return
    if wanted and has is None:
        yield _check(
            Topic.FIRMWARE, Answer.UNKNOWN, _why(told.firmwares, f"whether it has {wanted} firmware"), evidence
        )
    elif wanted and wanted not in (has or ()):
        yield _check(Topic.FIRMWARE, Answer.NO, f"has no {wanted} firmware", evidence)
    elif wanted:
        yield _check(Topic.FIRMWARE, Answer.YES, f"has {wanted} firmware", evidence)
    if loader:
        yield _loader(told, loader)


def _loader(told: HostTold, loader: str) -> Check:
    """A file that the product does not list may be there all the same."""
    known = told.loaders.value
    if known is not None and loader in known:
        return _check(Topic.FIRMWARE, Answer.YES, f"has {loader}", told.loaders.evidence)
    why = f"does not list {loader}; the file may be there all the same"
    said = _why(told.loaders, f"whether {loader} is there") if known is None else why
    return _check(Topic.FIRMWARE, Answer.UNKNOWN, said, told.loaders.evidence)


def _secure_boot(needs: Needs, told: HostTold) -> Iterator[Check]:
    if not needs.vm.firmware.secure_boot:
        yield _unneeded(Topic.SECURE_BOOT, needs, "it does not use secure boot")
    else:
        no = "has no firmware for secure boot"
        yield _flag(Topic.SECURE_BOOT, told.secure_boot, "can boot securely", no, "whether it can boot securely")


def _tpm(needs: Needs, told: HostTold) -> Iterator[Check]:
    if not needs.vm.tpm:
        yield _unneeded(Topic.TPM, needs, "it has no TPM")
    for wanted in needs.vm.tpm:
        if told.tpm.value is None:
            yield _check(Topic.TPM, Answer.UNKNOWN, _why(told.tpm, "whether it has a TPM for it"), told.tpm.evidence)
        else:
            lacks = _lacking_tpm(needs, told, wanted)
            answer = Answer.NO if lacks else Answer.YES
            name = " ".join(filter(None, (wanted.model, wanted.version, wanted.backend)))
            yield _check(Topic.TPM, answer, lacks or f"has a TPM {name}; its state goes along", told.tpm.evidence)


def _lacking_tpm(needs: Needs, told: HostTold, wanted: TpmSpec) -> str:
    offer = told.tpm.value
    if offer is None or (wanted.model and wanted.model not in offer.models):
        return f"has no TPM of model {wanted.model}"
    if wanted.backend == "passthrough" and needs.running:
        return "its TPM is that of the host it is on: what is in it cannot go along"
    if wanted.backend and wanted.backend not in offer.backends:
        return f"has no TPM by {wanted.backend}"
    if wanted.version and offer.versions is not None and wanted.version not in offer.versions:
        return f"has no TPM of version {wanted.version}"
    return ""


# --- room -------------------------------------------------------------------------------------------------------------


def _memory(needs: Needs, told: HostTold) -> Iterator[Check]:
    size_, free = needs.vm.memory.size, told.memory_free.value
    wanted = size_ if needs.memory_kept is None else needs.memory_kept
    if needs.vm.memory.huge_pages:
        yield _unneeded(Topic.MEMORY, needs, "its memory comes from huge pages")
    elif free is None:
        why = _why(told.memory_free, "how much memory is free")
        yield _check(Topic.MEMORY, Answer.UNKNOWN, why, told.memory_free.evidence)
    elif wanted is None:
        yield _check(Topic.MEMORY, Answer.UNKNOWN, "how much memory it needs is not known", needs.evidence)
    else:
        answer = Answer.YES if wanted <= free else Answer.NO
        short = "not enough memory: " if answer is Answer.NO else ""
        kept = f"keeps {size(wanted)} of its {size(size_)} for itself" if needs.memory_kept and size_ else ""
        reason = f"{short}{size(free)} free, it {kept or f'needs {size(size_ or wanted)}'}"
        yield _check(Topic.MEMORY, answer, reason, told.memory_free.evidence)
        if answer is Answer.YES and (size_ or 0) > free:
            tight = f"less memory is free than it has: {size(free)} of {size(size_)}; machines would share or swap"
            yield _check(Topic.MEMORY, Answer.NO, tight, told.memory_free.evidence, blocking=False)


def _huge_pages(needs: Needs, told: HostTold) -> Iterator[Check]:
    wanted, evidence = needs.vm.memory.size, told.huge_pages.evidence
    if not needs.vm.memory.huge_pages:
        yield _unneeded(Topic.HUGE_PAGES, needs, "it uses no huge pages")
        return
    free = told.huge_pages.value
    if free is None or wanted is None:
        why = _why(told.huge_pages, "how many huge pages are free")
        yield _check(Topic.HUGE_PAGES, Answer.UNKNOWN, why, evidence)
        return
    for page in dict.fromkeys(each.size for each in needs.vm.memory.huge_pages):
        sizes = {page: free.get(page, 0)} if page is not None else free
        enough = {of: of * count >= wanted for of, count in sizes.items()}
        named = f"huge pages of {size(page)}" if page is not None else "huge pages of the host's default size"
        if enough and all(enough.values()):
            yield _check(Topic.HUGE_PAGES, Answer.YES, f"has {size(wanted)} in {named}", evidence)
        elif not any(enough.values()):
            most = max((of * count for of, count in sizes.items()), default=0)
            lacks = f"not enough {named}: {size(most)} free, it needs {size(wanted)}"
            yield _check(Topic.HUGE_PAGES, Answer.NO, lacks, evidence)
        else:
            unsaid = f"which size is the default of its {named.partition(' of')[0]} is not known"
            yield _check(Topic.HUGE_PAGES, Answer.UNKNOWN, unsaid, evidence)


def _vcpus(needs: Needs, told: HostTold) -> Iterator[Check]:
    wanted, most = needs.vm.cpu.maximum or needs.vm.cpu.count, told.vcpus_max.value
    if most is None:
        why = _why(told.vcpus_max, "how many vCPUs a machine may have")
        yield _check(Topic.VCPUS, Answer.UNKNOWN, why, told.vcpus_max.evidence)
    elif wanted is None:
        yield _check(Topic.VCPUS, Answer.UNKNOWN, "how many vCPUs it has is not known", needs.evidence)
    else:
        answer = Answer.YES if wanted <= most else Answer.NO
        reason = f"a machine may have {most} vCPUs, it has {wanted}"
        yield _check(Topic.VCPUS, answer, reason, told.vcpus_max.evidence)


# --- what it is plugged into ------------------------------------------------------------------------------------------


def _storage(needs: Needs, told: HostTold) -> Iterator[Check]:
    disks = [disk for disk in needs.vm.disks if disk.source]
    if not disks:
        yield _unneeded(Topic.STORAGE, needs, "it has no disks")
    for disk in disks:
        yield _disk(disk, told.disks.get(disk.target, DiskTold()))


def _disk(disk: DiskSpec, seen: DiskTold) -> Check:
    name, of = f"{disk.target} ({disk.source})", disk.target
    reached, evidence = seen.reached, seen.reached.evidence
    if reached.value:
        return _check(Topic.STORAGE, Answer.YES, f"reaches {name}{_more(reached)}", evidence, subject=of)
    if reached.value is None:
        return _check(Topic.STORAGE, Answer.UNKNOWN, _why(reached, f"whether it reaches {name}"), evidence, subject=of)
    lacks = f"does not reach {name}{_more(reached)}"
    if disk.readonly or disk.device != "disk":
        return _check(Topic.STORAGE, Answer.NO, f"{lacks}; eject it, or put it there", evidence, subject=of)
    if seen.room.value is None:
        open_ = f"{lacks}; {_why(seen.room, 'whether it could be copied')}"
        return _check(Topic.STORAGE, Answer.UNKNOWN, open_, seen.room.evidence or evidence, subject=of)
    if not seen.room.value:
        full = f"{lacks}, and it cannot be copied: {seen.room.said or 'there is no room for it'}"
        return _check(Topic.STORAGE, Answer.NO, full, seen.room.evidence, subject=of)
    return _check(Topic.STORAGE, Answer.NO, f"{lacks}; it can be copied", evidence, condition=COPIED, subject=of)


def _network(needs: Needs, told: HostTold) -> Iterator[Check]:
    if not needs.vm.nics:
        yield _unneeded(Topic.NETWORK, needs, "it has no network interfaces")
    for nic in needs.vm.nics:
        name = f"{nic.type or 'network'} {nic.source}".strip()
        seen = told.networks.get(plug(nic), Told[bool]())
        no, what = f"has no {name}", f"whether it has {name}"
        yield _flag(Topic.NETWORK, seen, f"has {name}", no, what, add=True, subject=nic.source)


def _devices(needs: Needs, told: HostTold) -> Iterator[Check]:
    """Devices that keep the machine where it is need no place elsewhere; they are among `held`."""
    held = any(check.topic is Topic.DEVICES for check in needs.held)
    if not needs.vm.host_devices and not held:
        yield _unneeded(Topic.DEVICES, needs, "it holds no devices of its host")
    for device in () if held else needs.vm.host_devices:
        name = f"{device.type} device {device.address}{f' ({device.name})' if device.name else ''}"
        seen = told.devices.get(device.address, Told[bool]())
        yes, no = f"has a free one for {name}", f"has none for {name}"
        what = f"whether it has one for {name}"
        yield _flag(Topic.DEVICES, seen, yes, no, what, add=True, subject=device.address)


def _snapshots(needs: Needs, told: HostTold) -> Iterator[Check]:
    del told
    if any(check.topic is Topic.SNAPSHOTS for check in needs.held):
        return
    if needs.snapshots is None:
        unknown = "whether it has snapshots is not known"
        yield _check(Topic.SNAPSHOTS, Answer.UNKNOWN, unknown, needs.evidence)
    else:
        has = f"its {needs.snapshots} snapshots go along" if needs.snapshots else "it has no snapshots"
        yield _unneeded(Topic.SNAPSHOTS, needs, has)


def _name(needs: Needs, told: HostTold) -> Iterator[Check]:
    uuid, name = needs.vm.uuid, needs.vm.name
    yield _flag(
        Topic.NAME, told.uuid_free, "nothing there has its uuid",
        f"another machine there has its uuid {uuid}", "whether its uuid is free there",
    )  # fmt: skip
    yield _flag(
        Topic.NAME, told.name_free, f"nothing else there is called {name}",
        f"another machine there is called {name}", "whether its name is free there",
    )  # fmt: skip


_RULES: tuple[Callable[[Needs, HostTold], Iterator[Check]], ...] = (
    lambda needs, told: iter((_place(needs, told),)),
    _host, _architecture, _cpu, _machine, _firmware, _secure_boot, _tpm, _devices, _snapshots, _storage, _network,
    _memory, _huge_pages, _vcpus, _name, _migrates, _version,
)  # fmt: skip


# --- making checks ----------------------------------------------------------------------------------------------------


def _check(
    topic: Topic,
    answer: Answer,
    reason: str,
    evidence: Evidence | None,
    *,
    blocking: bool = True,
    condition: str = "",
    subject: str = "",
) -> Check:
    return Check(
        topic=topic,
        answer=answer,
        reason=reason,
        blocking=blocking,
        condition=condition,
        subject=subject,
        evidence=evidence,
    )


def _unneeded(topic: Topic, needs: Needs, reason: str) -> Check:
    """It asks nothing of the host: its own description says so."""
    return _check(topic, Answer.YES, reason, needs.evidence)


def _flag(
    topic: Topic, told: Told[bool], yes: str, no: str, what: str, *, add: bool = False, subject: str = ""
) -> Check:
    """A yes or no as it was told, in its own words where it has some; `add`: they come after ours."""
    if told.value is None:
        return _check(topic, Answer.UNKNOWN, _why(told, what), told.evidence, subject=subject)
    ours = yes if told.value else no
    said = f"{ours}{_more(told)}" if add else told.said or ours
    return _check(topic, Answer.YES if told.value else Answer.NO, said, told.evidence, subject=subject)


def _why(told: Told[T], what: str) -> str:
    return f"{what} {f'is not known: {told.said}' if told.said else 'was not asked'}"


def _more(told: Told[T]) -> str:
    return f": {told.said}" if told.said else ""


def _not(told: Told[bool]) -> Told[bool]:
    value = None if told.value is None else not told.value
    return Told(value=value, said=told.said, evidence=told.evidence)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isascii() and part.isdigit())
