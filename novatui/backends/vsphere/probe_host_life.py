"""What a host offers over the life of machines: power, moves, snapshots, growth, disks, backups, load and events."""

from __future__ import annotations

from typing import Any

from novatui.backends.found import Found, Unanswered, no, partly, unknown, yes
from novatui.backends.vsphere.fields import at, each, listed, number, truth, words
from novatui.backends.vsphere.probe_survey import FREE, MAKING, POWER, HostAnswers
from novatui.backends.vsphere.questions import Asked, Read, short
from novatui.core.capabilities import Evidence

VMOTION = "config.virtualNicManagerInfo.netConfig"


def lifecycle(host: HostAnswers) -> Found:
    """Privileges of the account, and the one licence under which nothing can be changed."""
    survey = host.survey
    wanted = (*MAKING, *POWER)
    granted, evidence = survey.rights(survey.root, wanted)
    lacking = [name for name in wanted if name not in granted]
    if not survey.is_vcenter:
        editions = [words(one, "editionKey") for one in each(survey.licences.get("licenses"))]
        if any(edition.startswith(FREE) for edition in editions):
            told = survey.licences.quote("licenses", said=f"licenses[].editionKey = {', '.join(editions)}")
            return no(told, "its free licence lets programs read only (RestrictedVersion)", "free licence", evidence)
    if len(lacking) == len(wanted):
        why = "the account has none of these privileges at the top; it may have them further down, as machines tell"
        return unknown(evidence, why)
    if lacking:
        return partly(evidence, f"the account lacks {', '.join(lacking)} at the top", "some rights")
    return yes(evidence, "the account may create, start and stop machines")


def live_migration(host: HostAnswers) -> Found:
    """`vmotionSupported`, an interface for it, and a vCenter that moves them."""
    read = host.read
    able = read.quote("capability.vmotionSupported")
    if not read.truth("capability.vmotionSupported"):
        return no(able, "this host says that it cannot", "", read)
    if not host.survey.is_vcenter:
        told = host.survey.service.quote("content.about.apiType")
        return no(told, "a host alone moves no machines: a vCenter does that", "no vCenter", able)
    chosen = vmotion_interfaces(read)
    evidence = read.quote(VMOTION, said=f"{VMOTION}: vmotion = {', '.join(chosen) or 'nothing selected'}")
    if not chosen:
        return partly(evidence, "no VMkernel interface of it is enabled for vMotion", "no interface", able)
    return yes(able, f"over {', '.join(chosen)}", "vMotion", evidence)


def vmotion_interfaces(read: Read) -> list[str]:
    """VMkernel interfaces that carry vMotion: `vmk1`. Unanswered when the host does not tell."""
    for one in each(read.set(VMOTION)):
        if words(one, "nicType") == "vmotion":
            names = {words(nic, "key"): words(nic, "device") for nic in each(one, "candidateVnic")}
            return [names.get(key, key.rpartition(".")[2]) for key in listed(one, "selectedVnic")]
    return []


def live_storage_migration(host: HostAnswers) -> Found:
    """`storageVMotionSupported`."""
    read = host.read
    evidence = read.quote("capability.storageVMotionSupported", "capability.vmotionWithStorageVMotionSupported")
    if not read.truth("capability.storageVMotionSupported"):
        return no(evidence, "this host says that it cannot")
    if not host.survey.is_vcenter:
        told = host.survey.service.quote("content.about.apiType")
        return no(told, "a host alone moves no disks of running machines: a vCenter does that", "no vCenter", evidence)
    both = read.values.get("capability.vmotionWithStorageVMotionSupported")
    return yes(evidence, "also along with a move to another host" if both is True else "on this host")


def snapshots(host: HostAnswers) -> Found:
    """`snapshotOperationsSupported` of what machines on it can be like."""
    asked, can = _capabilities(host)
    able, memory = (truth(can, name) for name in ("snapshotOperationsSupported", "memorySnapshotsSupported"))
    evidence = asked.quote(
        f"capabilities.snapshotOperationsSupported = {short(able)}; memorySnapshotsSupported = {short(memory)}"
    )
    if able is None:
        raise Unanswered("the server does not tell whether machines on it can have snapshots", evidence)
    if not able:
        return no(evidence, "machines on it can have none")
    return yes(evidence, "with memory" if memory else "of disks", "memory" if memory else "disks only")


def incremental_backup(host: HostAnswers) -> Found:
    """`changeTrackingSupported` of what machines on it can be like."""
    asked, can = _capabilities(host)
    able = truth(can, "changeTrackingSupported")
    evidence = asked.quote(f"capabilities.changeTrackingSupported = {short(able)}")
    if able is None:
        raise Unanswered("the server does not tell whether changes of disks are tracked", evidence)
    if not able:
        return no(evidence, "changes of disks are not tracked")
    return yes(evidence, "where change tracking is switched on for the machine", "CBT")


def _capabilities(host: HostAnswers) -> tuple[Asked, Any]:
    """VirtualMachineCapability of the config option."""
    asked, option = host.config_option()
    return asked, at(option, "capabilities")


def cpu_hotplug(host: HostAnswers) -> Found:
    """Guest systems that take processors while they run."""
    return _by_guest(host, "supportsCpuHotAdd", "CPU hot-add")


def memory_hotplug(host: HostAnswers) -> Found:
    """Guest systems that take memory while they run."""
    return _by_guest(host, "supportsMemoryHotAdd", "memory hot-add")


def _by_guest(host: HostAnswers, field: str, what: str) -> Found:
    asked, told = guests(host, field)
    evidence = asked.quote(
        f"guestOSDescriptor[].{field}: {', '.join(f'{name} {short(value)}' for name, value in told.items())}"
    )
    able = sum(told.values())
    words_ = (
        f"for {able} of {len(told)} guest systems that were asked about, where {what} is switched on for the machine"
    )
    return partly(evidence, words_, f"{able}/{len(told)} guests")


def guests(host: HostAnswers, field: str) -> tuple[Asked, dict[str, bool]]:
    """What is said of each guest system, by its id. Unanswered when it is said of none that it can: a server that has
    not filled the field in says the same."""
    asked, option = host.config_option()
    told = {words(one, "id"): truth(one, field) is True for one in each(option, "guestOSDescriptor")}
    if not any(told.values()):
        evidence = asked.quote(f"guestOSDescriptor[].{field}: true of none of {len(told)}")
        raise Unanswered(f"the server says of no guest system that it has {field}", evidence)
    return asked, told


def thin_provisioning(host: HostAnswers) -> Found:
    """`perFileThinProvisioningSupported` of the datastores that it reaches."""
    stores = host.stores
    if not stores:
        return no(host.read.quote("datastore"), "it reaches no datastore", "no stores")
    able = {
        words(one.values, "name") or one.ref.id: one.truth("capability.perFileThinProvisioningSupported")
        for one in stores
    }
    thin = [name for name, value in able.items() if value]
    said = ", ".join(f"{name}: {short(value)}" for name, value in able.items())
    evidence = stores[0].quote("", said=f"capability.perFileThinProvisioningSupported: {said}")
    note = f"{len(thin)}/{len(able)} stores"
    if len(thin) == len(able):
        return yes(evidence, "on every datastore that it reaches", note, host.read)
    thick = ", ".join(name for name, value in able.items() if not value)
    return (
        partly(evidence, f"not on {thick}", note, host.read)
        if thin
        else no(evidence, f"not on {thick}", note, host.read)
    )


def metrics(host: HostAnswers) -> Found:
    """`currentSupported` of its performance provider."""
    return measured(host.provider())


def measured(asked: Asked) -> Found:
    """What a performance provider says."""
    found = next(iter(asked.need()), {})
    rate = number(found, "refreshRate") or 0
    if truth(found, "currentSupported"):
        return yes(asked, "real-time counters", f"{rate} s" if rate > 0 else "")
    if truth(found, "summarySupported"):
        return partly(asked, "averages over minutes only, no real-time counters", "averages")
    return no(asked, "nothing of it is measured")


def events(host: HostAnswers) -> Found:
    """The event manager answers; changes come by WaitForUpdatesEx, which the connection lives by."""
    most: Evidence = host.survey.event_manager.quote("maxCollector")
    if host.survey.event_manager.get("maxCollector") is None:
        raise Unanswered("the event manager says nothing", most)
    return yes(most, "changes come by the update stream, events by a collector", "pushed", host.survey.service)


def health(host: HostAnswers) -> Found:
    """`overallStatus`."""
    return condition(host.read)


def condition(read: Read) -> Found:
    """ManagedEntity.overallStatus; gray is what the server does not know."""
    status, evidence = str(read.set("overallStatus")), read.quote("overallStatus")
    if status == "gray":
        return unknown(evidence, "the server does not know its condition (gray)", "gray")
    return yes(evidence, "by alarms and sensors", status)
