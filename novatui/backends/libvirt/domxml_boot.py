"""How a domain boots, from its XML: firmware, secure boot, boot order, memory encryption."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from novatui.backends.libvirt.xmltree import flag, integer, text_at, text_of
from novatui.core.vmspec import FirmwareSpec, LaunchSecurity

_FIRMWARE = {"efi": "uefi", "bios": "bios"}
_X86 = {"x86_64", "i686"}
_LOADER = {"pflash": "uefi", "rom": "bios"}


def firmware(root: Element) -> FirmwareSpec:
    """What the machine boots with."""
    system = root.find("os")
    if system is None:
        return FirmwareSpec(boot_order=_device_order(root))
    loader = system.find("loader")
    return FirmwareSpec(
        type=_kind(system, loader),
        loader=text_of(loader),
        secure_boot=_secure_boot(system, loader),
        nvram=_nvram(system.find("nvram")),
        boot_order=tuple(name for boot in system.findall("boot") if (name := boot.get("dev"))) or _device_order(root),
        kernel=text_at(system, "kernel"),
    )


def _kind(system: Element, loader: Element | None) -> str:
    """bios or uefi. An x86 machine that names neither firmware nor loader starts with the BIOS (formatdomain)."""
    if "firmware" in system.attrib:
        return _FIRMWARE.get(system.get("firmware", ""), "")
    if loader is not None:
        return _LOADER.get(loader.get("type", "rom"), "")
    kind = system.find("type")
    x86 = kind is not None and text_of(kind) == "hvm" and kind.get("arch") in _X86
    return "bios" if x86 else ""


def _secure_boot(system: Element, loader: Element | None) -> bool | None:
    """Enforced only by a firmware that can (loader `secure`, feature `secure-boot`) and has keys enrolled.

    A description that leaves both out does not say (formatdomain: "BIOS bootloader").
    """
    features = {feature.get("name"): flag(feature.get("enabled")) for feature in system.findall("firmware/feature")}
    able = features.get("secure-boot")
    if able is None and loader is not None:
        able = flag(loader.get("secure"))
    return False if able and features.get("enrolled-keys") is False else able


def _nvram(nvram: Element | None) -> str:
    if nvram is None:
        return ""
    source = nvram.find("source")
    return text_of(nvram) or (source.get("file", "") if source is not None else "")


def _device_order(root: Element) -> tuple[str, ...]:
    """Boot order given device by device: `<boot order='1'/>` inside disks, interfaces and host devices."""
    devices = root.find("devices")
    if devices is None:
        return ()
    ordered: list[tuple[int, str]] = []
    for device in devices:
        boot = device.find("boot")
        order = integer(boot.get("order")) if boot is not None else None
        if order is not None:
            ordered.append((order, _called(device)))
    return tuple(name for _, name in sorted(ordered))


def _called(device: Element) -> str:
    """A disk by its target, an interface by its MAC: the names that stay."""
    target, mac = device.find("target"), device.find("mac")
    name = (mac.get("address") if mac is not None else "") or (target.get("dev") if target is not None else "")
    return name or device.tag


def launch_security(root: Element) -> LaunchSecurity | None:
    """Memory encryption of the machine; None without."""
    element = root.find("launchSecurity")
    if element is None or not element.get("type"):
        return None
    return LaunchSecurity(
        type=element.get("type", ""),
        policy=text_at(element, "policy"),
        cbitpos=integer(text_at(element, "cbitpos")),
    )
