"""A fleet for commands without a screen: open, wait until it has answered, and tell what could not be reached."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager

import msgspec

from novatui.cli import exits
from novatui.cli.asking import answering
from novatui.cli.bench import BenchFleet
from novatui.cli.complaint import complain, complain_of
from novatui.cli.exits import UsageError
from novatui.cli.targets import load_configuration, targets_of
from novatui.config.load import Loaded
from novatui.core.errors import Fault
from novatui.core.states import Kind, Link
from novatui.engine.fleet import DEFAULT_KINDS, Connection, Fleet, Target


class Session(msgspec.Struct, frozen=True):
    """What a command line opens, known before anything is opened."""

    options: Namespace
    loaded: Loaded
    targets: Sequence[Target]


def prepare(
    options: Namespace,
    targets: Sequence[str] = (),
    narrow: Callable[[Sequence[Target]], Sequence[Target]] = lambda targets: targets,
) -> Session:
    """Read the configuration, and ask for what has to be typed. It may block: call it before the event loop runs.

    `narrow` leaves out targets that the command has no use for. UsageError when there is nothing to open.
    """
    loaded = load_configuration(options, targets)
    for warning in loaded.warnings:
        complain(str(warning))
    wanted = narrow(targets_of(loaded))
    if not wanted:
        raise UsageError(
            "no connection is configured and none was named",
            hint="name one: -c qemu:///system; try -c demo://; or add one: `novatui config add`",
        )
    return Session(options, loaded, wanted)


@asynccontextmanager
async def opened(
    session: Session, *, kinds: Collection[Kind] = DEFAULT_KINDS, retry: bool = False
) -> AsyncIterator[Fleet]:
    """The connections of a session, settled: each is loaded or has failed when the body begins.

    With `retry` lost ones are made again and again, else each is tried once.
    """
    options, config = session.options, session.loaded.config
    fleet = BenchFleet(session.targets, options=options, kinds=kinds, max_workers=config.max_workers, retry=retry)
    async with answering(fleet):
        await fleet.start()
        try:
            await fleet.settled(options.timeout or config.timeout)
            fleet.drain()
            yield fleet
        finally:
            await fleet.stop()
            fleet.write_results()


def report(fleet: Fleet, kinds: Collection[Kind] = ()) -> int:
    """Say on standard error what could not be reached, or not be listed, and why; the exit code for that.

    A kind that could not be listed is a failure when it is one of `kinds`, else only worth a word.
    """
    for one in fleet.connections.values():
        if one.link is not Link.UP:
            _complain_of_link(one)
        for kind, failure in sorted(one.load_failures.items()):
            complain_of(failure, f"{one.name}: {kind} could not be listed")
    return exits.worst(code_of(one, kinds) for one in fleet.connections.values())


def _complain_of_link(one: Connection) -> None:
    if one.failure is not None:
        complain_of(one.failure, one.name)
    else:
        complain(f"{one.name}: not ready yet ({one.link.value})", "give it more time with --timeout")


def code_of(one: Connection, kinds: Collection[Kind] = frozenset(Kind)) -> int:
    """The exit code for where a connection stands; a kind that could not be listed counts when it is in `kinds`."""
    if one.failure is not None and one.failure.fault is Fault.INVALID_INPUT:
        return exits.USAGE
    if one.link is not Link.UP:
        return exits.UNREACHED
    return exits.FAILED if any(kind in one.load_failures for kind in kinds) else exits.DONE
