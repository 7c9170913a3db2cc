"""A machine's VirtualMachineConfigInfo as the description that all families share.

Fields are those of the vSphere Web Services API reference; memory comes in MiB.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

from novatui.backends.vsphere import machine_devices as devices
from novatui.backends.vsphere.fields import each, lines, number, times, truth, type_of, words
from novatui.backends.vsphere.tree import shown_name
from novatui.backends.vsphere.updates import Ref
from novatui.backends.vsphere.words import FIRMWARE
from novatui.core.vmspec import (
    CpuSpec,
    CpuTopology,
    FirmwareSpec,
    GraphicsSpec,
    LaunchSecurity,
    Listener,
    MemorySpec,
    TpmSpec,
    VmSpec,
)

MIB = 1024 * 1024


def vm_spec(config: dict[str, Any], layout: Any, called: Callable[[Ref], str]) -> VmSpec:
    """`layout` is VirtualMachineFileLayoutEx, or None; `called` gives the name of another object of the server."""
    hardware = each(config, "hardware.device")
    controllers = devices.controllers(hardware)
    disks = devices.disks(hardware, layout)
    return VmSpec(
        name=shown_name(words(config, "name")),
        uuid=words(config, "uuid"),
        description=lines(config, "annotation"),
        machine=words(config, "version"),
        hypervisor="esxi",
        guest_os=words(config, "guestFullName"),
        cpu=_processors(config),
        memory=_memory(config),
        firmware=_firmware(config, hardware),
        tpm=tuple(TpmSpec(model="vTPM", version="2.0") for one in hardware if type_of(one) == "VirtualTPM"),
        launch_security=_encryption(config),
        features=tuple(name for path, name in _FEATURES.items() if truth(config, path)),
        disks=disks,
        nics=devices.nics(hardware, called),
        host_devices=devices.host_devices(hardware),
        graphics=tuple(_screens(config)),
        controllers=tuple(controllers.values()),
        iommu="vvtd" if truth(config, "flags.vvtdEnabled") else "",
        serial_ports=sum(type_of(one) == "VirtualSerialPort" for one in hardware),
        listeners=tuple(_listeners(hardware)),
        watchdog="VirtualWDT" if any(type_of(one) == "VirtualWDT" for one in hardware) else "",
    )


_FEATURES = {
    "nestedHVEnabled": "nested virtualization",
    "vPMCEnabled": "performance counters",
    "flags.vbsEnabled": "virtualization-based security",
    "guestIntegrityInfo.enabled": "guest integrity",
}


def _processors(config: dict[str, Any]) -> CpuSpec:
    count, cores = number(config, "hardware.numCPU"), number(config, "hardware.numCoresPerSocket")
    fits = count is not None and cores is not None and cores > 0 and count % cores == 0
    grows = truth(config, "cpuHotAddEnabled")
    return CpuSpec(
        count=count,
        maximum=count if grows is False else None,
        topology=CpuTopology(sockets=count // cores, cores=cores) if fits and count and cores else None,
        shares=number(config, "cpuAllocation.shares.shares"),
        hot_add=grows,
    )


def _memory(config: dict[str, Any]) -> MemorySpec:
    size = times(config, "hardware.memoryMB", MIB)
    return MemorySpec(
        size=size,
        current=size,
        maximum=times(config, "hotPlugMemoryLimit", MIB),
        locked=truth(config, "memoryReservationLockedToMax"),
    )


def _firmware(config: dict[str, Any], hardware: list[dict[str, Any]]) -> FirmwareSpec:
    order = [devices.bootable(one, hardware) for one in each(config, "bootOptions.bootOrder")]
    return FirmwareSpec(
        type=FIRMWARE.get(words(config, "firmware"), words(config, "firmware")),
        secure_boot=truth(config, "bootOptions.efiSecureBootEnabled"),
        boot_order=tuple(order),
    )


def _encryption(config: dict[str, Any]) -> LaunchSecurity | None:
    if truth(config, "sevEnabled"):  # 7.0.1: SEV-ES
        return LaunchSecurity(type="sev")
    return LaunchSecurity(type="tdx") if truth(config, "tdxEnabled") else None


def _screens(config: dict[str, Any]) -> Iterator[GraphicsSpec]:
    """A console goes through the host; a VNC server of its own is asked for by options. Its password is not read."""
    options = {words(one, "key").lower(): one for one in each(config, "extraConfig")}
    if not truth(options.get("remotedisplay.vnc.enabled"), "value"):
        return
    yield GraphicsSpec(
        type="vnc",
        listen=words(options.get("remotedisplay.vnc.ip"), "value"),
        port=number(options.get("remotedisplay.vnc.port"), "value"),
        password="remotedisplay.vnc.password" in options or "remotedisplay.vnc.key" in options,
    )


def _listeners(hardware: list[dict[str, Any]]) -> Iterator[Listener]:
    """VirtualDeviceURIBackingInfo of serial ports, where the machine is the one that waits."""
    ports = [one for one in hardware if type_of(one) == "VirtualSerialPort"]
    for at, one in enumerate(ports):
        uri = words(one, "backing.serviceURI")
        if not uri or words(one, "backing.direction") != "server":
            continue
        scheme, _, place = uri.partition("://")
        parts = urlsplit(f"//{place}")
        yield Listener(
            name=f"serial {at}",
            address=parts.hostname or "",
            port=parts.netloc.rpartition(":")[2],
            protocol={"tcp": "raw", "tcp+ssl": "tls"}.get(scheme, scheme),
            tls=scheme in ("telnets", "tcp+ssl"),
        )
