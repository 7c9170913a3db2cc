"""One snapshot in libvirt's XML: what it is, and which files it lives in. Element names are those of formatsnapshot."""

from __future__ import annotations

import msgspec

from novatui.backends.libvirt.domxml import spec_of
from novatui.backends.libvirt.domxml_disks import source_of
from novatui.backends.libvirt.xmltree import MalformedXml, attribute_at, integer, parse, text_at
from novatui.core.snapshots import Snapshot
from novatui.core.vmspec import VmSpec


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """A snapshot with what changes of it rest on."""

    snapshot: Snapshot
    overlays: dict[str, str] = {}
    """Files that it made, by target of the disk: what was written since is in them."""
    inside: dict[str, str] = {}
    """Files that hold it, by target of the disk; of an internal snapshot."""
    below: dict[str, str] = {}
    """Files that the disks were when it was taken, by target."""
    memory_file: str = ""
    hot_vcpus: int = 0
    """Processors that had been plugged into the running machine by then."""

    @property
    def name(self) -> str:
        """Its name, which is its id."""
        return self.snapshot.id

    @property
    def external(self) -> bool:
        """It made files of its own."""
        return bool(self.overlays) or bool(self.memory_file) or self.snapshot.external is True

    @property
    def files(self) -> tuple[str, ...]:
        """Everything on disk that is its own."""
        return (*self.overlays.values(), *filter(None, (self.memory_file,)))


def describe(name: str, xml: str, current: str | None) -> Snapshot:
    """One snapshot from its XML. Malformed XML leaves everything but the name unknown."""
    return taken(name, xml, current).snapshot


def taken(name: str, xml: str, current: str | None) -> Taken:
    """The same with its files."""
    snapshot = Snapshot(id=name, name=name, current=name == current)
    try:
        root = parse(xml)
    except MalformedXml:
        return Taken(snapshot=snapshot)
    created = integer(text_at(root, "creationTime"))
    kept = attribute_at(root, "memory", "snapshot")
    disks = {each.get("name", ""): each for each in root.findall("disks/disk")}
    below = {
        attribute_at(disk, "target", "dev"): source_of(disk.get("type", ""), disk.find("source"))
        for disk in root.findall("domain/devices/disk")
    }
    ways = {disk.get("snapshot") for disk in disks.values()} - {None, "no", "manual"}
    return Taken(
        snapshot=msgspec.structs.replace(
            snapshot,
            parent=text_at(root, "parent/name") or None,
            created=float(created) if created is not None else None,
            memory=_holds_memory(kept, text_at(root, "state")),
            description=text_at(root, "description"),
            native_state=text_at(root, "state"),
            external=_external(kept, ways),
        ),
        overlays={
            target: source_of(disk.get("type", "file"), disk.find("source"))
            for target, disk in disks.items()
            if disk.get("snapshot") == "external"
        },
        inside={t: below.get(t, "") for t, disk in disks.items() if disk.get("snapshot") == "internal"},
        below=below,
        memory_file=attribute_at(root, "memory", "file") if kept == "external" else "",
        hot_vcpus=sum(
            each.get("enabled") == "yes" and each.get("hotpluggable") == "yes"
            for each in root.findall("domain/vcpus/vcpu")
        ),
    )


def machine_then(xml: str, *, stored: bool) -> VmSpec | None:
    """The machine as it was when the snapshot was taken; None when the snapshot does not hold it.

    Of a running machine a snapshot holds two descriptions, as libvirt itself does: of what ran, and of what was stored
    for its next start. `stored` wants the second one, to be compared with what is off now.
    """
    try:
        root = parse(xml)
    except MalformedXml:
        return None
    kept = root.find("inactiveDomain") if stored else None
    then = kept if kept is not None else root.find("domain")
    return spec_of(then) if then is not None else None


def _holds_memory(kept: str, state: str) -> bool | None:
    """`<memory>` says it; snapshots of versions without that element hold memory unless they are of an off machine."""
    if kept:
        return kept in {"internal", "external"}
    return False if state in {"shutoff", "disk-snapshot"} else None


def _external(kept: str, ways: set[str | None]) -> bool | None:
    if "external" in ways or kept == "external":
        return True
    return False if "internal" in ways or kept == "internal" else None
