"""What a host can do with machines and their disks: life, moves, snapshots, growth, backup, thin disks."""

from __future__ import annotations

from novatui.backends.found import Found, Unanswered, no, partly, unknown, yes
from novatui.backends.libvirt.probe_found import Documented, need, quoting
from novatui.backends.libvirt.probe_host import HostAnswers
from novatui.backends.libvirt.xmltree import flag, text_of

VCPU_HOTPLUG = Documented(8_005, "libvirt hvsupport: virDomainSetVcpusFlags in the QEMU driver since 0.8.5")
DIMM_HOTPLUG = Documented(1_002_014, "libvirt formatdomain, Memory devices: dimm, since 1.2.14")
BLOCK_COPY = Documented(
    1_002_008, "libvirt hvsupport: virDomainBlockCopy in the QEMU driver since 1.2.8; migration with NON_SHARED_DISK"
)

CPU_ARCHES = frozenset({"x86_64", "i686", "ppc64", "ppc64le", "s390x"})
DIMM_ARCHES = frozenset({"x86_64", "i686", "ppc64", "ppc64le", "aarch64"})
"""Architectures whose machines QEMU lets grow while they run; of others libvirt does not tell."""

THIN = frozenset({"dir", "fs", "netfs", "gluster", "vstorage", "rbd", "zfs"})
"""Kinds of pools whose volumes take space as they are written: files (qcow2, or with holes), rbd images, zfs volumes
(libvirt's documentation of storage pools)."""


def lifecycle(host: HostAnswers) -> Found:
    """Architectures and ways to run them, of the capabilities."""
    guests = host.capabilities.findall("guest/arch")
    told = host.capabilities_asked
    if not guests:
        return no(told, "libvirt lists no architecture that it could run here")
    kinds = {each.get("type", "") for arch in guests for each in arch.findall("domain")} - {""}
    pairs = ((arch.get("name", ""), each.get("type", "")) for arch in guests for each in arch.findall("domain"))
    runs = " ".join(f"<arch name='{arch}'> <domain type='{kind}'/>" for arch, kind in dict.fromkeys(pairs))
    arches = ", ".join(dict.fromkeys(filter(None, (each.get("name") for each in guests))))
    words = f"{arches} by {', '.join(sorted(kinds)) or 'libvirt'}"
    if kinds == {"qemu"}:
        words += ": KVM is not to be had, every machine is emulated and slow"
    return yes(
        quoting(told, runs),
        words,
        "kvm" if "kvm" in kinds else ", ".join(sorted(kinds))[:12],
    )


def live_migration(host: HostAnswers) -> Found:
    """`migration_features` of the capabilities."""
    features = host.capabilities.find("host/migration_features")
    told = host.told("host/migration_features")
    if features is None or features.find("live") is None:
        return no(told, "its libvirt driver tells of no live migration")
    ways = [text_of(each) for each in features.findall("uri_transports/uri_transport")]
    return yes(told, f"over {', '.join(ways)}" if ways else "", " ".join(ways)[:12])


def snapshots(host: HostAnswers) -> Found:
    """`disksnapshot` and `externalSnapshot` of the guests' features: absent means that libvirt does not say."""
    told, listed = host.capabilities_asked, host.capabilities.findall("guest/features")
    if any(each.find("externalSnapshot") is not None for each in listed):
        words = "of any disk in a file, with the memory and without; it goes back to them and merges them"
        return yes(quoting(told, listed[0]), words)
    said = {each.get("default") for features in listed for each in features.findall("disksnapshot")}
    if "on" in said:
        words = (
            "with the memory only when every disk is qcow2; of other disks it keeps the content, and this libvirt "
            "does not go back to that by itself"
        )
        return partly(quoting(told, listed[0]), words, "qcow2")
    if said:
        words = "inside qcow2 disks only: this hypervisor keeps none outside of them"
        return partly(quoting(told, listed[0]), words, "qcow2")
    raise Unanswered(
        "its capabilities say nothing of snapshots, and libvirt has no other call for a host", told.evidence
    )


def cpu_hotplug(host: HostAnswers) -> Found:
    """The limit is asked; that vCPUs can be added is documented."""
    source = host.documented(VCPU_HOTPLUG)
    domain, told = host.domain, host.domain_asked()
    if domain.arch not in CPU_ARCHES:
        return unknown(
            told, f"libvirt does not tell whether {domain.arch or 'such'} machines can get vCPUs while they run"
        )
    if domain.vcpus is None:
        return yes(source, "up to the maximum that a machine is defined with", "", told)
    limit = quoting(told, f"<machine>{domain.machine}</machine> <vcpu max='{domain.vcpus}'/>")
    if domain.vcpus < 2:
        return no(limit, f"a {domain.machine} machine has one vCPU at most")
    words = f"up to the maximum that a machine is defined with, at most {domain.vcpus} ({domain.machine})"
    return yes(source, words, f"max {domain.vcpus}", limit)


def memory_hotplug(host: HostAnswers) -> Found:
    """Documented for some architectures; which one this is is asked."""
    source = host.documented(DIMM_HOTPLUG)
    domain, told = host.domain, host.domain_asked()
    if domain.arch not in DIMM_ARCHES:
        return unknown(
            told, f"libvirt does not tell whether {domain.arch or 'such'} machines can get memory while they run"
        )
    words = "for machines that are defined with slots and a maximum above their memory, and a NUMA node"
    return yes(source, words, "DIMM", host.domain_told("arch"))


def live_storage_migration(host: HostAnswers) -> Found:
    """A copy of disks under a running machine, here or along with its move."""
    source = host.documented(BLOCK_COPY)
    features = host.capabilities.find("host/migration_features/live")
    told = host.told("host/migration_features")
    if features is None:
        words = "on this host alone: its libvirt driver tells of no live migration that disks could go along with"
        return partly(source, words, "", told)
    return yes(source, "to another pool here, or along with a move to another host (NBD)", "nbd", told)


def incremental_backup(host: HostAnswers) -> Found:
    """`features/backup` of the domain capabilities."""
    supported, told = host.domain.supported("features/backup"), host.domain_asked()
    if supported is None:
        raise Unanswered("this libvirt says nothing of backups", told.evidence)
    decided = host.domain_told("features/backup")
    if supported:
        return yes(decided, "of qcow2 disks: other disks are backed up whole", "qcow2")
    return no(decided, "libvirt or QEMU of this host have no incremental backup")


def thin_provisioning(host: HostAnswers) -> Found:
    """Kinds of the active pools; without any, the kinds that there could be."""
    pools = host.pools
    trees = pools.trees
    kinds = {name: tree.get("type", "") for name, tree in trees.items()}
    evidence = (*pools.evidence[1:],)
    if pools.unread:
        return unknown(pools.listed, f"{len(kinds)} pools were read{pools.lacking}", "", *evidence)
    if not kinds:
        return _thin_without_pools(host)
    thin = [name for name, kind in kinds.items() if kind in THIN]
    note, whole = f"{len(thin)}/{len(kinds)}", [f"{name} ({kind})" for name, kind in kinds.items() if kind not in THIN]
    if not thin:
        return no(pools.listed, f"its pools give space at once: {', '.join(whole)}", note, *evidence)
    if whole:
        return partly(pools.listed, f"not in {', '.join(whole)}: there space is given at once", note, *evidence)
    words = f"in {', '.join(f'{name} ({kinds[name]})' for name in thin)}"
    return yes(pools.listed, words, note, *evidence)


def _thin_without_pools(host: HostAnswers) -> Found:
    kinds = need(host.pool_kinds)
    for pool in kinds.findall("pool"):
        formats = [text_of(each) for enum in pool.findall("volOptions/enum") for each in enum.findall("value")]
        if pool.get("type") == "dir" and flag(pool.get("supported")) and "qcow2" in formats:
            decided = quoting(host.pool_kinds, f"<pool type='dir' supported='yes'> … {', '.join(formats)}")
            return partly(
                decided, "no pool is active; one of folders would hold qcow2 disks", "no pool", host.pools.listed
            )
    return no(
        host.pool_kinds, "no pool is active, and libvirt has none that would hold qcow2 disks", "", host.pools.listed
    )
