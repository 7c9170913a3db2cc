"""Hosts that machines can move to, as forms offer them: with what each answered, once it has."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from novatui.actions.moving import host_of
from novatui.core.capabilities import Answer
from novatui.core.ids import ObjectRef
from novatui.core.reasons import Fit
from novatui.core.states import Kind
from novatui.engine.fleet import Fleet
from novatui.ui.commands import Wrong
from novatui.ui.options import Option

WORDS = {Answer.YES: "yes", Answer.PARTLY: "once", Answer.NO: "no", Answer.UNKNOWN: "?"}
"""How an answer is called before its reason."""

_ORDER = (Answer.YES, Answer.PARTLY, Answer.UNKNOWN, Answer.NO)


def hosts(fleet: Fleet, refs: Sequence[ObjectRef]) -> list[ObjectRef]:
    """Every known host of the family of these machines, but for one that all of them are on."""
    homes = {host_of(fleet, ref) for ref in refs}
    here = homes.pop() if len(homes) == 1 else None
    return [one for one in fleet.placing.candidates(refs[0]) if one.kind is Kind.HOST and one != here]


def offered(fleet: Fleet, refs: Sequence[ObjectRef], fits: Mapping[ObjectRef, Fit]) -> list[Option]:
    """Those hosts by name; those that answered well come first, each with its answer."""
    found = hosts(fleet, refs)
    found.sort(key=lambda one: (_rank(fits.get(one)), _name(fleet, one), one))
    alike = _alike(_name(fleet, one) for one in found)
    return [_option(fleet, one, fits.get(one), alike) for one in found]


def _rank(fit: Fit | None) -> int:
    return _ORDER.index(fit.answer) if fit is not None and fit.answer in _ORDER else _ORDER.index(Answer.UNKNOWN)


def _option(fleet: Fleet, host: ObjectRef, fit: Fit | None, alike: Collection[str]) -> Option:
    name = _name(fleet, host)
    said = "" if fit is None else "  ".join([WORDS.get(fit.answer, "?"), *fit.reasons[:1]])
    conn = f"on {host.conn}" if name in alike or name != host.conn else ""
    return Option(str(host), "  ".join(filter(None, (conn, said))), name)


def _name(fleet: Fleet, host: ObjectRef) -> str:
    slot = fleet.inventory.slot(host.conn, host.key)
    return fleet.inventory.name(slot) if slot is not None else host.id


def _alike(names: Iterator[str]) -> set[str]:
    """Names that more than one host has."""
    seen, twice = set[str](), set[str]()
    for name in names:
        (twice if name in seen else seen).add(name)
    return twice


def named(fleet: Fleet, refs: Sequence[ObjectRef], text: str) -> str:
    """The reference of the one host that a person called by its name or reference. Wrong when that is none or many."""
    found = hosts(fleet, refs)
    meant = [one for one in found if text in (str(one), _name(fleet, one), f"{one.conn}/{_name(fleet, one)}")]
    if len(meant) == 1:
        return str(meant[0])
    if meant:
        raise Wrong(f"several hosts are called {text}", f"say connection/name, as {meant[0].conn}/{text}")
    names = ", ".join(_name(fleet, one) for one in found[:4])
    raise Wrong(f"it cannot move to `{text}`", f"hosts: {names}" if names else "no other host of its family is known")
