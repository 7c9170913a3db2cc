"""What a machine asks of a host: its configuration, and what its references mean at this server."""

from __future__ import annotations

from typing import Any

import msgspec

from novatui.backends.vsphere.asking import Asking
from novatui.backends.vsphere.fields import at, each, number, refs, times, truth, type_of, words
from novatui.backends.vsphere.inventory import Inventory
from novatui.backends.vsphere.machine_devices import DRIVES, is_nic, slot_of
from novatui.backends.vsphere.machine_spec import vm_spec
from novatui.backends.vsphere.reading_now import Now, read
from novatui.backends.vsphere.updates import Ref
from novatui.backends.vsphere.words import power_of
from novatui.core.capabilities import Answer
from novatui.core.errors import BackendFault, NotFound
from novatui.core.ids import key, split_key
from novatui.core.needs import Needs, plug
from novatui.core.reasons import Check, Topic
from novatui.core.states import Family, Kind, Power
from novatui.core.vmspec import VmSpec

MIB = 1 << 20

MACHINE = (
    "config",
    "runtime.host",
    "runtime.powerState",
    "runtime.connectionState",
    "runtime.featureRequirement",
    "runtime.minRequiredEVCModeKey",
    "runtime.faultToleranceState",
    "snapshot",
    "resourcePool",
    "parentVApp",
)

HOST = (
    "name",
    "parent",
    "summary.hardware.uuid",
    "summary.hardware.cpuModel",
    "summary.config.product.version",
)


class Carried(msgspec.Struct, frozen=True, kw_only=True):
    """What the server's own checks need to know of the machine; goes along in `Needs.native`."""

    server: str
    """Uuid of the vCenter or host that these ids belong to."""
    machine: str
    compute: str = ""
    """Cluster, or compute resource of a lone host, that it runs in."""
    pool: str = ""
    """`ResourcePool:resgroup-9`."""
    networks: dict[str, str] = {}
    """References of its networks, by `plug` of the interface."""
    stores: dict[str, str] = {}
    """References of the stores of its disks, by the disk's target."""
    idle: tuple[str, ...] = ()
    """Targets of drives that are not connected: nothing has to be reached for them."""
    features: dict[str, str] = {}
    """What it needs of the processor: `cpuid.avx2` is at least `Bool:Min:1`."""
    evc: str = ""
    """The lowest EVC mode that it could run in."""
    devices: dict[str, str] = {}
    """Devices of its host that another host may have as well: `vgpu:PROFILE` or `pci:VENDOR:DEVICE`, by address."""


def carried_by(needs: Needs) -> Carried:
    """The other way round."""
    return msgspec.json.decode(needs.native, type=Carried)


def machine_ref(wanted: str) -> Ref:
    """The machine or template with this key. NotFound for any other."""
    try:
        kind, native = split_key(wanted)
    except ValueError as error:
        raise NotFound(str(error)) from None
    if kind not in (Kind.VM, Kind.TEMPLATE):
        raise NotFound(f"{wanted} is no machine")
    return Ref("VirtualMachine", native)


def needs_of(asking: Asking, inventory: Inventory, server: str, conn: str, wanted: str) -> Needs:
    """What this machine needs. NotFound when there is none, BackendFault when its configuration cannot be read."""
    ref = machine_ref(wanted)
    now = read(asking, ref, MACHINE)
    config = now["config"]
    if not isinstance(config, dict):
        raise BackendFault(
            f"the server has no configuration of {wanted}",
            meaning="it is orphaned or inaccessible, or its host cannot be reached",
        )
    on = now.link("runtime.host")
    here = None if on is None else read(asking, on, HOST)
    spec = vm_spec(config, None, inventory.name_of)
    spec = msgspec.structs.replace(spec, arch="aarch64" if words(config, "guestId").startswith("arm") else "x86_64")
    power = power_of(now["runtime.powerState"], now["runtime.connectionState"])
    return Needs(
        key=wanted,
        conn=conn,
        family=Family.VSPHERE,
        host=key(Kind.HOST, on.id) if on is not None else "",
        host_uuid=here.words("summary.hardware.uuid") if here else "",
        host_name=here.words("name") if here else "",
        power=power,
        vm=spec,
        snapshots=_count(each(now["snapshot"], "rootSnapshotList")),
        product=here.words("summary.config.product.version") if here else "",
        memory_kept=_kept(config),
        held=tuple(_held(now, spec, power)),
        evidence=now.evidence,
        native=msgspec.json.encode(_carried(now, spec, server, here)).decode(),
        native_host=here.words("summary.hardware.cpuModel") if here else "",
    )


def _count(roots: list[dict[str, Any]]) -> int:
    return sum(1 + _count(each(root, "childSnapshotList")) for root in roots)


def _kept(config: dict[str, Any]) -> int:
    """Memory that its host may give to nobody else: all of it where that is asked for, or its reservation."""
    size = times(config, "hardware.memoryMB", MIB) or 0
    if truth(config, "memoryReservationLockedToMax"):
        return size
    return times(config, "memoryAllocation.reservation", MIB) or 0


def _carried(now: Now, spec: VmSpec, server: str, here: Now | None) -> Carried:
    hardware = each(now["config"], "hardware.device")
    above = here.link("parent") if here is not None else None
    pool = now.link("resourcePool")
    return Carried(
        server=server,
        machine=now.ref.id,
        compute=named(above) if above is not None else "",
        pool=named(pool) if pool is not None else "",
        networks=dict(_networks(hardware, spec)),
        stores={
            slot_of(one, hardware): named(store)
            for one in hardware
            if type_of(one) in DRIVES
            for store in refs(at(one, "backing"), "datastore")
        },
        idle=tuple(
            slot_of(one, hardware)
            for one in hardware
            if type_of(one) in DRIVES and truth(one, "connectable.connected") is False
        ),
        features={words(one, "key"): words(one, "value") for one in each(now["runtime.featureRequirement"])},
        evc=now.words("runtime.minRequiredEVCModeKey"),
        devices=dict(_devices(hardware, spec)),
    )


def _networks(hardware: list[dict[str, Any]], spec: VmSpec) -> list[tuple[str, str]]:
    """Cards stand in the same order in both. An opaque network is known by an id that is no reference."""
    found: list[tuple[str, str]] = []
    for card, nic in zip((one for one in hardware if is_nic(one)), spec.nics, strict=True):
        backing = at(card, "backing")
        group = words(backing, "port.portgroupKey")
        plain = next(iter(refs(backing, "network")), None)
        if group:
            found.append((plug(nic), named(Ref("DistributedVirtualPortgroup", group))))
        elif plain is not None:
            found.append((plug(nic), named(plain)))
    return found


def _devices(hardware: list[dict[str, Any]], spec: VmSpec) -> list[tuple[str, str]]:
    """Profiles of vGPUs, and vendor and device of PCI devices: another host may have the same."""
    found: list[tuple[str, str]] = []
    given = [one for one in hardware if type_of(one) == "VirtualPCIPassthrough"]
    ours = [one for one in spec.host_devices if one.type in ("pci", "mdev") and one.model != "virtual function"]
    for device, shown in zip(given, ours, strict=False):
        backing = at(device, "backing")
        if vgpu := words(backing, "vgpu"):
            found.append((shown.address, f"vgpu:{vgpu}"))
        elif allowed := each(backing, "allowedDevice"):
            ids = "|".join(f"{_id(one, 'vendorId')}:{_id(one, 'deviceId')}" for one in allowed)
            found.append((shown.address, f"pci:{ids}"))
        elif (vendor := _id(backing, "vendorId")) and (kind := words(backing, "deviceId")):
            found.append((shown.address, f"pci:{vendor}:{_hexadecimal(kind)}"))
    return found


def _id(tree: Any, path: str) -> str:
    found = number(tree, path)
    return "" if found is None else f"{found & 0xFFFF:04x}"


def _hexadecimal(text: str) -> str:
    """VirtualPCIPassthroughDeviceBackingInfo.deviceId is text: `9c` or `0x9c`."""
    return text.lower().removeprefix("0x").rjust(4, "0")


def named(ref: Ref) -> str:
    """A reference as one word."""
    return f"{ref.type}:{ref.id}"


def ref_of(word: str) -> Ref | None:
    """The other way round; None for the empty word."""
    kind, _, native = word.partition(":")
    return Ref(kind, native) if native else None


# --- what keeps it where it is ----------------------------------------------------------------------------------------


def _held(now: Now, spec: VmSpec, power: Power) -> list[Check]:
    """Devices that a running machine cannot take along. A vGPU can, where both hosts allow it."""
    found: list[Check] = []
    if power not in (Power.RUNNING, Power.PAUSED):
        return found
    for device in spec.host_devices:
        if device.type in ("pci", "scsi"):
            reason = f"{device.name or device.model} ({device.address or 'PCI'}) of its host is given to it"
            found.append(
                Check(
                    topic=Topic.DEVICES,
                    answer=Answer.NO,
                    reason=f"{reason}: detach it, or move the machine when it is off",
                    subject=device.address,
                    evidence=now.evidence,
                )
            )
    return found
