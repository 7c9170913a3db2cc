"""What the machines of the demo have and could use now, by their configuration and by what keeps them in place."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from novatui.backends.demo.placing import held_of
from novatui.backends.demo.probing_asked import Asking
from novatui.backends.demo.probing_hosts import OF_HOST, free, host_fact, of_class, reached
from novatui.backends.demo.shapes import GIB, Host, Machine
from novatui.backends.demo.specs import spec_of
from novatui.backends.demo.standing import Standing
from novatui.core.capabilities import Answer, Evidence, Fact, unknown
from novatui.core.devices import Device
from novatui.core.features import FEATURES
from novatui.core.states import Family, Health, Kind, Power
from novatui.core.vmspec import VmSpec

YES, PARTLY, NO, NONE = Answer.YES, Answer.PARTLY, Answer.NO, Answer.NOT_OFFERED


def machine_facts(asking: Asking, machine: Machine) -> list[Fact]:
    """One fact for each feature. NotFound when it is not here now."""
    if machine.kind is Kind.TEMPLATE:
        return [unknown(feature.slug, asking.scope, "a template does nothing") for feature in FEATURES]
    one = _Machine(asking, Standing.of(asking.scene, asking.scope))
    return [one.fact(feature.slug) for feature in FEATURES]


class _Machine:
    """One machine, and the host that it is on."""

    def __init__(self, asking: Asking, standing: Standing) -> None:
        self.asking = asking
        self.standing = standing
        self.machine = standing.machine
        self.host: Host = standing.host
        self.spec: VmSpec = spec_of(asking.scene.estate, standing.machine)

    def fact(self, slug: str) -> Fact:
        """One feature of it."""
        own = _FACTS.get(slug)
        return own(self) if own is not None else self.as_host(slug)

    def as_host(self, slug: str) -> Fact:
        """It is with it as with its host."""
        asking = self.asking
        return host_fact(asking, self.host, slug) if slug in OF_HOST[asking.family] else asking.said(slug, self.host)

    def says(self, slug: str, value: Answer, excerpt: str, note: str = "", reason: str = "", blocks: str = "") -> Fact:
        """What its configuration says."""
        return self.asking.fact(slug, value, self.read(excerpt), note, reason, blocks)

    def read(self, excerpt: str) -> Evidence:
        return self.asking.asked("machine", excerpt, self.machine)

    def holds(self, device_class: str, product: str = "") -> list[Device]:
        """Devices of its host that it holds."""
        mine = [device for device in self.host.devices if device.id in self.machine.devices]
        return [each for each in mine if each.device_class == device_class and product in each.product]

    @property
    def runs(self) -> bool:
        return not self.standing.cold


def _lifecycle(one: _Machine) -> Fact:
    power, state = one.standing.power, one.asking.scene.dialect.state(one.machine, one.standing.now)
    if power is Power.UNKNOWN:
        return unknown("lifecycle", one.asking.scope, "its host does not tell its state", one.read(""))
    act = one.standing.now.act
    if act is not None:
        return one.says("lifecycle", PARTLY, state, "busy", f"{act.verb} runs: one thing at a time")
    return one.says("lifecycle", YES, state, power.value)


def _live_migration(one: _Machine) -> Fact:
    slug, asking = "live_migration", one.asking
    if one.machine.kind is Kind.CONTAINER:
        return one.says(slug, NO, "lxc", "restart", "a container is stopped here and started there")
    if not one.runs:
        return one.says(slug, PARTLY, one.standing.power.value, "when on", "it is off: its definition can be moved")
    if len(asking.scene.estate.hosts) == 1 and asking.scene.peer is None:
        return one.says(slug, NO, "", "", f"{one.host.name} is the only host that is known")
    evidence = one.read("")
    held = held_of(one.standing, evidence)
    if held:
        first, *others = held
        more = f" (and {len(others)} more)" if others else ""
        return asking.fact(slug, NO, evidence, "", first.reason + more, f"emptying {one.host.name} while it runs")
    return asking.fact(slug, YES, asking.asked("place", "nothing is in the way", one.machine))


def _snapshots(one: _Machine) -> Fact:
    count = len(one.machine.snapshots)
    note, excerpt = f"has {count}" if count else "", f"{count} snapshots"
    if one.machine.flaw == "snapshot-fails":
        return one.says("snapshots", PARTLY, excerpt, note, "the last one failed: its guest could not be quieted")
    if one.machine.devices:
        return one.says(
            "snapshots", PARTLY, excerpt, "disk only", "its memory cannot be saved while it holds devices of its host"
        )
    return one.says("snapshots", YES, excerpt, note)


def _cpu_hotplug(one: _Machine) -> Fact:
    slug, machine, family = "cpu_hotplug", one.machine, one.asking.family
    if family is Family.HYPERV:
        return one.as_host(slug)
    if family is Family.PROXMOX:
        return one.says(slug, NO, "hotplug: disk,network,usb", "", "its `hotplug` does not name cpu")
    excerpt = f"{machine.vcpus} of at most {machine.vcpus_max} vCPUs"
    if machine.vcpus_max > machine.vcpus:
        return one.says(slug, YES, excerpt, f"{machine.vcpus} to {machine.vcpus_max}")
    return one.says(slug, NO, excerpt, f"{machine.vcpus} of {machine.vcpus_max}", "it has all the vCPUs it can have")


def _memory_hotplug(one: _Machine) -> Fact:
    slug, machine = "memory_hotplug", one.machine
    if one.asking.family is Family.PROXMOX:
        return one.says(slug, NO, "hotplug: disk,network,usb", "", "its `hotplug` does not name memory")
    has, most = machine.memory / GIB, machine.memory_max / GIB
    excerpt = f"{has:.1f} of at most {most:.1f} GiB"
    if machine.memory_max > machine.memory:
        return one.says(slug, YES, excerpt, f"to {most:.0f} GiB")
    return one.says(slug, NO, excerpt, f"{has:.0f} GiB", "it has all the memory it can have")


def _device(slug: str, device_class: str, what: str, product: str = "") -> Callable[[_Machine], Fact]:
    """Whether it holds a device of a class, or could be given one where it is."""

    def fact(one: _Machine) -> Fact:
        held = one.holds(device_class, product)
        if held:
            return one.says(slug, YES, held[0].address, f"has {len(held)}", f"it holds {held[0].name}")
        left = [each for each in free(of_class(one.host, device_class)) if product in each.product]
        evidence = one.asking.asked("devices", f"{len(left)} free", one.host)
        if left:
            why = f"it holds none; free on {one.host.name}: {len(left)}"
            return one.asking.fact(slug, PARTLY, evidence, f"{len(left)} free", why)
        return one.asking.fact(slug, NO, evidence, "", f"it holds none, and {one.host.name} has no {what} free")

    return fact


def _thin(one: _Machine) -> Fact:
    disks = one.machine.disks
    thin = sum(disk.thin for disk in disks)
    excerpt, note = f"{thin} of {len(disks)} disks are thin", f"{thin}/{len(disks)}"
    if not disks:
        return one.says("thin_provisioning", NO, "no disks", "", "it has no disks")
    if thin == len(disks):
        return one.says("thin_provisioning", YES, excerpt, note)
    return one.says("thin_provisioning", PARTLY if thin else NO, excerpt, note, f"{len(disks) - thin} are thick")


def _storage_migration(one: _Machine) -> Fact:
    slug = "live_storage_migration"
    if one.machine.kind is Kind.CONTAINER:
        return one.says(slug, NO, "lxc", "", "volumes of a container move while it is off")
    others = len(reached(one.asking, one.host)) - len({disk.store for disk in one.machine.disks})
    evidence = one.asking.asked("stores", f"{max(0, others)} other stores", one.host)
    if others <= 0:
        return one.asking.fact(slug, NO, evidence, "", f"{one.host.name} reaches no other store")
    if not one.runs:
        return one.asking.fact(slug, PARTLY, evidence, "when on", "it is off: its disks can be copied")
    return one.asking.fact(slug, YES, evidence, f"{others} other")


def _backup(one: _Machine) -> Fact:
    slug, family = "incremental_backup", one.asking.family
    if family in {Family.VSPHERE, Family.XCPNG} and one.machine.noise % 3 == 0:
        word = "changeTrackingEnabled: false" if family is Family.VSPHERE else "cbt_enabled: false"
        return one.says(slug, PARTLY, word, "CBT off", "change tracking is switched off for its disks")
    return one.as_host(slug)


def _secure_boot(one: _Machine) -> Fact:
    firmware, secure = one.machine.firmware, one.machine.secure_boot
    if secure:
        return one.says("secure_boot", YES, "secure boot: enforced", "on")
    if firmware == "bios":
        return one.says("secure_boot", NO, "firmware: bios", "BIOS", "it starts with BIOS, which checks nothing")
    if secure is False:
        return one.says("secure_boot", NO, f"firmware: {firmware}, secure boot: off", "off", "it is switched off")
    return unknown("secure_boot", one.asking.scope, "its configuration does not tell", one.read(""))


def _tpm(one: _Machine) -> Fact:
    if one.machine.tpm and one.machine.tpm != "none":
        return one.says("tpm", YES, f"tpm {one.machine.tpm}", one.machine.tpm)
    return one.says("tpm", NO, "no tpm device", "", "it was set up without one")


def _encryption(one: _Machine) -> Fact:
    if one.asking.family in {Family.HYPERV, Family.XCPNG}:
        return one.as_host("memory_encryption")
    if one.spec.launch_security is not None:
        return one.says("memory_encryption", YES, one.spec.launch_security.type, one.spec.launch_security.type)
    return one.says("memory_encryption", NO, "no launch security", "", "it was set up without it")


def _metrics(one: _Machine) -> Fact:
    if not one.runs:
        return one.says("metrics", PARTLY, one.standing.power.value, "when on", "only machines that run are measured")
    return one.as_host("metrics")


def _health(one: _Machine) -> Fact:
    if "health" in one.asking.scene.traits.silent:
        return one.as_host("health")
    health = one.asking.scene.dialect.health(one.standing.now)
    if health is None:
        return one.as_host("health")
    if health == Health.UNKNOWN.value:
        return unknown("health", one.asking.scope, "its host does not tell its condition", one.read(""))
    return one.says("health", YES, health, health)


def _pinning(one: _Machine) -> Fact:
    if one.asking.family is Family.HYPERV:
        return one.as_host("cpu_pinning")
    pins, vcpus = len(one.spec.cpu.pins), one.machine.vcpus
    if not pins:
        return one.says("cpu_pinning", NO, "no affinity", "", "its vCPUs run wherever there is room")
    excerpt, note = f"{pins} of {vcpus} vCPUs are bound", f"{pins}/{vcpus}"
    if pins >= vcpus:
        return one.says("cpu_pinning", YES, excerpt, note)
    return one.says("cpu_pinning", PARTLY, excerpt, note, f"{vcpus - pins} of its vCPUs run wherever there is room")


def _numa(one: _Machine) -> Fact:
    numa = one.spec.numa
    if numa is not None and numa.nodeset:
        return one.says("numa", YES, f"{numa.mode} {numa.nodeset}", f"node {numa.nodeset}")
    return one.says("numa", NO, "no placement", "", f"it is spread over the {one.host.numa_nodes} nodes as it comes")


def _nested(one: _Machine) -> Fact:
    mode = one.spec.cpu.mode
    if mode == "host-passthrough":
        return one.says("nested_virt", YES, f"cpu mode {mode}")
    if one.asking.family in {Family.HYPERV, Family.VSPHERE, Family.PROXMOX}:
        return one.says("nested_virt", NO, "not exposed to it", "", "virtualisation is not exposed to it")
    return (
        one.as_host("nested_virt")
        if not mode
        else one.says(
            "nested_virt", PARTLY, f"cpu mode {mode}", "", "it depends on the processor that libvirt chose for it"
        )
    )


def _overcommit(one: _Machine) -> Fact:
    if one.spec.memory.locked:
        return one.says("overcommit", NO, "memory is locked", "locked", "its memory is locked, as its devices need it")
    return one.says("overcommit", YES, "no reservation")


def _ballooning(one: _Machine) -> Fact:
    balloon = one.spec.memory.balloon
    if balloon == "none":
        return one.says("ballooning", NO, "no balloon device", "", "it was set up without the device")
    if not one.machine.tools:
        return one.says("ballooning", PARTLY, "no guest agent", "no agent", "nobody in the guest gives memory back")
    return one.says("ballooning", YES, balloon or "driver in the guest", balloon)


def _huge_pages(one: _Machine) -> Fact:
    if one.asking.family in {Family.HYPERV, Family.XCPNG, Family.VSPHERE}:
        return one.as_host("huge_pages")
    pages = one.spec.memory.huge_pages
    if pages:
        return one.says("huge_pages", YES, "hugepages", f"{(pages[0].size or 0) // GIB} GiB")
    return one.says("huge_pages", NO, "no hugepages", "", "its memory is of ordinary pages")


def _dedup(one: _Machine) -> Fact:
    if one.spec.memory.huge_pages:
        return one.says("page_dedup", NO, "hugepages", "", "its huge pages are not shared")
    return one.as_host("page_dedup")


def _dpdk(one: _Machine) -> Fact:
    if one.asking.family is not Family.LIBVIRT:
        return one.as_host("dpdk")
    if any(nic.type == "vhostuser" for nic in one.spec.nics):
        return one.says("dpdk", YES, "interface type vhostuser")
    return one.says("dpdk", NO, "no vhostuser interface", "", "its network cards are on bridges of the kernel")


def _multiqueue(one: _Machine) -> Fact:
    if one.machine.vcpus == 1:
        return one.says("multiqueue", NO, "1 vCPU", "", "with one vCPU there is one queue")
    if one.asking.family in {Family.VSPHERE, Family.HYPERV, Family.XCPNG}:
        return one.as_host("multiqueue")
    queues = max((nic.queues or 1 for nic in one.spec.nics), default=0)
    if queues > 1:
        return one.says("multiqueue", YES, f"queues={queues}", f"{queues} queues")
    return one.says("multiqueue", NO, "no queues", "1 queue", f"one queue for {one.machine.vcpus} vCPUs")


_FACTS: Mapping[str, Callable[[_Machine], Fact]] = {
    "lifecycle": _lifecycle,
    "live_migration": _live_migration,
    "snapshots": _snapshots,
    "cpu_hotplug": _cpu_hotplug,
    "memory_hotplug": _memory_hotplug,
    "gpu_passthrough": _device("gpu_passthrough", "gpu", "graphics card"),
    "sriov": _device("sriov", "vf", "virtual function"),
    "thin_provisioning": _thin,
    "live_storage_migration": _storage_migration,
    "incremental_backup": _backup,
    "secure_boot": _secure_boot,
    "tpm": _tpm,
    "memory_encryption": _encryption,
    "metrics": _metrics,
    "health": _health,
    "cpu_pinning": _pinning,
    "numa": _numa,
    "nested_virt": _nested,
    "overcommit": _overcommit,
    "ballooning": _ballooning,
    "huge_pages": _huge_pages,
    "page_dedup": _dedup,
    "dpdk": _dpdk,
    "multiqueue": _multiqueue,
    "nvme": _device("nvme", "disk", "NVMe drive", "NVMe"),
}
"""Features that are its own; in the others it is with it as with its host."""
