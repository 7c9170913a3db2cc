"""Native forms: what a family's own tools would print of an object, as XML for libvirt and as JSON for the others."""

from __future__ import annotations

import json
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from novatui.backends.demo.estate import Thing
from novatui.backends.demo.scene import Scene
from novatui.backends.demo.shapes import GIB, KIB, MIB, Host, Machine, Net, Place, Store
from novatui.backends.demo.specs import spec_of
from novatui.core.states import Family, Kind
from novatui.core.vmspec import VmSpec

Json = dict[str, object]


def document(scene: Scene, thing: Thing, world: float) -> tuple[str, str]:
    """The text and its format."""
    if scene.site.family is Family.LIBVIRT:
        root = _domain(spec_of(scene.estate, thing)) if isinstance(thing, Machine) else _object(thing)
        indent(root)
        return tostring(root, encoding="unicode"), "xml"
    record = _machine(scene, thing, world) if isinstance(thing, Machine) else _record(thing)
    return json.dumps(record, indent=2, ensure_ascii=False), "json"


# --- JSON -----------------------------------------------------------------------------------------------------------


def _machine(scene: Scene, machine: Machine, world: float) -> Json:
    now = scene.now(machine, world)
    host = scene.host(machine, now)
    spec = spec_of(scene.estate, machine)
    state = scene.dialect.state(machine, now)
    match scene.site.family:
        case Family.VSPHERE:
            return _vsphere(machine, spec, state, host)
        case Family.HYPERV:
            return _hyperv(machine, spec, state, host)
        case Family.XCPNG:
            return _xapi(machine, spec, state, host)
        case _:
            return _proxmox(machine, spec)


def _vsphere(machine: Machine, spec: VmSpec, state: str, host: Host) -> Json:
    return {
        "_moref": f"VirtualMachine:{machine.id}",
        "name": machine.name,
        "config": {
            "uuid": machine.uuid,
            "version": machine.hardware,
            "template": machine.kind is Kind.TEMPLATE,
            "guestId": machine.guest_os,
            "firmware": "efi" if machine.firmware == "uefi" else "bios",
            "annotation": machine.description,
            "hardware": {"numCPU": machine.vcpus, "memoryMB": machine.memory // MIB},
            "device": [
                *(
                    {"_type": "VirtualDisk", "backing": {"fileName": d.source}, "capacityInBytes": d.size}
                    for d in spec.disks
                ),
                *({"_type": "VirtualVmxnet3", "macAddress": n.mac, "network": n.source} for n in spec.nics),
                *({"_type": "VirtualPCIPassthrough", "backing": {"id": d.address}} for d in spec.host_devices),
            ],
        },
        "runtime": {"powerState": state, "host": f"HostSystem:{host.id}"},
    }


def _hyperv(machine: Machine, spec: VmSpec, state: str, host: Host) -> Json:
    return {
        "Name": machine.name,
        "Id": machine.id,
        "State": state,
        "ComputerName": host.name,
        "Generation": 2 if machine.firmware == "uefi" else 1,
        "Version": machine.hardware,
        "ProcessorCount": machine.vcpus,
        "MemoryStartup": machine.memory,
        "Notes": machine.description,
        "HardDrives": [{"Path": d.source, "ControllerLocation": n} for n, d in enumerate(spec.disks)],
        "NetworkAdapters": [{"SwitchName": n.source, "MacAddress": n.mac.replace(":", "").upper()} for n in spec.nics],
    }


def _xapi(machine: Machine, spec: VmSpec, state: str, host: Host) -> Json:
    return {
        "uuid": machine.uuid,
        "name_label": machine.name,
        "name_description": machine.description,
        "power_state": state,
        "is_a_template": machine.kind is Kind.TEMPLATE,
        "resident_on": host.id if state in ("Running", "Paused") else "OpaqueRef:NULL",
        "VCPUs_max": str(machine.vcpus_max),
        "VCPUs_at_startup": str(machine.vcpus),
        "memory_static_max": str(machine.memory_max),
        "memory_dynamic_max": str(machine.memory),
        "HVM_boot_params": {"firmware": machine.firmware, "order": "cdn"},
        "platform": {"secureboot": str(bool(machine.secure_boot)).lower(), "vtpm": str(bool(spec.tpm)).lower()},
        "tags": list(machine.tags),
        "VBDs": [{"device": d.target, "VDI": d.source} for d in spec.disks],
        "VIFs": [{"device": str(n), "MAC": nic.mac, "network": nic.source} for n, nic in enumerate(spec.nics)],
    }


def _proxmox(machine: Machine, spec: VmSpec) -> Json:
    disks = {d.target: f"{d.source},size={(d.size or 0) // GIB}G" for d in spec.disks}
    nics = {f"net{n}": f"virtio={nic.mac.upper()},bridge={nic.source}" for n, nic in enumerate(spec.nics)}
    common: Json = {"cores": machine.vcpus, "memory": str(machine.memory // MIB), "onboot": int(machine.autostart)}
    if machine.kind is Kind.CONTAINER:
        return {"hostname": machine.name, "ostype": machine.guest_os, **common, **disks, **nics}
    return {
        "name": machine.name,
        "ostype": "win11" if machine.guest_os.startswith("win") else "l26",
        "machine": machine.hardware,
        "bios": "ovmf" if machine.firmware == "uefi" else "seabios",
        "smbios1": f"uuid={machine.uuid}",
        "agent": "1" if machine.tools else "0",
        "tags": ";".join(machine.tags),
        **common,
        **disks,
        **nics,
    }


def _record(thing: Place | Host | Store | Net) -> Json:
    match thing:
        case Host():
            return {
                "id": thing.id,
                "name": thing.name,
                "cpus": thing.cpus,
                "model": thing.cpu_model,
                "memory": thing.memory,
            }
        case Store():
            record = {"type": thing.type, "size": thing.capacity, "free": thing.free}
        case Net():
            record = {"bridge": thing.bridge, "vlan": thing.vlan}
        case Place():
            record = dict(thing.values)
    return {"id": thing.id, "name": thing.name, **record}


# --- XML ------------------------------------------------------------------------------------------------------------


def _domain(spec: VmSpec) -> Element:
    root = Element("domain", type="kvm")
    _text(root, "name", spec.name)
    _text(root, "uuid", spec.uuid)
    if spec.title:
        _text(root, "title", spec.title)
    if spec.description:
        _text(root, "description", spec.description)
    _text(root, "memory", str((spec.memory.size or 0) // KIB), unit="KiB")
    _text(root, "vcpu", str(spec.cpu.maximum or spec.cpu.count or 1), current=str(spec.cpu.count or 1))
    system = SubElement(root, "os", {"firmware": "efi"} if spec.firmware.type == "uefi" else {})
    _text(system, "type", "hvm", arch=spec.arch or "x86_64", machine=spec.machine)
    if spec.cpu.mode:
        SubElement(root, "cpu", mode=spec.cpu.mode)
    devices = SubElement(root, "devices")
    for disk in spec.disks:
        entry = SubElement(devices, "disk", type="file", device=disk.device)
        SubElement(entry, "driver", name="qemu", type=disk.format)
        SubElement(entry, "source", file=disk.source)
        SubElement(entry, "target", dev=disk.target, bus=disk.bus)
    for nic in spec.nics:
        entry = SubElement(devices, "interface", type="network")
        SubElement(entry, "mac", address=nic.mac)
        SubElement(entry, "source", network=nic.source)
        SubElement(entry, "model", type=nic.model)
    for device in spec.host_devices:
        SubElement(devices, "hostdev", mode="subsystem", type=device.type)
    for tpm in spec.tpm:
        entry = SubElement(devices, "tpm", model=tpm.model or "tpm-crb")
        SubElement(entry, "backend", type=tpm.backend, version=tpm.version)
    return root


def _object(thing: Place | Host | Store | Net) -> Element:
    match thing:
        case Store():
            root = Element("pool", type=thing.type)
        case Net():
            root = Element("network")
            SubElement(root, "bridge", name=thing.bridge)
        case Host() | Place():
            root = Element("host")
    _text(root, "name", thing.name)
    _text(root, "uuid", thing.id)
    return root


def _text(parent: Element, tag: str, text: str, **attributes: str) -> None:
    allowed = "".join(char if char >= " " or char in "\t\n" else "\ufffd" for char in text)
    SubElement(parent, tag, attributes).text = allowed
