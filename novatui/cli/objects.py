"""Which object a person means: a reference, a uuid, connection/name or an exact name; never fuzzy, never a wildcard."""

from __future__ import annotations

from novatui.cli.exits import NotThere, UsageError
from novatui.core.ids import ObjectRef
from novatui.core.states import Kind
from novatui.engine.fleet import Fleet


def resolve(fleet: Fleet, word: str, *kinds: Kind) -> int:
    """The slot of the one object that is meant; of several, the one of the first of these kinds that there is.

    NotThere when there is none, UsageError with all references when there are several.
    """
    ref = reference(word)
    slot = fleet.inventory.slot(ref.conn, ref.key) if ref else None
    if slot is not None:
        return slot
    slots = _with_uuid_or_name(fleet, word)
    for kind in kinds:
        if len(slots) > 1:
            slots = [slot for slot in slots if fleet.inventory.kind(slot) is kind] or slots
    if not slots:
        raise NotThere(f"no object is called `{word}`", "`novatui ls --json` prints references")
    if len(slots) > 1:
        refs = sorted(str(fleet.inventory.ref(slot)) for slot in slots)
        raise UsageError(f"`{word}` means {len(slots)} objects", hint="say which by its reference", lines=refs)
    return slots[0]


def reference(word: str) -> ObjectRef | None:
    """The reference that a word is written as; None when it is none."""
    try:
        return ObjectRef.parse(word)
    except ValueError:
        return None


def _with_uuid_or_name(fleet: Fleet, word: str) -> list[int]:
    store = fleet.inventory
    conn, _, name = word.partition("/")
    uuid = word.lower()
    uuids = store.column("uuid")
    found: list[int] = []
    for slot in store.slots():
        own = store.name(slot)
        known = uuids.get(slot)
        called = own == word or (own == name and store.conn(slot) == conn)
        if called or (isinstance(known, str) and known.lower() == uuid):
            found.append(slot)
    return found
