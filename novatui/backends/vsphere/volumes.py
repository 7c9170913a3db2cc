"""The files of a store that machines use or could use: disks, media, and whose they are.

HostDatastoreBrowser.SearchDatastoreSubFolders_Task lists a whole store in one task, with the sizes of disks; files that
a disk consists of (`-flat`, `-delta`, `-ctk`) are shown as that one disk (vSphere Web Services API reference).
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from novatui.backends.vsphere.asking import Asking
from novatui.backends.vsphere.errors import from_fault
from novatui.backends.vsphere.fields import at, each, number, times, type_of, words
from novatui.backends.vsphere.inventory import Inventory
from novatui.backends.vsphere.machine_devices import slot_of
from novatui.backends.vsphere.soap import element
from novatui.backends.vsphere.updates import Fault, Ref
from novatui.core.detail import User, Users, Volume
from novatui.core.errors import Conflict, NotFound, Timeout
from novatui.core.states import Kind

HARDWARE = "config.hardware.device"
KIB = 1024

SEARCH_S = 60.0
"""Longest search that is waited for."""

_KINDS = {
    "VmDiskFileInfo": "vmdk", "IsoImageFileInfo": "iso", "FloppyImageFileInfo": "flp", "TemplateConfigFileInfo": "vmtx",
}  # fmt: skip
"""Type of a file that is shown, and what its format is called; configurations, logs and swap files are none of them."""

_ENDINGS = ("vmdk", "iso", "flp", "img")
"""Of files that a server gives no type: what they end in."""

_PARTS = ("-flat.vmdk", "-delta.vmdk", "-ctk.vmdk", "-rdm.vmdk", "-rdmp.vmdk", "-sesparse.vmdk")


class Volumes:
    """Searches stores."""

    def __init__(self, asking: Asking, inventory: Inventory) -> None:
        self._asking = asking
        self._inventory = inventory

    def list(self, store: str) -> list[Volume]:
        """All disks and media on the store with this key. NotFound without one, Conflict when nothing reaches it."""
        ref = self.store(store)
        told = self._asking.of(ref, ("name", "browser", "summary.accessible"))
        browser, name = told.values.get("browser"), str(told.values.get("name") or "")
        if told.values.get("summary.accessible") is False or not isinstance(browser, Ref):
            raise Conflict(
                f"{name or ref.id} is not accessible",
                meaning="no host reaches it, so that nobody can look into it",
                subject="inaccessible",
            )
        disks = self._disks(ref, f"[{name}]")
        found = self._search(browser, f"[{name}]")
        return sorted(_volumes(found, disks), key=lambda one: one.path)

    def users(self, store: Ref) -> Users:
        """Machines with files on it, each with those of its disks and drives that lie there."""
        name = str(self._asking.of(store, ("name",)).values.get("name") or "")
        found: list[User] = []
        untold = 0
        for machine in self._asking.members(store, "vm", "VirtualMachine", (HARDWARE,)):
            known = self._inventory.key_of(machine.ref)
            hardware = each(machine.values.get(HARDWARE))
            there = [one for one in hardware if words(one, "backing.fileName").startswith(f"[{name}]")]
            untold += HARDWARE not in machine.values or not known
            if known:
                found.append(User(key=known, through=tuple(slot_of(one, hardware) for one in there)))
        return Users(machines=tuple(found), untold=untold)

    def store(self, wanted: str) -> Ref:
        """The store with this key. NotFound when there is none."""
        ref = self._inventory.refs([wanted])[wanted]
        if ref is None or ref.type != "Datastore":
            raise NotFound(f"the server has no {Kind.DATASTORE.value} {wanted.partition(':')[2]}")
        return ref

    def _disks(self, store: Ref, prefix: str) -> dict[str, _Disk]:
        """Files of the store that machines have as disks, those below snapshots included."""
        found: dict[str, _Disk] = {}
        for machine in self._asking.members(store, "vm", "VirtualMachine", (HARDWARE,)):
            owner = self._inventory.key_of(machine.ref)
            for device in each(machine.values.get(HARDWARE)):
                backing = at(device, "backing") if type_of(device) == "VirtualDisk" else None
                while isinstance(backing, dict):
                    name, below = words(backing, "fileName"), at(backing, "parent")
                    if name.startswith(prefix):
                        found[name] = _Disk(owner, times(device, "capacityInKB", KIB), words(below, "fileName"))
                    backing = below
        return found

    def _search(self, browser: Ref, path: str) -> list[dict[str, Any]]:
        """HostDatastoreBrowserSearchResults of every folder."""
        task = self._asking.answer(
            "SearchDatastoreSubFolders_Task",
            browser,
            element("datastorePath", path),
            f"<searchSpec>{_SPEC}</searchSpec>",
        )
        if not isinstance(task, Ref):
            raise Conflict("the server began no search of the store")
        until, pause = time.monotonic() + SEARCH_S, 0.05
        while time.monotonic() < until:
            told = self._asking.of(task, ("info.state", "info.error"))
            match told.values.get("info.state"):
                case "success":
                    return each(self._asking.of(task, ("info.result",)).values.get("info.result"))
                case "error":
                    error = told.values.get("info.error")
                    said = words(error, "localizedMessage")
                    raise from_fault(Fault(type_of(at(error, "fault")), said, {}))
                case _:
                    time.sleep(pause)
                    pause = min(1.0, pause * 2)
        raise Timeout(
            f"the store was not searched within {SEARCH_S:.0f} s", hint="it is large or slow: try again later"
        )


_SPEC = (
    '<query xsi:type="VmDiskFileQuery"><details><diskType>false</diskType><capacityKb>true</capacityKb>'
    "<hardwareVersion>false</hardwareVersion></details></query>"
    '<query xsi:type="IsoImageFileQuery"/><query xsi:type="FloppyImageFileQuery"/>'
    "<details><fileType>true</fileType><fileSize>true</fileSize><modification>false</modification>"
    "<fileOwner>false</fileOwner></details><matchPattern>*</matchPattern>"
)
"""HostDatastoreBrowserSearchSpec: disks with their size, media, nothing else."""


class _Disk(NamedTuple):
    """What a configuration says of a file."""

    owner: str = ""
    size: int | None = None
    below: str = ""


def _volumes(results: Sequence[dict[str, Any]], disks: dict[str, _Disk]) -> Iterator[Volume]:
    for folder in results:
        store, _, above = words(folder, "folderPath").partition("]")
        for file in each(folder, "file"):
            name, kind = words(file, "path"), _format(file)
            if not kind:
                continue
            inside = "/".join(filter(None, (above.strip("/ "), name)))
            path = f"{store}] {inside}"
            known, size = disks.get(path, _Disk()), number(file, "fileSize")
            capacity = times(file, "capacityKb", KIB) or known.size
            yield Volume(
                name=inside,
                path=path,
                format=kind,
                capacity=capacity if kind == "vmdk" else size,
                allocation=size,
                backing=known.below,
                owner=known.owner,
            )


def _format(file: dict[str, Any]) -> str:
    """Empty for what is no disk and no medium, or a part of a disk only."""
    name = words(file, "path")
    if type_of(file) == "FolderFileInfo" or name.endswith(_PARTS):
        return ""
    return _KINDS.get(type_of(file)) or next((end for end in _ENDINGS if name.endswith(f".{end}")), "")
