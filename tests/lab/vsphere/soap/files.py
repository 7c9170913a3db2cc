"""The files of datastores, and the browser that searches them: what machines consist of, and what merely lies there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, NamedTuple

from pyVmomi import vim
from pyVmomi.VmomiSupport import CreateArrayType  # type: ignore[attr-defined]

from tests.lab.vsphere.soap import devices
from tests.lab.vsphere.soap.calling import Call, serves
from tests.lab.vsphere.soap.control import steers
from tests.lab.vsphere.soap.state import Thing
from tests.lab.vsphere.soap.tasks import Work, start

if TYPE_CHECKING:
    from tests.lab.vsphere.soap.vcenter import Vcenter

Browser = vim.host.DatastoreBrowser
Results = CreateArrayType(Browser.SearchResults)

KINDS: dict[str, tuple[Any, Any]] = {
    ".vmdk": (Browser.VmDiskInfo, Browser.VmDiskQuery),
    ".iso": (Browser.IsoImageInfo, Browser.IsoImageQuery),
    ".flp": (Browser.FloppyImageInfo, Browser.FloppyImageQuery),
    ".vmx": (Browser.VmConfigInfo, Browser.VmConfigQuery),
    ".nvram": (Browser.VmNvramInfo, Browser.VmNvramQuery),
    ".log": (Browser.VmLogInfo, Browser.VmLogQuery),
}
"""What a file is by its end, and the query that finds such files."""

EXTENT = "-flat.vmdk"
"""The data of a disk, beside the descriptor that is the disk's name; *API*: a VmDiskFileQuery finds descriptors."""

SMALL = 4096
"""Bytes of a file that only describes."""


class File(NamedTuple):
    """One file of a datastore."""

    path: str
    """Within the datastore, as `db-01/db-01.vmdk`."""
    size: int
    """Bytes that it takes; of a disk with its extents."""
    capacity_kib: int = 0
    thin: bool = False


def browser(vc: Vcenter, owner: Thing) -> Any:
    """The reference of the browser that a datastore or a host has."""
    made = vc.site.add(Browser, supportedType=[asked() for _, asked in KINDS.values()])
    made.facts["datastore"] = lambda: list(_reached(made))
    made.private["of"] = owner
    return made.ref


def place(store: Thing, file: File) -> None:
    """The file lies there, whoever uses it."""
    store.private.setdefault("files", {})[file.path] = file


def left(vc: Vcenter, disk: Any) -> None:
    """A disk was taken from its machine, and its file stays."""
    store, path = split(disk.backing.fileName)
    for thing in _stores_of(vc, disk):
        if thing.name == store and path not in thing.private.get("files", {}):
            place(thing, _disk(path, disk))


def destroyed(vc: Vcenter, disk: Any) -> None:
    """A disk and its file are gone."""
    for thing in _stores_of(vc, disk):
        thing.private.get("files", {}).pop(split(disk.backing.fileName)[1], None)


def there(vc: Vcenter, store: Thing) -> dict[str, File]:
    """All files of a datastore by their paths: those placed, and those of machines."""
    found: dict[str, File] = {}
    for ref in store.facts["vm"]:
        for file in _of_machine(vc.site.find(ref), store):
            found[file.path] = file
    found |= store.private.get("files", {})
    for file in list(found.values()):
        if file.capacity_kib:
            extent = file.path.removesuffix(".vmdk") + EXTENT
            found[extent] = File(extent, file.size)
    return found


def _stores_of(vc: Vcenter, disk: Any) -> list[Thing]:
    return [vc.site.find(disk.backing.datastore)] if disk.backing.datastore else []


def _of_machine(vm: Thing, store: Thing) -> Iterator[File]:
    config = vm.facts["config"]
    home, path = split(config.files.vmPathName)
    if home == store.name:
        yield File(path, SMALL)
        yield File(f"{path.removesuffix('.vmx')}.nvram", SMALL)
        yield File(f"{path.rpartition('/')[0]}/vmware.log", SMALL)
    for disk in devices.of_kind(config.hardware.device, vim.vm.device.VirtualDisk):
        if disk.backing.datastore == store.ref:
            yield _disk(split(disk.backing.fileName)[1], disk)


def _disk(path: str, disk: Any) -> File:
    """A thick disk takes its size at once; a thin one a tenth of it (ASSUMED)."""
    thin = bool(disk.backing.thinProvisioned)
    return File(path, (disk.capacityInKB << 10) // (10 if thin else 1), disk.capacityInKB, thin)


def split(datastore_path: str) -> tuple[str, str]:
    """`[store] folder/file` as store and path; empty where it is none."""
    store, _, path = datastore_path.removeprefix("[").partition("]")
    return store, path.strip(" /")


@serves("SearchDatastore_Task", "SearchDatastoreSubFolders_Task")
def _search(call: Call) -> Any:
    """*API*: Datastore.Browse on the datastore; InvalidDatastore for one that this browser does not reach; the task's
    result is one HostDatastoreBrowserSearchResults, or those of all folders below.

    ASSUMED: FileNotFound for a folder that is not there is the task's fault; `folderPath` of a folder ends with `/`.
    """
    name, within = split(call.given.datastorePath)
    store = next((one for one in map(call.thing, _reached(call.this)) if one.name == name), None)
    if store is None:
        raise vim.fault.InvalidDatastore(name=name, msg=f"Invalid datastore '{name}'.")
    call.require("Datastore.Browse", store)
    if not store.facts["summary"].accessible:
        raise vim.fault.InaccessibleDatastore(datastore=store.ref, name=name, msg="The datastore is not accessible.")
    spec, deep = call.given.searchSpec or Browser.SearchSpec(), "SubFolders" in call.request.name

    def end() -> Any:
        files = there(call.vc, store)
        folders = {"", *(above for path in files for above in _above(path))}
        if within not in folders:
            path = call.given.datastorePath
            raise vim.fault.FileNotFound(file=path, msg=f"File {path} was not found")
        below = [one for one in sorted(folders) if one == within or one.startswith(f"{within}/" if within else "")]
        told = [_told(store, one, files, folders, spec) for one in (below if deep else [within])]
        return Results(told) if deep else told[0]

    return start(call, store, Work(0.5, end, exclusive=False))


def _reached(browser: Thing) -> Iterable[Any]:
    owner: Thing = browser.private["of"]
    return [owner.ref] if owner.is_a(vim.Datastore) else owner.facts["datastore"]


def _above(path: str) -> Iterator[str]:
    """The folders that a file is in, nearest first."""
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path


def _told(store: Thing, folder: str, files: dict[str, File], folders: set[str], spec: Any) -> Any:
    inside = [one for one in sorted(files.values()) if one.path.rpartition("/")[0] == folder]
    found = [info for one in inside if (info := _info(one, spec)) is not None]
    if not spec.query or any(isinstance(one, Browser.FolderQuery) for one in spec.query):
        names = sorted(one for one in folders if one and one.rpartition("/")[0] == folder)
        found += [Browser.FolderInfo(path=one.rpartition("/")[2]) for one in names]
    written = f"[{store.name}] {folder}/" if folder else f"[{store.name}]"
    return Browser.SearchResults(
        datastore=store.ref, folderPath=written, file=[one for one in found if _matches(one.path, spec)]
    )


def _matches(name: str, spec: Any) -> bool:
    """*API, matchPattern*: `*` and `?`, any of several; without one all."""
    fold = str.casefold if spec.searchCaseInsensitive else str
    patterns = [one.replace("[", "[[]") for one in spec.matchPattern or ("*",)]
    return any(fnmatchcase(fold(name), fold(one)) for one in patterns)


def _info(file: File, spec: Any) -> Any:
    """As much of it as the specification asks for; None when no query is for such a file.

    *API, HostDatastoreBrowserSearchSpec*: without queries all files are found; details that are not asked for stay
    unset, the type too.
    """
    end = next((one for one in KINDS if file.path.endswith(one)), "")
    kind, asked = KINDS.get("" if file.path.endswith(EXTENT) else end, (Browser.FileInfo, None))
    query = next((one for one in spec.query if asked and isinstance(one, asked)), None)
    if spec.query and query is None:
        return None
    details = spec.details
    info = (kind if details and details.fileType else Browser.FileInfo)(path=file.path.rpartition("/")[2])
    if details and details.fileSize:
        info.fileSize = file.size
    wanted = getattr(query, "details", None)
    if isinstance(info, Browser.VmDiskInfo) and wanted is not None:
        info.capacityKb = file.capacity_kib if wanted.capacityKb else None
        info.thin = file.thin if wanted.thin else None
        info.diskType = vim.vm.device.VirtualDisk.FlatVer2BackingInfo if wanted.diskType else None
    return info


@steers
def put_file(vc: Vcenter, store: str, path: str, size: int, capacity_kib: int = 0) -> None:
    """A file that no machine uses, in the datastore of this name or reference."""
    place(vc.site.named(vim.Datastore, store), File(path, size, capacity_kib))
