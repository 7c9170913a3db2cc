"""Whose posture is meant on a screen: what is marked there, else the object that it is about, else what it lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from novatui.core.states import Kind
from novatui.engine.postures import JUDGED
from novatui.ui.place import Place

if TYPE_CHECKING:
    from novatui.ui.screens.changing import Changing

OF_ONE = frozenset({"detail", "passthrough", "where", "evacuate"})
"""Screens about one object."""

QUERIED = frozenset({Kind.VM.value, Kind.HOST.value})
"""Lists whose filter chooses machines or hosts."""


def posture_of(screen: Changing) -> Place:
    """The place with their findings."""
    here, store = screen.place(), screen.fleet.inventory
    marked = [store.ref(slot) for slot in screen.targets()]
    if len(marked) > 1:
        return Place("posture", ref=" ".join(map(str, marked)))
    if here.name in OF_ONE and marked and marked[0].kind in JUDGED:
        return Place("posture", ref=str(marked[0]))
    return Place("posture", scope=here.scope, tab=here.filter if here.name in QUERIED else "")
