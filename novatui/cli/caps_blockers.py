"""`novatui caps --blockers [HOST …]`: which machines keep hosts from their maintenance, and what would lift it."""

from __future__ import annotations

import asyncio
from argparse import Namespace
from collections.abc import Sequence
from contextlib import aclosing

from novatui.actions.blockers import Blocked, Blocker, Way, asked, together
from novatui.actions.blockers_report import markdown, plain, summary, why, word
from novatui.actions.drain import machines_on
from novatui.cli import exits
from novatui.cli.caps_devices import named
from novatui.cli.complaint import complain, narrate
from novatui.cli.session import Session, opened, prepare, report
from novatui.cli.streams import say, say_json, say_lines, say_table
from novatui.core.ids import ObjectRef
from novatui.engine.fleet import Fleet
from novatui.engine.host_scope import hosts_in

TITLES = ["MACHINE", "ANSWER", "HELD BY", "WHY", "WHAT WOULD LIFT IT"]

EVERY = 50
"""Machines after which people are told how far it is."""


def blockers(options: Namespace) -> int:
    """Exit 0 when everything was asked, whatever the answer; scripts read the counts."""
    return asyncio.run(_blockers(prepare(options)))


async def _blockers(session: Session) -> int:
    options = session.options
    async with opened(session) as fleet:
        code = report(fleet)
        try:
            hosts = hosts_in(fleet.inventory, named(fleet, options.objects))
        except exits.NotThere as error:
            complain(str(error), error.hint)
            return exits.worst([exits.FAILED, code])
        found = await _found(fleet, hosts)
        if options.json:
            say_json(plain(found))
        elif options.md:
            say_lines(markdown(found))
        else:
            for number, one in enumerate(found):
                if number:
                    say()
                _tell(one, wide=options.wide)
        return code


async def _found(fleet: Fleet, hosts: Sequence[ObjectRef]) -> list[Blocked]:
    by_host: dict[ObjectRef, list[Blocker]] = {host: [] for host in hosts}
    whole, done = sum(1 for host in hosts for _ in machines_on(fleet, host)), 0
    async with aclosing(asked(fleet, hosts)) as answers:
        async for one in answers:
            by_host[one.host].append(one)
            done += 1
            if done % EVERY == 0 and done < whole:
                narrate(f"novatui: {done} of {whole} machines were asked about")
    return [together(fleet, host, some) for host, some in by_host.items()]


def _tell(one: Blocked, *, wide: bool) -> None:
    """The host, then its machines; those that can simply go, or are off, only when that is wanted."""
    say(f"{one.name}: {summary(one)}")
    shown = [each for each in one.machines if wide or each.way not in {Way.LIVE, Way.OFF}]
    if shown:
        say_table(TITLES, [[each.name, word(each), each.holds, why(each), each.lift] for each in shown])
