"""What the hosts of the demo can do as their devices, stores and processors are."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from novatui.backends.demo.placing import lacks_tpm
from novatui.backends.demo.probing_asked import Asking
from novatui.backends.demo.shapes import Host, Store
from novatui.core.capabilities import Answer, Evidence, Fact
from novatui.core.devices import Device
from novatui.core.states import Family

YES, PARTLY, NO = Answer.YES, Answer.PARTLY, Answer.NO

THIN = frozenset({"dir", "VMFS", "NFS", "CSVFS ReFS", "ext", "nfs", "linstor", "rbd", "lvmthin"})
"""Kinds of stores whose disks take only what was written."""

RAW = frozenset({"logical"})
"""Kinds of stores that hold no qcow2 images."""


def host_fact(asking: Asking, host: Host, slug: str) -> Fact:
    """One feature of one host."""
    return _FACTS[slug](asking, host)


def reached(asking: Asking, host: Host) -> list[Store]:
    """Stores that the host reaches and that hold disks of machines."""
    return [
        store
        for store in asking.scene.estate.stores
        if store.active and store.type != "pbs" and (store.hosts is None or store.hosts[0] <= host.at < store.hosts[1])
    ]


def free(devices: list[Device]) -> list[Device]:
    """Those that nobody holds."""
    return [device for device in devices if not device.holder]


def of_class(host: Host, device_class: str) -> list[Device]:
    """Its devices of a class."""
    return [device for device in host.devices if device.device_class == device_class]


def _given(asking: Asking, host: Host, slug: str, devices: list[Device], what: str) -> Fact:
    """Of devices that can be given to machines: how many of how many are free."""
    if not devices:
        return asking.fact(slug, NO, asking.asked("devices", "[]", host), "none", f"{host.name} has no {what}")
    left = free(devices)
    groups = ", ".join(str(each.iommu_group) for each in devices[:4])
    evidence = asking.asked("devices", f"{devices[0].product}: {len(devices)}, IOMMU groups {groups}", host)
    note = f"{len(left)}/{len(devices)} free"
    if left:
        return asking.fact(slug, YES, evidence, note)
    return asking.fact(slug, PARTLY, evidence, note, f"all {len(devices)} are held by machines")


def _gpu(asking: Asking, host: Host) -> Fact:
    return _given(asking, host, "gpu_passthrough", of_class(host, "gpu"), "graphics card")


def _sriov(asking: Asking, host: Host) -> Fact:
    functions = of_class(host, "vf")
    ports = [device for device in of_class(host, "nic") if device.functions_max]
    if functions or not ports:
        return _given(asking, host, "sriov", functions, "network card with virtual functions")
    most = sum(port.functions_max or 0 for port in ports)
    evidence = asking.asked("devices", f"{ports[0].product}: 0 of {most} virtual functions", host)
    return asking.fact("sriov", PARTLY, evidence, f"0/{most} made", "its cards have none until their number is set")


def _nvme(asking: Asking, host: Host) -> Fact:
    drives = [device for device in of_class(host, "disk") if "NVMe" in device.product]
    if asking.family is Family.VSPHERE:
        evidence = asking.evidence("QueryConfigOption", "VirtualNVMEController, maxUnitNumber 14", "", host)
        return asking.fact("nvme", YES, evidence, "emulated")
    return _given(asking, host, "nvme", drives, "NVMe drive")


def _thin(asking: Asking, host: Host) -> Fact:
    stores = reached(asking, host)
    thin = [store for store in stores if store.type in THIN]
    evidence = asking.asked("stores", ", ".join(f"{store.name} {store.type}" for store in stores[:6]), host)
    note = f"{len(thin)}/{len(stores)} stores"
    if len(thin) == len(stores):
        return asking.fact("thin_provisioning", YES if stores else NO, evidence, note)
    thick = next(store for store in stores if store not in thin)
    why = f"not on {thick.name} ({thick.type})"
    return asking.fact("thin_provisioning", PARTLY if thin else NO, evidence, note, why)


def _snapshots(asking: Asking, host: Host) -> Fact:
    stores = reached(asking, host)
    raw = [store for store in stores if store.type in RAW]
    evidence = asking.asked("stores", ", ".join(f"{store.name} {store.type}" for store in stores[:6]), host)
    if not raw:
        return asking.fact("snapshots", YES, evidence, "qcow2")
    why = f"machines need qcow2 disks for it, and {raw[0].name} ({raw[0].type}) holds none"
    return asking.fact("snapshots", PARTLY, evidence, "qcow2", why)


def _tpm(asking: Asking, host: Host) -> Fact:
    if lacks_tpm(asking.scene, host):
        return asking.fact("tpm", NO, asking.asked("tpm", "[]", host), "", f"{host.name} offers no TPM to machines")
    return asking.fact("tpm", YES, asking.asked("tpm", "2.0", host), "2.0")


def _declared_tpm(asking: Asking, host: Host) -> Fact:
    del host
    source = Evidence(kind="declared", source="Proxmox VE 9.1, manual page qm(1), option tpmstate0")
    return asking.fact("tpm", YES, source, "2.0")


def _encryption(asking: Asking, host: Host) -> Fact:
    if "EPYC" not in host.cpu_model:
        evidence = asking.asked("encryption", "sev: not supported", host)
        return asking.fact("memory_encryption", NO, evidence, "", f"{_short(host.cpu_model)} has no SEV")
    return asking.fact("memory_encryption", YES, asking.asked("encryption", "sev, sev-es: supported", host), "SEV")


def _declared_encryption(asking: Asking, host: Host) -> Fact:
    if "EPYC" not in host.cpu_model:
        return asking.fact(
            "memory_encryption", Answer.UNKNOWN, None, "", f"the API does not tell it of {_short(host.cpu_model)}"
        )
    source = Evidence(kind="declared", source="Proxmox VE 9.1, manual page qm(1), option amd-sev")
    why = "the processor can; whether its firmware has it switched on is not told"
    return asking.fact("memory_encryption", PARTLY, source, "SEV", why)


def _numa(asking: Asking, host: Host) -> Fact:
    evidence = asking.asked("numa", f"{host.numa_nodes} nodes, {host.cpus // host.numa_nodes} processors each", host)
    if host.numa_nodes > 1:
        return asking.fact("numa", YES, evidence, f"{host.numa_nodes} nodes")
    return asking.fact("numa", NO, evidence, "1 node", f"{host.name} has one node: there is nothing to place")


def _nested(asking: Asking, host: Host) -> Fact:
    flag = "svm" if "EPYC" in host.cpu_model else "vmx"
    return asking.fact("nested_virt", YES, asking.asked("processor", f"feature {flag}", host), flag)


def _sharing(asking: Asking, host: Host) -> Fact:
    shared = host.noise % 3 * 181_337
    if shared:
        evidence = asking.asked("sharing", f"pages shared: {shared}", host)
        return asking.fact("page_dedup", YES, evidence, "KSM on")
    evidence = asking.asked("sharing", "pages shared: 0", host)
    return asking.fact("page_dedup", PARTLY, evidence, "KSM off", "the kernel can, and has it switched off now")


_FACTS: Mapping[str, Callable[[Asking, Host], Fact]] = {
    "snapshots": _snapshots,
    "gpu_passthrough": _gpu,
    "sriov": _sriov,
    "thin_provisioning": _thin,
    "tpm": lambda asking, host: (_declared_tpm if asking.family is Family.PROXMOX else _tpm)(asking, host),
    "memory_encryption": lambda asking, host: (
        _declared_encryption if asking.family is Family.PROXMOX else _encryption
    )(asking, host),
    "numa": _numa,
    "nested_virt": _nested,
    "page_dedup": _sharing,
    "nvme": _nvme,
}

_EVERYWHERE = frozenset({"gpu_passthrough", "sriov", "thin_provisioning", "tpm", "numa", "nvme"})

OF_HOST: Mapping[Family, frozenset[str]] = {
    Family.LIBVIRT: _EVERYWHERE | {"snapshots", "memory_encryption", "nested_virt", "page_dedup"},
    Family.VSPHERE: _EVERYWHERE | {"memory_encryption", "nested_virt"},
    Family.HYPERV: _EVERYWHERE,
    Family.XCPNG: _EVERYWHERE,
    Family.PROXMOX: _EVERYWHERE | {"memory_encryption", "page_dedup"},
}
"""Features that differ from host to host, by family."""


def _short(cpu: str) -> str:
    return cpu.replace("(R)", "").partition(" CPU")[0]
