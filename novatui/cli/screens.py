"""`novatui screen OBJECT`: a one-time ticket to the screen of a machine, or a picture of it in a file."""

from __future__ import annotations

import asyncio
import signal
import time
from argparse import Namespace
from pathlib import Path

from novatui.actions import picturefile, screens
from novatui.actions.gate import Gate
from novatui.cli import exits
from novatui.cli.changing import begin, code_of
from novatui.cli.complaint import REDACTOR, complain, complain_of, narrate
from novatui.cli.gating import gate_of
from novatui.cli.objects import resolve
from novatui.cli.session import Session, opened, prepare, report
from novatui.cli.streams import flush, say, say_json
from novatui.config.paths import user_paths
from novatui.core.consoles import Handoff, Way
from novatui.core.errors import NovaError
from novatui.core.ids import ObjectRef
from novatui.core.states import Kind
from novatui.engine import blocking
from novatui.engine.fleet import Fleet


def screen(options: Namespace) -> int:
    """Exit 0 with the address on standard output, or with the name of the file that the picture is in."""
    return asyncio.run(_screen(prepare(options)))


async def _screen(session: Session) -> int:
    options = session.options
    async with opened(session) as fleet:
        unreached = report(fleet)
        try:
            ref = fleet.inventory.ref(resolve(fleet, options.object, Kind.VM))
        except exits.NotThere as error:
            complain(str(error), error.hint)
            return exits.worst([exits.FAILED, unreached])
        gate = gate_of(fleet)
        try:
            await begin(gate, [ref], options.unlock)
            if options.picture is None:
                await _tell(await screens.hand_off(gate, fleet, ref, Way(options.way)), ref, options)
                return unreached
            return exits.worst([await _picture(gate, fleet, ref, options), unreached])
        except NovaError as error:
            complain_of(error.failure, options.object)
            return exits.worst([code_of(error.failure), unreached])


async def _tell(found: Handoff, ref: ObjectRef, options: Namespace) -> None:
    """The address alone on standard output: it is the one place where the ticket goes."""
    REDACTOR.add(found.address)
    if options.json:
        say_json(
            {
                "ref": str(ref),
                "way": found.way.value,
                "address": found.address,
                "reaches": found.reaches,
                "lasts": found.lasts,
                "certificates": list(found.certificates),
            }
        )
    else:
        say(found.address)
    flush()
    narrate(f"novatui: it opens {found.reaches}; it {found.lasts}")
    for certificate in found.certificates:
        narrate(f"novatui: certificate there: {certificate}")
    if found.ends_with_session:
        narrate(f"novatui: the session stays open for {options.hold:g} s, or until Ctrl-C: open it meanwhile")
        await _hold(options.hold)


async def _hold(seconds: float) -> None:
    """Keep the session for so long: a ticket of it dies with it. Ctrl-C says that it was used."""
    used, loop = asyncio.Event(), asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGINT, used.set)
    try:
        await asyncio.wait_for(used.wait(), seconds)
    except TimeoutError:
        return
    finally:
        loop.remove_signal_handler(signal.SIGINT)


async def _picture(gate: Gate, fleet: Fleet, ref: ObjectRef, options: Namespace) -> int:
    """A file that is there is never written over: that is looked at before anything is asked."""
    name = fleet.inventory.name(slot) if (slot := fleet.inventory.slot(ref.conn, ref.key)) is not None else ref.id
    default = picturefile.suggested(user_paths().screens, ref.conn, name, time.time())
    path = Path(options.picture) if options.picture else default
    if await blocking.run(path.exists):
        complain(f"{path} exists", "name another file")
        return exits.FAILED
    found = await screens.picture(gate, fleet, ref)
    try:
        await blocking.run(lambda: picturefile.save(path, found.data))
    except OSError as error:
        complain(f"{path}: {error.strerror}")
        return exits.FAILED
    if options.json:
        told = {"ref": str(ref), "file": str(path), "bytes": len(found.data), "taken_by": found.taken_by}
        say_json(told | ({"left": found.left} if found.left else {}))
    else:
        say(str(path))
    if found.left:
        complain(f"a file is left on the datastore: {found.left}", "remove it there")
    return exits.DONE
