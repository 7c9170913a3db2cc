"""What an argument of an operation can be for the objects that are meant: offered in forms and behind `:`."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from novatui.core import units
from novatui.core.detail import Detail
from novatui.core.errors import NovaError
from novatui.core.ids import ObjectRef, split_key
from novatui.core.states import Kind
from novatui.core.verbs import VERBS, Given
from novatui.engine.fleet import Fleet
from novatui.ui.render.look import Look

if TYPE_CHECKING:
    from novatui.ui.screens.frame import FrameScreen

RECOMMENDED = "recommendations"
"""Section of the properties of a cluster: key of each recommendation, and what it would do."""

LISTED = {"network": Kind.NETWORK, "store": Kind.DATASTORE}
"""Kinds of arguments that are objects of the same connection, called by their names."""

WORDS = {
    ("apply", "both"): "now, and from the next start on",
    ("apply", "live"): "now only: gone with the next stop",
    ("apply", "persistent"): "from the next start on",
    ("then", "as-saved"): "as it was when it was taken",
    ("then", "running"): "started",
    ("then", "paused"): "paused",
    ("children", "keep"): "its children stay",
    ("children", "with"): "with all its children",
    ("children", "only"): "its children, not itself",
    ("mode", "p2p"): "the source host leads: goes on without this console",
    ("mode", "client"): "this console leads: dies with it",
    ("tunnelled", "yes"): "encrypted in the connection of the hosts; slower",
    ("compress", "xbzrle"): "only what changed in a page that goes again",
    ("compress", "mt"): "all pages, by several threads",
    ("compress", "zlib"): "of parallel connections: smaller",
    ("compress", "zstd"): "of parallel connections: faster",
    ("auto_converge", "yes"): "slows the guest when it does not end; cannot be switched on later",
    ("auto_converge", "no"): "cannot be switched on later",
    ("post_copy", "yes"): "armed: it can be switched to post-copy while it runs",
    ("post_copy", "no"): "it can never be switched to post-copy",
    ("storage", "shared"): "both hosts see the same disks",
    ("storage", "copy"): "all of its disks are copied",
    ("storage", "changed"): "what differs from disks that are there already",
    ("priority", "high"): "before other moves of the same hosts",
    ("priority", "low"): "after other moves of the same hosts",
    ("persist", "no"): "it is gone there once it is switched off",
    ("undefine", "no"): "its definition stays at the source as well",
}
"""What a choice means, by argument and choice."""


class Option(NamedTuple):
    """One value that can be given."""

    value: str
    label: str = ""
    """What is said of it beside."""
    shown: str = ""
    """What stands for it; empty: the value itself."""

    @property
    def word(self) -> str:
        """What people read and begin to type."""
        return self.shown or self.value


class Known(NamedTuple):
    """What could be found out about an argument."""

    options: Sequence[Option] = ()
    now: str = ""
    """What it is now, as it would be typed."""


def known_words(screen: FrameScreen, verb: str) -> Iterator[str]:
    """What can be typed next for an operation, from what is in the stores."""
    refs = screen.aim()
    conn = refs[0].conn if refs else ""
    known = screen.fleet.connections.get(conn)
    takes = (VERBS[verb] if known is None else VERBS[verb].known_to(known.spec.family)).takes
    for given in takes:
        yield from (option.value for option in _listed(screen.fleet, conn, given))
        if given.kind == "yesno":
            yield given.name
    yield from (f"{given.name}=" for given in takes)


def _listed(fleet: Fleet, conn: str, given: Given) -> list[Option]:
    """What needs no question to the product."""
    if given.kind == "choice":
        return [Option(choice, WORDS.get((given.name, choice), "")) for choice in given.choices]
    if given.kind == "yesno":
        return [Option(word, WORDS.get((given.name, word), "")) for word in ("no", "yes")]
    kind = LISTED.get(given.kind)
    if kind is None:
        return []
    store = fleet.inventory
    return [Option(store.name(slot), _room(fleet, slot)) for slot in store.slots(kind) if store.conn(slot) == conn]


def _room(fleet: Fleet, slot: int) -> str:
    free = fleet.inventory.value(slot, "free")
    return f"{units.size(float(free))} free" if isinstance(free, int | float) else ""


async def known(fleet: Fleet, look: Look, verb: str, refs: Sequence[ObjectRef]) -> dict[str, Known]:
    """All that can be found out about the arguments of an operation on these objects; what fails is left out.

    Devices and disks differ from machine to machine: they are offered for a single one only.
    """
    takes = VERBS[verb].takes
    found = {given.name: Known(_listed(fleet, refs[0].conn, given)) for given in takes}
    for given in takes:
        if given.kind == "host":
            from novatui.ui.hosts import offered

            found[given.name] = Known(offered(fleet, refs, {}))
    if len(refs) > 1:
        return found
    ref = refs[0]
    parts = {part for given in takes if (part := _part(verb, given))}
    detail = await _detail(fleet, ref, parts - {"host devices"}) if parts - {"host devices"} else None
    host = await _host_devices(fleet, ref) if "host devices" in parts else None
    for given in takes:
        options = list(_of_detail(verb, given, ref, detail, host, look))
        now = _now(verb, given, fleet, ref, detail)
        if options or now:
            found[given.name] = Known(options or found[given.name].options, now)
    return found


def _part(verb: str, given: Given) -> str:
    """The part of a detail that knows about an argument."""
    if given.kind == "device":
        return "host devices"
    if given.kind == "snapshot":
        return "snapshots"
    if given.kind == "recommendation":
        return "properties"
    return "vm" if given.kind == "target" or verb in ("edit.nic_remove", "edit.pin") else ""


async def _detail(fleet: Fleet, ref: ObjectRef, parts: Iterable[str]) -> Detail | None:
    try:
        async with asyncio.timeout(20):
            return await fleet.detail(ref, sorted(parts))
    except (NovaError, TimeoutError):
        return None


async def _host_devices(fleet: Fleet, ref: ObjectRef) -> Detail | None:
    """The devices of the host that a machine runs on."""
    host = ref
    if ref.kind is not Kind.HOST:
        slot = fleet.inventory.slot(ref.conn, ref.key)
        key = fleet.inventory.value(slot, "host") if slot is not None else None
        if not isinstance(key, str) or not key:
            return None
        host = ObjectRef(ref.conn, *split_key(key))
    return await _detail(fleet, host, ["devices"])


def _of_detail(
    verb: str, given: Given, ref: ObjectRef, detail: Detail | None, host: Detail | None, look: Look
) -> Iterator[Option]:
    if given.kind == "snapshot" and detail is not None:
        newest_first = sorted(detail.snapshots or (), key=lambda one: one.created or 0.0, reverse=True)
        for one in newest_first:
            named = f"{one.name}  " if one.name != one.id else ""
            yield Option(one.id, named + look.date(one.created))
    elif given.kind == "recommendation" and detail is not None:
        yield from (Option(one.name, one.value) for one in detail.properties if one.section == RECOMMENDED)
    elif given.kind == "target" and detail is not None and detail.vm is not None:
        drives = verb in ("edit.iso_insert", "edit.iso_eject")
        for disk in detail.vm.disks:
            if (disk.device in ("cdrom", "floppy")) is drives:
                yield Option(disk.target, disk.source or ("empty" if drives else units.size(disk.size)))
    elif verb == "edit.nic_remove" and given.name == "mac" and detail is not None and detail.vm is not None:
        yield from (Option(nic.mac, f"{nic.type} {nic.source}".strip()) for nic in detail.vm.nics if nic.mac)
    elif given.kind == "device" and host is not None:
        wanted = ref.key if verb == "device.detach" else ""
        for device in host.devices or ():
            if ref.kind is Kind.HOST or device.holder == wanted:
                label = f"{device.device_class}  {device.vendor} {device.product}".strip()
                group = f"  group {device.iommu_group}" if device.iommu_group is not None else ""
                yield Option(device.id, label + group)


def _now(verb: str, given: Given, fleet: Fleet, ref: ObjectRef, detail: Detail | None) -> str:
    """What is set now, to begin with."""
    del detail
    slot = fleet.inventory.slot(ref.conn, ref.key)
    if slot is None:
        return ""
    store = fleet.inventory
    match verb, given.name:
        case "edit.vcpus", "count":
            count = store.value(slot, "vcpus")
            return str(count) if isinstance(count, int) else ""
        case "edit.memory", "size":
            size = store.value(slot, "memory")
            return exact_size(size) if isinstance(size, int) else ""
        case "edit.rename", "name":
            return store.name(slot)
        case "edit.notes", "text":
            notes = store.value(slot, "description")
            return notes if isinstance(notes, str) else ""
        case "power.autostart", "to":
            starts = store.value(slot, "autostart")
            return "off" if starts is True else "on"
        case _:
            return ""


def exact_size(size: int) -> str:
    """A size as it can be typed, without rounding it: `8G`, `1536M`, `1000`."""
    for step, unit in ((1024**4, "T"), (1024**3, "G"), (1024**2, "M"), (1024, "K")):
        if size >= step and size % step == 0:
            return f"{size // step}{unit}"
    return str(size)
