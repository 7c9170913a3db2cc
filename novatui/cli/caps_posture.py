"""`novatui caps --posture [OBJECT|FILTER …]`: what costs performance or opens a door, why, and what helps."""

from __future__ import annotations

import asyncio
from argparse import Namespace
from collections.abc import Sequence
from contextlib import aclosing

from novatui.cli import exits
from novatui.cli.complaint import complain, complain_of, narrate
from novatui.cli.objects import reference, resolve
from novatui.cli.selecting import wanted
from novatui.cli.session import Session, opened, prepare, report
from novatui.cli.streams import say, say_json, say_lines, say_table
from novatui.core.ids import ObjectRef
from novatui.core.posture_rules import RULE
from novatui.core.states import Kind
from novatui.engine.facts_report import evidence_line
from novatui.engine.fleet import Fleet
from novatui.engine.posture_report import Told, counts, markdown, plain, told, word
from novatui.engine.postures import JUDGED, Judged

TITLES = ["LEVEL", "RULE", "OBJECT", "PART", "FINDING"]

EVERY = 100
"""Objects after which people are told how far it is."""

_FILTERS = frozenset(":<>=~!@*")
"""Signs that make a word a filter, where it names no object."""


def posture(options: Namespace) -> int:
    """Exit 0 when everything was asked, whatever was found; scripts read the counts. 1 when something was not."""
    return asyncio.run(_posture(prepare(options)))


async def _posture(session: Session) -> int:
    options = session.options
    async with opened(session) as fleet:
        code = report(fleet)
        try:
            refs = _meant(fleet, options.objects)
        except exits.NotThere as error:
            complain(str(error), error.hint)
            return exits.worst([exits.FAILED, code])
        judged = await _judged(fleet, refs)
        if options.json:
            say_json(plain(judged, fleet.postures.name))
        elif options.md:
            say_lines(markdown(judged, fleet.postures.name))
        else:
            _tell(fleet, judged, whole=options.wide, alone=len(refs) == 1)
        failed = [one for one in judged if one.failure is not None]
        for one in failed:
            if one.failure is not None:
                complain_of(one.failure, fleet.postures.name(one.ref))
        return exits.worst([exits.FAILED if failed else exits.DONE, code])


def _meant(fleet: Fleet, words: Sequence[str]) -> list[ObjectRef]:
    """Machines and hosts: what is named and what is in it, as far as the filters among the words let it through."""
    filters = [each for each in words if _is_filter(fleet, each)]
    named = [resolve(fleet, each, Kind.HOST, Kind.VM, Kind.CONNECTION) for each in words if each not in filters]
    store = fleet.inventory
    refs = (
        fleet.postures.judged(named)
        if named
        else fleet.postures.judged(slot for kind in JUDGED for slot in store.slots(kind))
    )
    if filters:
        asked = wanted(filters, [kind.value for kind in JUDGED])
        through = {store.ref(slot) for slot in asked.slots(fleet)}
        refs = [ref for ref in refs if ref in through]
    if named and not refs and not filters:
        raise exits.NotThere("nothing of that is a machine or a host", "`novatui ls --kind host --kind vm` lists them")
    return refs


def _is_filter(fleet: Fleet, text: str) -> bool:
    if _FILTERS.isdisjoint(text):
        return False
    ref = reference(text)
    if ref is not None and fleet.inventory.slot(ref.conn, ref.key) is not None:
        return False
    return text not in {fleet.inventory.name(slot) for slot in fleet.inventory.slots()}


async def _judged(fleet: Fleet, refs: Sequence[ObjectRef]) -> list[Judged]:
    """All of them, in the order in which they were named."""
    found: dict[ObjectRef, Judged] = {}
    async with aclosing(fleet.postures.survey(refs)) as answers:
        async for one in answers:
            found[one.ref] = one
            if len(found) % EVERY == 0 and len(found) < len(refs):
                narrate(f"novatui: {len(found)} of {len(refs)} objects were asked")
    return [found[ref] for ref in refs]


def _tell(fleet: Fleet, judged: Sequence[Judged], *, whole: bool, alone: bool) -> None:
    """A table, the worst first; of one object, or when everything is wanted, with remedies and evidence."""
    found = told(judged, fleet.postures.name, whole=whole)
    if alone or whole:
        for number, each in enumerate(found):
            _tell_one(each, blank=number > 0)
    elif found:
        say_table(TITLES, [_row(each) for each in found])
    numbers = ", ".join(f"{count} {word(level)}" for level, count in counts(judged).items())
    narrate(f"novatui: {len(judged)} objects: {numbers or 'nothing was judged'}")


def _row(each: Told) -> list[str]:
    finding = each.finding
    return [word(finding.level), RULE[finding.rule].title, each.name, finding.subject, finding.reason]


def _tell_one(each: Told, *, blank: bool) -> None:
    finding = each.finding
    if blank:
        say()
    part = f" {finding.subject}" if finding.subject else ""
    say(f"{word(finding.level).upper()}  {RULE[finding.rule].title}  {each.name}{part}")
    say(f"  {finding.reason}")
    if finding.remedy:
        say(f"  remedy: {finding.remedy}")
    for line in finding.native:
        say(f"    {line}")
    for one in finding.evidence:
        say(f"  {evidence_line(one)}")
