"""Commands that change something: planned, confirmed and written down by the same gate as the console's."""

from __future__ import annotations

import asyncio
import signal
from argparse import Namespace
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Generator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any

from novatui.actions import govc, powercli
from novatui.actions.bulk import Run
from novatui.actions.confirm import YES, Confirmation
from novatui.actions.gate import Gate
from novatui.actions.guard import Code
from novatui.actions.outcome import Done, Outcome
from novatui.actions.parts import Part
from novatui.actions.proposal import Proposal
from novatui.actions.vspherecalls import OWNERS
from novatui.cli import exits
from novatui.cli.asking import line
from novatui.cli.complaint import complain, complain_of, narrate
from novatui.cli.forms import plain, timestamp
from novatui.cli.gating import gate_of
from novatui.cli.objects import reference, resolve
from novatui.cli.session import Session, opened, prepare, report
from novatui.cli.streams import can_ask, say, say_json
from novatui.config.policy import Role
from novatui.core.errors import Failure, Fault, NovaError
from novatui.core.ids import ObjectRef
from novatui.core.operations import NativeCall
from novatui.core.states import Kind
from novatui.engine import blocking
from novatui.engine.fleet import DEFAULT_KINDS, Fleet, Target

UNLOCK = 900.0
"""Seconds that `--unlock` lifts a protection for; it ends with the command anyway."""

NATIVE = "native"
"""`--as`: the calls as the product's library names them."""

FOREIGN: Mapping[str, Callable[[NativeCall, ObjectRef], Sequence[str]]] = {
    "govc": govc.lines,
    "powercli": lambda call, _: powercli.lines(call),
}
"""`--as`: tools that are no product's own, and how they say a call."""

Arguments = Callable[[Fleet, Sequence[ObjectRef]], Awaitable[Mapping[str, str]]]
"""Finds the arguments of an operation once its objects are known."""

Finder = Callable[[Fleet], Sequence[ObjectRef]]

Beside = Callable[[Fleet, Run], Awaitable[None]]
"""Tells how it goes while it is carried out; it is ended with it."""

Parts = Callable[[Fleet], Sequence[Part]]
"""Finds parts of objects, NotThere when there are none."""


def change(
    options: Namespace,
    verb: str,
    words: Sequence[str],
    arguments: Mapping[str, str] | Arguments,
    *,
    needs: Sequence[str] = (),
    beside: Beside | None = None,
) -> int:
    """Do this to the objects that the words mean: all of them are found before the first call is sent.

    `needs`: words for further objects, whose connections are needed too.
    """
    session = prepare(options, narrow=lambda targets: narrowed([*words, *needs], targets))
    return change_found(session, verb, lambda fleet: found(fleet, words), arguments, beside=beside)


def change_found(
    session: Session,
    verb: str,
    find: Finder,
    arguments: Mapping[str, str] | Arguments,
    *,
    settle: float = 0.0,
    beside: Beside | None = None,
) -> int:
    """The same for objects that are found in another way, so many seconds after the inventory is there."""
    return asyncio.run(_change(session, verb, find, arguments, settle, beside))


def change_parts(session: Session, verb: str, find: Parts, kinds: Collection[Kind]) -> int:
    """Do this to parts of objects, once these kinds are listed as well."""
    return asyncio.run(_change_parts(session, verb, find, kinds))


def narrowed(words: Sequence[str], targets: Sequence[Target]) -> Sequence[Target]:
    """References name their connections: no other one is needed when all words are such."""
    refs = [reference(word) for word in words]
    named = {ref.conn for ref in refs if ref}
    return [target for target in targets if target.spec.name in named] if named and all(refs) else targets


def found(fleet: Fleet, words: Sequence[str]) -> list[ObjectRef]:
    """The objects that the words mean, each once. NotThere, UsageError as `objects.resolve`."""
    return list(dict.fromkeys(fleet.inventory.ref(resolve(fleet, word)) for word in words))


async def _change(
    session: Session,
    verb: str,
    find: Finder,
    arguments: Mapping[str, str] | Arguments,
    settle: float,
    beside: Beside | None,
) -> int:
    options = session.options
    async with opened(session) as fleet:
        unreached = report(fleet)
        await asyncio.sleep(settle)
        try:
            refs = find(fleet)
            given = arguments if isinstance(arguments, Mapping) else await arguments(fleet, refs)
        except exits.NotThere as error:
            complain(str(error), error.hint)
            return exits.worst([exits.FAILED, unreached])
        tell = (lambda run: beside(fleet, run)) if beside else None
        code = await _through(fleet, options, refs, lambda gate: gate.propose(verb, refs, given), tell)
        return exits.worst([code, unreached])


async def _change_parts(session: Session, verb: str, find: Parts, kinds: Collection[Kind]) -> int:
    options = session.options
    async with opened(session, kinds=DEFAULT_KINDS | set(kinds)) as fleet:
        unreached = report(fleet, kinds)
        try:
            parts = find(fleet)
        except exits.NotThere as error:
            complain(str(error), error.hint)
            return exits.worst([exits.FAILED, unreached])
        if not parts:
            narrate("novatui: there is nothing to do")
            if options.json:
                say_json({"plan": [], "warnings": [], "inverse": None} if options.plan else {"results": []})
            return unreached
        refs = [part.ref for part in parts]
        code = await _through(fleet, options, refs, lambda gate: gate.propose_each(verb, parts))
        return exits.worst([code, unreached])


async def _through(
    fleet: Fleet,
    options: Namespace,
    refs: Sequence[ObjectRef],
    propose: Callable[[Gate], Awaitable[Proposal]],
    tell: Callable[[Run], Awaitable[None]] | None = None,
) -> int:
    """Planned, and shown or carried out."""
    gate = gate_of(fleet)
    if options.plan:
        return _show(await propose(gate), options)
    try:
        await begin(gate, refs, options.unlock)
    except NovaError as error:
        complain_of(error.failure)
        return code_of(error.failure)
    return await carried_out(gate, await propose(gate), options, tell)


async def begin(gate: Gate, refs: Sequence[ObjectRef], ticket: str | None) -> None:
    """What has to be before anything is changed: a journal that can be written, and the unlock that was asked for."""
    await gate.start()
    if ticket:
        for conn in dict.fromkeys(ref.conn for ref in refs):
            await gate.unlock(conn, UNLOCK, ticket)


# --- the plan alone ------------------------------------------------------------------------------------------------


def _show(proposal: Proposal, options: Namespace) -> int:
    """Print what would be sent; nothing is."""
    if options.json:
        say_json(proposal.json())
    else:
        for each in _lines(proposal, options):
            say(each)
        _tell_consequences(proposal)
    for aim in proposal.failed:
        if aim.failure and not options.json:
            complain_of(aim.failure, aim.title)
    if proposal.locked and not options.json:
        complain(str(proposal.locked))
    return exits.worst(code_of(aim.failure) for aim in proposal.failed)


def _lines(proposal: Proposal, options: Namespace) -> list[str]:
    if options.style == NATIVE:
        return proposal.as_lines()
    lines = _foreign(proposal, options.style) if options.style in FOREIGN else proposal.as_commands()
    if not lines and proposal.planned:
        raise exits.UsageError(
            "this product has no command line that does the same", hint="--as native prints the calls"
        )
    return lines


def _foreign(proposal: Proposal, style: str) -> list[str]:
    """Lines for a tool that speaks to vSphere; nothing for a product that it does not speak to."""
    calls = [call for aim in proposal.planned for call in (aim.plan.calls if aim.plan else ())]
    return proposal.as_foreign(FOREIGN[style]) if any(call.verb in OWNERS for call in calls) else []


def _tell_consequences(proposal: Proposal) -> None:
    for front, sentences in (("loses", proposal.losses), ("takes", proposal.costs), ("note", proposal.warnings)):
        for sentence in sentences:
            narrate(f"  {front}: {sentence}")


# --- carried out ---------------------------------------------------------------------------------------------------


async def carried_out(
    gate: Gate, proposal: Proposal, options: Namespace, tell: Callable[[Run], Awaitable[None]] | None
) -> int:
    """Ask as much as it needs, carry it out and tell the results; the exit code."""
    said = await _confirmation(proposal, options)
    if said is None:
        await gate.decline(proposal)
        complain("declined: nothing was sent")
        return exits.REFUSED
    run = gate.run(proposal, said)
    with _leaving_out(run):
        async with _told_beside(run, tell):
            await run.done
    unsaid = [done for done in run.results if done.failure and done.failure.subject == "confirm"]
    if len(unsaid) > 1 and unsaid[0].failure:
        complain(f"{len(unsaid)} objects: refused: {unsaid[0].failure}")
    for done in run.results:
        if len(unsaid) < 2 or done not in unsaid:
            _tell(done, as_json=options.json)
    if options.json:
        say_json({"results": [_form(done) for done in run.results]})
    if run.stopped:
        return exits.INTERRUPTED
    if any(done.outcome is Outcome.REFUSED for done in run.results) and not said.covers(
        proposal.level, proposal.phrase
    ):
        _tell_what_is_missing(proposal)
    return exits.worst(_result_code(done) for done in run.results)


async def _confirmation(proposal: Proposal, options: Namespace) -> Confirmation | None:
    """What was said on the command line, or is said now on a terminal; None when a person says no."""
    said = Confirmation(yes=options.yes, typed=options.confirm or "")
    enough = said.covers(proposal.level, proposal.phrase) or proposal.locked or not proposal.planned
    if enough or not can_ask():
        return said
    names = ", ".join(aim.title for aim in proposal.planned)
    narrate(f"{proposal.verb.title}: {names}")
    for each in proposal.as_lines():
        narrate(f"  {each}")
    _tell_consequences(proposal)
    if proposal.level == YES:
        answer = await blocking.run(lambda: _answer("Go on? [y/N] "))
        return Confirmation(yes=True) if answer.strip().lower() in {"y", "yes"} else None
    typed = await blocking.run(lambda: _answer(f"Type {proposal.phrase} to go on: "))
    return Confirmation(typed=typed) if typed.strip() == proposal.phrase else None


def _answer(prompt: str) -> str:
    try:
        return line(prompt)
    except EOFError:
        return ""


def _tell_what_is_missing(proposal: Proposal) -> None:
    if proposal.level == YES:
        complain("it has to be confirmed, and nobody is there to ask", "--yes")
    else:
        complain("it has to be confirmed by name, and nobody is there to ask", f"--confirm '{proposal.phrase}'")


@asynccontextmanager
async def _told_beside(run: Run, tell: Callable[[Run], Awaitable[None]] | None) -> AsyncGenerator[None]:
    telling = asyncio.ensure_future(tell(run)) if tell else None
    try:
        yield
    finally:
        if telling:
            telling.cancel()
            with suppress(asyncio.CancelledError):
                await telling


@contextmanager
def _leaving_out(run: Run) -> Generator[None]:
    """Ctrl-C leaves out what has not begun and waits for what has: a second one gives up waiting."""
    loop = asyncio.get_running_loop()

    def stop() -> None:
        loop.remove_signal_handler(signal.SIGINT)
        run.stop()
        narrate("novatui: what has not begun is left out; what has is waited for (Ctrl-C again leaves it alone)")

    loop.add_signal_handler(signal.SIGINT, stop)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGINT)


def _tell(done: Done, *, as_json: bool) -> None:
    name = done.name or str(done.ref)
    number = f"  ({done.task})" if done.id else ""
    if done.outcome is Outcome.DONE:
        if not as_json:
            say(f"{name}: {done.text}{number}")
    elif done.failure:
        complain_of(done.failure, f"{name}: {done.outcome.value}{number}")
    else:
        complain(f"{name}: {done.text}{number}")


def _form(done: Done) -> dict[str, Any]:
    form: dict[str, Any] = {
        "ref": str(done.ref),
        "connection": done.ref.conn,
        "name": done.name,
        "verb": done.verb,
        "outcome": done.outcome.value.replace(" ", "_"),
        "text": done.text,
    }
    if done.id:
        form |= {"operation": done.id, "task": done.task}
    for name, moment in (("began", done.began), ("ended", done.ended)):
        if moment is not None:
            form[name] = timestamp(moment)
    if done.seen is not None:
        form["seen"] = done.seen
    if done.failure:
        form["failure"] = plain(done.failure)
    return form


def _result_code(done: Done) -> int:
    match done.outcome:
        case Outcome.DONE:
            return exits.DONE
        case Outcome.REFUSED | Outcome.DECLINED:
            return exits.REFUSED
        case _:
            return code_of(done.failure)


def code_of(failure: Failure | None) -> int:
    """4 for what the guard refused, 2 for what makes no sense, 1 for everything else."""
    if failure is not None and failure.fault is Fault.DENIED and failure.subject in _GUARDED:
        return exits.REFUSED
    return exits.USAGE if failure is not None and failure.fault is Fault.INVALID_INPUT else exits.FAILED


_GUARDED = frozenset({*(code.value for code in Code), "protected", "journal", *(role.value for role in Role)})
"""What a refusal of the gate, here or in the worker, is about."""
