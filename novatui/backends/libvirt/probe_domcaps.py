"""What libvirt's domain capabilities say (formatdomaincaps), read without asking anybody. Absent is None, never no."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from novatui.backends.libvirt.xmltree import flag, integer, text_at, text_of


class DomainCapabilities:
    """The document, of one emulator, architecture, machine type and way of running it."""

    def __init__(self, root: Element) -> None:
        self.root = root
        self.arch = text_at(root, "arch")
        self.machine = text_at(root, "machine")
        self.domain = text_at(root, "domain")
        """kvm, qemu, xen …"""
        vcpu = root.find("vcpu")
        self.vcpus = integer(vcpu.get("max")) if vcpu is not None else None

    @property
    def emulated(self) -> bool:
        """Its machines run without the help of the processor."""
        return self.domain == "qemu"

    def element(self, path: str) -> Element | None:
        """The first one at the path."""
        return self.root.find(path)

    def supported(self, path: str) -> bool | None:
        """Its attribute `supported`; None when nothing is said of it."""
        found = self.root.find(path)
        return flag(found.get("supported")) if found is not None else None

    def values(self, path: str, name: str) -> frozenset[str] | None:
        """Values of an enumeration; None when nothing is said of it."""
        parent = self.root.find(path)
        for enum in parent.findall("enum") if parent is not None else ():
            if enum.get("name") == name:
                return frozenset(filter(None, map(text_of, enum.findall("value"))))
        return None

    def encryption(self) -> frozenset[str] | None:
        """Kinds of memory encryption: `sev`, `sev-snp`, `tdx`, `s390-pv`; None when nothing is said of any."""
        listed = self.values("launchSecurity", "sectype")
        told = {name: self.supported(f"features/{name}") for name in ("sev", "s390-pv", "tdx")}
        if listed is None and all(value is None for value in told.values()):
            return None
        return (listed or frozenset()) | {name for name, value in told.items() if value}

    def host_model(self) -> Element | None:
        """The host's processor as a machine would get it, as a `<cpu>` of a domain; None when there is none."""
        for mode in self.root.findall("cpu/mode"):
            if mode.get("name") == "host-model" and flag(mode.get("supported")) and mode.find("model") is not None:
                cpu = Element("cpu")
                cpu.extend(mode)
                return cpu
        return None
