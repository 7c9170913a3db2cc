"""The store that a machine's disks move to: the one that was said, or the roomiest of the host; none when they stay."""

from __future__ import annotations

from novatui.backends.vsphere.fields import at, each, refs, type_of
from novatui.backends.vsphere.machine_devices import DRIVES
from novatui.backends.vsphere.planning import Planning, Subject
from novatui.backends.vsphere.reading_now import Now, read_each
from novatui.backends.vsphere.tree import shown_name
from novatui.backends.vsphere.updates import Ref
from novatui.core.errors import Conflict, NotFound
from novatui.core.ids import ObjectRef, key
from novatui.core.states import Kind
from novatui.core.units import size

STORE = ("name", "summary.accessible", "summary.freeSpace", "summary.maintenanceMode")


class Stores:
    """The stores that the host sees, for one machine."""

    def __init__(self, planning: Planning, subject: Subject, host: Now, name: str) -> None:
        self._planning = planning
        self._subject = subject
        self._host = host
        self._name = name
        self._seen = list(dict.fromkeys(host.refs("datastore")))

    def chosen(self, wanted: str, how: str) -> Ref | None:
        """What goes into the spec. NotFound or Conflict when the store is none, or the host does not reach its own."""
        home = _homes(self._subject)
        if wanted:
            ref = self._named(wanted)
            return None if home == {ref} else self._with_room(ref, self._read([ref])[ref])
        if how == "copy":
            return self._roomiest(home)
        lost = [ref for ref in home if ref not in self._seen]
        if lost:
            names = ", ".join(self._planning.name_of(ref) for ref in lost)
            raise Conflict(
                f"{self._name} does not reach {names}, where the disks of {self._subject.name} are",
                meaning="the disks would have to move, too",
                hint="storage=copy, or say a store of that host",
                subject="storage",
            )
        return None

    def _named(self, wanted: str) -> Ref:
        key_ = _key(wanted)
        named = [ref for ref in self._seen if key_ == key(Kind.DATASTORE, ref.id)]
        named = named or [ref for ref in self._seen if self._planning.name_of(ref) == wanted]
        if len(named) != 1:
            raise NotFound(
                f"{self._name} has {'several stores' if named else 'no store'} {wanted}",
                hint="novatui ls --kind datastore",
                subject="store",
            )
        return named[0]

    def _roomiest(self, home: frozenset[Ref]) -> Ref:
        found = {ref: now for ref, now in self._read(self._seen).items() if ref not in home and _takes(now)}
        if not found:
            raise Conflict(f"{self._name} has no other store that takes disks", subject="store")
        best = max(found, key=lambda ref: found[ref]["summary.freeSpace"])
        return self._with_room(best, found[best])

    def _with_room(self, ref: Ref, now: Now) -> Ref:
        name = shown_name(now.words("name")) or ref.id
        if not _takes(now):
            raise Conflict(f"the store {name} takes no disks now", hint="choose another store", subject="store")
        taken, free = self._subject.values.get("summary.storage.committed"), now["summary.freeSpace"]
        if isinstance(taken, int) and taken > free:
            raise Conflict(
                f"the store {name} has no room for {self._subject.name}: {size(free)} free, it takes {size(taken)}",
                hint="choose another store",
                subject="store",
            )
        return ref

    def _read(self, wanted: list[Ref]) -> dict[Ref, Now]:
        return read_each(self._planning.asking, wanted, STORE)


def moved(subject: Subject) -> Ref | None:
    """The one store that all of it is on; None when it is on several, and nothing brings each disk back."""
    home = _homes(subject)
    return next(iter(home)) if len(home) == 1 else None


def _homes(subject: Subject) -> frozenset[Ref]:
    """Stores of its disks; those of the machine as a whole where no disk tells."""
    hardware = each({"device": subject.values.get("config.hardware.device")}, "device")
    on = {ref for one in hardware if type_of(one) in DRIVES for ref in refs(at(one, "backing"), "datastore")}
    return frozenset(on or refs(subject.values, "datastore"))


def _takes(store: Now) -> bool:
    if not isinstance(store["summary.freeSpace"], int) or store["summary.accessible"] is False:
        return False
    return store.words("summary.maintenanceMode") in ("", "normal")


def _key(said: str) -> str:
    """A store is said by its ref, its key or its name."""
    try:
        return ObjectRef.parse(said).key
    except ValueError:
        return said
