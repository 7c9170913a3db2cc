"""`novatui caps --diff A B` and `--baseline [HOST …]`: hosts side by side, and what they have in common."""

from __future__ import annotations

import asyncio
import shutil
from argparse import Namespace

from novatui.cli import exits
from novatui.cli.complaint import complain
from novatui.cli.exits import UsageError
from novatui.cli.objects import reference, resolve
from novatui.cli.selecting import PLACES
from novatui.cli.session import Session, opened, prepare, report
from novatui.cli.streams import is_terminal, say, say_json, say_lines
from novatui.core.hostprofile import HostProfile
from novatui.core.ids import ObjectRef
from novatui.core.states import Kind
from novatui.engine.fleet import Fleet
from novatui.engine.host_report import markdown_baselines, markdown_diff, plain_baselines, plain_diff
from novatui.engine.host_words import baseline_lines, diff_lines

PIPED = 10_000
"""Cells of a line that nobody looks at: it is not broken."""


def diff(options: Namespace) -> int:
    """Two hosts. Exit 0 when both were asked, whether they differ or not; 1 when one of them could not be."""
    return asyncio.run(_diff(_prepared(options)))


def baseline(options: Namespace) -> int:
    """What the processors of these hosts (without any: of all) have in common. Exit 0 when it is known what each host
    loses by it, else 1: one of them could not be asked, or nothing is common to all of a family."""
    return asyncio.run(_baseline(_prepared(options)))


def _prepared(options: Namespace) -> Session:
    refs = [reference(word) for word in options.objects]
    named = {ref.conn for ref in refs if ref is not None}
    if not refs or None in refs:
        return prepare(options)
    return prepare(options, narrow=lambda targets: [each for each in targets if each.spec.name in named] or targets)


async def _diff(session: Session) -> int:
    options = session.options
    async with opened(session, kinds=PLACES) as fleet:
        code = report(fleet)
        try:
            left, right = (_one_host(fleet, word) for word in options.objects)
        except exits.NotThere as error:
            complain(str(error), error.hint)
            return exits.worst([exits.FAILED, code])
        compared = await fleet.profiles.diff(left, right)
        if options.json:
            say_json(plain_diff(compared))
        elif options.md:
            say_lines(markdown_diff(compared, wide=options.wide))
        else:
            for line in diff_lines(compared, wide=options.wide, width=_width()):
                say(line)
        silent = [host for host in (compared.left, compared.right) if _told_nothing(host)]
        return exits.worst([exits.FAILED if silent else exits.DONE, code])


async def _baseline(session: Session) -> int:
    options = session.options
    async with opened(session, kinds=PLACES) as fleet:
        code = report(fleet)
        try:
            refs = list(dict.fromkeys(ref for word in options.objects for ref in _hosts(fleet, word)))
        except exits.NotThere as error:
            complain(str(error), error.hint)
            return exits.worst([exits.FAILED, code])
        refs = refs or [fleet.inventory.ref(slot) for slot in fleet.inventory.slots(Kind.HOST)]
        found = await fleet.profiles.baseline(refs)
        if options.json:
            say_json(plain_baselines(found))
        elif options.md:
            say_lines(markdown_baselines(found))
        else:
            for line in baseline_lines(found, width=_width()):
                say(line)
        unknown = any(host.loss.flags is None for one in found for host in one.hosts)
        return exits.worst([exits.FAILED if unknown else exits.DONE, code])


def _hosts(fleet: Fleet, word: str) -> list[ObjectRef]:
    """The hosts that a word means: one, or all of a connection or a cluster. NotThere when it means none."""
    try:
        slot = resolve(fleet, word, Kind.HOST)
    except UsageError:
        slot = resolve(fleet, word, Kind.CONNECTION)  # a connection and its cluster are often called the same
    found = fleet.profiles.hosts(slot)
    if not found:
        raise exits.NotThere(f"`{word}` is no host and has none", "`novatui ls --kind host` lists them")
    return found


def _one_host(fleet: Fleet, word: str) -> ObjectRef:
    found = _hosts(fleet, word)
    if len(found) > 1:
        lines = [str(ref) for ref in found]
        raise UsageError(f"`{word}` has {len(found)} hosts", "say which by its reference", lines=lines)
    return found[0]


def _told_nothing(host: HostProfile) -> bool:
    return all(part.items is None for part in host.parts)


def _width() -> int:
    return shutil.get_terminal_size().columns if is_terminal() else PIPED
