"""What a machine could be given of a host: a device, a function, a vGPU, any device of a kind; and why not now."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from novatui.backends.vsphere.asking import Asking
from novatui.backends.vsphere.devices import Found, Held
from novatui.backends.vsphere.fields import each, number, truth, words
from novatui.backends.vsphere.host_pci import CAPABILITIES, PASSTHROUGH, PCI, PROFILES, goes_along, standing_of
from novatui.backends.vsphere.soap import reference
from novatui.backends.vsphere.updates import Ref
from novatui.core.devices import Device
from novatui.core.errors import Busy, Conflict, NotFound, NotSupported

_IDS = re.compile(r"([0-9a-f]{4}):([0-9a-f]{4})")

TOGGLE = "switch it to passthrough first: vSphere Client › the host › Configure › PCI Devices"


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """What is meant by a person's word."""

    kind: str
    """pci, vf, mdev, dynamic: as `given.Given.kind`."""
    name: str
    device: Device | None = None
    """Of a whole device, the device; of a function, the card."""
    profile: str = ""
    vendor: int | None = None
    product: int | None = None
    label: str = ""


def choice(found: Found, wanted: str) -> Choice:
    """A device by its id, address or row; a vGPU by its profile; any device by `vendor:product` or by its label.

    NotFound when the host has nothing of the kind.
    """
    plain = wanted.removeprefix("device:").rpartition("/")[2]
    for device in found.devices:
        if device.device_class != "mdev" and plain in (device.id, device.address):
            return _of_device(found, device)
    values = found.told.values
    if wanted in {type_.id for one in found.devices for type_ in one.mdev_types} | set(_profiles(values)):
        return Choice(kind="mdev", name=wanted, profile=wanted)
    if match := _IDS.fullmatch(wanted.lower()):
        if not any(one.ids == wanted.lower() for one in found.devices):
            raise NotFound(f"the host has no device {wanted}", subject="device")
        vendor, product = (int(part, 16) for part in match.groups())
        return Choice(kind="dynamic", name=f"a device {wanted.lower()}", vendor=vendor, product=product)
    for entry in each(values.get(PASSTHROUGH)):
        if wanted and words(entry, "hardwareLabel") == wanted:
            device = next((one for one in found.devices if one.id == words(entry, "id")), None)
            vendor, product = (int(part, 16) for part in device.ids.split(":")) if device else (None, None)
            return Choice(
                kind="dynamic", name=f"a device labelled {wanted}", vendor=vendor, product=product, label=wanted
            )
    raise NotFound(
        f"the host has no device {wanted} that a machine could be given",
        hint="an address (0000:3b:00.0), numbers of vendor and product (10de:25b6), a label, or a vGPU profile",
        subject="device",
    )


def _of_device(found: Found, device: Device) -> Choice:
    """A function is given by its card; a card with functions gives one of them."""
    if device.device_class == "vf":
        card = next((one for one in found.devices if one.id == device.parent), None)
        if card is not None and card.device_class == "nic":
            return Choice(kind="vf", name=f"a function of {card.name}", device=card)
    if device.device_class == "nic" and device.functions:
        return Choice(kind="vf", name=f"a function of {device.name}", device=device)
    return Choice(kind="pci", name=device.name, device=device)


def _profiles(values: Mapping[str, Any]) -> list[str]:
    told = values.get(PROFILES)
    return [str(one) for one in told] if isinstance(told, list) else [str(told)] if told else []


# --- why not ----------------------------------------------------------------------------------------------------------


def refuse(found: Found, chosen: Choice, machine: str, name_of: Any) -> None:
    """Conflict, Busy or NotSupported when the host cannot give it to the machine with this key now."""
    if found.giving.obstacle:
        raise NotSupported(found.giving.obstacle, hint=found.giving.hint, subject="iommu")
    if chosen.kind == "pci" and chosen.device is not None:
        _refuse_passive(found, chosen.device)
        _refuse_held(found, chosen.device, machine, name_of)
    elif chosen.kind == "vf" and chosen.device is not None:
        if not chosen.device.functions:
            raise Conflict(f"{chosen.device.name} has no functions", hint="device.vfs makes some", subject="functions")
        if chosen.device.functions_free == 0:
            taken = f"all {chosen.device.functions} functions of {chosen.device.name} are taken"
            raise Busy(taken, subject="functions")
    elif chosen.kind == "dynamic":
        active = {words(one, "id") for one in each(found.told.values.get(PASSTHROUGH)) if truth(one, "passthruActive")}
        fitting = [one for one in found.devices if one.ids == f"{chosen.vendor:04x}:{chosen.product:04x}"]
        if not any(one.id in active for one in fitting):
            raise Conflict(
                f"the host has not switched {chosen.name} to passthrough", hint=TOGGLE, subject="passthrough"
            )


def _refuse_passive(found: Found, device: Device) -> None:
    standing = standing_of(found.told.values, device.id)
    if not standing:
        raise NotSupported(
            f"the host does not tell whether {device.name} can be given",
            meaning="it lists no devices for passthrough",
            subject="passthrough",
        )
    if truth(standing, "passthruActive"):
        return
    if truth(standing, "passthruEnabled"):
        raise Conflict(
            f"{device.name} is switched to passthrough, but not yet active",
            hint="restart the host",
            subject="passthrough",
        )
    raise Conflict(f"the host keeps {device.name} for itself", hint=TOGGLE, subject="passthrough")


def _refuse_held(found: Found, device: Device, machine: str, name_of: Any) -> None:
    together = {device.id, *goes_along(found.told.values, device.id)}
    for one in found.held:
        if one.running and one.given.address in together and one.machine != machine:
            name = name_of(one.machine)
            own = one.given.address == device.id
            raise Busy(
                f"{device.name if own else one.given.address} is held by {name}",
                meaning="a device serves one running machine at a time"
                if own
                else f"both hang on one bridge, and go to one machine with {device.name}",
                hint=f"shut {name} down, or detach it there first",
                subject=name,
            )


def consequences(found: Found, chosen: Choice, machine: str) -> Iterator[str]:
    """What the machine cannot do while it holds it."""
    values = found.told.values
    if chosen.kind == "mdev":
        yield from _of_profile(values, chosen.profile)
    else:
        yield "while it holds the device it cannot be moved by vMotion, suspended, or snapshotted with its memory"
    if chosen.kind == "pci":
        yield "it runs on this host only: HA and DRS start it nowhere else"
    if chosen.kind == "dynamic":
        yield "it starts on any host that has such a device free, and nowhere else"
    if chosen.device is not None and chosen.kind == "pci":
        for other in goes_along(values, chosen.device.id):
            yield f"{other} hangs on the same bridge: no other machine can have it then"
        if any(_also(one, chosen.device, machine) for one in found.held):
            yield "another machine that is off has it in its configuration: only one of them can run at a time"


def _also(one: Held, device: Device, machine: str) -> bool:
    return one.given.address == device.id and one.machine != machine


def _of_profile(values: Mapping[str, Any], profile: str) -> Iterator[str]:
    """HostSharedGpuCapabilities of this profile; where it is not told it is as with a whole device."""
    told = next((one for one in each(values.get(CAPABILITIES)) if words(one, "vgpu") == profile), None)
    fields = {
        "migrateSupported": "moved by vMotion",
        "suspendSupported": "suspended",
        "memorySnapshotSupported": "snapshotted with its memory",
    }
    missing = [word for field, word in fields.items() if told is None or truth(told, field) is not True]
    if missing:
        yield f"while it holds the vGPU it cannot be {', '.join(missing)}"
    yield "it starts only on hosts whose cards give out this profile"


# --- how it is named --------------------------------------------------------------------------------------------------


def system_of(asking: Asking, machine: Ref, host: Ref, device: str) -> str:
    """Id of the system that a device is attached to: as the environment browser tells it, else the host's own.

    Empty when neither is told.
    """
    browser = asking.of(machine, ("environmentBrowser",)).values.get("environmentBrowser")
    if isinstance(browser, Ref):
        try:
            target = asking.answer("QueryConfigTarget", browser, reference("host", host))
        except NotSupported:
            target = None
        for one in (*each(target, "pciPassthrough"), *each(target, "sriov")):
            if words(one, "pciDevice.id") == device:
                return words(one, "systemId")
    return words(asking.of(host, ("hardware.systemInfo.uuid",)).values.get("hardware.systemInfo.uuid"))


def numbers_of(found: Found, device: str) -> tuple[int, str]:
    """Vendor, as the server counts it, and product in hexadecimal, as a DeviceBackingInfo names them."""
    one = next((one for one in each(found.told.values.get(PCI)) if words(one, "id") == device), {})
    return number(one, "vendorId") or 0, f"{(number(one, 'deviceId') or 0) & 0xFFFF:x}"
