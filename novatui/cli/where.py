"""`novatui migrate OBJECT [HOST] --check`: where a machine can run, with the reason and, for one host, the evidence."""

from __future__ import annotations

import asyncio
from argparse import Namespace

from novatui.cli import exits
from novatui.cli.complaint import complain, complain_of, narrate
from novatui.cli.objects import resolve
from novatui.cli.session import Session, opened, prepare, report
from novatui.cli.streams import say, say_json, say_table
from novatui.core.capabilities import Answer
from novatui.core.errors import NovaError
from novatui.core.ids import ObjectRef
from novatui.core.reasons import Check
from novatui.core.states import Kind
from novatui.core.units import percent, size
from novatui.engine.fleet import Fleet
from novatui.engine.where import HostFit, ranked

TITLES = ["HOST", "CONNECTION", "ANSWER", "FREE", "CPU%", "REASONS"]

CAN = frozenset({Answer.YES, Answer.PARTLY})


def where(options: Namespace) -> int:
    """Ask every host of the machine's family, or the one that is named.

    Exit 0 when they were asked. With HOST 0 when it can run there, perhaps on a condition, and 1 when it cannot or when
    that could not be found out.
    """
    return asyncio.run(_where(prepare(options)))


async def _where(session: Session) -> int:
    options = session.options
    async with opened(session) as fleet:
        code = report(fleet)
        try:
            machine = _machine(fleet, options.object)
            hosts = [_host(fleet, machine, options.host)] if options.host else []
            answers = ranked([one async for one in fleet.where(machine, hosts)])
        except exits.NotThere as error:
            complain(str(error), error.hint)
            return exits.worst([exits.FAILED, code])
        except NovaError as error:
            complain_of(error.failure, options.object)
            return exits.worst([exits.FAILED, code])
        if options.json:
            others = [family.value for family in fleet.placing.others(machine)]
            say_json({"object": str(machine), "hosts": [one.plain() for one in answers], "not_asked": others})
        elif hosts:
            _tell(answers[0])
        else:
            _list(fleet, machine, answers)
        refused = hosts and answers[0].fit.answer not in CAN
        return exits.worst([exits.FAILED if refused else exits.DONE, code])


def _machine(fleet: Fleet, word: str) -> ObjectRef:
    ref = fleet.inventory.ref(resolve(fleet, word, Kind.VM))
    if ref.kind not in {Kind.VM, Kind.CONTAINER}:
        raise exits.UsageError(f"`{word}` is no machine", "novatui ls lists them")
    return ref


def _host(fleet: Fleet, machine: ObjectRef, word: str) -> ObjectRef:
    """The host that a word means among those that can be asked: a reference, a uuid, connection/name or a name."""
    store = fleet.inventory
    found: list[ObjectRef] = []
    for host in fleet.placing.candidates(machine):
        slot = store.slot(host.conn, host.key)
        name = host.id if slot is None else store.name(slot)
        uuid = None if slot is None else store.value(slot, "uuid")
        if word in (str(host), name, f"{host.conn}/{name}", uuid):
            found.append(host)
    if not found:
        raise exits.NotThere(f"no host `{word}` that this machine could go to", "without HOST all of them are asked")
    if len(found) > 1:
        lines = sorted(map(str, found))
        raise exits.UsageError(f"`{word}` means {len(found)} hosts", "say which by its reference", lines=lines)
    return found[0]


def _list(fleet: Fleet, machine: ObjectRef, answers: list[HostFit]) -> None:
    rows = [
        [
            one.fit.name,
            one.host.conn,
            one.fit.answer.value,
            size(one.fit.memory_free),
            percent(one.fit.cpu_used),
            _reasons(one),
        ]
        for one in answers
    ]
    say_table(TITLES, rows, frozenset({3, 4}))
    if others := fleet.placing.others(machine):
        narrate(f"not asked, as no machine moves between families: {', '.join(one.value for one in others)}")


def _reasons(one: HostFit) -> str:
    fit = one.fit
    if fit.answer is Answer.YES:
        return "; ".join((f"all {len(fit.checks)} checks asked", *fit.reasons))
    once = f"once {', '.join(fit.conditions)}: " if fit.answer is Answer.PARTLY else ""
    return once + "; ".join(fit.reasons)


def _tell(one: HostFit) -> None:
    """One host: every check, those against it first."""
    fit = one.fit
    once = f", once {', '.join(fit.conditions)}" if fit.answer is Answer.PARTLY else ""
    say(f"{fit.name}: {fit.answer.value}{once}")
    for check in (*fit.against, *(check for check in fit.checks if check.answer is Answer.YES)):
        say(f"  {check.answer.value:8} {check.topic.value:14} {check.reason}{_evidence(check)}")


def _evidence(check: Check) -> str:
    evidence = check.evidence
    if evidence is None:
        return ""
    took = f", {evidence.ms:.1f} ms" if evidence.ms is not None else ""
    return f"  ({evidence.kind}: {evidence.call or evidence.source}{took})"
