"""Other devices of a domain, from its XML: host devices, screens, TPM, controllers, channels, watchdog, IOMMU."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from novatui.backends.libvirt.addresses import source_address
from novatui.backends.libvirt.xmltree import attribute_at, flag, integer, text_of
from novatui.core.vmspec import GraphicsSpec, HostDevice, Listener, TpmSpec


def host_devices(devices: Element | None) -> tuple[HostDevice, ...]:
    """Devices of the host given to the machine, but for network interfaces of type hostdev."""
    return tuple(
        HostDevice(
            type=each.get("type", "?"),
            address=source_address(each),
            model=each.get("model", ""),
            managed=flag(each.get("managed")),
            driver=attribute_at(each, "driver", "name"),
            name=attribute_at(each, "alias", "name"),
        )
        for each in _all(devices, "hostdev")
    )


def graphics(devices: Element | None) -> tuple[GraphicsSpec, ...]:
    """Screens. A port of -1 is one that libvirt has not chosen yet."""
    return tuple(_screen(each) for each in _all(devices, "graphics"))


def _screen(screen: Element) -> GraphicsSpec:
    listens = screen.findall("listen")
    return GraphicsSpec(
        type=screen.get("type", "?"),
        listen=screen.get("listen") or next((each.get("address", "") for each in listens if each.get("address")), ""),
        port=_port(screen.get("port")),
        tls_port=_port(screen.get("tlsPort")),
        socket=screen.get("socket") or next((each.get("socket", "") for each in listens if each.get("socket")), ""),
        tls=_encrypted(screen),
    )


def _encrypted(screen: Element) -> bool | None:
    """SPICE says it here; whether VNC is encrypted stands in the host's qemu.conf. A password is shown to nobody who
    does not ask for secrets, so that none here says nothing."""
    if screen.get("type") != "spice":
        return None
    return _port(screen.get("tlsPort")) is not None and (
        screen.get("defaultMode") == "secure" or _port(screen.get("port")) is None
    )


def listeners(devices: Element | None) -> tuple[Listener, ...]:
    """Serial ports and channels that wait on the network. A console that repeats a serial port is passed by."""
    return tuple(
        Listener(
            name=f"{each.tag} {attribute_at(each, 'target', 'name') or attribute_at(each, 'target', 'port') or at}",
            address=source.get("host", ""),
            port=source.get("service", ""),
            protocol="udp" if each.get("type") == "udp" else attribute_at(each, "protocol", "type") or "raw",
            tls=flag(source.get("tls")),
        )
        for tag in ("serial", "parallel", "channel", "console")
        for at, each in enumerate(_all(devices, tag))
        if each.get("type") in {"tcp", "udp"}
        and not (tag == "console" and attribute_at(each, "target", "type") == "serial")
        for source in each.findall("source")
        if source.get("mode") == "bind"
    )


def _port(text: str | None) -> int | None:
    port = integer(text)
    return port if port is not None and 0 < port < 65536 else None


def tpms(devices: Element | None) -> tuple[TpmSpec, ...]:
    """Trusted platform modules."""
    return tuple(
        TpmSpec(
            model=each.get("model", ""),
            backend=attribute_at(each, "backend", "type"),
            version=attribute_at(each, "backend", "version"),
        )
        for each in _all(devices, "tpm")
    )


def controllers(devices: Element | None) -> tuple[str, ...]:
    """`scsi0 virtio-scsi queues=4 iothread=1`."""
    found: list[str] = []
    for each in _all(devices, "controller"):
        words = [f"{each.get('type', '?')}{each.get('index', '')}", each.get("model", "")]
        driver = each.find("driver")
        if driver is not None:
            words += [f"{name}={driver.get(name)}" for name in ("queues", "iothread") if driver.get(name)]
        found.append(" ".join(filter(None, words)))
    return tuple(found)


def channels(devices: Element | None) -> tuple[str, ...]:
    """Names under which the guest sees its channels to the host."""
    names = [attribute_at(each, "target", "name") for each in _all(devices, "channel")]
    return tuple(filter(None, names))


def watchdog(devices: Element | None) -> str:
    """`i6300esb reset`: model and what it does."""
    each = devices.find("watchdog") if devices is not None else None
    return " ".join(filter(None, (each.get("model"), each.get("action")))) if each is not None else ""


def rng(devices: Element | None) -> str:
    """`virtio random /dev/urandom`: model and source of randomness."""
    each = devices.find("rng") if devices is not None else None
    if each is None:
        return ""
    backend = each.find("backend")
    return " ".join(filter(None, (each.get("model"), attribute_at(each, "backend", "model"), text_of(backend))))


def iommu(devices: Element | None) -> str:
    """Model of the virtual IOMMU. It is a device; libvirt drops one under `<features>` silently."""
    return attribute_at(devices, "iommu", "model")


def _all(devices: Element | None, tag: str) -> list[Element]:
    return devices.findall(tag) if devices is not None else []
