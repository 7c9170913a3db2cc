"""What a machine of libvirt needs of a host, and what keeps it where it is."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element, tostring

from novatui.backends.libvirt.host import Host, parsed
from novatui.backends.libvirt.library import libvirt, version_text
from novatui.backends.libvirt.link import Link
from novatui.backends.libvirt.machine import Machine
from novatui.core.capabilities import Answer, Evidence
from novatui.core.needs import Needs
from novatui.core.reasons import Check, Topic
from novatui.core.states import Family
from novatui.core.vmspec import DiskSpec

_MOVABLE_HOSTDEVS = {"usb"}
"""Host devices that libvirt lets a running machine keep on its way (qemu_migration.c, 9.0)."""

_READ = "virDomainGetXMLDesc"


def needs_of(link: Link, host: Host, conn: str, wanted: str) -> Needs:
    """Read it now. NotFound when there is no such machine."""
    begun = time.time()
    machine = Machine(link, wanted)
    xml = _migratable(link, machine)
    evidence = Evidence(kind="asked", call=_READ, at=begun, ms=(time.time() - begun) * 1000, excerpt=xml[:200])
    version = link.attempt(link.conn.getVersion)
    spec = machine.now.spec
    return Needs(
        key=wanted,
        conn=conn,
        family=Family.LIBVIRT,
        host=host.key,
        host_uuid=host.uuid,
        host_name=host.name,
        power=machine.power,
        vm=spec,
        snapshots=link.attempt(machine.domain.snapshotNum),
        product=version_text(version) if version else "",
        held=tuple(_held(link, machine, evidence)),
        evidence=evidence,
        native=xml,
        native_host=_host_cpu(link),
        native_disks={disk.target: told for disk in spec.disks if (told := volume_document(link, disk))},
    )


def _migratable(link: Link, machine: Machine) -> str:
    """As it would be sent: of a running machine with the processor that it got, not the one that was asked for."""
    if machine.active:
        xml = link.attempt(machine.domain.XMLDesc, libvirt.VIR_DOMAIN_XML_MIGRATABLE)
        return xml or link.call(machine.domain.XMLDesc)
    return link.call(machine.domain.XMLDesc, libvirt.VIR_DOMAIN_XML_INACTIVE)


def _host_cpu(link: Link) -> str:
    capabilities = parsed(link.attempt(link.conn.getCapabilities))
    cpu = capabilities.find("host/cpu") if capabilities is not None else None
    return "" if cpu is None else tostring(cpu, encoding="unicode")


def volume_document(link: Link, disk: DiskSpec) -> str:
    """The volume that holds a disk and its pool, as libvirt describes them; empty when no pool lists it."""
    volume = find_volume(link, disk)
    if volume is None:
        return ""
    pool = link.attempt(volume.storagePoolLookupByVolume)
    documents = [link.attempt(volume.XMLDesc, 0), link.attempt(pool.XMLDesc, 0) if pool is not None else None]
    return f"<told>{''.join(filter(None, documents))}</told>" if documents[0] else ""


def find_volume(link: Link, disk: DiskSpec) -> Any:
    """libvirt's volume of a disk; None when there is none."""
    if not disk.source:
        return None
    if disk.source_type == "volume":
        pool = link.attempt(link.conn.storagePoolLookupByName, disk.store)
        return None if pool is None else link.attempt(pool.storageVolLookupByName, disk.source)
    return link.attempt(link.conn.storageVolLookupByPath, disk.source)


def _held(link: Link, machine: Machine, evidence: Evidence) -> Iterator[Check]:
    """Reasons for which libvirt 9.0 refuses to move a machine at all, whatever the destination (qemu_migration.c)."""
    snapshots = link.attempt(machine.domain.snapshotNum)
    if snapshots:
        reason = f"libvirt moves no machine with snapshots, and it has {snapshots}: delete them first"
        yield _no(Topic.SNAPSHOTS, reason, evidence)
    if not machine.active:
        return
    for device in machine.now.spec.host_devices:
        if device.type not in _MOVABLE_HOSTDEVS:
            what = f"{device.type} device {device.address}"
            reason = f"{what} is given to it: detach it, or move it when off"
            yield _no(Topic.DEVICES, reason, evidence, device.address)
    for nic in machine.now.spec.nics:
        if nic.type == "hostdev":
            reason = f"its interface {nic.mac} is a device of the host: detach it, or move it when off"
            yield _no(Topic.DEVICES, reason, evidence, nic.mac)
    yield from (_no(Topic.DEVICES, reason, evidence, part) for part, reason in _tied(machine.now.root))


def _tied(root: Element) -> Iterator[tuple[str, str]]:
    """Devices without a copy elsewhere, each with its name and the reason."""
    for share in root.findall("devices/filesystem"):
        target = share.find("target")
        name = target.get("dir", "?") if target is not None else "?"
        yield name, f"it shares the folder {name} with the host: libvirt does not move that while it runs"
    if root.find("launchSecurity") is not None:
        yield "memory", "its memory is encrypted for the host that it is on: QEMU does not move that while it runs"


def _no(topic: Topic, reason: str, evidence: Evidence, subject: str = "") -> Check:
    return Check(topic=topic, answer=Answer.NO, reason=reason, subject=subject, evidence=evidence)
