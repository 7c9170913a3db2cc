"""`novatui caps`: what connections, hosts and machines can do, with the evidence for it."""

from __future__ import annotations

import asyncio
import time
from argparse import Namespace
from collections import defaultdict
from collections.abc import Sequence
from importlib import import_module

import msgspec

from novatui.cli import exits
from novatui.cli.caps_table import say_details, say_matrix
from novatui.cli.complaint import complain, complain_of
from novatui.cli.exits import UsageError
from novatui.cli.objects import reference, resolve
from novatui.cli.selecting import PLACES
from novatui.cli.session import Session, opened, prepare, report
from novatui.cli.streams import say_json, say_lines
from novatui.cli.verbs_caps import FORMS, Form
from novatui.config.paths import user_paths
from novatui.core.capabilities import Sheet, gather
from novatui.core.errors import Timeout, Unreachable
from novatui.core.features import FEATURES
from novatui.core.ids import ObjectRef
from novatui.core.states import Kind, Link
from novatui.engine.facts_keeping import FactsKeeping
from novatui.engine.facts_report import Column, markdown, plain
from novatui.engine.fleet import DEFAULT_KINDS, Fleet, Target

ABLE = frozenset({Kind.CONNECTION, Kind.HOST, Kind.VM, Kind.CONTAINER})
"""Kinds that can be asked what they can do."""


class Subject(msgspec.Struct, frozen=True):
    """What is asked about: an object, and for a connection its hosts where it has several."""

    ref: ObjectRef
    hosts: tuple[ObjectRef, ...] = ()

    @property
    def asked(self) -> tuple[ObjectRef, ...]:
        """Everything that is asked for it."""
        return (self.ref, *self.hosts)


def caps(options: Namespace) -> int:
    """The form that a switch chose, else what the objects (without any: all connections) can do."""
    chosen = [form for form in FORMS if getattr(options, form.word)]
    if len(chosen) > 1:
        raise UsageError(f"one of {', '.join(form.flag for form in chosen)} at a time", "see `novatui caps --help`")
    if options.fit is not None and not options.devices:
        raise UsageError("--fit goes with --devices", "see `novatui caps --help`")
    if chosen:
        return _serve(chosen[0], options)
    return asyncio.run(_caps(prepare(options, narrow=lambda targets: _narrowed(options.objects, targets))))


def _serve(form: Form, options: Namespace) -> int:
    least, most = form.objects
    given = len(options.objects)
    if given < least or (most is not None and given > most):
        number = str(least) if least == most else f"{least} or more" if most is None else f"{least} to {most}"
        raise UsageError(f"{form.flag} takes {number} objects, not {given}", "see `novatui caps --help`")
    if options.features:
        raise UsageError(f"--feature does not go with {form.flag}", "it is for the matrix of capabilities")
    module, _, name = form.command.partition(":")
    return getattr(import_module(module), name)(options)


def _narrowed(words: Sequence[str], targets: Sequence[Target]) -> Sequence[Target]:
    """References name their connections: no others are needed."""
    refs = [reference(word) for word in words]
    named = {ref.conn for ref in refs if ref is not None}
    if not words or None in refs:
        return targets
    return [target for target in targets if target.spec.name in named] or targets


async def _caps(session: Session) -> int:
    options = session.options
    async with opened(session, kinds=DEFAULT_KINDS if options.objects else PLACES) as fleet:
        code = report(fleet)
        try:
            subjects = _subjects(fleet, options.objects)
        except exits.NotThere as error:
            complain(str(error), error.hint)
            return exits.worst([exits.FAILED, code])
        refs = dict.fromkeys(ref for subject in subjects for ref in subject.asked)
        timeout = options.timeout or session.loaded.config.timeout
        keeping = FactsKeeping(user_paths().state_home / "inventory", fleet.facts, fleet.connections)
        await keeping.recall(list(fleet.connections))
        sheets = await asked(fleet, list(refs), timeout=timeout, fresh=options.fresh)
        await keeping.stop()
        _tell(fleet, options, subjects, sheets)
        return exits.worst([code, _report(fleet, sheets)])


def _subjects(fleet: Fleet, words: Sequence[str]) -> list[Subject]:
    """What the words mean, each once; all connections without any. NotThere, UsageError as `objects.resolve`."""
    if not words:
        return [_subject(fleet, ObjectRef(name, Kind.CONNECTION, name)) for name in fleet.connections]
    refs: dict[ObjectRef, None] = {}
    for word in words:
        ref = fleet.inventory.ref(resolve(fleet, word, Kind.HOST, Kind.CONNECTION))
        if ref.kind not in ABLE:
            raise UsageError(f"`{word}` is a {ref.kind.value}", "connections, hosts and machines have capabilities")
        refs[ref] = None
    return [_subject(fleet, ref) for ref in refs]


def _subject(fleet: Fleet, ref: ObjectRef) -> Subject:
    if ref.kind is not Kind.CONNECTION:
        return Subject(ref)
    store = fleet.inventory
    hosts = tuple(store.ref(slot) for slot in store.slots(Kind.HOST) if store.conn(slot) == ref.conn)
    return Subject(ref, hosts if len(hosts) > 1 else ())


# --- asking --------------------------------------------------------------------------------------------------------


async def asked(
    fleet: Fleet, refs: Sequence[ObjectRef], *, timeout: float, fresh: bool = False
) -> dict[ObjectRef, Sheet]:
    """The sheet of each of these objects. One that gave no answer says why, and tells nothing else.

    Connections do not wait for each other. One of which nothing came for `timeout` seconds is waited for no longer.
    """
    by_connection: dict[str, list[ObjectRef]] = defaultdict(list)
    for ref in refs:
        by_connection[ref.conn].append(ref)
    answers = await asyncio.gather(
        *(_answers(fleet, conn, of_it, timeout, fresh=fresh) for conn, of_it in by_connection.items())
    )
    found = {sheet.ref: sheet for sheets in answers for sheet in sheets}
    return {ref: found[ref] for ref in refs}


async def _answers(fleet: Fleet, conn: str, refs: Sequence[ObjectRef], timeout: float, *, fresh: bool) -> list[Sheet]:
    connection = fleet.connections[conn]
    if connection.link is not Link.UP:
        why = connection.failure or Unreachable(f"{conn} is not ready ({connection.link.value})").failure
        return [Sheet(ref=ref, failure=why) for ref in refs]
    tasks = {asyncio.create_task(fleet.facts.probe(ref, fresh=fresh)): ref for ref in refs}
    waiting = set(tasks)
    sheets: list[Sheet] = []
    while waiting:
        done, waiting = await asyncio.wait(waiting, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        sheets += [_current(task.result()) for task in done]
        if not done:
            silent = Timeout(f"no answer within {timeout:g} s").failure
            sheets += [Sheet(ref=tasks[task], failure=silent) for task in waiting]
            for task in waiting:
                task.cancel()
            break
    return sheets


def _current(sheet: Sheet) -> Sheet:
    """A script must not take for true today what was true before the question failed."""
    return Sheet(ref=sheet.ref, failure=sheet.failure) if sheet.failure is not None else sheet


def _report(fleet: Fleet, sheets: dict[ObjectRef, Sheet]) -> int:
    """Say which objects of working connections gave no answer, and why, once; the exit code for that."""
    told: dict[tuple[str, str], list[Sheet]] = defaultdict(list)
    for sheet in sheets.values():
        if sheet.failure is not None and fleet.connections[sheet.ref.conn].link is Link.UP:
            told[sheet.ref.conn, str(sheet.failure)].append(sheet)
    for (conn, _), alike in told.items():
        first = alike[0]
        if first.failure is not None:
            subject = title_of(fleet, first.ref) if len(alike) == 1 else f"{len(alike)} objects of {conn}"
            complain_of(first.failure, f"capabilities of {subject}")
    return exits.FAILED if told else exits.DONE


# --- telling -------------------------------------------------------------------------------------------------------


def _tell(fleet: Fleet, options: Namespace, subjects: Sequence[Subject], sheets: dict[ObjectRef, Sheet]) -> None:
    now = time.time()
    each = [Column(title_of(fleet, ref), sheet) for ref, sheet in sheets.items()]
    if options.json:
        say_json(plain(each, options.features, now=now))
        return
    columns = [one for subject in subjects for one in _columns(fleet, subject, sheets, apart=options.wide)]
    if len(subjects) == 1 and len(columns) == 1:
        columns = [one for subject in subjects for one in _columns(fleet, subject, sheets, apart=True)]
    if options.md:
        say_lines(markdown(columns, options.features, now=now))
    elif len(columns) == 1:
        say_details(columns[0], options.features, now=now, wide=options.wide)
    else:
        say_matrix(columns, options.features, now=now, wide=options.wide)


def _columns(fleet: Fleet, subject: Subject, sheets: dict[ObjectRef, Sheet], *, apart: bool) -> list[Column]:
    """One column for an object; of several hosts one for all of them, and with `apart` one for each beside it."""
    title, own = title_of(fleet, subject.ref), sheets[subject.ref]
    hosts = tuple(Column(title_of(fleet, host), sheets[host]) for host in subject.hosts)
    if not hosts:
        return [Column(title, own)]
    return [Column(title, gathered(own, [one.sheet for one in hosts]), hosts), *(hosts if apart else ())]


def gathered(own: Sheet, hosts: Sequence[Sheet]) -> Sheet:
    """What a connection with several hosts can do: what its hosts can. It is as old as the oldest of them."""
    facts = {each.slug: gather(each.slug, [host.fact(each.slug) for host in hosts]) for each in FEATURES}
    known = [host.at for host in hosts if host.at is not None]
    return msgspec.structs.replace(
        own, facts=facts, at=min(known, default=None), stale=any(host.stale for host in hosts), failure=None
    )


def title_of(fleet: Fleet, ref: ObjectRef) -> str:
    """What people call an object."""
    slot = fleet.inventory.slot(ref.conn, ref.key)
    return ref.id if slot is None else fleet.inventory.name(slot)
