"""A machine of the seeded world as libvirt domain XML, for the mock driver or for a real QEMU."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from xml.sax.saxutils import escape, quoteattr

from tests.conformance.world import Disk, Host, Nic, PassedThrough, Vm

#: Namespace of the metadata element that carries a machine's tags: `<tags xmlns="…"><tag>prod</tag>…</tags>`.
TAGS_NAMESPACE = "urn:novatui:tags:1"

OSINFO_NAMESPACE = "http://libosinfo.org/xmlns/libvirt/domain/1.0"
OSINFO_IDS = {
    "debian12": "http://debian.org/debian/12",
    "ubuntu24.04": "http://ubuntu.com/ubuntu/24.04",
    "windows11": "http://microsoft.com/win/11",
}

#: Where a volume's file is, by pool and volume name.
VolumePath = Callable[[str, str], str]


def pool_path(host: Host) -> VolumePath:
    """Volumes at the paths that the world gives its pools."""
    return lambda pool, volume: f"{host.find_pool(pool).path}/{volume}"


def domain_xml(vm: Vm, driver: str, path: VolumePath, extra: str = "") -> str:
    """`driver` is `test` or `qemu`; `extra` is put before the closing tag (elements of the driver's own namespace)."""
    parts = [
        f"<name>{escape(vm.name)}</name><uuid>{vm.uuid}</uuid>",
        _metadata(vm),
        _memory(vm),
        _processors(vm),
        _firmware(vm),
        "<features><acpi/><apic/>" + ("<smm state='on'/>" if vm.secure_boot else "") + "</features>",
        "<on_poweroff>destroy</on_poweroff><on_reboot>restart</on_reboot><on_crash>destroy</on_crash>",
        f"<devices>{''.join(_devices(vm, path))}</devices>",
    ]
    namespace = " xmlns:test='http://libvirt.org/schemas/domain/test/1.0'" if driver == "test" else ""
    return f"<domain type='{driver}'{namespace}>{''.join(parts)}{extra}</domain>"


def _metadata(vm: Vm) -> str:
    known = ""
    if vm.tags:
        tags = "".join(f"<tag>{escape(tag)}</tag>" for tag in vm.tags)
        known += f"<tags xmlns={quoteattr(TAGS_NAMESPACE)}>{tags}</tags>"
    if system := OSINFO_IDS.get(vm.guest_os):
        known += f"<o:libosinfo xmlns:o={quoteattr(OSINFO_NAMESPACE)}><o:os id={quoteattr(system)}/></o:libosinfo>"
    return "".join(
        [
            f"<title>{escape(vm.title)}</title>" if vm.title else "",
            f"<description>{escape(vm.description)}</description>" if vm.description else "",
            f"<metadata>{known}</metadata>" if known else "",
        ]
    )


def _memory(vm: Vm) -> str:
    plug = vm.hot_add
    top = f"<maxMemory slots='{plug.slots}' unit='MiB'>{plug.limit_mib}</maxMemory>" if plug else ""
    size = f"<memory unit='MiB'>{vm.memory_limit_mib}</memory>"
    current = f"<currentMemory unit='MiB'>{vm.memory_mib}</currentMemory>"
    if vm.hugepages_kib is None:
        return top + size + current
    page = f"<page size='{vm.hugepages_kib}' unit='KiB'/>"
    return f"{top}{size}{current}<memoryBacking><hugepages>{page}</hugepages></memoryBacking>"


def _processors(vm: Vm) -> str:
    current = f" current='{vm.vcpus}'" if vm.vcpu_limit != vm.vcpus else ""
    count = f"<vcpu{current}>{vm.vcpu_limit}</vcpu>"
    pins = "".join(f"<vcpupin vcpu='{pin.vcpu}' cpuset='{pin.cpus}'/>" for pin in vm.pin)
    return count + (f"<cputune>{pins}</cputune>" if pins else "") + _cpu(vm)


def _cpu(vm: Vm) -> str:
    inner = ""
    attributes = ""
    if vm.cpu:
        modes = {"passthrough": "host-passthrough", "host-model": "host-model", "custom": "custom"}
        attributes = f" mode='{modes[vm.cpu.mode]}'"
        if vm.cpu.mode == "custom":
            attributes += " match='exact'"
            inner += f"<model fallback='forbid'>{escape(vm.cpu.model)}</model>"
    if shape := vm.topology:
        inner += (
            f"<topology sockets='{shape.sockets}' dies='{shape.dies}' cores='{shape.cores}' threads='{shape.threads}'/>"
        )
    if vm.cpu:
        inner += "".join(f"<feature policy='{each.policy}' name='{each.name}'/>" for each in vm.cpu.features)
    if vm.cell:
        inner += f"<numa>{''.join(_cell(each.id, each.cpus, each.memory_mib) for each in vm.cell)}</numa>"
    return f"<cpu{attributes}>{inner}</cpu>" if attributes or inner else ""


def _cell(number: int, cpus: str, memory_mib: int) -> str:
    return f"<cell id='{number}' cpus='{cpus}' memory='{memory_mib}' unit='MiB'/>"


def _firmware(vm: Vm) -> str:
    machine = vm.only.get("libvirt", {}).get("machine", "pc")
    if vm.firmware != "uefi":
        return f"<os><type arch='x86_64' machine='{machine}'>hvm</type><boot dev='hd'/></os>"
    secure = "yes" if vm.secure_boot else "no"
    wanted = f"<feature enabled='{secure}' name='secure-boot'/>"
    return f"<os firmware='efi'><type arch='x86_64' machine='{machine}'>hvm</type><firmware>{wanted}</firmware></os>"


def _devices(vm: Vm, path: VolumePath) -> Iterable[str]:
    yield from (_disk(disk, path(disk.pool, disk.volume)) for disk in vm.disk)
    if any(disk.bus == "scsi" for disk in vm.disk):
        yield "<controller type='scsi' index='0' model='virtio-scsi'/>"
    yield from (_nic(nic) for nic in vm.nic)
    yield "<serial type='pty'/><console type='pty'/>"
    if vm.tpm:
        yield f"<tpm model='tpm-crb'><backend type='emulator' version='{vm.tpm}'/></tpm>"
    for graphics in vm.graphics:
        yield f"<graphics type='{graphics.kind}' autoport='yes' listen={quoteattr(graphics.listen)}/>"
    if vm.graphics:
        yield "<video><model type='vga'/></video>"
    yield from (_passed_through(device) for device in vm.device)
    yield "<memballoon model='virtio'><stats period='1'/></memballoon>"


def _disk(disk: Disk, file: str) -> str:
    options = {"cache": disk.cache, "io": disk.io, "discard": disk.discard, "queues": disk.queues or ""}
    driver = "".join(f" {key}='{value}'" for key, value in options.items() if value)
    return "".join(
        [
            f"<disk type='file' device='{disk.kind}'><driver name='qemu' type='{disk.format}'{driver}/>",
            f"<source file={quoteattr(file)}/><target dev='{disk.target}' bus='{disk.bus}'/>",
            "<readonly/>" if disk.read_only else "",
            f"<serial>{escape(disk.serial)}</serial>" if disk.serial else "",
            "</disk>",
        ]
    )


def _nic(nic: Nic) -> str:
    return "".join(
        [
            f"<interface type='network'><mac address='{nic.mac}'/><source network={quoteattr(nic.network)}/>",
            f"<model type='{nic.model}'/>",
            f"<driver name='vhost' queues='{nic.queues}'/>" if nic.queues else "",
            f"<vlan><tag id='{nic.vlan}'/></vlan>" if nic.vlan is not None else "",
            "" if nic.connected else "<link state='down'/>",
            "</interface>",
        ]
    )


def _passed_through(device: PassedThrough) -> str:
    if device.kind == "mediated":
        source = f"<source><address uuid='{device.uuid}'/></source>"
        return f"<hostdev mode='subsystem' type='mdev' model='vfio-pci'>{source}</hostdev>"
    source = f"<source>{pci_address(device.address)}</source>"
    return f"<hostdev mode='subsystem' type='pci' managed='yes'>{source}</hostdev>"


def pci_address(address: str) -> str:
    """libvirt's element for an address written `dddd:bb:ss.f`."""
    domain, bus, rest = address.split(":")
    slot, function = rest.split(".")
    return f"<address domain='0x{domain}' bus='0x{bus}' slot='0x{slot}' function='0x{function}'/>"
