"""Virtual devices of a machine, as `config.hardware.device` lists them, with keys as the product gives them.

Keys (seen in many published dumps; ASSUMED to be what a client may expect, never to rely on): IDE 200, PS/2 300, PCI
100, SIO 400, keyboard 600, mouse 700, video 500, VMCI 12000, SCSI 1000, SATA 15000, NVMe 31000, disks 2000+, CD
3000+/16000+, NICs 4000+, passthrough 13000+.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pyVmomi import vim

from tests.lab.vsphere.soap.state import Thing

Device = vim.vm.device
CONTROLLERS: dict[str, tuple[Any, int, str]] = {
    "virtio": (Device.ParaVirtualSCSIController, 1000, "SCSI controller 0"),
    "scsi": (Device.VirtualLsiLogicSASController, 1001, "SCSI controller 1"),
    "sata": (Device.VirtualAHCIController, 15000, "SATA controller 0"),
    "ide": (Device.VirtualIDEController, 200, "IDE 0"),
    "nvme": (Device.VirtualNVMEController, 31000, "NVME controller 0"),
}
CARDS: dict[str, Any] = {
    "virtio": Device.VirtualVmxnet3,
    "e1000": Device.VirtualE1000,
    "e1000e": Device.VirtualE1000e,
    "rtl8139": Device.VirtualPCNet32,
}


def label(title: str, summary: str = "") -> Any:
    return vim.Description(label=title, summary=summary or title)


def basis() -> list[Any]:
    """What every machine has."""
    return [
        Device.VirtualIDEController(key=200, deviceInfo=label("IDE 0"), busNumber=0, device=[]),
        Device.VirtualPS2Controller(key=300, deviceInfo=label("PS2 controller 0"), busNumber=0, device=[600, 700]),
        Device.VirtualPCIController(key=100, deviceInfo=label("PCI controller 0"), busNumber=0, device=[500, 12000]),
        Device.VirtualSIOController(key=400, deviceInfo=label("SIO controller 0"), busNumber=0, device=[]),
        Device.VirtualKeyboard(key=600, deviceInfo=label("Keyboard"), controllerKey=300, unitNumber=0),
        Device.VirtualPointingDevice(
            key=700,
            deviceInfo=label("Pointing device"),
            controllerKey=300,
            unitNumber=1,
            backing=Device.VirtualPointingDevice.DeviceBackingInfo(deviceName="", hostPointingDevice="autodetect"),
        ),
        Device.VirtualVideoCard(
            key=500,
            deviceInfo=label("Video card"),
            controllerKey=100,
            unitNumber=0,
            videoRamSizeInKB=4096,
            numDisplays=1,
        ),
        Device.VirtualVMCIDevice(key=12000, deviceInfo=label("VMCI device"), controllerKey=100, unitNumber=17, id=-1),
    ]


def controller(bus: str) -> Any:
    """The controller for disks of a bus."""
    kind, key, title = CONTROLLERS[bus]
    more = {"sharedBus": "noSharing", "hotAddRemove": True, "scsiCtlrUnitNumber": 7} if key in (1000, 1001) else {}
    return kind(
        key=key,
        deviceInfo=label(title),
        busNumber=key % 1000,
        controllerKey=None if bus == "ide" else 100,
        device=[],
        **more,
    )


def disk(
    key: int, unit: int, controller_key: int, size_kib: int, file: str, store: Thing | None, title: str, **backing: Any
) -> Any:
    """A disk in a file such as `[images] db-01/db-01.vmdk`."""
    return Device.VirtualDisk(
        key=key,
        deviceInfo=label(title, f"{size_kib:,} KB"),
        controllerKey=controller_key,
        unitNumber=unit,
        capacityInKB=size_kib,
        capacityInBytes=size_kib << 10,
        diskObjectId=f"1-{key}",
        shares=vim.SharesInfo(shares=1000, level="normal"),
        backing=Device.VirtualDisk.FlatVer2BackingInfo(
            fileName=file,
            datastore=store.ref if store else None,
            **{"diskMode": "persistent", "thinProvisioned": True, **backing},
        ),
    )


def cdrom(key: int, unit: int, controller_key: int, file: str, store: Thing | None, connected: bool, title: str) -> Any:
    """A CD drive with an image, or a drive of the client when there is none."""
    image = Device.VirtualCdrom.IsoBackingInfo(fileName=file, datastore=store.ref if store else None)
    none = Device.VirtualCdrom.RemotePassthroughBackingInfo(deviceName="", useAutoDetect=False, exclusive=False)
    return Device.VirtualCdrom(
        key=key,
        deviceInfo=label(title, f"ISO {file}" if file else "Remote device"),
        controllerKey=controller_key,
        unitNumber=unit,
        backing=image if file else none,
        connectable=Device.VirtualDevice.ConnectInfo(
            startConnected=bool(file), allowGuestControl=True, connected=connected and bool(file), status="ok"
        ),
    )


def card(
    key: int, mac: str, model: str, net: Thing, dvs: Thing | None, *, connected: bool, running: bool, title: str
) -> Any:
    """A network card on a standard network, or with `dvs` on a distributed port group."""
    if dvs is not None:
        port = vim.dvs.PortConnection(switchUuid=dvs.facts["uuid"], portgroupKey=net.id, portKey=str(key))
        backing: Any = Device.VirtualEthernetCard.DistributedVirtualPortBackingInfo(port=port)
    else:
        backing = Device.VirtualEthernetCard.NetworkBackingInfo(
            deviceName=net.name, network=net.ref, useAutoDetect=False
        )
    return CARDS[model](
        key=key,
        deviceInfo=label(title, net.name),
        controllerKey=100,
        unitNumber=key - 4000 + 7,
        addressType="manual",
        macAddress=mac,
        wakeOnLanEnabled=True,
        backing=backing,
        uptCompatibilityEnabled=False,
        connectable=Device.VirtualDevice.ConnectInfo(
            startConnected=connected, allowGuestControl=True, connected=connected and running, status="ok"
        ),
    )


def passed_through(key: int, backing: Any, title: str) -> Any:
    """A device of the host, or a part of one."""
    return Device.VirtualPCIPassthrough(
        key=key, deviceInfo=label(title), controllerKey=100, unitNumber=key - 13000 + 18, backing=backing
    )


def of_kind(devices: Iterable[Any], kind: Any) -> list[Any]:
    return [one for one in devices if isinstance(one, kind)]


def free_key(devices: Iterable[Any], first: int) -> int:
    """The next key of a row of devices."""
    taken = {one.key for one in devices}
    return next(key for key in range(first, first + 1000) if key not in taken)


def file_of(store: str, folder: str, name: str) -> str:
    """A datastore path."""
    return f"[{store}] {folder}/{name}"


def linked(found: list[Any]) -> list[Any]:
    """The devices, with each controller's list of what hangs on it."""
    for one in found:
        if isinstance(one, Device.VirtualController):
            one.device = [other.key for other in found if other.controllerKey == one.key]
    return found
